#pragma once

// What applications want and do not have. An ask is an absolute count of live containers under
// (attempt, ask id, generation); the book keeps beside it how many are live and how many have ended
// without their master knowing, and what is left is outstanding.
//
// Outstanding asks that limits and placement cannot tell apart (same size, same label, same kind)
// form one class, whatever their queues; a class that fits nowhere is blocked as a whole, and comes
// back when a node frees enough. So a step looks at classes, never at all asks. An ask that prefers
// nodes or racks and may not go elsewhere, or that does without some nodes, waits by itself. Which
// of the open asks is next knows the queue tree.

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"
#include "common/model/container.h"
#include "common/model/master_protocol.h"
#include "resourcemanager/core/changed_places.h"
#include "resourcemanager/core/constraint_waits.h"
#include "resourcemanager/core/container_table.h"
#include "resourcemanager/core/id_map.h"
#include "resourcemanager/core/opportunistic_line.h"
#include "resourcemanager/core/queue_tree.h"

namespace heddle::rm {

/// What the book must know of an attempt. Its application has a seat in the queue tree.
struct AskOwner {
    AttemptId attempt;
    QueueIndex queue = 0;
    AskKind kind = AskKind::Ordinary;
    bool choosy = false;  // there are nodes it does not want: what holds for others may not for it

    friend bool operator==(const AskOwner&, const AskOwner&) = default;
};

struct AskCount {
    std::int32_t live = 0;         // granted, not ended, not ordered to stop
    std::int32_t unconfirmed = 0;  // ended by themselves; their master has not said that it knows
};

struct Demand {
    AskOwner owner;
    Ask ask;
    bool parked = false;   // its launch template has not come yet
    bool near = false;     // has waited long enough for its nodes: their racks will do
    bool relaxed = false;  // and for the racks: any node will do
    std::int32_t outstanding = 0;
    ShapeId shape = 0;                             // while outstanding
    bool waits_for_nodes = false;                  // none that it takes have room
    bool gang_waits = false;                       // its gang has not started: it stands in no line
    std::int32_t reserved = 0;                     // see reservations.h
    std::optional<TimePoint> waits_since;          // it was first in line and no node had room
    std::optional<std::uint32_t> gave_back;        // node whose reservation for it has lapsed
    std::shared_ptr<const Constraint> constraint;  // null: none
    /// It has waited, and since then only this node has changed for it.
    std::optional<NodeIndex> hint;
    ShapeId sleeps_in = 0;  // while it waits with a constraint: its group there
    /// A constraint with alternatives in time: all of them, and how many may be taken so far. Then
    /// `constraint` says that one of these has to hold.
    std::shared_ptr<const Constraint> alternatives;
    std::size_t alternatives_taken = 0;
    bool past = false;  // it has looked at all that has changed, and is out of the order
    std::uint64_t looked_until = 0;  // the last change of a place that it has looked at, in vain

    /// That a container grows comes before new ones of its application.
    bool increase() const { return ask.id < 0; }
    AskSlot slot() const { return {increase() ? INT32_MIN : ask.priority, owner.attempt, ask.id}; }

    AskKey key() const { return {owner.attempt, ask.id, ask.generation}; }
    /// For leave to begin, of a master that runs outside of the cluster and takes no room.
    bool outside() const { return ask.id == 0 && ask.size.is_zero(); }
    bool opportunistic() const { return ask.execution == ExecutionType::Opportunistic; }
    bool in_line() const { return !parked && !gang_waits && !opportunistic(); }
    bool placed() const { return !ask.nodes.empty() || !ask.racks.empty(); }
    /// Whether there is a node that it does not take and others of its class do.
    bool picky() const { return owner.choosy || (placed() && !relaxed) || constraint != nullptr; }
};

/// One ask of an attempt.
using AskPlace = std::pair<AttemptId, std::int32_t>;

class AskBook {
public:
    /// `queues` outlives the book, which tells it what is open.
    explicit AskBook(QueueTree& queues) : queues_(&queues) {}

    /// States an ask, new or again; an older generation than the present one is refused (false).
    /// A new generation starts with what is counted under it, and none of the old one's containers.
    bool state(const AskOwner& owner, const Ask& ask, bool parked);
    void unpark(const AttemptId& attempt, std::int32_t launch_template);
    void relax(const AttemptId& attempt, std::int32_t ask);
    /// The next alternative of its constraint will do as well. Requires that there is one.
    void take_alternative(const AttemptId& attempt, std::int32_t ask);
    /// Racks will do from now on.
    void widen(const AttemptId& attempt, std::int32_t ask);
    void forget(const AttemptId& attempt, std::int32_t ask);
    /// Forgets asks and counts.
    void forget_all(const AttemptId& attempt);

    void count_live(const AskKey& key, std::int32_t change);
    void count_unconfirmed(const AskKey& key, std::int32_t change);

    /// The ask, or null.
    const Demand* find(const AttemptId& attempt, std::int32_t ask) const;
    std::vector<const Demand*> of_attempt(const AttemptId& attempt) const;
    std::size_t size_of(const AttemptId& attempt) const;
    AskCount count(const AskKey& key) const;
    /// Containers that the ask wants and does not have, parked or not.
    std::int32_t wanted(const Demand& demand) const;
    /// Live containers beyond the ask under `key`: all of them if the generation is not current.
    std::int32_t surplus(const AskKey& key) const;
    /// Keys of the attempt that have a surplus.
    std::vector<AskKey> with_surplus(const AttemptId& attempt) const;
    /// Attempts with asks, in id order.
    std::vector<AttemptId> attempts() const;

    /// The application's asks go with it to another leaf, which may be the same.
    void move(const ApplicationId& application, QueueIndex leaf);

    /// Whether something may be placed, as far as is known.
    bool any_ready() const { return queues_->any(fitting_, changed_.groups()); }
    /// The same of asks that do not sleep.
    bool any_awake() const { return queues_->any(fitting_); }
    /// The first of it in order; of those that do not sleep. Requires that there is one.
    const Demand& next() const { return first_in(queues_->next(fitting_, changed_.groups())); }
    const Demand& next_awake() const { return first_in(queues_->next(fitting_)); }
    /// What limits look at. Requires that the ask is outstanding.
    Shape shape_of(const Demand& demand) const;
    /// No node has room for this ask now. False: it has looked at one node only, and is to look at
    /// the others.
    bool block(const Demand& demand);
    bool blocked(const Demand& demand) const {
        return demand.outstanding > 0 && (classes_[demand.shape].blocked || demand.waits_for_nodes);
    }
    /// `node`, of this label, has `free` now: classes that fit may be placed again.
    void unblock(const NodeId& node, const std::string& label, const Resource& free);

    /// Classes that no node has room for.
    ShapeMask blocked_shapes() const;
    /// Asks that wait by themselves, at most `count`, behind `after` and then from the first on.
    std::vector<const Demand*> waiting_alone(const AskPlace& after, std::size_t count) const;
    /// The first of these shapes in order that no limit is known to refuse, or null.
    const Demand* first_of(const ShapeMask& shapes) const;
    /// Nothing was there for it when it was its turn; `anew`: what it waited so far counts no more.
    void begin_wait(const Demand& demand, TimePoint now, bool anew = false);
    void give_back(const Demand& demand, std::uint32_t node);
    /// What is noted of changes is noted of asks with reservations or a gang only.
    void set_reserved(const AttemptId& attempt, std::int32_t ask, std::int32_t count);
    void set_gang_waits(const AttemptId& attempt, std::int32_t ask, bool waits);
    std::vector<AskPlace> take_touched() { return std::exchange(touched_, {}); }

    // Asks with constraints sleep while they wait, and stand in their order all the same: next()
    // gives them too when something has changed that may concern them. (ask_sleep.cpp)

    bool asleep(const Demand& demand) const { return demand.waits_for_nodes && demand.constraint; }
    /// The node has changed, and has `free`.
    void node_changed(const TagIndex& tags, const NodeInfo& node, NodeIndex index,
                      const Resource& free);
    /// Something was placed there: fewer asks have room.
    void node_filled(const NodeInfo& node, NodeIndex index, const Resource& free);
    /// Containers of these names have come to the node, or are gone from the rack.
    void tags_risen(const std::vector<TagKey>& keys, NodeIndex node, const std::string& rack);
    void tags_fallen(const TagIndex& tags, const std::vector<TagKey>& keys,
                     const std::string& rack);
    bool any_constrained_waits() const { return !constrained_.empty() || !hinted_.empty(); }
    /// Where something has changed for it and it has not looked yet. Everywhere: nullopt.
    std::optional<std::vector<const ChangedPlace*>> places_for(const Demand& sleeping) const;
    /// It looks again: at the node of the hint or, without one, at all.
    void wake(const Demand& demand, std::optional<NodeIndex> hint);
    /// It has looked at all that has changed, in vain.
    void pass(const Demand& demand);
    /// Everybody has.
    void all_passed();

    /// Opportunistic asks stand in a line of their own, and are outstanding only there.
    const OpportunisticLine& opportunistic() const { return opportunistic_; }
    bool opportunistic_changed() { return opportunistic_.take_changed(); }
    void had_opportunistic_turn(const AttemptId& attempt) { opportunistic_.had_its_turn(attempt); }

    /// A node is gone: masters that waited for others than where they failed look again.
    void wake_masters();
    /// The node has another rack, or is known now: asks near it take other nodes than before. Looks
    /// at all that wait alone, but machines are new, and move, seldom.
    void stands_elsewhere(const NodeId& node);

    struct Pending {
        Resource size;
        std::int64_t count = 0;
    };
    Pending pending(QueueIndex leaf) const {
        return leaf < pending_.size() ? pending_[leaf] : Pending{};
    }
    Pending pending() const;
    /// The part of the size that asks for nodes of one label, of a leaf or, for root, of all.
    Resource pending_on(QueueIndex index, LabelIndex label) const;
    /// Classes with something outstanding.
    std::size_t classes() const { return class_ids_.size(); }
    /// All that is outstanding, in id order.
    std::vector<const Demand*> outstanding() const;

    void check() const;

private:
    struct ClassKey {
        Resource size;
        std::string label;
        AskKind kind = AskKind::Ordinary;
        bool picky = false;  // may be refused where others may borrow (lending.h)

        bool operator<(const ClassKey& other) const;
    };
    struct Class {
        ClassKey key;
        std::int64_t asks = 0;
        bool blocked = false;
    };
    struct Asks {
        std::map<std::int32_t, Demand> demands;
        std::map<std::pair<std::int32_t, std::int32_t>, AskCount> counts;  // by ask, generation
    };

    void refresh(Demand& demand);
    void list_opportunistic(const Demand& demand);
    void touch(const Demand& demand);
    template <typename Change>
    void change(const AttemptId& attempt, std::int32_t ask, Change&& change);
    void open(Demand& demand);
    void close(Demand& demand);
    void set_blocked(ShapeId shape, bool blocked);
    void set_waiting(Demand& demand, bool waits);
    void note_waiting(Demand& demand, bool waits);
    void note_constrained(Demand& demand, bool waits);
    void place_changed(ChangedPlace place);
    void back_into_order(const AskRef& ask);
    void drop_hint(Demand& demand);
    void add_pending(const Demand& demand, std::int32_t count);
    const Demand& first_in(const AskSlot& slot) const;
    void check_sleep(const Demand& demand) const;
    Demand& demand_of(const AttemptId& attempt, std::int32_t ask);

    QueueTree* queues_;
    IndexedMap<AttemptId, Asks> by_attempt_;
    std::vector<Class> classes_;  // by shape
    std::set<ShapeId> vacant_;
    std::map<ClassKey, ShapeId> class_ids_;
    ShapeMask fitting_;                                   // classes that are not blocked
    std::set<std::pair<std::int64_t, ShapeId>> blocked_;  // by memory
    std::map<NodeId, std::set<std::pair<AttemptId, std::int32_t>>> waiting_for_;
    // Of those that wait alone, the ones that take nodes beside those they name; by memory.
    std::set<std::tuple<std::int64_t, AttemptId, std::int32_t>> waiting_;
    ConstraintWaits constrained_;  // those with constraints, in place of the two above
    ChangedPlaces changed_;        // for them
    std::vector<AskRef> past_;     // those of them that may be past
    std::set<AskRef> hinted_;
    std::vector<Pending> pending_;  // by queue
    /// The part of it that names a label, by label and queue.
    std::map<std::pair<LabelIndex, QueueIndex>, Resource> pending_labelled_;
    std::set<AskPlace> alone_;  // all of those
    std::vector<AskPlace> touched_;
    OpportunisticLine opportunistic_;
};

}  // namespace heddle::rm
