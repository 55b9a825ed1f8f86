#pragma once

// Runs a program of the operator that knows machines: their names as arguments, and a word for each
// in its answer. As YARN's net.topology.script.

#include <stop_token>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"

namespace heddle::rm {

/// So many names are given to one run.
constexpr std::size_t kHostsPerRun = 100;

struct HostScript {
    std::string path;
    std::string what;  // "the topology script", for messages
    Duration limit;    // of one run
};

/// What it printed. Waits for at most `limit`, and until `stop` is requested; then the program and
/// what it has started are killed. Requires 1 to kHostsPerRun hosts. Errors: Unavailable (it could
/// not be started, failed), Timeout (it took too long).
Result<std::string> run_host_script(const HostScript& script, const std::vector<std::string>& hosts,
                                    std::stop_token stop = {});

}  // namespace heddle::rm
