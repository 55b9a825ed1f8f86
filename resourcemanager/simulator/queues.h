#pragma once

// The queues of a run: a scheduler's configuration as the manager takes it, leaves with weights
// from the command line, or one for each that a job names.

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/queue.h"
#include "resourcemanager/simulator/workload.h"

namespace heddle::simulator {

/// "root.a=3,root.b": paths with the weight of each. Errors: InvalidArgument.
Result<std::vector<LeafQueue>> parse_queues(const std::string& text);

/// Queues without others below them. A leaf that is not of a weight counts with 1.
std::vector<LeafQueue> leaves_of(const SchedulerConfig& config);

SchedulerConfig scheduler_of(const std::vector<LeafQueue>& queues);

/// Gives the jobs full paths, and returns these.
std::vector<LeafQueue> name_in_full(std::vector<Job>& jobs);

/// Jobs name leaves. `given`: where the leaves were said. Errors: InvalidArgument.
Status check_queues(const std::vector<LeafQueue>& named, const SchedulerConfig& config,
                    const std::string& given);

}  // namespace heddle::simulator
