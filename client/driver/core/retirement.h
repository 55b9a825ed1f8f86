#pragma once

// Executors that are to end as planned: their container is to make way, or they were idle for long.
// They get no new tasks, what they hold is copied to others (replication.h), and when nothing runs
// on them and nothing is left to copy they are given back. Spark calls it decommissioning.

#include <optional>
#include <set>
#include <string>

#include "common/base/time.h"
#include "common/rdd/ids.h"

namespace heddle::driver {

struct RetirementRules {
    bool enabled = false;                   // else they end when somebody ends them
    bool storage = false;                   // what they hold is copied first:
    bool cached = true;                     // cached partitions
    std::optional<Duration> patience = {};  // for tasks and copies; none: as long as they take
};

struct Retirement {
    std::string reason;
    TimePoint deadline = TimePoint::never();
    std::set<rdd::BlockId> uncopied;  // a copy of them is wanted, or was not when last looked at
};

}  // namespace heddle::driver
