#pragma once

// How a driver comes to be the master of an application: as the program of a container, by what its
// environment says, or from outside (client mode), by submitting itself.

#include <functional>
#include <string>

#include "client/driver/cluster_pool.h"
#include "client/driver/master_url.h"
#include "client/driver/settings.h"
#include "common/base/result.h"
#include "common/base/time.h"

namespace heddle::driver {

using PauseRule = std::function<Duration(Duration asked)>;

/// True in a container that the resource manager started as an application's master.
bool in_master_container();

/// The place of a managed driver. Errors: InvalidArgument, NotFound for what the environment lacks.
Result<ClusterPoolOptions> managed_place(const Settings& settings);

/// Submits this program as an unmanaged application and uploads what the manager does not have yet.
/// Errors: Unavailable when nobody answers, Unauthenticated without a good token, and what the
/// manager says.
/// `rule`: how long to wait when the manager asks for so long; null: so long.
Result<ClusterPoolOptions> submit_self(const MasterUrl& url, const std::string& name,
                                       const Settings& settings, const PauseRule& rule = {});

}  // namespace heddle::driver
