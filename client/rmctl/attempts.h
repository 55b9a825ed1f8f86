#pragma once

// rmctl attempt list, rmctl container list: what an application consists of.

#include <string>

#include "client/rmctl/options.h"
#include "client/rmctl/table.h"
#include "common/base/result.h"
#include "common/wire/json.h"

namespace heddle::rmctl {

// What people read of the answers.
Table attempt_table(const wire::Json& json);
Table container_table(const wire::Json& json);

Result<int> attempt_list(const Options& options, const std::string& application);
/// Of an attempt, or of the last one of an application.
Result<int> container_list(const Options& options, const std::string& id);

}  // namespace heddle::rmctl
