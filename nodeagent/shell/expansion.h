#pragma once

// The environment of a container, and YARN's variables in it and in its command: {{NAME}} is the
// value of NAME in the container's environment (empty if there is none), <LOG_DIR> the log
// directory, <CPS> the separator of paths.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/container.h"

namespace heddle::node {

/// What the node knows and the container's environment shows.
struct ContainerPlace {
    std::string container;
    std::string work_dir;
    std::string log_dir;
    std::string host;
    int http_port = 0;
    std::string user;
    std::string programs_dir;  // of Heddle's own programs: first on PATH
    std::string node_path;     // the node's own PATH
};

using Environment = std::map<std::string, std::string>;

/// What the node sets cannot be overridden, but for PATH, HOME and LANG.
Environment container_environment(const LaunchSpec& spec, const ContainerPlace& place);

std::string expand(std::string_view text, const Environment& environment, std::string_view log_dir);

}  // namespace heddle::node
