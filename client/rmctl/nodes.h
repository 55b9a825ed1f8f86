#pragma once

// rmctl node and rmctl queue.

#include <string>
#include <vector>

#include "client/rmctl/options.h"
#include "common/base/result.h"

namespace heddle::rmctl {

Result<int> node_list(const Options& options, const std::vector<std::string>& states);
Result<int> node_get(const Options& options, const std::string& id);
Result<int> queue_list(const Options& options);

}  // namespace heddle::rmctl
