#pragma once

// explain(): what an action would run, for people.

#include <string>
#include <vector>

#include "client/api/graph.h"
#include "client/driver/job_runner.h"

namespace heddle::api {

/// Throws UsageError when the input cannot be listed.
std::string explain(const NodePtr& root);
std::string explain_text(const std::vector<driver::StageForecast>& stages);

}  // namespace heddle::api
