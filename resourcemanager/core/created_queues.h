#pragma once

// Queues that come into being when an application is placed in them: a leaf, and the parents that
// it lacks, below a configured queue with auto_creation. They are in no saved version of the
// configuration: after a start the applications on record bring theirs back, and a new version
// keeps those that are in use as long as it has the queue above them. An empty one goes after
// auto_creation.idle_removal, looked at once in that time, so after twice that time at the latest.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/model/queue.h"

namespace heddle::rm {

struct Books;

/// Of applications on record for whose queue there is no place when no queue is the default.
constexpr const char* kRecoveredQueue = "root.recovered";

struct CreatedLeaf {
    std::string base;                           // the configured queue above it
    TimePoint looked;                           // whether anybody is in it
    std::optional<TimePoint> empty_since = {};  // as far as that was seen
};

struct CreatedQueues {
    std::map<std::string, CreatedLeaf, std::less<>> leaves;  // by path
};

/// The nearest queue above `path` that is configured, which decides whether queues come into being
/// there; null when only queues below it are.
const QueueConfig* configured_above(const SchedulerConfig& config, std::string_view path);

/// `config` with the created leaves that it has a place for and what they need above them; those
/// are marked as created. A leaf in use stays below a queue that creates no more.
SchedulerConfig with_created(const Books& books, SchedulerConfig config);
/// The version that holds takes effect, with what was created; what has no place is forgotten.
void take_created(Books& books);

/// Makes the leaf, which queue_for() has found to be wanted. Errors: InvalidArgument (its name, too
/// deep, shares that do not add up), ResourceExhausted (auto_creation.queues_max).
Status create_queue(Books& books, const std::string& path);
/// Takes away what create_queue() made, if nobody is in it.
void drop_created(Books& books, const std::string& path);
/// After a start: the queues that unfinished applications on record are in.
void recover_created(Books& books, const std::set<std::string>& live);
void created_queues_due(Books& books);

/// What is created is in the tree, and the other way round.
void check_created(const Books& books);

}  // namespace heddle::rm
