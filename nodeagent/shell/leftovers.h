#pragma once

// Finds the processes of a container whose shim was killed, and ends them.

#include <string>

#include "nodeagent/shim/state_files.h"

namespace heddle::node {

/// SIGKILL to every process of the shim's session, and to every process of this user whose
/// environment names the container. Repeats until there is none. Blocks for milliseconds.
void kill_leftovers(const std::string& container, const ProcessIdentity& shim);

}  // namespace heddle::node
