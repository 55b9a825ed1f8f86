#pragma once

// Which machine stands in which rack, as an operator has written it down.

#include <map>
#include <string>

#include "common/base/result.h"

namespace heddle::rm {

/// Lines of "host rack"; empty lines and those that begin with '#' count for nothing. A rack begins
/// with
/// '/', as YARN's do. Errors: NotFound (no such file, not readable), InvalidArgument with the line.
Result<std::map<std::string, std::string>> read_topology(const std::string& path);

}  // namespace heddle::rm
