#pragma once

// Which stages are barrier stages, and which lineages cannot be run in one.

#include <cstddef>
#include <optional>
#include <string>

#include "common/rdd/plan.h"

namespace heddle::driver {

/// Whether the stage that computes `root` is a barrier stage: some RDD that its tasks pipeline is a
/// barrier RDD.
bool is_barrier(const rdd::Plan& plan, rdd::RddId root);

/// Persisted RDDs of the barrier stage with this root that are barrier RDDs or pipelined with one:
/// a task that finds its partition of such a one cached does not come to the barrier.
std::vector<const rdd::RddNode*> persisted_in_gang(const rdd::Plan& plan, rdd::RddId root);

/// Why the job that computes `partitions` partitions of `root` cannot be run, in Spark's words;
/// none: it can.
std::optional<std::string> barrier_refusal(const rdd::Plan& plan, rdd::RddId root,
                                           std::size_t partitions, bool by_demand = false);

}  // namespace heddle::driver
