#pragma once

// What applications want and do not have. An ask is an absolute count of live containers under
// (attempt, ask id, generation); the book keeps beside it how many are live and how many have ended
// without their master knowing, and what is left is outstanding.
//
// Outstanding asks that placement cannot tell apart (same queue, same size, any node) form one
// class; a class that fits nowhere is blocked as a whole, and comes back when a node frees enough.
// So a step looks at classes, never at all asks. An ask that prefers nodes is a class of its own.

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/model/container.h"
#include "common/model/master_protocol.h"
#include "resourcemanager/core/queue_tree.h"

namespace heddle::rm {

/// First in, first out: by the application's priority (higher first) and order of submission, then
/// the ask's priority (lower first), then ids.
struct AskOrder {
    std::int32_t application_priority_negated = 0;
    std::uint64_t application_serial = 0;
    std::int32_t ask_priority = 0;
    AttemptId attempt;
    std::int32_t ask = 0;

    friend constexpr auto operator<=>(const AskOrder&, const AskOrder&) = default;
};

/// What the book must know of an attempt.
struct AskOwner {
    AttemptId attempt;
    QueueIndex queue = 0;
    std::int32_t application_priority = 0;
    std::uint64_t application_serial = 0;
};

struct AskCount {
    std::int32_t live = 0;         // granted, not ended, not ordered to stop
    std::int32_t unconfirmed = 0;  // ended by themselves; their master has not said that it knows
};

struct Demand {
    AskOwner owner;
    Ask ask;
    AskOrder order;
    bool parked = false;   // its launch template has not come yet
    bool relaxed = false;  // has waited long enough for its nodes
    std::int32_t outstanding = 0;
    std::uint64_t class_id = 0;  // while outstanding

    AskKey key() const { return {owner.attempt, ask.id, ask.generation}; }
    bool located() const { return !ask.nodes.empty(); }
};

class AskBook {
public:
    explicit AskBook(std::size_t queues) : pending_(queues) {}

    /// There are more queues now; those that were keep their indexes.
    void grow(std::size_t queues) { pending_.resize(std::max(queues, pending_.size())); }

    /// States an ask, new or again; an older generation than the present one is refused (false).
    /// A new generation starts with what is counted under it, and none of the old one's containers.
    bool state(const AskOwner& owner, const Ask& ask, bool parked);
    void unpark(const AttemptId& attempt, std::int32_t launch_template);
    void relax(const AttemptId& attempt, std::int32_t ask);
    void forget(const AttemptId& attempt, std::int32_t ask);
    /// Forgets asks and counts.
    void forget_all(const AttemptId& attempt);

    void count_live(const AskKey& key, std::int32_t change);
    void count_unconfirmed(const AskKey& key, std::int32_t change);

    /// The ask, or null.
    const Demand* find(const AttemptId& attempt, std::int32_t ask) const;
    std::vector<const Demand*> of_attempt(const AttemptId& attempt) const;
    AskCount count(const AskKey& key) const;
    /// Live containers beyond the ask under `key`: all of them if the generation is not current.
    std::int32_t surplus(const AskKey& key) const;
    /// Keys of the attempt that have a surplus.
    std::vector<AskKey> with_surplus(const AttemptId& attempt) const;
    /// Attempts with asks, in id order.
    std::vector<AttemptId> attempts() const;

    /// Queues with something that may be placed, in index order.
    std::vector<QueueIndex> ready_queues() const;
    bool any_ready() const;
    /// First outstanding ask of the queue whose class is not blocked, or null.
    const Demand* next(QueueIndex queue) const;
    /// Nothing of this ask's class fits now.
    void block(const Demand& demand);
    /// `node` has `free` now: classes that fit may be placed again.
    void unblock(const NodeId& node, const Resource& free);

    struct Pending {
        Resource size;
        std::int64_t count = 0;
    };
    const Pending& pending(QueueIndex leaf) const { return pending_[leaf]; }
    Pending pending() const;
    /// Classes with something outstanding.
    std::size_t classes() const { return classes_.size(); }

    void check() const;

private:
    struct ClassKey {
        QueueIndex queue = 0;
        std::int64_t memory_mib = 0;
        std::int64_t vcores = 0;
        AttemptId located_attempt;  // zero: any node will do
        std::int32_t located_ask = 0;

        friend constexpr auto operator<=>(const ClassKey&, const ClassKey&) = default;
    };
    struct Class {
        ClassKey key;
        std::set<AskOrder> open;
        bool blocked = false;
        std::vector<NodeId> nodes;  // it waits for, if located
    };
    struct Asks {
        std::map<std::int32_t, Demand> demands;
        std::map<std::pair<std::int32_t, std::int32_t>, AskCount> counts;  // by ask, generation
    };

    void refresh(Demand& demand);
    void open(Demand& demand);
    void close(Demand& demand);
    void set_ready(Class& the_class, std::uint64_t id, bool ready);
    void set_blocked(std::uint64_t id, bool blocked);
    Demand& demand_of(const AskOrder& order);

    std::map<AttemptId, Asks> by_attempt_;
    std::map<std::uint64_t, Class> classes_;
    std::map<ClassKey, std::uint64_t> class_ids_;
    std::uint64_t class_last_ = 0;
    std::map<QueueIndex, std::set<std::pair<AskOrder, std::uint64_t>>> ready_;  // head, class
    std::set<std::pair<std::int64_t, std::uint64_t>> blocked_;                  // memory, class
    std::map<NodeId, std::set<std::uint64_t>> blocked_on_;                      // located classes
    std::vector<Pending> pending_;
};

}  // namespace heddle::rm
