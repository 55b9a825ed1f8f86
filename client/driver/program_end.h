#pragma once

// How an application ends whose driver is a process of its own. In a container of the cluster the
// program is the application: it has succeeded when the program exits with 0, whatever its last job
// did, and failed otherwise. So the manager is told when the exit code is known, as the last thing
// the process does, and not when a context ends. A program that dies without exiting (a signal,
// std::terminate, _exit) tells nothing: its container's end says it.
//
// A program outside of the cluster is one application per context, which ends with the context; one
// that exits with a context still open says so here.

#include <cstdint>
#include <memory>

#include "client/driver/cluster_pool.h"
#include "common/base/result.h"

namespace heddle::driver {

/// Room for one more context of this program in the cluster: its number, from 0. In a container
/// they come one after the other, since all of them are one master. Errors: Conflict.
Result<std::int32_t> admit_to_program();

/// From now on the pool states at the program's exit how the application ended, unless it has
/// before. The one before it in the same container is heard of no more. After admit_to_program().
void end_with_program(const std::shared_ptr<ClusterPool>& pool);

}  // namespace heddle::driver
