#pragma once

// Queues that come into being when an application is placed in them: a leaf, and the parents that
// it lacks, below a configured queue with auto_creation. They are in no saved version of the
// configuration: after a start the applications on record bring theirs back, and a new version
// keeps those that are in use. An empty one goes after auto_creation.idle_removal, looked at once
// in that time, so after twice that time at the latest.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/model/queue.h"

namespace heddle::rm {

struct Books;

constexpr std::size_t kCreatedLevelsMax = 2;  // below the configured queue

struct CreatedQueues {
    std::map<std::string, bool> leaves;  // by path; true: it was empty when last looked at
};

/// `config` with the created leaves and what they need above them, for as many as it has a place
/// for; those are marked as created.
SchedulerConfig with_created(SchedulerConfig config, const CreatedQueues& created);

/// Makes the leaf, which queue_for() has found to be wanted. Errors: InvalidArgument (its name, too
/// many levels), ResourceExhausted (auto_creation.queues_max).
Status create_queue(Books& books, const std::string& path);
/// Takes away what create_queue() made, if nobody is in it.
void drop_created(Books& books, const std::string& path);
/// After a start: leaves that unfinished applications on record are in.
void recover_created(Books& books, const std::vector<std::string>& paths);
void created_queues_due(Books& books);

}  // namespace heddle::rm
