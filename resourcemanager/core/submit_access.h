#pragma once

// Whether a user may submit to a queue. Asked of the queue that an application comes to, whoever
// has chosen it: the user, a placement rule or the default.

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/model/queue.h"

namespace heddle::rm {

/// By the lists of the queue at `path` and of those above it; a queue that is not there yet has the
/// lists of those above it. Who administers a queue submits to it. Errors: PermissionDenied, saying
/// who asked for what.
Status may_submit(const std::vector<QueueConfig>& queues, const std::string& user,
                  const std::vector<std::string>& groups, std::string_view path);

}  // namespace heddle::rm
