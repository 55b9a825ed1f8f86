// Cached partitions by RDD, partition and executor.
#include "client/driver/core/block_table.h"

#include <utility>

#include "common/base/check.h"

namespace heddle::driver {

void BlockTable::count(rdd::ExecutorId executor, const Holding& holding, int sign) {
    Held& held = held_[executor];
    held.blocks += sign;
    held.memory += sign * holding.memory;
    held.disk += sign * holding.disk;
}

BlockTable::Held BlockTable::held(rdd::ExecutorId executor) const {
    const auto it = held_.find(executor);
    return it == held_.end() ? Held{} : it->second;
}

void BlockTable::update(rdd::ExecutorId executor, const rdd::BlockUpdate& update) {
    if (update.block.kind != rdd::BlockId::Kind::Rdd) {
        return;
    }
    const rdd::RddId rdd{static_cast<std::int32_t>(update.block.first)};
    const auto partition = static_cast<rdd::Partition>(update.block.second);
    if (update.memory != 0 || update.disk != 0) {
        Holders& holders = rdds_[rdd][partition];
        if (const auto known = holders.find(executor); known != holders.end()) {
            count(executor, known->second, -1);
        }
        holders[executor] = {update.memory, update.disk};
        count(executor, holders[executor], +1);
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
    if (const auto known = holders->second.find(executor); known != holders->second.end()) {
        count(executor, known->second, -1);
        holders->second.erase(known);
    }
    if (holders->second.empty()) {
        it->second.erase(holders);
    }
    if (it->second.empty()) {
        rdds_.erase(it);
    }
}

std::vector<rdd::BlockId> BlockTable::executor_lost(rdd::ExecutorId executor) {
    std::vector<rdd::BlockId> left;
    held_.erase(executor);
    for (auto it = rdds_.begin(); it != rdds_.end();) {
        for (auto at = it->second.begin(); at != it->second.end();) {
            if (at->second.erase(executor) != 0 && !at->second.empty()) {
                left.push_back(rdd::BlockId::rdd(it->first, at->first));
            }
            at = at->second.empty() ? it->second.erase(at) : std::next(at);
        }
        it = it->second.empty() ? rdds_.erase(it) : std::next(it);
    }
    return left;
}

void BlockTable::drop_rdd(rdd::RddId rdd) {
    const auto it = rdds_.find(rdd);
    if (it == rdds_.end()) {
        return;
    }
    for (const auto& [partition, holders] : it->second) {
        for (const auto& [executor, holding] : holders) {
            count(executor, holding, -1);
        }
    }
    rdds_.erase(it);
}

void BlockTable::drop_rdd(rdd::RddId rdd, rdd::ExecutorId executor) {
    const auto it = rdds_.find(rdd);
    if (it == rdds_.end()) {
        return;
    }
    std::vector<rdd::Partition> held;
    for (const auto& [partition, holders] : it->second) {
        if (holders.count(executor) != 0) {
            held.push_back(partition);
        }
    }
    for (const rdd::Partition partition : held) {
        update(executor, {rdd::BlockId::rdd(rdd, partition), 0, 0});
    }
}

std::vector<rdd::BlockId> BlockTable::held_by(rdd::ExecutorId executor) const {
    std::vector<rdd::BlockId> blocks;
    for (const auto& [rdd, partitions] : rdds_) {
        for (const auto& [partition, holders] : partitions) {
            if (holders.contains(executor)) {
                blocks.push_back(rdd::BlockId::rdd(rdd, partition));
            }
        }
    }
    return blocks;
}

bool BlockTable::holds(rdd::ExecutorId executor, const rdd::BlockId& block) const {
    const Holders* holders = find(rdd::RddId{static_cast<std::int32_t>(block.first)},
                                  static_cast<rdd::Partition>(block.second));
    return block.kind == rdd::BlockId::Kind::Rdd && holders != nullptr &&
           holders->count(executor) != 0;
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
    std::map<rdd::ExecutorId, std::int32_t> blocks;
    for (const auto& [rdd, partitions] : rdds_) {
        CHECK(!partitions.empty());
        for (const auto& [partition, holders] : partitions) {
            CHECK(!holders.empty());
            for (const auto& [executor, holding] : holders) {
                ++blocks[executor];
            }
        }
    }
    for (const auto& [executor, held] : held_) {
        CHECK(held.blocks == blocks[executor]);
    }
}

}  // namespace heddle::driver
