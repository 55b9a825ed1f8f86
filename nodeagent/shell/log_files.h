#pragma once

// The logs of containers, by container id and plain file name, whatever a container put into its
// log directory: opened beneath the log root without following links, regular files only.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/model/log_patterns.h"
#include "nodeagent/shell/node_paths.h"

namespace heddle::node {

struct LogFile {
    std::string name;
    std::uint64_t size = 0;
    WallTime modified;
};

struct OpenLog {
    std::shared_ptr<const int> descriptor;  // shared with the answer that sends it
    std::uint64_t size = 0;
};

/// By name. Files that are not regular are left out; at most kLogFilesMax.
constexpr std::size_t kLogFilesMax = 1000;
std::vector<LogFile> list_logs(const NodePaths& paths, const ContainerId& id);

/// Errors: NotFound for everything that is not a regular file right there.
Result<OpenLog> open_log(const NodePaths& paths, const ContainerId& id, const std::string& name);

/// Removes the files that are not to be kept. Patterns that are none keep all of them.
void trim_logs(const NodePaths& paths, const ContainerId& id, const LogPatterns& patterns);

/// The size now.
std::uint64_t size_of(const OpenLog& log);

/// At most `limit` bytes from `offset`; fewer at the end of the file.
std::string read_log(const OpenLog& log, std::uint64_t offset, std::size_t limit);

}  // namespace heddle::node
