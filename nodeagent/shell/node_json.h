#pragma once

// The agent's state as YARN's node REST shows it, and as Prometheus text. Called on the loop
// thread, which is the core's thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"
#include "common/base/time.h"
#include "nodeagent/core/node_agent.h"
#include "nodeagent/shell/log_files.h"

namespace heddle::node {

struct NodeFacts {
    std::string address;
    int http_port = 0;
    WallTime started;
    WallTime last_update;
};

std::string node_info_json(const NodeAgent& agent, const NodeFacts& facts);

/// One of YARN's states of an application on a node.
bool is_application_state(std::string_view text);

struct ApplicationFilter {
    std::string state;  // empty: any
    std::string user;
};
std::string applications_json(const NodeAgent& agent, const ApplicationFilter& filter);
/// nullopt: no container of it is here.
std::optional<std::string> application_json(const NodeAgent& agent, const ApplicationId& id);

std::string containers_json(const NodeAgent& agent, const NodeFacts& facts, const NodePaths& paths);
std::string container_json(const Container& container, const NodeAgent& agent,
                           const NodeFacts& facts, const NodePaths& paths);
std::string logs_json(const NodeAgent& agent, const ContainerId& id,
                      const std::vector<LogFile>& files);

std::string metrics_text(const NodeAgent& agent);

}  // namespace heddle::node
