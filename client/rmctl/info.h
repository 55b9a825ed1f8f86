#pragma once

// rmctl ui, version and completion.

#include <map>
#include <string>
#include <vector>

#include "client/rmctl/options.h"
#include "common/base/result.h"

namespace heddle::rmctl {

/// Prints the dashboard's address with a fresh code that signs one browser in.
Result<int> show_ui(const Options& options);

/// Prints our version, and the server's when there is one.
Result<int> show_version(const Options& options);

/// A bash completion script. `words`: for each command ("", "app", "app list") what may follow.
std::string bash_completion(const std::map<std::string, std::vector<std::string>>& words);

}  // namespace heddle::rmctl
