#pragma once

// The queues and who is next. Queues form a tree; a leaf has users, a user applications, an
// application asks. On each level the waiting ones stand in an order: queues by priority and share
// of what they are owed, applications as their leaf says, asks by priority. Each entry knows which
// shapes of asks are open below it and not blocked by a limit, so that the next ask is found by
// walking down, past everything that cannot be served, without a look at it.
//
// Where a limit refuses a shape it is blocked and the reason recorded, once, at the queue or user
// whose limit it is. Only what can lift the limit wakes it: a refund there, an application that is
// over, another configuration or size of the cluster.

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "resourcemanager/core/capacities.h"
#include "resourcemanager/core/config.h"
#include "resourcemanager/core/id_map.h"
#include "resourcemanager/core/masked_order.h"

namespace heddle::rm {

using QueueIndex = std::uint32_t;
using UserIndex = std::uint32_t;  // of one user in one leaf
using SeatIndex = std::uint32_t;  // of one application
using LabelIndex = std::uint32_t;

/// What an ask is for, as far as limits care. A master leads other containers; a command is an
/// application of one container and counts as an application only.
enum class AskKind : std::uint8_t {
    Ordinary,
    Command,      // begins to count as an application with a master
    Master,       // as Command, and uses of the share for masters
    MasterAgain,  // of a later attempt: the application counts already
};

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
};

struct Blocked {
    Shape shape;
    Refusal refusal;
    TimePoint since;
};

/// A part of a queue's maximum that only asks of this shape may use, so that what gets free below
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

/// Order of the children of a queue.
struct QueueKey {
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

/// What holds for a queue after inheritance.
struct QueueSettings {
    QueueState state = QueueState::Running;  // the strictest of it and those above it
    std::int32_t priority = 0;
    LeafOrder order = LeafOrder::Fifo;
    std::int32_t user_limit_percent_min = 100;
    std::optional<std::int64_t> user_limit_factor;
    std::map<std::string, std::int64_t> user_weights;
    std::int32_t applications_max = 10'000;
    std::optional<std::int32_t> applications_parallel_max;
    std::int32_t masters_percent_max = 50;
    std::optional<Resource> container_max;
};

struct Queue {
    std::string path;  // empty: this index is vacant
    std::string name;
    QueueIndex parent = 0;  // root is its own
    bool leaf = true;
    QueueConfig config;  // as configured
    QueueSettings settings;
    std::vector<Entitlement> entitled;  // by label
    Resource guaranteed;                // over all labels
    Resource maximum;

    Resource used;
    std::vector<Resource> used_by_label;
    Resource used_by_masters;  // that lead others
    Resource reserved;         // counts as used for limits
    std::int32_t containers_reserved = 0;
    std::optional<Kept> kept;
    std::int32_t containers = 0;
    std::int32_t applications = 0;  // accepted and not over
    std::int32_t running = 0;
    std::int32_t parallel = 0;  // applications that have, or had, a master

    // Who waits here.
    MaskedOrder<QueueKey> children;
    MaskedOrder<UserKey> users;  // of a leaf
    Listed<QueueKey> listed;
    std::map<ShapeId, Blocked> blocked;
    ShapeMask blocked_mask;
    std::set<UserIndex> users_blocked;  // by this queue's limits of applications and masters

    // The users of a leaf that want room, by what they use for their weight.
    std::map<std::string, UserIndex> users_by_name;
    std::int64_t active_weight = 0;
    std::set<std::pair<std::uint64_t, UserIndex>> active_by_use;
    std::set<std::pair<std::uint64_t, UserIndex>> over_by_use;  // of those, over their share
};

/// A user in a leaf, as long as applications of that user are in it.
struct UserBook {
    std::string name;
    QueueIndex leaf = 0;
    std::int64_t weight = 1000;
    std::int32_t seats = 0;
    Resource used;
    Resource reserved;
    std::uint64_t use = 0;  // dominant share of the cluster for a weight of 1
    MaskedOrder<SeatKey> waiting;
    Listed<UserKey> listed;
    std::map<ShapeId, Blocked> blocked;
    ShapeMask blocked_mask;
    bool active = false;
    std::optional<Refusal> over;  // its share, while others want room
};

struct SeatBook {
    Seat seat;
    UserIndex user = 0;
    Resource used;
    std::vector<Resource> used_by_label;
    Resource used_by_masters;
    Resource reserved;
    std::int32_t containers_reserved = 0;
    std::int32_t containers = 0;
    bool accepted = false;  // and not over
    bool running = false;
    bool parallel = false;
    MaskedOrder<AskSlot> asks;
    Listed<SeatKey> listed;
};

class QueueTree {
public:
    explicit QueueTree(const SchedulerConfig& config, Feature off = Feature::None);

    /// Takes another configuration. Requires that it is valid, and that queues that vanish or
    /// become parents hold neither applications nor containers. Indices of the others stay.
    void reconfigure(const SchedulerConfig& config);

    /// Takes the sizes of the cluster, by label. Costs nothing while they and the configuration are
    /// the same.
    void refresh(std::initializer_list<std::pair<std::string_view, Resource>> totals);

    /// The leaf at `path`: a full path, its last name if only one leaf is so called, or empty for
    /// the default. Errors: NotFound, InvalidArgument (no leaf).
    Result<QueueIndex> find_leaf(std::string_view path) const;

    const Queue& at(QueueIndex index) const { return queues_[index]; }
    /// Indices in use are below; some may be vacant.
    std::size_t size() const { return queues_.size(); }
    const Resource& total(std::string_view label) const;
    /// Rises whenever capacities are computed anew, which any change of the configuration leads to.
    std::uint64_t computed() const { return computed_; }
    /// Capacities are to be computed anew.
    bool stale() const { return stale_; }
    /// What a user of weight 1 may use of a leaf while others want room.
    Resource user_share(QueueIndex leaf) const;

    /// Whether a new application may come in. Errors: FailedPrecondition (state of the queue),
    /// ResourceExhausted (as many as may be).
    Status admit(QueueIndex leaf, const ApplicationId& application) const;
    /// Whether a container may be so large. Errors: InvalidArgument.
    Status admit_size(QueueIndex leaf, const Resource& size) const;

    /// An application is accepted. Its place in line is kept until it is over and holds nothing.
    void enter(const Seat& seat);
    void leave(const ApplicationId& application);
    /// It goes to another leaf, with all it uses. Requires that no ask of it is open.
    void move(const ApplicationId& application, QueueIndex leaf);
    void set_priority(const ApplicationId& application, std::int32_t priority);
    void set_running(const ApplicationId& application, bool running);
    /// It has a master now; counts until it is over.
    void count_parallel(const ApplicationId& application);
    bool counts_parallel(const ApplicationId& application) const;

    /// `leads`: the container is a master that leads others.
    void charge(const ApplicationId& application, std::string_view label, const Resource& size,
                bool leads);
    void refund(const ApplicationId& application, std::string_view label, const Resource& size,
                bool leads);

    /// Room that is kept for the application counts against the limits above it.
    void reserve(const ApplicationId& application, const Resource& size);
    void unreserve(const ApplicationId& application, const Resource& size);

    /// Looks at queues whose maximum refuses the first ask in their order: after `patience` its
    /// share of the maximum is kept for it, after `timeout` it is not any more.
    void keep_limits(TimePoint now, Duration patience, Duration timeout);
    /// First asks of shapes that a maximum refuses which is all that nodes have, the largest first:
    /// what they wait for is room on nodes. At most `count`.
    std::vector<AskSlot> waiting_for_nodes(std::size_t count) const;
    /// A limit refuses one more container that is not just all that nodes have.
    bool refused_beside_nodes(const ApplicationId& application, const Shape& shape) const;
    /// An ask of this shape below `leaf` has got what it waited for.
    void lift_kept(QueueIndex leaf, ShapeId shape);
    void lift_all_kept();

    void open(const AskSlot& slot, ShapeId shape);
    void close(const AskSlot& slot);
    /// No ask has the shape any more: its number may come to mean another one.
    void forget_shape(ShapeId shape);

    /// Whether anything with one of these shapes is open and not known to be blocked.
    bool any(const ShapeMask& wanted) const;
    /// The first of them in order. Requires any().
    AskSlot next(const ShapeMask& wanted) const;
    /// The limit that refuses one more container to the application, or none.
    std::optional<Refusal> refusal(const ApplicationId& application, const Shape& shape) const;
    /// All of them: from the leaf up, then the user's.
    std::vector<Refusal> refusals(const ApplicationId& application, const Shape& shape) const;
    /// The same, and the shape is blocked where the limit is.
    bool block_if_refused(const ApplicationId& application, const Shape& shape, TimePoint now = {});

    /// Whether the leaf and all above it use no more than they may, right after a grant.
    bool within_maxima(QueueIndex leaf) const;

    /// Notes that something has changed of what readers see of a queue. What changes capacities is
    /// not noted: computed() says so, of all queues at once.
    void touch(QueueIndex index);
    bool touched(QueueIndex index) const { return index < touched_.size() && touched_[index] != 0; }
    /// Queues that were touched since the last call, each once, in order of the first touch.
    std::vector<QueueIndex> take_touched();

    const SeatBook* seat(const ApplicationId& application) const;
    const UserBook& user(UserIndex index) const { return users_[index]; }

    void check() const;

private:
    using Totals = std::map<std::string, Resource>;

    SeatBook& seat_of(const ApplicationId& application);
    LabelIndex label_of(std::string_view label);
    template <typename Change>
    void walk_up(QueueIndex leaf, Change&& change);
    void take_queues(const std::vector<QueueConfig>& queues);
    void settle_settings(QueueIndex index);
    void recompute_capacities();
    void join(SeatIndex index);
    void part(SeatIndex index);
    void drop_if_done(const ApplicationId& application);
    void add_use(SeatBook& seat, LabelIndex label, const Resource& size, bool leads, int sign);

    void check_settled() const;
    AskSlot next_below(QueueIndex at, ShapeMask mask) const;
    bool is_whole(const Refusal& refusal) const;
    bool look_at_maximum(QueueIndex index, TimePoint now, Duration patience);
    void lift(QueueIndex index);
    void change_reserved(QueueIndex leaf, const Resource& size, int sign);
    SeatKey key_of(SeatIndex index) const;
    QueueKey key_of_queue(QueueIndex index) const;
    std::uint64_t use_of(const UserBook& user) const;
    void relist(SeatIndex index);
    void relist_user(UserIndex index);
    bool relist_queue(QueueIndex index);
    void relist_up(QueueIndex index);
    void set_use(UserIndex index);
    void set_active(UserIndex index, bool active);
    void release_users(QueueIndex leaf);
    std::uint64_t share_allowed(const Queue& leaf) const;
    std::uint64_t share(const Resource& part, const Resource& whole) const;
    std::int64_t weight_of(const Queue& leaf, const std::string& user) const;

    std::optional<Refusal> refused_parallel(const Queue& queue, QueueIndex index) const;
    std::optional<Refusal> refused_masters(QueueIndex leaf, const Shape& shape) const;
    std::optional<Refusal> refused_maximum(QueueIndex index, const Shape& shape) const;
    std::optional<Refusal> refused_user(const UserBook& user, const Shape& shape) const;
    std::optional<Refusal> refused_share(UserIndex index) const;
    struct Found {
        bool at_user = false;
        QueueIndex queue = 0;
        Refusal refusal;
    };
    std::optional<Found> find_refusal(const SeatBook& seat, const Shape& shape) const;
    void block_queue(QueueIndex index, const Blocked& what);
    void block_user(UserIndex index, const Blocked& what);
    void release_queue(QueueIndex index, ShapeId shape);
    void release_user(UserIndex index, ShapeId shape);
    void recheck_queue(QueueIndex index, bool users_too);
    void recheck_up(QueueIndex leaf, bool users_too);
    void wait_for(UserIndex index, const Refusal& refusal);
    void recheck_user(UserIndex index);
    void wake_user_everywhere(const std::string& name);

    std::vector<Queue> queues_;  // 0 is root
    std::vector<QueueIndex> vacant_queues_;
    std::vector<QueueIndex> order_;  // as configured: parents before children
    std::map<std::string, QueueIndex, std::less<>> by_path_;
    std::map<std::string, std::set<QueueIndex>, std::less<>> leaves_by_name_;
    QueueIndex default_leaf_ = 0;

    std::vector<UserBook> users_;
    std::vector<UserIndex> vacant_users_;
    std::vector<SeatBook> seats_;
    std::vector<SeatIndex> vacant_seats_;
    IdMap<ApplicationId, SeatIndex> by_application_;
    struct Parallel {
        std::int64_t count = 0;
        std::set<UserIndex> waiting;  // in whatever leaf
    };
    std::map<std::string, Parallel> parallel_by_user_;
    struct Places {
        std::set<QueueIndex> queues;
        std::set<UserIndex> users;
    };
    std::unordered_map<ShapeId, Places> blocked_at_;
    std::set<QueueIndex> queues_blocked_;
    QueueIndex queue_looked_at_ = 0;
    std::set<QueueIndex> queues_kept_;

    std::map<std::string, LabelIndex, std::less<>> labels_;
    std::vector<Resource> totals_;  // by label
    Resource total_;                // over all labels
    bool stale_ = true;             // capacities are to be computed again
    std::uint64_t computed_ = 0;
    std::vector<std::uint8_t> touched_;  // by queue
    std::vector<QueueIndex> touched_list_;

    Feature off_;
    bool queue_priorities_ = true;
    std::optional<Resource> container_max_;
    std::map<std::string, std::int32_t> parallel_max_by_user_;
};

}  // namespace heddle::rm
