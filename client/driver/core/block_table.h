#pragma once

// Where cached partitions are, as the executors' reports say. It may lag behind an eviction: a task
// that does not find a block computes it.

#include <cstdint>
#include <map>
#include <vector>

#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"
#include "common/rdd/task.h"

namespace heddle::driver {

class BlockTable {
public:
    struct Holding {
        std::int64_t memory = 0;
        std::int64_t disk = 0;
    };
    using Holders = std::map<rdd::ExecutorId, Holding>;
    // Of one executor, over all RDDs.
    struct Held {
        std::int32_t blocks = 0;
        std::int64_t memory = 0;
        std::int64_t disk = 0;
    };

    /// Only cached partitions (BlockId::Kind::Rdd) are kept.
    void update(rdd::ExecutorId executor, const rdd::BlockUpdate& update);
    /// What others still hold of what it held.
    std::vector<rdd::BlockId> executor_lost(rdd::ExecutorId executor);
    void drop_rdd(rdd::RddId rdd);
    void drop_rdd(rdd::RddId rdd, rdd::ExecutorId executor);

    /// Null: nobody has it.
    const Holders* find(rdd::RddId rdd, rdd::Partition partition) const;
    bool any(rdd::RddId rdd) const;
    bool holds(rdd::ExecutorId executor, const rdd::BlockId& block) const;
    /// All partitions [0, partitions) are cached somewhere.
    bool all(rdd::RddId rdd, std::int32_t partitions) const;

    using Partitions = std::map<rdd::Partition, Holders>;
    const std::map<rdd::RddId, Partitions>& rdds() const { return rdds_; }

    Held held(rdd::ExecutorId executor) const;
    /// Looks through all.
    std::vector<rdd::BlockId> held_by(rdd::ExecutorId executor) const;

    void check() const;

private:
    void count(rdd::ExecutorId executor, const Holding& holding, int sign);

    std::map<rdd::RddId, Partitions> rdds_;  // no empty entries on any level
    std::map<rdd::ExecutorId, Held> held_;
};

}  // namespace heddle::driver
