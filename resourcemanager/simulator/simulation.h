#pragma once

// One run: the real core of the manager, models of nodes and masters around it, and measures.

#include <cstdint>
#include <functional>

#include "common/base/result.h"
#include "resourcemanager/simulator/measures.h"
#include "resourcemanager/simulator/setup.h"
#include "resourcemanager/simulator/workload.h"

namespace heddle::simulator {

struct Progress {
    Duration now;
    std::int64_t jobs_over = 0;
    std::int64_t tasks_done = 0;
};

struct RunResult {
    Findings findings;
    std::int64_t steps = 0;
    std::int64_t grants = 0;
    double seconds_in_core = 0;  // real time: not part of what a seed determines
};

/// Runs until every job is over. Requires jobs by arrival, machines, and a leaf of the scheduler's
/// configuration for the queue of every job. Errors: ResourceExhausted when nothing has happened
/// for long although jobs are there: what waits can never run.
Result<RunResult> simulate(const Setup& setup, const std::vector<Job>& jobs,
                           const std::vector<Machine>& machines,
                           const std::function<void(const Progress&)>& progress);

}  // namespace heddle::simulator
