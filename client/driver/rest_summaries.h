#pragma once

// Figures over the tasks of one stage attempt, in the shapes of Spark's monitoring REST.

#include <string>
#include <string_view>
#include <vector>

#include "client/driver/core/views.h"
#include "common/base/result.h"
#include "common/wire/json.h"

namespace heddle::driver {

/// "0.05,0.5" as numbers; empty: Spark's five. Errors: InvalidArgument in Spark's words.
Result<std::vector<double>> parse_quantiles(std::string_view text);

/// Milliseconds of `task` that were not spent running; 0 while it runs.
std::int64_t scheduler_delay(const TaskView& task);

/// False: no task has succeeded, and there is nothing to show.
bool has_distributions(const StageView& stage);

/// taskSummary and taskMetricsDistributions: quantiles over the tasks that succeeded.
void write_task_distributions(wire::JsonWriter& json, const StageView& stage,
                              const std::vector<double>& quantiles);

/// executorSummary: sums per executor, by its id.
void write_executor_summary(wire::JsonWriter& json, const StageView& stage);

/// executorMetricsDistributions: quantiles over those sums.
void write_executor_distributions(wire::JsonWriter& json, const StageView& stage,
                                  const std::vector<double>& quantiles);

}  // namespace heddle::driver
