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
#include "resourcemanager/shell/user_groups.h"

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
    StaticGroups static_groups;
    std::vector<std::string> host_names;
    std::uint64_t artifact_bytes_max = 0;
    ArtifactLimits artifact_limits;
    Config core;
    std::string topology_file;    // empty: none
    std::string topology_script;  // empty: none
    Duration topology_script_limit;
    std::string label_script;  // empty: none
    Duration label_script_interval;
    Duration label_script_limit;
    /// Where queues are read from; the default place need not have a file.
    std::string scheduler_file;
    bool scheduler_file_optional = true;
    SchedulerConfig scheduler_without_file;
};

/// What the scheduler's file says now; without one, what the settings said. Errors: as
/// config::read_scheduler.
Result<SchedulerConfig> configured_scheduler(const Options& options);

/// The process ends at once with `code` after printing `text`: --help, --version, a mistake.
struct EarlyExit {
    int code = 0;
    std::string text;
};

std::variant<Options, EarlyExit> parse_options(const std::vector<std::string>& arguments);

}  // namespace heddle::rm
