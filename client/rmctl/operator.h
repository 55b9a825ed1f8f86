#pragma once

// What operators look at and decide of the whole cluster: room that is held, what was taken back,
// labels, groups of users, racks, and who may use a queue.

#include <string>
#include <vector>

#include "client/rmctl/options.h"
#include "client/rmctl/table.h"
#include "common/base/result.h"
#include "common/wire/json.h"

namespace heddle::rmctl {

// What people read of the answers.
Table reservations_of(const wire::Json& json);
Table preemptions_of(const wire::Json& json);
Table labels_of(const wire::Json& json);

/// Room that is held for asks that wait, and gangs that have not started.
Result<int> reservation_list(const Options& options);
/// What was taken back from queues, the newest first.
Result<int> preemption_list(const Options& options);

Result<int> label_list(const Options& options);
/// `shared`: asks that name no label may use its nodes as well.
Result<int> label_add(const Options& options, const std::vector<std::string>& labels, bool shared);
/// Has the program asked that says which labels nodes have.
Result<int> label_refresh(const Options& options);
Result<int> label_remove(const Options& options, const std::vector<std::string>& labels);

Result<int> user_groups(const Options& options, const std::string& user);
/// As whom the manager knows the one who asks.
Result<int> user_whoami(const Options& options);
Result<int> user_refresh_groups(const Options& options);

Result<int> node_refresh_topology(const Options& options);

/// Whether `user` (empty: who asks) may submit to the queue or, with `administer`, administer it.
/// Exit code 4 when not.
Result<int> queue_access(const Options& options, const std::string& queue, const std::string& user,
                         bool administer);

}  // namespace heddle::rmctl
