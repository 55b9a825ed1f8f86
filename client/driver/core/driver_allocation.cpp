// Executors by demand: allocation.h says how many, here they are asked for and given back.
#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "client/driver/core/driver.h"

namespace heddle::driver {

namespace {

constexpr const char* kIdle = "it was idle, and is given back";

// With those that stay unused beside tasks of several cores: 4 slots take one task of 3.
std::int64_t slots_for(std::int64_t tasks, std::int32_t task_cpus, std::int32_t slots) {
    const std::int64_t fit = std::max(1, slots / std::max(1, task_cpus));  // on an executor
    return (tasks * slots + fit - 1) / fit;
}

}  // namespace

// As many as there are again when some end; 0: nobody replaces them.
std::int32_t Driver::executors_kept() const {
    return config_.allocation.enabled ? std::max(allocation_.target(), 1) : config_.executors_kept;
}

void Driver::allocate(Effects& effects) {
    if (!config_.allocation.enabled || stopped_ || !refused_.empty()) {
        return;
    }
    std::int64_t tasks = 0;
    bool backlog = false;
    for (const rdd::StageId id : running_) {
        const Stage& stage = stages_.at(id);
        const TaskSet& set = *stage.tasks;
        tasks += slots_for(set.unfinished(), stage.task_cpus, config_.allocation.slots);
        backlog = backlog || set.waiting();
    }
    if (resubmit_at_) {  // there is work as soon as the grace time of a lost input is over
        tasks = std::max(tasks, std::int64_t{allocation_.target()} * config_.allocation.slots);
    }
    (void)allocation_.look(now_, tasks, backlog);
    std::vector<rdd::ExecutorId> released = idle_for_long();
    if (config_.retirement.enabled) {
        for (const rdd::ExecutorId id : std::exchange(released, {})) {
            retire(*executors_.find(id), kIdle);
        }
    }
    if (allocation_.target() == wanted_ && released.empty()) {
        return;
    }
    wanted_ = allocation_.target();
    effects.push_back(WantExecutors{wanted_, released, true});
    for (const rdd::ExecutorId id : released) {
        replace(id, kIdle, effects);
    }
}

// An executor has nothing to do any more.
void Driver::fell_idle(Executor& executor) {
    executor.idle_since = now_;
    idle_check_ = std::min(idle_check_, now_ + config_.allocation.idle_timeout);
}

// Looked for when the first of them may be due. What an idle one holds may be dropped at any time,
// so as long as some are idle it is looked again and again.
std::vector<rdd::ExecutorId> Driver::idle_for_long() {
    std::vector<rdd::ExecutorId> found;
    if (now_ < idle_check_) {
        return found;
    }
    idle_check_ = TimePoint::never();
    const auto staying = std::count_if(executors_.all().begin(), executors_.all().end(),
                                       [](const auto& entry) { return !entry.second.leaving; });
    std::int32_t surplus = allocation_.surplus(static_cast<std::int32_t>(staying));
    const std::set<rdd::ExecutorId> holders = outputs_.holders();
    for (const auto& [id, executor] : executors_.all()) {
        if (!executor.idle() || executor.leaving) {
            continue;
        }
        const auto longest =
            allocation_.idle_max(blocks_.held(id).blocks > 0, holders.contains(id));
        const Duration idle = now_ - executor.idle_since;
        if (longest && idle >= *longest && surplus > 0) {
            --surplus;
            found.push_back(id);
            continue;
        }
        const Duration left =
            longest && idle < *longest ? *longest - idle : config_.allocation.idle_timeout;
        idle_check_ = std::min(idle_check_, now_ + std::min(left, config_.allocation.idle_timeout));
    }
    return found;
}

}  // namespace heddle::driver
