#pragma once

// A machine that runs containers, as the manager knows it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"

namespace heddle {

/// YARN's node states; New shows while a saved node has not come back yet.
enum class NodeState {
    New,
    Running,
    Unhealthy,
    Decommissioning,
    Decommissioned,
    Lost,
    Rebooted,
    Shutdown
};
std::string_view to_string(NodeState state);

/// What a node says of itself when it registers.
struct NodeInfo {
    NodeId id;
    std::string address;         // where its HTTP is reached: "127.0.0.1"
    std::int32_t http_port = 0;  // 8042 unless configured
    std::string rack = "/default-rack";
    Resource total;
    std::string version;
    std::vector<std::string> isolation;  // layers in use: "rlimits", "process-groups", ...
    std::string label = {};              // empty: none
    std::map<std::string, std::string> attributes =
        {};  // for people and constraints: "os": "linux"; see node_attributes.h

    friend bool operator==(const NodeInfo&, const NodeInfo&) = default;
};

enum class NodeService { Normal, Draining, Decommissioned };

/// What operators have decided about a node. It comes before what the node says of itself, and
/// holds over restarts of both.
struct NodeSettings {
    NodeService service = NodeService::Normal;
    WallTime drain_until = {};              // then what still runs is stopped; 0: never
    std::optional<std::string> label = {};  // empty text: none
    std::optional<Resource> total = {};
    WallTime overcommit_until = {};  // then what `total` has no room for is stopped; 0: never
    std::map<std::string, std::string> attributes = {};  // by names without a prefix

    friend bool operator==(const NodeSettings&, const NodeSettings&) = default;
};

/// The saved fact that a node belongs to the cluster; written when it first registers or changes,
/// when it is lost, when it comes back from that, and when an operator decides something about it.
struct NodeRecord {
    NodeInfo info;  // as it said itself
    WallTime registered;
    WallTime lost;  // since when; 0: it is not
    NodeSettings settings = {};

    friend bool operator==(const NodeRecord&, const NodeRecord&) = default;
};

/// Measured use of a node, for people; scheduling does not depend on it.
struct NodeUsage {
    std::int64_t memory_used_mib = 0;
    std::int64_t containers_memory_mib = 0;
    double cpu_vcores = 0;
    std::string health;  // empty: healthy; else the reason

    friend bool operator==(const NodeUsage&, const NodeUsage&) = default;
};

}  // namespace heddle
