#pragma once

// The node agent's command line and settings, resolved to what the daemon needs.

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "common/base/resource.h"
#include "common/base/time.h"
#include "common/net/address.h"

namespace heddle::node {

constexpr int kExitUsage = 2;

struct NodeOptions {
    std::string name;
    std::string address;
    std::uint16_t port = 0;
    std::string rack;
    std::string label;  // empty: none
    std::map<std::string, std::string> attributes;
    net::Endpoint server;        // the manager's node port
    net::Endpoint manager_rest;  // for artifacts
    std::string directory;
    std::string token_file;
    std::vector<std::string> host_names;
    Resource total;
    Duration log_retention;
    Duration memory_check;  // 0: memory is not enforced
    std::size_t logs_kept_max = 0;
    std::uint64_t log_bytes_max = 0;
    std::uint64_t cache_bytes_max = 0;
    std::int32_t opportunistic_queue_max = 0;
    bool anonymous_read = false;
};

/// The process ends at once with `code` after printing `text`: --help, --version, a mistake.
struct EarlyExit {
    int code = 0;
    std::string text;
};

std::variant<NodeOptions, EarlyExit> parse_options(const std::vector<std::string>& arguments);

}  // namespace heddle::node
