#pragma once

// The resource manager's command line and settings, resolved to what the daemon needs.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "resourcemanager/core/artifact_keep.h"
#include "resourcemanager/core/config.h"

namespace heddle::rm {

struct Options {
    std::string state_dir;
    std::string address;
    std::uint16_t port = 0;
    std::uint16_t node_port = 0;
    std::string socket;      // empty: none
    std::string token_file;  // empty: `token` in the state directory, generated if missing
    std::string ui_dir;      // empty: the embedded dashboard
    bool anonymous_read = false;
    bool access_lists = false;
    std::vector<std::string> host_names;
    std::uint64_t artifact_bytes_max = 0;
    ArtifactLimits artifact_limits;
    Config core;
};

/// The process ends at once with `code` after printing `text`: --help, --version, a mistake.
struct EarlyExit {
    int code = 0;
    std::string text;
};

std::variant<Options, EarlyExit> parse_options(const std::vector<std::string>& arguments);

}  // namespace heddle::rm
