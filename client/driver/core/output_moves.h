#pragma once

// Map output on its way from executors that retire to others. An output lies in one place, so
// unlike a cached partition it is not copied but moved: the target fetches and keeps it, and from
// its answer on the table of outputs names the target. Readers under way with the table from before
// may find the old executor gone; that is no loss of output.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "client/driver/core/executor_table.h"
#include "client/driver/core/map_outputs.h"
#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"

namespace heddle::driver {

class OutputMoves {
public:
    using Key = std::pair<rdd::ShuffleId, rdd::Partition>;  // of the map partition
    struct Order {
        rdd::ExecutorId target;
        rdd::KeepMapOutput message;
    };
    struct Moved {
        Key output;
        rdd::TaskId map_task;
        rdd::ExecutorId from;
    };

    /// The output is to be on an executor that does not retire.
    void want(const Key& output);
    /// It is on its way, or it is not yet known where to. False: it is there, or has no place.
    bool under_way(const Key& output) const;
    void executor_lost(rdd::ExecutorId executor);
    /// What the executor has now besides the one that had it; none: it is tried elsewhere, or
    /// nobody waits for this answer any more.
    std::optional<Moved> answered(const rdd::MapOutputKept& answer, rdd::ExecutorId executor);
    /// What is to be asked for now.
    std::vector<Order> orders(const MapOutputs& outputs, const ExecutorTable& executors);

    void check(const ExecutorTable& executors) const;

private:
    struct Wish {
        std::set<rdd::ExecutorId> refused;
        std::int64_t order = 0;  // under way; 0: none
        rdd::ExecutorId target;  // the rest: of the order
        rdd::ExecutorId from;
        rdd::TaskId map_task{-1};
    };
    rdd::ExecutorId target_of(const Wish& wish, const ExecutorTable& executors) const;

    std::map<Key, Wish> wishes_;
    std::set<Key> ready_;                            // those to look at
    std::map<std::int64_t, Key> flights_;            // by order
    std::map<rdd::ExecutorId, std::int64_t> given_;  // orders that an executor has got
    std::int64_t next_order_ = 1;
};

}  // namespace heddle::driver
