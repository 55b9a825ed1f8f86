#pragma once

// One run of the fault simulation: a cluster, jobs, a phase with faults and one without, all drawn
// from the seed. Everything must finish, and nothing may be left over.

#include <cstdint>
#include <string>

#include "resourcemanager/core/config.h"

namespace heddle::rm::test {

struct RunResult {
    std::string violation;  // empty: none
    std::uint64_t digest = 0;
    std::uint64_t steps = 0;
    std::string tail;  // of the trace
    std::int64_t manager_lives = 0;
    std::int64_t virtual_ms = 0;
    std::int64_t preempted = 0;  // containers
    std::int64_t displaced = 0;  // opportunistic ones
    std::int64_t preempted_inside = 0;
    std::int64_t given_back = 0;  // by masters that were told in time
    std::int64_t resized = 0;     // containers
};

/// `off`: a feature that is left out, which the checkers should see.
RunResult random_run(std::uint64_t seed, Defect defect, Feature off = Feature::None);

}  // namespace heddle::rm::test
