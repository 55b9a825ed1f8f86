#pragma once

// Executors that are to end as planned: their container is to make way, or they were idle for long.
// They get no new tasks, what they hold is copied to others
// (replication.h) or moved there (output_moves.h), and when nothing runs
// on them and nothing is left to copy they are given back. Spark calls it decommissioning.

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "common/base/time.h"
#include "common/rdd/ids.h"

namespace heddle::driver {

struct RetirementRules {
    bool enabled = false;                   // else they end when somebody ends them
    bool storage = false;                   // what they hold is copied first:
    bool cached = true;                     // cached partitions,
    bool outputs = true;                    // and map output
    std::optional<Duration> patience = {};  // for tasks and copies; none: as long as they take

    bool copies_cached() const { return enabled && storage && cached; }
    bool moves_outputs() const { return enabled && storage && outputs; }
};

struct Retirement {
    std::string reason;
    TimePoint deadline = TimePoint::never();
    // What was under way when last looked at.
    std::set<rdd::BlockId> uncopied;
    std::set<std::pair<rdd::ShuffleId, rdd::Partition>> unmoved;  // map partitions
};

}  // namespace heddle::driver
