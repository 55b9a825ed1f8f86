#pragma once

// rmctl dev: a cluster of real daemons on this machine, on loopback addresses. Its state lies in
// one directory; endpoint.json there is what every other command finds it by.

#include <cstdint>
#include <string>

#include "client/rmctl/options.h"
#include "common/base/result.h"

namespace heddle::rmctl {

struct DevOptions {
    int nodes = 0;          // 0: as many as there are, three of a new cluster
    int port = 8088;        // of the manager's REST; 0: free ports for everything
    std::string heartbeat;  // "1s"; empty: the daemons' default
    bool port_given = false;
};

/// Starts what does not run yet and waits until all agents are registered. Doing it twice is fine.
/// All ports are looked at before anything starts, and a start that fails is undone.
/// Errors: InvalidArgument, Conflict when a port is in use or the running cluster has another port,
/// more nodes or another heartbeat, Timeout, Internal with the tail of a daemon's log.
Result<int> dev_up(const Options& options, const DevOptions& what);

/// Ends containers, then daemons; nothing of the cluster runs afterwards. Fine when nothing runs.
Result<int> dev_down(const Options& options);

/// Shows the daemons, where they listen and whether they run.
Result<int> dev_status(const Options& options);

}  // namespace heddle::rmctl
