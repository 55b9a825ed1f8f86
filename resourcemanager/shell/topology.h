#pragma once

// Which machine stands in which rack, as an operator has written it down.

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "common/base/result.h"

namespace heddle::rm {

/// What a refresh has come to.
struct TopologyReport {
    std::int64_t in_file = 0;  // machines that the file names
    std::int64_t asked = 0;    // of the script
    std::int64_t answered = 0;
    std::string failure;  // of the script; what it said before holds
};
using OnTopology = std::function<void(Result<TopologyReport>)>;

/// Lines of "host rack"; empty lines and those that begin with '#' count for nothing. A rack begins
/// with
/// '/', as YARN's do. Errors: NotFound (no such file, not readable), InvalidArgument with the line.
Result<std::map<std::string, std::string>> read_topology(const std::string& path);

}  // namespace heddle::rm
