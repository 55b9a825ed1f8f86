#pragma once

// The operator's program that knows where machines stand.

#include <stop_token>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "resourcemanager/shell/host_script.h"

namespace heddle::rm {

/// One rack per host, in their order. Errors: as run_host_script(), InvalidArgument (it answered
/// something else).
Result<std::vector<std::string>> run_topology_script(const std::string& script,
                                                     const std::vector<std::string>& hosts,
                                                     Duration limit, std::stop_token stop = {});

/// One rack per host from what the program printed. Errors: InvalidArgument.
Result<std::vector<std::string>> parse_racks(const std::string& printed, std::size_t hosts);

}  // namespace heddle::rm
