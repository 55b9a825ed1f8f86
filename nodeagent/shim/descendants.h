#pragma once

// Ends everything that a container left behind. The shim is a subreaper: whoever loses its parent
// becomes its child, however it changed session or group.

#include <sys/types.h>

#include <vector>

namespace heddle::node {

/// Children of the calling process.
std::vector<pid_t> children_of_self();

/// SIGKILL to the group and to all children.
void kill_everything(pid_t group);

}  // namespace heddle::node
