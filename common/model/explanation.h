#pragma once

// Why an application, or one of its asks, waits: composed when it is read, from the tables as they
// are at that moment. Sentences are written once, here in English; REST, rmctl and the dashboard
// show them as they are.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"
#include "common/model/application.h"
#include "common/model/node.h"
#include "common/model/reason.h"

namespace heddle {

/// Who has what is missing.
struct Holder {
    ApplicationId application;
    Resource amount;
    std::int64_t containers = 0;
};

/// Nodes that are out of the question, by what is wrong with them: "memory", "vcores", "unhealthy",
/// "lost", "not connected". A node counts once.
struct NodeRejection {
    std::string what;
    std::int64_t nodes = 0;
};

/// The node that comes nearest.
struct NearMiss {
    NodeId node;
    Resource free;
    Resource gap;  // what is missing, per dimension; zero where there is enough
};

/// One thing that stands in the way.
struct Blocker {
    Reason reason = Reason::Saving;
    std::string sentence;
    std::string where;             // queue, user or node that it is about; may be empty
    std::optional<Resource> need;  // of one container
    std::optional<Resource> limit;
    std::optional<Resource> used;
    std::vector<Holder> holders;  // who holds most, at most kHoldersShown
    std::vector<NodeRejection> rejections;
    std::optional<NearMiss> near_miss;
    bool never = false;  // no waiting helps; NeverFits is always so
};
constexpr std::size_t kHoldersShown = 5;

/// Containers that are asked for by others in the same queue and come first.
struct Ahead {
    std::vector<Holder> applications;  // the first ones, with what they wait for
    std::int64_t applications_count = 0;
    std::int64_t containers = 0;
    bool more = false;  // counting has stopped: there are at least as many
};

/// When it may be its turn, from the rate at which containers of at least its size have ended.
struct WaitEstimate {
    std::optional<Duration> low;  // none: no estimate
    std::optional<Duration> high;
    std::string sentence;
};

/// A node that is out of the question for an ask.
struct NodeVerdict {
    NodeId node;
    Reason reason = Reason::NoNodeFits;
    std::string what;  // as in NodeRejection
};

struct AskExplanation {
    std::int32_t ask = 0;  // 0: the master's container, or the command's
    std::int32_t generation = 0;
    std::int32_t priority = 0;
    Resource size;
    std::int64_t count = 0;  // wanted and not there
    std::vector<NodeId> nodes;
    bool never = false;             // can never run, as against not yet
    std::vector<Blocker> blockers;  // the strongest first; never empty
    Ahead ahead;
    WaitEstimate estimate;
    std::string next_step;
    std::optional<ContainerId> container;    // the one that waits to grow by `size`
    std::string label = {};                  // of the nodes that it asks for; empty: without one
    bool each_node = false;                  // `verdicts` is of all nodes that were asked about
    std::vector<NodeVerdict> verdicts = {};  // in the order of nodes' names

    const Blocker& first() const { return blockers.front(); }
};

/// A container that lives and is to become guaranteed.
struct PromotionExplanation {
    ContainerId container;
    NodeId node;
    Resource size;
    std::vector<Blocker> blockers;  // the strongest first; never empty
};

struct Explanation {
    ApplicationId application;
    std::string queue;
    AppState state = AppState::New;
    bool waiting = false;
    std::optional<Reason> reason;   // the dominant one, while it waits
    std::string headline;           // "Waits for nothing." too
    std::vector<Blocker> blockers;  // of the application itself: its master, a save
    std::vector<AskExplanation> asks;
    std::int64_t asks_count = 0;  // `asks` holds the first ones
    Resource requested;           // of all asks that are open
    Resource used;                // by this application
    Resource cluster_free;        // of nodes that take containers
    Resource cluster_total;
    std::vector<PromotionExplanation> promotions;  // that wait, the first ones
    std::int32_t priority = 0;                     // of the application
    Resource headroom = {};                        // see core/headroom.h
};

/// The line that lists show.
struct WaitingNote {
    Reason reason = Reason::Saving;
    std::string headline;

    friend bool operator==(const WaitingNote&, const WaitingNote&) = default;
};

}  // namespace heddle
