#pragma once

// The map output tracker: which task's output stands for each map partition of each shuffle, and on
// which executor it lies. An output counts until it is unregistered, by a fetch that failed, by the
// loss of its executor, or because everything computed from an indeterminate stage is redone.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"
#include "common/rdd/task.h"

namespace heddle::driver {

class MapOutputs {
public:
    /// Has no effect on a shuffle that is known.
    void add(rdd::ShuffleId shuffle, std::int32_t map_partitions);
    void remove(rdd::ShuffleId shuffle) { shuffles_.erase(shuffle); }
    bool known(rdd::ShuffleId shuffle) const { return shuffles_.count(shuffle) != 0; }

    /// False when another attempt's output stands for the partition already.
    bool put(rdd::ShuffleId shuffle, rdd::Partition map, rdd::ExecutorId executor,
             rdd::MapStatus status);
    /// The output of exactly this task is on `to` now. False: it does not stand, or not on `from`.
    bool move(rdd::ShuffleId shuffle, rdd::Partition map, rdd::TaskId task, rdd::ExecutorId from,
              rdd::ExecutorId to);
    /// True when the output of exactly this task stood, and does not any more.
    bool unregister(rdd::ShuffleId shuffle, rdd::Partition map, rdd::TaskId task);
    void unregister_all(rdd::ShuffleId shuffle);
    /// The shuffles that lost something.
    std::vector<rdd::ShuffleId> executor_lost(rdd::ExecutorId executor);

    /// False for a shuffle that is not known.
    bool complete(rdd::ShuffleId shuffle) const;
    bool any(rdd::ShuffleId shuffle) const;
    /// Of all output that is there.
    std::int64_t bytes(rdd::ShuffleId shuffle) const;
    bool has(rdd::ShuffleId shuffle, rdd::Partition map) const;
    /// How much of what partition `reduce` reads lies on each executor. Looks through all.
    std::map<rdd::ExecutorId, std::uint64_t> bytes_for(rdd::ShuffleId shuffle,
                                                       rdd::Partition reduce) const;
    std::size_t maps(rdd::ShuffleId shuffle) const;
    /// Null: it is not there.
    const rdd::MapOutput* find(rdd::ShuffleId shuffle, rdd::Partition map) const;
    /// What lies on the executor: shuffles and map partitions. Looks through all.
    std::vector<std::pair<rdd::ShuffleId, rdd::Partition>> held_by(rdd::ExecutorId executor) const;
    /// Where output lies that counts. Looks through all.
    std::set<rdd::ExecutorId> holders() const;
    std::vector<rdd::Partition> missing(rdd::ShuffleId shuffle) const;

    /// Where the output of exactly this task is, while it stands; else kNoExecutor.
    rdd::ExecutorId holder(rdd::ShuffleId shuffle, rdd::Partition map, rdd::TaskId task) const;

    /// Grows with every change. 0: not known.
    std::int64_t version(rdd::ShuffleId shuffle) const;
    /// The table as executors get it; the same object until it changes. Requires complete().
    std::shared_ptr<const rdd::MapOutputTable> table(rdd::ShuffleId shuffle);

    void check() const;

private:
    struct Shuffle {
        rdd::MapOutputTable table;
        std::size_t present = 0;
        std::shared_ptr<const rdd::MapOutputTable> published;  // shared with messages under way
    };
    void changed(Shuffle& shuffle);

    std::map<rdd::ShuffleId, Shuffle> shuffles_;
    std::int64_t versions_ = 0;  // over all shuffles: one that is forgotten and returns is newer
};

}  // namespace heddle::driver
