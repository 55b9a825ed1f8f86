#pragma once

// What this machine has, and how much of it is in use.

#include <cstdint>
#include <map>
#include <string>

#include "common/base/resource.h"
#include "common/base/result.h"
#include "common/model/node.h"

namespace heddle::node {

/// CPUs this process may use and memory of the machine, both within the limits of the control group
/// that it runs in (version 1 or 2); of the memory a tenth, at least 256 MiB and at most 4 GiB,
/// stays with the system.
Resource detect_resources();

struct Measured {
    NodeUsage usage;
    std::map<std::string, std::int64_t> resident_mib;  // by container, of all its processes
};

/// Measures between two calls of measure().
class UsageMeter {
public:
    /// `sessions`: shim pids of running containers. `directory` is where containers work.
    Measured measure(const std::map<std::int64_t, std::string>& sessions,
                     const std::string& directory);

private:
    std::int64_t busy_ticks_ = 0;
    std::int64_t total_ticks_ = 0;
};

/// The reason why `directory` can take no more containers, or empty.
std::string disk_health(const std::string& directory);

}  // namespace heddle::node
