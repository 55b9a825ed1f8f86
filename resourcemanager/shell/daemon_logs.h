#pragma once

// The log files that the manager itself keeps in a folder of its state directory. Only regular
// files right there count, under plain names: no links, nothing above or below.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"

namespace heddle::rm {

struct DaemonLog {
    std::string name;
    std::uint64_t size = 0;
    WallTime modified;
};

struct OpenDaemonLog {
    std::shared_ptr<const int> descriptor;  // shared with the answer that sends it
    std::uint64_t size = 0;
};

/// By name, at most kDaemonLogsMax; none while there is no folder.
constexpr std::size_t kDaemonLogsMax = 1000;
std::vector<DaemonLog> list_daemon_logs(const std::string& folder);

/// Errors: NotFound for everything that list_daemon_logs() would not show.
Result<OpenDaemonLog> open_daemon_log(const std::string& folder, const std::string& name);

}  // namespace heddle::rm
