#pragma once

// In which order stages are offered free slots. First in, first out: by job, then by stage. Fair:
// pools share the slots by weight, those below their minimum share first; within a pool stages go
// first in, first out, or share evenly. As in Spark.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/rdd/ids.h"

namespace heddle::driver {

constexpr const char* kDefaultPool = "default";

struct PoolRules {
    bool fair = false;  // among the stages in it
    std::int32_t weight = 1;
    std::int32_t share_min = 0;  // slots

    friend bool operator==(const PoolRules&, const PoolRules&) = default;
};

struct SchedulingRules {
    bool fair = false;                                    // among pools; else there is one queue
    std::map<std::string, PoolRules, std::less<>> pools;  // others have the rules of a fresh one
};

/// A stage that waits for slots.
struct Candidate {
    rdd::JobId job;  // the first that wants it
    rdd::StageId stage;
    std::string_view pool;     // of the job's properties, which outlive the round
    std::int64_t running = 0;  // tasks of the stage
};
using RunningByPool = std::map<std::string_view, std::int64_t>;

/// Sorts the candidates: who is offered the next slot comes first. `running` has the tasks of each
/// pool, of stages without waiting tasks, too.
void order_stages(std::vector<Candidate>& candidates, const SchedulingRules& rules,
                  const RunningByPool& running);

}  // namespace heddle::driver
