#pragma once

// What is written down of every container that is taken back from a queue: who lost what, why, and
// for whom. As readers see it.

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"

namespace heddle::rm {

/// A queue as it stood when the decision was made.
struct QueueStanding {
    std::string path;
    Resource used;  // of the one that gives: without this container and all else that leaves it
    Resource guaranteed;
};

/// Of two users of one leaf, or of two applications of one user, when the decision was made.
struct InsideStanding {
    std::int32_t priority_from = 0;
    std::int32_t priority_to = 0;
    std::string user_to;
    Resource left;  // of the user that gives, without all that leaves
    Resource limit_from;
    Resource soon;  // of the user that gets, with all that comes by claims
    Resource limit_to;
};

struct PreemptionRecord {
    std::int64_t number = 0;  // counts up from 1 since the process started
    WallTime at;
    bool dry_run = false;  // nothing was stopped
    ContainerId container;
    std::string user;
    bool master = false;
    NodeId node;
    Resource size;
    QueueStanding from;
    QueueStanding to;    // `used`: with all that is being taken for it
    AttemptId for_whom;  // the ask that was waiting
    std::int32_t ask = 0;
    Resource wanted;  // its size
    std::int64_t cluster_percent_max = 0;
    Resource in_flight;  // of all queues, this container too: never above that part of the cluster
    Resource cluster;
    std::string label = {};  // of the nodes that shares and use are of
    bool lent = false;       // the container's ask named no label: it had borrowed the room
    std::optional<InsideStanding> inside = {};  // between applications of one leaf
    std::string why = {};                       // a sentence
    std::optional<Duration> killable_for = {};  // lazily: since the end of its grace
};

/// A container that will be stopped unless the need for it goes.
struct PreemptionMark {
    ContainerId container;
    std::string from;
    std::string to;
    bool stopping = false;
    bool killable = false;  // its grace is over, and the turn of the ask has not come
};

/// What was taken back, of an application or a queue.
struct Preempted {
    std::int32_t containers = 0;  // without masters
    std::int32_t masters = 0;
    Resource size;
    std::int64_t memory_mib_seconds = 0;  // that they had run for
    std::int64_t vcore_seconds = 0;
    NamedCounts named_seconds = {};  // of everything else
    friend bool operator==(const Preempted&, const Preempted&) = default;
};

}  // namespace heddle::rm
