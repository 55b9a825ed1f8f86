#pragma once

// Which queue an application goes to: the one that it names, or what the placement rules say. A
// pure function of the configuration.

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/queue.h"
#include "resourcemanager/core/feature.h"

namespace heddle::rm {

struct Submitter {
    std::string user;
    std::vector<std::string> groups;  // the primary one first; empty: not known
    std::string application;          // its name
    std::string queue;                // as named at submission; may be empty
};

struct QueueChoice {
    std::string path;
    bool create = false;  // it is not there yet, and may come into being
};

/// Rules are tried in order; without one that places, the queue that was named, else the default.
/// A named queue comes before the rules unless override_specified_queue. An empty path: the tree's
/// own default. A rule setDefaultQueue places nothing: it says what is the default from then on.
/// Errors: InvalidArgument or NotFound saying why each rule did not place it, Conflict
/// when the queue takes no applications.
Result<QueueChoice> queue_for(const SchedulerConfig& config, const Submitter& who,
                              Feature off = Feature::None);

}  // namespace heddle::rm
