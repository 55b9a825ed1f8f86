#pragma once

// Speculation: when most tasks of a stage have ended, those that take far longer than they did get
// a second attempt on another host, and the first that ends counts. As in Spark: only when a part
// (`quantile`) of the tasks has succeeded, and only beyond `multiplier` times their median.
//
// A task whose second run could give other records is never tried twice at once: what both put into
// caches would differ.

#include <cstdint>
#include <optional>

#include "client/driver/core/task_set.h"
#include "common/base/time.h"

namespace heddle::driver {

struct SpeculationRules {
    bool enabled = false;
    Duration interval = milliseconds(100);      // between looks
    std::int64_t multiplier_permille = 3000;    // of the median run time
    std::int64_t quantile_permille = 900;       // of the tasks have to have succeeded
    Duration run_time_min = milliseconds(100);  // no task is slow before
    // Of a stage that one executor could run at once, which may never have enough tasks to compare:
    // slow is also what runs longer than this.
    std::optional<Duration> threshold = {};
};

/// How long a task of `tasks` may run before it is slow; none: nobody can say yet. `slots`: tasks
/// that an executor runs at once.
std::optional<Duration> slow_after(const TaskSet& tasks, const SpeculationRules& rules,
                                   std::int32_t slots);

}  // namespace heddle::driver
