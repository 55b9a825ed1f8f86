#pragma once

// rmctl queue.

#include <string>
#include <vector>

#include "client/rmctl/answers.h"
#include "client/rmctl/options.h"
#include "client/rmctl/output.h"
#include "client/rmctl/table.h"
#include "common/base/result.h"
#include "common/wire/json.h"

namespace heddle::rmctl {

// Everywhere: `name` is a path, or a last name that only one queue has.

/// The path that `name` means. Errors: NotFound with a near miss, InvalidArgument when several
/// match.
Result<std::string> queue_meant(const std::vector<QueueAnswer>& queues, const std::string& name);

// What people read of the answers. A queue is an object of the answer of /scheduler.
Table queue_table(const std::vector<QueueAnswer>& queues);
Fields queue_fields(const wire::Json& queue);
/// Its shares of nodes by label; without a row where there are no labels.
Table queue_labels(const wire::Json& queue);
Table queue_users(const wire::Json& queue);

Result<int> queue_list(const Options& options);
/// Limits, users, labels and access lists of one queue.
Result<int> queue_get(const Options& options, const std::string& name);
/// "running", "stopped" or "draining", as a version of the scheduler's configuration.
Result<int> queue_state(const Options& options, const std::string& name, const std::string& state);

}  // namespace heddle::rmctl
