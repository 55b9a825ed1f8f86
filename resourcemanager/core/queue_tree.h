#pragma once

// The queues and who is next. Queues form a tree; a leaf has users, a user applications, an
// application asks. On each level the waiting ones stand in an order: queues by use of what they
// are owed and priority, applications as their leaf says, asks by priority. Each entry knows which
// shapes of asks are open below it and not blocked by a limit, so that the next ask is found by
// walking down, past everything that cannot be served, without a look at it.
//
// Where a limit refuses a shape it is blocked and the reason recorded, once, at the queue or user
// whose limit it is. Only what can lift the limit wakes it: a refund there, an application that is
// over, another configuration or size of the cluster.

#include <algorithm>
#include <cstdint>
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
#include "resourcemanager/core/queue_parts.h"

namespace heddle::rm {

/// What holds for a queue after inheritance.
struct QueueSettings {
    QueueState state = QueueState::Running;  // the strictest of it and those above it
    std::int32_t priority = 0;
    LeafOrder order = LeafOrder::Fifo;
    QueueOrder queue_order = QueueOrder::Priority;  // of those below it
    bool size_based_weight = false;
    std::int32_t user_limit_percent_min = 100;
    std::optional<std::int64_t> user_limit_factor;
    std::map<std::string, std::int64_t> user_weights;
    std::int32_t applications_max = 10'000;
    std::optional<std::int32_t> applications_parallel_max;
    std::int32_t masters_percent_max = 50;
    std::map<std::string, std::int32_t> masters_percent_by_label;
    std::optional<Resource> container_max;
    NodeOrder node_order = NodeOrder::Spread;
};

/// Of what the queue may use on nodes of the label, for masters.
std::int32_t masters_percent(const QueueSettings& settings, const std::string& label);

struct Queue {
    std::string path;  // empty: this index is vacant
    std::string name;
    QueueIndex parent = 0;  // root is its own
    bool leaf = true;
    QueueConfig config;  // as configured
    QueueSettings settings;
    std::vector<QueuePart> parts;  // by label

    // Over all labels.
    Resource used;
    Resource used_by_masters;  // that lead others
    Resource reserved;
    std::int32_t containers_reserved = 0;
    std::int32_t containers = 0;
    std::int32_t applications = 0;  // accepted and not over
    std::int32_t running = 0;
    std::int32_t parallel = 0;  // applications that have, or had, a master

    std::map<ShapeId, Blocked> blocked;
    ShapeMask blocked_mask;
    std::set<UserIndex> users_blocked;  // by this queue's limits of applications and masters
    std::map<std::string, UserIndex> users_by_name;  // of a leaf
};

/// A user in a leaf, as long as applications of that user are in it.
struct UserBook {
    std::string name;
    QueueIndex leaf = 0;
    std::int64_t weight = 1000;
    std::int32_t seats = 0;
    std::vector<UserPart> parts;  // by label
    std::map<ShapeId, Blocked> blocked;
    ShapeMask blocked_mask;
};

struct SeatBook {
    Seat seat;
    UserIndex user = 0;
    std::vector<SeatPart> parts;  // by label

    // Over all labels.
    Resource used;
    Resource used_by_masters;
    Resource reserved;
    std::int32_t containers_reserved = 0;
    std::int32_t containers = 0;
    bool accepted = false;  // and not over
    bool running = false;
    bool parallel = false;

    bool waits() const {
        return std::ranges::any_of(
            parts, [](const SeatPart& part) { return !part.asks.empty() || !part.asleep.empty(); });
    }
};

class QueueTree {
public:
    explicit QueueTree(const SchedulerConfig& config, Feature off = Feature::None);

    /// Takes another configuration. Requires that it is valid, and that queues that vanish or
    /// become parents hold neither applications nor containers. Indices of the others stay.
    void reconfigure(const SchedulerConfig& config);

    /// Takes what the nodes of each label have, and what of the use is beyond what its node has; of
    /// labels that are left out of `totals`, nothing changes. Costs next to nothing while that and
    /// the configuration are the same.
    void refresh(const std::map<std::string, Resource>& totals,
                 const std::map<std::string, Resource>& excess = {});

    /// The leaf at `path`: a full path, its last name if only one leaf is so called, or empty for
    /// the default. Errors: NotFound, InvalidArgument (no leaf).
    Result<QueueIndex> find_leaf(std::string_view path) const;

    const Queue& at(QueueIndex index) const { return queues_[index]; }
    /// Indices in use are below; some may be vacant.
    std::size_t size() const { return queues_.size(); }
    const Resource& total(std::string_view label) const;
    /// 0 for the nodes without a label; UINT32_MAX: nobody has named it yet.
    LabelIndex label_index(std::string_view label) const;
    /// The same; it is named now.
    LabelIndex label_of(std::string_view label);
    /// Names and indices, in order of the names.
    const std::map<std::string, LabelIndex, std::less<>>& labels() const { return labels_; }
    /// Rises whenever capacities are computed anew, which any change of the configuration leads to.
    std::uint64_t computed() const { return computed_; }
    /// Capacities are to be computed anew.
    bool stale() const { return stale_; }
    /// What a user of weight 1 may use of a leaf while others want room.
    Resource user_share(QueueIndex leaf, LabelIndex label) const;
    /// What the masters of a user of weight 1 may use of it, as things are.
    Resource user_masters_max(QueueIndex leaf, const std::string& label) const;

    /// Whether a new application may come in. Errors: InvalidArgument (state of the queue, as many
    /// as may be).
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

    /// On a node of the label. `leads`: the container is a master that leads others. `lent`: its
    /// ask named no label, and the node has one: it counts against no limit of the label.
    void charge(const ApplicationId& application, std::string_view label, const Resource& size,
                bool leads, bool lent = false);
    void refund(const ApplicationId& application, std::string_view label, const Resource& size,
                bool leads, bool lent = false);

    /// Room that is kept for the application's asks for the label counts against the limits above.
    void reserve(const ApplicationId& application, std::string_view label, const Resource& size);
    void unreserve(const ApplicationId& application, std::string_view label, const Resource& size);

    /// Looks at queues whose maximum refuses the first ask in their order: after `patience` its
    /// share of the maximum is kept for it, after `timeout` it is not any more.
    void keep_limits(TimePoint now, Duration patience, Duration timeout);
    /// First asks of shapes that a maximum refuses which is all that nodes have, the largest first:
    /// what they wait for is room on nodes. At most `count`.
    std::vector<AskSlot> waiting_for_nodes(std::size_t count) const;
    /// A limit refuses one more container that is not just all that nodes have.
    bool refused_beside_nodes(const ApplicationId& application, const Shape& shape) const;
    /// An ask of this size below `leaf` has got what is kept there for one.
    void lift_kept(QueueIndex leaf, std::string_view label, const Resource& size);
    void lift_all_kept();

    /// So much more is wanted on nodes of the label and not there yet, or less.
    void want(const ApplicationId& application, std::string_view label, std::int64_t mib);

    /// `leads`: it is for a master that leads others.
    void open(const AskSlot& slot, ShapeId shape, std::string_view label, bool leads = false);
    void close(const AskSlot& slot, std::string_view label);
    /// An ask that waits for nodes to change stands beside the open ones, in the same order, under
    /// the number by which it is found again. It counts for no limit and no share.
    void sleep(const AskSlot& slot, ShapeId group, std::string_view label);
    void wake(const AskSlot& slot, std::string_view label);
    /// The group that the ask sleeps in; awake: nothing.
    ShapeMask sleeping(const AskSlot& slot, std::string_view label) const;
    /// No ask has the shape any more: its number may come to mean another one.
    void forget_shape(ShapeId shape);

    /// Whether anything with one of these shapes is open and not known to be blocked, or sleeps in
    /// one of the groups `asleep`.
    bool any(const ShapeMask& wanted, const ShapeMask& asleep = {}) const;
    /// The first of them in order, of asks that name a label before the others, which may borrow
    /// what these leave. Requires any().
    AskSlot next(const ShapeMask& wanted, const ShapeMask& asleep = {}) const;
    /// The limit that refuses one more container to the application, or none.
    std::optional<Refusal> refusal(const ApplicationId& application, const Shape& shape) const;
    /// All of them: from the leaf up, then the user's.
    std::vector<Refusal> refusals(const ApplicationId& application, const Shape& shape) const;
    /// Whether no limit would refuse one more container if the application were in that leaf, with
    /// all it uses.
    bool would_take(const ApplicationId& application, QueueIndex leaf, const Shape& shape) const;
    /// As refusal(), and the shape is blocked where the limit is.
    bool block_if_refused(const ApplicationId& application, const Shape& shape, TimePoint now = {});

    /// Whether nothing but maxima refuses one more container to the application.
    bool refused_by_maxima_alone(const ApplicationId& application, const Shape& shape) const;
    /// A node that is lent to asks without a label has `free` now: those that a maximum has
    /// refused, and that fit, are looked at again.
    void look_at_lent(const Resource& free);

    /// Whether `last`, which was granted just now, has taken neither the leaf nor one above it
    /// beyond what they may use of the label.
    bool within_maxima(QueueIndex leaf, LabelIndex label, const Resource& last) const;

    /// Notes that something has changed of what readers see of a queue. What changes capacities is
    /// not noted: computed() says so, of all queues at once.
    void touch(QueueIndex index);
    bool touched(QueueIndex index) const { return index < touched_.size() && touched_[index] != 0; }
    /// Queues that were touched since the last call, each once, in order of the first touch.
    std::vector<QueueIndex> take_touched();

    /// Of every application that stands in the tree, in no particular order.
    template <typename Visit>
    void for_each_seat(Visit&& visit) const {
        by_application_.for_each(
            [&](const ApplicationId&, SeatIndex index) { visit(seats_[index]); });
    }
    const SeatBook* seat(const ApplicationId& application) const;
    const UserBook& user(UserIndex index) const { return users_[index]; }

    void check() const;

private:
    SeatBook& seat_of(const ApplicationId& application);
    template <typename Change>
    void walk_up(QueueIndex leaf, Change&& change);
    void take_queues(const std::vector<QueueConfig>& queues);
    void settle_settings(QueueIndex index);
    void recompute_capacities();
    void take_excess(const std::map<std::string, Resource>& excess);
    void drop_unused_labels();
    bool uses_label(const std::string& label, LabelIndex number) const;
    const Resource& total_of(LabelIndex label) const;
    bool is_whole(const QueuePart& part, LabelIndex label) const;
    void join(SeatIndex index);
    void part(SeatIndex index);
    void drop_if_done(const ApplicationId& application);
    struct Use {
        LabelIndex label = 0;
        bool leads = false;
        bool lent = false;
    };
    void add_use(SeatBook& seat, const Use& use, const Resource& size, int sign);
    void relist_charged(SeatIndex index, LabelIndex label);
    void relist_seats();
    void check_parts(QueueIndex index) const;

    void check_settled() const;
    AskSlot next_below(QueueIndex at, LabelIndex label, ShapeMask mask,
                       const ShapeMask& asleep = {}) const;
    AskSlot next_in_leaf(QueueIndex at, LabelIndex label, const ShapeMask& mask,
                         const ShapeMask& asleep) const;
    const SeatKey* first_open(const QueuePart& leaf, LabelIndex label, const ShapeMask& mask) const;
    const SeatKey* first_asleep(const QueuePart& leaf, LabelIndex label,
                                const ShapeMask& groups) const;
    ShapeMask open_below(QueueIndex at, LabelIndex label) const;
    bool is_whole(const Refusal& refusal) const;
    bool look_at_maximum(QueueIndex index, LabelIndex label, TimePoint now, Duration patience);
    void lift(QueueIndex index, LabelIndex label);
    void change_reserved(SeatBook& seat, LabelIndex label, const Resource& size, int sign);
    SeatKey key_of(SeatIndex index, LabelIndex label) const;
    QueueKey key_of_queue(QueueIndex index, LabelIndex label) const;
    std::uint64_t use_of(const UserBook& user, LabelIndex label) const;
    void relist(SeatIndex index, LabelIndex label);
    void relist_user(UserIndex index, LabelIndex label);
    void relist_user_asleep(UserIndex index, LabelIndex label);
    void relist_queue(QueueIndex index, LabelIndex label);
    void relist_up(QueueIndex index, LabelIndex label);
    void set_use(UserIndex index, LabelIndex label);
    void set_active(UserIndex index, LabelIndex label, bool active);
    void release_users(QueueIndex leaf, LabelIndex label);
    std::uint64_t share_allowed(const QueueSettings& settings, const QueuePart& leaf,
                                LabelIndex label) const;
    Resource user_masters_max(QueueIndex leaf, const std::string& label, std::int64_t weight,
                              std::int64_t beside) const;
    void want_master(SeatIndex index, LabelIndex label, const AskSlot& slot, bool wants);
    void weigh_masters(UserIndex index, LabelIndex label, int sign);
    std::uint64_t share(const Resource& part, const Resource& whole) const;
    std::uint64_t fair_share(const SeatBook& seat, LabelIndex label) const;
    std::int64_t weight_of(const Queue& leaf, const std::string& user) const;

    std::optional<Refusal> refused_parallel(const Queue& queue, QueueIndex index) const;
    std::optional<Refusal> refused_parallel_of(const UserBook& user) const;
    std::optional<Refusal> refused_masters(QueueIndex leaf, const Shape& shape) const;
    std::optional<Refusal> refused_user_masters(const UserBook& user, const Shape& shape) const;
    std::optional<Refusal> refused_maximum(QueueIndex index, const Shape& shape) const;
    std::optional<Refusal> refused_user(const UserBook& user, const Shape& shape) const;
    std::optional<Refusal> refused_user_parallel(const UserBook& user, const Shape& shape) const;
    std::optional<Refusal> refused_user_factor(const UserBook& user, const Shape& shape) const;
    std::optional<Refusal> refused_share(UserIndex index, LabelIndex label) const;
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
    std::set<std::pair<QueueIndex, LabelIndex>> queues_kept_;

    std::map<std::string, LabelIndex, std::less<>> labels_;
    std::vector<Resource> totals_;  // by label
    std::vector<Resource> excess_;  // by label: of what is used, what its node does not have
    std::vector<LabelIndex> vacant_labels_;
    std::set<std::string, std::less<>> labels_configured_;
    bool stale_ = true;  // capacities are to be computed again
    std::uint64_t computed_ = 0;
    std::vector<std::uint8_t> touched_;  // by queue
    std::vector<QueueIndex> touched_list_;

    Feature off_;
    QueueOrder queue_order_ = QueueOrder::Priority;  // of root, where it says nothing
    std::optional<Resource> container_max_;
    std::map<std::string, std::int32_t> parallel_max_by_user_;
    std::optional<std::int32_t> parallel_max_per_user_;  // of those who are not in the map
};

}  // namespace heddle::rm
