#pragma once

// The resource manager as a process: opens the state directory, listens, runs the core on its
// thread and everything that waits on this one, and ends on SIGTERM with containers left alive.

#include "resourcemanager/shell/options.h"

namespace heddle::rm {

/// Runs until SIGTERM or SIGINT. Returns the exit code; what went wrong is on standard error.
int run_daemon(const Options& options);

}  // namespace heddle::rm
