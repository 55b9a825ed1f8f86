// Wishes for copies, and orders to fetch them.
#include "client/driver/core/replication.h"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>

#include "common/base/check.h"

namespace heddle::driver {

namespace {

constexpr std::size_t kFlightsMax = 16;

bool stays(const BlockTable::Holders::value_type& holder, const ExecutorTable& executors) {
    return !executors.find(holder.first)->retiring;
}

std::int32_t staying(const BlockTable::Holders& holders, const ExecutorTable& executors) {
    return static_cast<std::int32_t>(std::count_if(
        holders.begin(), holders.end(), [&](const auto& one) { return stays(one, executors); }));
}

// One that retires only where there is no other.
rdd::ExecutorId source_of(const BlockTable::Holders& holders, const ExecutorTable& executors) {
    const auto found = std::find_if(holders.begin(), holders.end(),
                                    [&](const auto& one) { return stays(one, executors); });
    return (found == holders.end() ? holders.begin() : found)->first;
}

}  // namespace

void Replication::want(const rdd::BlockId& block, const rdd::StorageLevel& level) {
    if (level.replicas > 1) {
        want_elsewhere(block, level);
    }
}

void Replication::want_elsewhere(const rdd::BlockId& block, const rdd::StorageLevel& level) {
    CHECK(block.kind == rdd::BlockId::Kind::Rdd);
    Wish& wish = wishes_[block];
    wish.level = level;
    if (wish.order == 0) {
        wish.refused.clear();
        ready_.insert(block);
    }
}

bool Replication::under_way(const rdd::BlockId& block) const {
    const auto wish = wishes_.find(block);
    return wish != wishes_.end() && (wish->second.order != 0 || ready_.contains(block));
}

void Replication::land(Wishes::iterator wish) {
    flights_.erase(wish->second.order);
    wish->second.order = 0;
}

void Replication::forget(rdd::RddId rdd) {
    auto it = wishes_.lower_bound(rdd::BlockId{rdd::BlockId::Kind::Rdd, rdd.value, 0, 0});
    while (it != wishes_.end() && it->first.first == rdd.value) {
        land(it);
        ready_.erase(it->first);
        it = wishes_.erase(it);
    }
}

void Replication::executor_lost(rdd::ExecutorId executor) {
    std::vector<rdd::BlockId> landed;
    for (const auto& [order, block] : flights_) {
        if (wishes_.at(block).target == executor) {
            landed.push_back(block);
        }
    }
    for (const rdd::BlockId& block : landed) {
        land(wishes_.find(block));
        ready_.insert(block);
    }
}

void Replication::executor_joined() {
    for (const auto& [block, wish] : wishes_) {
        if (wish.order == 0) {
            ready_.insert(block);
        }
    }
}

bool Replication::answered(const rdd::ReplicaAnswer& answer, rdd::ExecutorId executor) {
    const auto flight = flights_.find(answer.order);
    if (flight == flights_.end()) {
        return false;
    }
    const rdd::BlockId block = flight->second;
    const auto wish = wishes_.find(block);
    if (wish->second.target != executor || answer.block.block != block) {
        return false;
    }
    land(wish);
    if (answer.block.memory == 0 && answer.block.disk == 0) {
        wish->second.refused.insert(executor);
    } else {
        ++placed_;
    }
    ready_.insert(block);  // perhaps another copy is wanted, or another place
    return true;
}

std::vector<Replication::Order> Replication::orders(const BlockTable& blocks,
                                                    const ExecutorTable& executors) {
    std::vector<Order> orders;
    while (!ready_.empty() && flights_.size() < kFlightsMax) {
        const rdd::BlockId block = *ready_.begin();
        ready_.erase(ready_.begin());
        const auto wish = wishes_.find(block);
        const BlockTable::Holders* holders =
            blocks.find(rdd::RddId{static_cast<std::int32_t>(block.first)},
                        static_cast<rdd::Partition>(block.second));
        if (holders == nullptr || staying(*holders, executors) >= wish->second.level.replicas) {
            wishes_.erase(wish);  // gone, and computed again when it is wanted; or all are there
            continue;
        }
        const rdd::ExecutorId target =
            replica_target(*holders, blocks, executors, wish->second.refused);
        if (target == rdd::kNoExecutor) {
            continue;  // until an executor joins
        }
        wish->second.order = next_order_++;
        wish->second.target = target;
        flights_.emplace(wish->second.order, block);
        orders.push_back({target, rdd::KeepReplica{wish->second.order, block, wish->second.level,
                                                   source_of(*holders, executors)}});
    }
    return orders;
}

rdd::ExecutorId replica_target(const BlockTable::Holders& holders, const BlockTable& blocks,
                               const ExecutorTable& executors,
                               const std::set<rdd::ExecutorId>& refused) {
    std::set<std::string> hosts;
    for (const auto& [id, holding] : holders) {
        hosts.insert(executors.find(id)->host);
    }
    using Rank = std::tuple<bool, std::int32_t, rdd::ExecutorId>;
    std::optional<Rank> best;
    for (const auto& [id, executor] : executors.all()) {
        if (executor.leaving || executor.port == 0 || holders.count(id) != 0 ||
            refused.count(id) != 0) {
            continue;
        }
        const Rank rank{hosts.count(executor.host) != 0, blocks.held(id).blocks, id};
        best = best && *best < rank ? *best : rank;
    }
    return best ? std::get<rdd::ExecutorId>(*best) : rdd::kNoExecutor;
}

void Replication::check(const ExecutorTable& executors) const {
    for (const auto& [order, block] : flights_) {
        const Wish& wish = wishes_.at(block);
        CHECK(wish.order == order && executors.find(wish.target) != nullptr);
    }
    for (const rdd::BlockId& block : ready_) {
        CHECK(wishes_.at(block).order == 0);
    }
}

}  // namespace heddle::driver
