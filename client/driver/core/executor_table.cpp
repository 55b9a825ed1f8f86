// Executors by id, host and rack.
#include "client/driver/core/executor_table.h"

#include <utility>

#include "common/base/check.h"

namespace heddle::driver {

Executor& ExecutorTable::add(Executor executor) {
    const rdd::ExecutorId id = executor.id;
    hosts_[executor.host].insert(id);
    if (!executor.rack.empty()) {
        racks_[executor.rack].insert(id);
        rack_by_host_[executor.host] = executor.rack;
    }
    slots_ += executor.slots;
    const auto [it, added] = executors_.emplace(id, std::move(executor));
    CHECK(added);
    return it->second;
}

void ExecutorTable::remove(rdd::ExecutorId id) {
    const auto it = executors_.find(id);
    CHECK(it != executors_.end());
    const auto forget = [id](auto& index, const std::string& name) {
        const auto at = index.find(name);
        if (at != index.end()) {
            at->second.erase(id);
            if (at->second.empty()) {
                index.erase(at);
            }
        }
    };
    forget(hosts_, it->second.host);
    forget(racks_, it->second.rack);
    slots_ -= it->second.slots;
    executors_.erase(it);
}

Executor* ExecutorTable::find(rdd::ExecutorId id) {
    const auto it = executors_.find(id);
    return it == executors_.end() ? nullptr : &it->second;
}

const Executor* ExecutorTable::find(rdd::ExecutorId id) const {
    const auto it = executors_.find(id);
    return it == executors_.end() ? nullptr : &it->second;
}

std::string ExecutorTable::rack_of(const std::string& host) const {
    const auto it = rack_by_host_.find(host);
    return it == rack_by_host_.end() ? std::string() : it->second;
}

std::int64_t ExecutorTable::tasks_of(std::int32_t cpus) const {
    std::int64_t tasks = 0;
    for (const auto& [id, executor] : executors_) {
        tasks += executor.slots / cpus;
    }
    return tasks;
}

void ExecutorTable::check() const {
    std::int32_t slots = 0;
    for (const auto& [id, executor] : executors_) {
        CHECK(executor.id == id);
        CHECK(hosts_.at(executor.host).count(id) == 1);
        slots += executor.slots;
    }
    CHECK(slots == slots_);
}

}  // namespace heddle::driver
