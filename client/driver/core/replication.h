#pragma once

// Copies of cached partitions whose level wants several. A partition is copied when it has been
// computed, and again when an executor that held it is lost; never because it was evicted, since
// memory that is short would then be filled again and again. Copies are fetched in the background,
// a bounded number at a time, and go to another node where there is one. A partition for which
// there is no place waits for the next executor.

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "client/driver/core/block_table.h"
#include "client/driver/core/executor_table.h"
#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"
#include "common/rdd/plan.h"

namespace heddle::driver {

class Replication {
public:
    struct Order {
        rdd::ExecutorId target;
        rdd::KeepReplica message;
    };

    /// The partition is to be held as often as `level` says, by executors that do not retire.
    /// Requires an Rdd block.
    void want(const rdd::BlockId& block, const rdd::StorageLevel& level);
    /// The same, also of a partition that is held once: its holder retires.
    void want_elsewhere(const rdd::BlockId& block, const rdd::StorageLevel& level);
    /// A copy is on its way, or it is not yet known where to. False: there are enough, or there is
    /// no place for another one.
    bool under_way(const rdd::BlockId& block) const;
    void forget(rdd::RddId rdd);
    void executor_lost(rdd::ExecutorId executor);
    void executor_joined();
    /// False: nobody waits for this answer any more.
    bool answered(const rdd::ReplicaAnswer& answer, rdd::ExecutorId executor);

    /// What is to be asked for now.
    std::vector<Order> orders(const BlockTable& blocks, const ExecutorTable& executors);
    std::int64_t placed() const { return placed_; }

    void check(const ExecutorTable& executors) const;

private:
    struct Wish {
        rdd::StorageLevel level;
        std::set<rdd::ExecutorId> refused;  // since it was wished for
        std::int64_t order = 0;             // under way; 0: none
        rdd::ExecutorId target;             // of the order
    };
    using Wishes = std::map<rdd::BlockId, Wish>;

    void land(Wishes::iterator wish);

    Wishes wishes_;
    std::set<rdd::BlockId> ready_;                  // those to look at
    std::map<std::int64_t, rdd::BlockId> flights_;  // by order
    std::int64_t next_order_ = 1;
    std::int64_t placed_ = 0;
};

/// The executor that may hold one more copy: on a host without one if there is such a host, with
/// the fewest blocks; kNoExecutor: there is none.
rdd::ExecutorId replica_target(const BlockTable::Holders& holders, const BlockTable& blocks,
                               const ExecutorTable& executors,
                               const std::set<rdd::ExecutorId>& refused);

}  // namespace heddle::driver
