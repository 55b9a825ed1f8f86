#pragma once

// The operator's program that knows labels of nodes.

#include <string>
#include <vector>

#include "resourcemanager/shell/host_script.h"

namespace heddle::rm {

/// One label per host, in their order; empty: none. Errors: as run_host_script(), InvalidArgument
/// (it answered something else).
Result<std::vector<std::string>> run_label_script(const HostScript& script,
                                                  const std::vector<std::string>& hosts,
                                                  std::stop_token stop = {});

/// The labels that were printed: a word per host, "-" for none. Errors: InvalidArgument.
Result<std::vector<std::string>> parse_labels(const std::string& printed, std::size_t hosts);

}  // namespace heddle::rm
