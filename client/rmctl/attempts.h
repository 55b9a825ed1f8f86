#pragma once

// rmctl attempt list, rmctl container list: what an application consists of.

#include <string>

#include "client/rmctl/options.h"
#include "common/base/result.h"

namespace heddle::rmctl {

Result<int> attempt_list(const Options& options, const std::string& application);
/// Of an attempt, or of the last one of an application.
Result<int> container_list(const Options& options, const std::string& id);

}  // namespace heddle::rmctl
