#pragma once

// rmctl cluster and rmctl scheduler: the whole of it, in figures.

#include <string>
#include <vector>

#include "client/rmctl/options.h"
#include "client/rmctl/output.h"
#include "client/rmctl/table.h"
#include "common/base/result.h"
#include "common/wire/json.h"

namespace heddle::rmctl {

// What people read of the answers: the objects clusterInfo and clusterMetrics, and the whole answer
// of /appstatistics.
Fields cluster_fields(const wire::Json& info);
Fields metrics_fields(const wire::Json& metrics);
Table statistics_table(const wire::Json& json);

Result<int> cluster_info(const Options& options);
Result<int> cluster_metrics(const Options& options);
/// How many applications are in which state. An empty type: of all of them.
Result<int> cluster_appstatistics(const Options& options, const std::vector<std::string>& states,
                                  const std::string& type);
/// Has the manager write down every decision for that long ("60s").
Result<int> scheduler_log(const Options& options, const std::string& time);

}  // namespace heddle::rmctl
