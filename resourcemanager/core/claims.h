#pragma once

// Claims: for one ask of a queue that is owed room, a node and the containers there that make way.
// First the containers are only marked; after the grace they are ordered to stop (lazily: when it
// is the turn of the ask and no node has room for it, be that later), and from then on the claim
// holds back what is free on the node for it (Node::held), so that nobody else takes what was freed
// for this one.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"
#include "resourcemanager/core/container_table.h"
#include "resourcemanager/core/preemption_record.h"
#include "resourcemanager/core/queue_tree.h"

namespace heddle::rm {

constexpr std::size_t kClaimsMax = 1000;             // at one time; more wait for a later round
constexpr std::size_t kPreemptionRecordsMax = 1000;  // kept; the oldest go
constexpr std::size_t kClaimsPerRound = 200;         // on nodes of one label
constexpr std::size_t kWishesPerRound = 64;          // asks that a round looks for room for
constexpr Duration kFreedRoomHeldFor = seconds(10);  // for the ask; then it is anybody's

struct Claim {
    std::uint64_t id = 0;
    QueueIndex leaf = 0;
    AttemptId attempt;
    std::int32_t ask = 0;
    Resource size;
    std::string label;
    NodeIndex node = 0;
    std::set<ContainerId> victims;  // that live
    bool stopping = false;          // else only marked
    TimePoint due;  // marked: they are stopped then; none left: until then the room is held
    Resource held;  // its part of Node::held
    /// Of `victims`: those that their masters have given back by themselves, and what they hold.
    std::map<ContainerId, Resource> given;
    bool inside = false;  // from applications of its own leaf: then for this ask alone
    /// Lazily: its grace is over since, and it waits for the turn of its ask.
    std::optional<TimePoint> killable;

    bool freed() const { return stopping && victims.empty(); }
};

struct Claims {
    std::map<std::uint64_t, Claim> all;
    std::map<ContainerId, std::uint64_t> by_victim;
    std::uint64_t last = 0;
    NodeIndex next_node = 0;  // to look at where those that come first are of no use
    std::int64_t records = 0;
    std::set<std::tuple<AttemptId, std::int32_t, std::uint64_t>> killable;  // by ask
    std::map<std::string, Preempted> by_queue;  // by path, since the process started
    bool changed = false;                       // since it was last shown
    TimePoint turns_from;  // claims whose turn has come are not judged again before that
};

}  // namespace heddle::rm
