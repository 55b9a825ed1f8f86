#pragma once

// Runs the operator's program that knows where machines stand, as YARN's net.topology.script: names
// of machines as arguments, and one rack for each in its answer.

#include <stop_token>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"

namespace heddle::rm {

/// So many names are given to one run.
constexpr std::size_t kHostsPerRun = 100;

/// One rack per host, in their order. Waits for at most `limit`, and until `stop` is requested;
/// then the program and what it has started are killed. Requires 1 to kHostsPerRun hosts. Errors:
/// Unavailable (it could not be started, took too long, failed), InvalidArgument (it answered
/// something else).
Result<std::vector<std::string>> run_topology_script(const std::string& script,
                                                     const std::vector<std::string>& hosts,
                                                     Duration limit, std::stop_token stop = {});

/// One rack per host from what the program printed. Errors: InvalidArgument.
Result<std::vector<std::string>> parse_racks(const std::string& printed, std::size_t hosts);

}  // namespace heddle::rm
