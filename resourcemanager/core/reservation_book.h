#pragma once

// Room that is kept for asks which no node has room for now: a reservation ties one container of an
// ask to one node. What is free there is held for it (Node::held) up to its size, and what gets
// free joins it, until it is full. A gang gathers the room of its members as reservations too.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"
#include "resourcemanager/core/ask_book.h"
#include "resourcemanager/core/container_table.h"
#include "resourcemanager/core/queue_tree.h"

namespace heddle::rm {

constexpr std::size_t kReservationsMax = 256;  // of single asks, at one time
constexpr std::size_t kReservationLooks = 32;  // asks looked at in a round, of each kind
constexpr std::size_t kNodesLookedAt = 64;     // for one reservation
constexpr Duration kReservationRound = seconds(1);
constexpr Duration kReservationRoundMin = milliseconds(100);

constexpr std::int32_t kGangMinMax = 10'000;  // containers of one ask
constexpr Duration kGangDeadlineMax = seconds(366 * 86400);
constexpr std::size_t kGangTries = 4;  // gangs looked at in one step
constexpr Duration kGangTryEvery = milliseconds(100);

struct Reservation {
    std::uint64_t id = 0;
    AttemptId attempt;
    std::int32_t ask = 0;
    std::int32_t generation = 0;
    std::int32_t gang = 0;  // 0: of a single ask
    QueueIndex leaf = 0;
    Resource size;
    std::string label;
    NodeIndex node = 0;
    Resource held;  // its part of Node::held
    TimePoint due;  // of a single ask: it lapses then
    WallTime since;

    bool full() const { return held == size; }
    AskPlace place() const { return {attempt, ask}; }
};

struct ReservationBook {
    std::map<std::uint64_t, Reservation> all;
    std::map<NodeIndex, std::set<std::uint64_t>> by_node;
    std::map<AskPlace, std::set<std::uint64_t>> by_ask;
    std::set<std::uint64_t> full;  // of single asks
    std::set<NodeIndex> astray;    // nodes that may not be what they were
    std::int64_t singles = 0;
    Resource promised;  // to single asks
    AskPlace looked_at;
    bool look_due = false;      // for asks that have waited long, once others have had their turn
    bool turn_overdue = false;  // it was due for a whole round already
    std::uint64_t last = 0;
    bool changed = false;  // since it was last shown
};

using GangKey = std::pair<AttemptId, std::int32_t>;

struct Gang {
    GangKey key;
    std::set<std::int32_t> asks;
    std::uint64_t turn = 0;  // order of those that wait
    TimePoint since;         // waits in this turn
    TimePoint stated;
    TimePoint deadline = TimePoint::never();
    bool started = false;
    std::int64_t needed = 0;         // containers before it starts
    std::int64_t fits = 0;           // that had room at the same time when it was last tried
    std::optional<Refusal> refused;  // the limit that forbade all of it together then
};

struct GangBook {
    std::map<GangKey, Gang> all;
    std::map<AskPlace, std::int32_t> of_ask;
    std::set<std::pair<std::uint64_t, GangKey>> waiting;
    /// Only one gathers room, so that no two hold what the other one needs.
    std::optional<GangKey> gathering;
    TimePoint gathering_until;
    std::uint64_t turn_last = 0;
    std::pair<std::uint64_t, GangKey> tried;  // the last one
    bool dirty = false;                       // something has changed since
    std::map<GangKey, std::string> refused;   // in the update that is being taken
};

}  // namespace heddle::rm
