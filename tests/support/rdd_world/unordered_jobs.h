#pragma once

// Jobs that are hard to repeat: their records pass through an operator whose order is another one
// in each attempt, and are dealt out by position. Lost output of such a stage cannot be computed
// again without what depended on it. Their answers, as sets, are known all the same.

#include <memory>
#include <string>
#include <vector>

#include "common/base/prng.h"
#include "common/blocks/broadcast_store.h"
#include "common/rdd/plan.h"

namespace heddle::test {

struct UnorderedJobs {
    rdd::Plan plan;
    std::vector<rdd::RddNode> roots;    // each is worth a job: they share shuffles and a cache
    std::vector<std::string> expected;  // sorted: what each of them collects
    // The tasks of last stages read a broadcast variable, and fail when it is not what it was.
    std::shared_ptr<blocks::BroadcastStore> broadcasts;  // shared with who answers for the driver
    rdd::BroadcastRef broadcast;
};

UnorderedJobs draw_unordered_jobs(Prng& prng);

/// Tasks of the barrier jobs, which run at the same time.
inline constexpr std::int32_t kBarrierTasks = 4;
/// Two more roots: one whose last stage is a barrier stage, and one that reads the output of one.
/// Their tasks fail when they do not hear from each other what they have to.
void add_barrier_jobs(UnorderedJobs& jobs);

}  // namespace heddle::test
