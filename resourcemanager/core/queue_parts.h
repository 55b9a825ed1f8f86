#pragma once

// What stands in the queue tree. Every label of nodes is a partition of the cluster of its own, and
// the nodes without a label are one like the others: queues, users and applications have a part for
// each in which they hold something or wait, with one meaning of used, owed and next.

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"
#include "resourcemanager/core/capacities.h"
#include "resourcemanager/core/masked_order.h"

namespace heddle::rm {

using QueueIndex = std::uint32_t;
using UserIndex = std::uint32_t;   // of one user in one leaf
using SeatIndex = std::uint32_t;   // of one application
using LabelIndex = std::uint32_t;  // 0: no label

/// What an ask is for, as far as limits care. A master leads other containers; a command is an
/// application of one container and counts as an application only.
enum class AskKind : std::uint8_t {
    Ordinary,
    Command,      // begins to count as an application with a master
    Master,       // as Command, and uses of the share for masters
    MasterAgain,  // of a later attempt: the application counts already
};

constexpr bool leads(AskKind kind) {
    return kind == AskKind::Master || kind == AskKind::MasterAgain;
}

/// All that limits look at.
struct Shape {
    ShapeId id = 0;
    Resource size;
    std::string label;  // of the nodes it wants
    AskKind kind = AskKind::Ordinary;
};

enum class Limit : std::uint8_t {
    QueueMaximum,
    QueueParallel,
    QueueMasters,
    UserFactor,
    UserShare,  // while other users of the leaf want the room
    UserParallel,
    UserMasters,  // while other users of the leaf want masters
};

/// Why a shape is blocked. Amounts, or counts for limits of applications.
struct Refusal {
    Limit limit = Limit::QueueMaximum;
    QueueIndex queue = 0;  // whose limit it is
    Resource needed;
    Resource used;
    Resource bound;
    std::int64_t count = 0;
    std::int64_t count_bound = 0;
    LabelIndex label = 0;  // of the nodes that it holds for
};

struct Blocked {
    Shape shape;
    Refusal refusal;
    TimePoint since;
};

/// A part of a queue's maximum that only asks of this size may use, so that what gets free below
/// the maximum is not taken by smaller asks again and again. See queue_kept.cpp.
struct Kept {
    ShapeId shape = 0;
    Resource size;
    TimePoint since;
};

/// Of asks that stand in no line.
constexpr ShapeId kNoShape = UINT32_MAX;

/// What an application brings: who waits, where.
struct Seat {
    ApplicationId application;
    QueueIndex leaf = 0;
    std::string user;
    std::int32_t priority = 0;
    std::uint64_t serial = 0;  // order of submission
};

/// Order of the asks of one application.
struct AskSlot {
    std::int32_t priority = 0;  // lower first
    AttemptId attempt;
    std::int32_t ask = 0;
    friend constexpr auto operator<=>(const AskSlot&, const AskSlot&) = default;
};

/// Order of the applications of a leaf.
struct SeatKey {
    std::uint64_t share = 0;  // of the leaf's order Fair: dominant share of the cluster
    std::int32_t priority_negated = 0;
    std::uint64_t serial = 0;
    ApplicationId application;
    SeatIndex seat = 0;
    friend constexpr auto operator<=>(const SeatKey&, const SeatKey&) = default;
};

/// Order of the users of a leaf: by the first application of each.
struct UserKey {
    SeatKey head;
    UserIndex user = 0;
    friend constexpr auto operator<=>(const UserKey&, const UserKey&) = default;
};

/// Order of the children of a queue. Priority decides only between queues that are both below what
/// they are owed, or both not; what is below has the smaller share anyway, so that equal priorities
/// leave the order of shares.
struct QueueKey {
    bool has_owed = false;  // all that it is owed, of its dominant resource
    std::int32_t priority_negated = 0;
    std::uint64_t share = 0;  // dominant share of used over guaranteed
    QueueIndex queue = 0;
    friend constexpr auto operator<=>(const QueueKey&, const QueueKey&) = default;
};

/// An entry in the order above it.
template <typename Key>
struct Listed {
    Key key;
    ShapeMask mask;
    bool in = false;
};

/// What a queue holds, is owed and has waiting on the nodes of one label.
struct QueuePart {
    Entitlement entitled;
    Resource used;             // by asks for this label
    Resource lent;             // beside it: by asks that name no label
    Resource used_by_masters;  // of `used`, by masters that lead others
    Resource reserved;         // for asks for this label; counts as used for limits
    std::optional<Kept> kept;

    // Who waits here.
    MaskedOrder<QueueKey> children;
    MaskedOrder<UserKey> users;  // of a leaf
    Listed<QueueKey> listed;
    // Who sleeps here (constraint_waits.h): the same order, and neither limits nor shares see it.
    MaskedOrder<QueueKey> children_asleep;
    MaskedOrder<UserKey> users_asleep;
    Listed<QueueKey> listed_asleep;

    // The users of a leaf that want room, by what they use for their weight.
    std::int64_t active_weight = 0;
    std::set<std::pair<std::uint64_t, UserIndex>> active_by_use;
    std::set<std::pair<std::uint64_t, UserIndex>> over_by_use;  // of those, over their share
    std::int64_t masters_weight = 0;  // of the users of a leaf that want masters
};

/// The same of a user in a leaf.
struct UserPart {
    Resource used;
    Resource reserved;
    std::uint64_t use = 0;  // dominant share of the nodes for a weight of 1
    MaskedOrder<SeatKey> waiting;
    Listed<UserKey> listed;
    MaskedOrder<SeatKey> asleep;
    Listed<UserKey> listed_asleep;
    bool active = false;
    std::optional<Refusal> over;  // its share, while others want room
    Resource used_by_masters;
    std::int32_t masters_wanted = 0;
};

/// The same of an application.
struct SeatPart {
    Resource used;
    Resource lent;
    Resource used_by_masters;
    Resource reserved;
    std::int64_t wanted_mib = 0;  // by asks in line, beside `used`
    MaskedOrder<AskSlot> asks;
    Listed<SeatKey> listed;
    MaskedOrder<AskSlot> asleep;
    Listed<SeatKey> listed_asleep;
    std::set<AskSlot> masters;  // of `asks`, those for masters that lead others
};

/// The part for a label of a queue, user or application; made when it is first needed.
template <typename Book>
auto& part_of(Book& book, LabelIndex label) {
    if (book.parts.size() <= label) {
        book.parts.resize(label + 1);
    }
    return book.parts[label];
}
template <typename Book>
const auto& part_of(const Book& book, LabelIndex label) {
    static const typename decltype(Book::parts)::value_type none;
    return label < book.parts.size() ? book.parts[label] : none;
}

}  // namespace heddle::rm
