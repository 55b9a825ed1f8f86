// Cached partitions by RDD, partition and executor.
#include "client/driver/core/block_table.h"

#include <utility>

#include "common/base/check.h"

namespace heddle::driver {

void BlockTable::update(rdd::ExecutorId executor, const rdd::BlockUpdate& update) {
    if (update.block.kind != rdd::BlockId::Kind::Rdd) {
        return;
    }
    const rdd::RddId rdd{static_cast<std::int32_t>(update.block.first)};
    const auto partition = static_cast<rdd::Partition>(update.block.second);
    if (update.memory != 0 || update.disk != 0) {
        rdds_[rdd][partition][executor] = {update.memory, update.disk};
        return;
    }
    const auto it = rdds_.find(rdd);
    if (it == rdds_.end()) {
        return;
    }
    const auto holders = it->second.find(partition);
    if (holders == it->second.end()) {
        return;
    }
    holders->second.erase(executor);
    if (holders->second.empty()) {
        it->second.erase(holders);
    }
    if (it->second.empty()) {
        rdds_.erase(it);
    }
}

void BlockTable::executor_lost(rdd::ExecutorId executor) {
    for (auto it = rdds_.begin(); it != rdds_.end();) {
        for (auto at = it->second.begin(); at != it->second.end();) {
            at->second.erase(executor);
            at = at->second.empty() ? it->second.erase(at) : std::next(at);
        }
        it = it->second.empty() ? rdds_.erase(it) : std::next(it);
    }
}

void BlockTable::drop_rdd(rdd::RddId rdd) {
    rdds_.erase(rdd);
}

const BlockTable::Holders* BlockTable::find(rdd::RddId rdd, rdd::Partition partition) const {
    const auto it = rdds_.find(rdd);
    if (it == rdds_.end()) {
        return nullptr;
    }
    const auto at = it->second.find(partition);
    return at == it->second.end() ? nullptr : &at->second;
}

bool BlockTable::any(rdd::RddId rdd) const {
    return rdds_.count(rdd) != 0;
}

bool BlockTable::all(rdd::RddId rdd, std::int32_t partitions) const {
    const auto it = rdds_.find(rdd);
    return it != rdds_.end() && std::cmp_equal(it->second.size(), partitions);
}

void BlockTable::check() const {
    for (const auto& [rdd, partitions] : rdds_) {
        CHECK(!partitions.empty());
        for (const auto& [partition, holders] : partitions) {
            CHECK(!holders.empty());
        }
    }
}

}  // namespace heddle::driver
