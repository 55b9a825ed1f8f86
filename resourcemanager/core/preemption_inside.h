#pragma once

// Who may take from whom inside one leaf, on the nodes of one label. A user within the limit of
// users gets room from users above it, as long as these stay at or above it; an application of
// higher priority gets it from ones of lower priority: of its own user, or (PriorityFirst) of any,
// as far as its user's limit. In a leaf that serves applications fairly priority takes nothing.
//
// So nothing goes to and fro: who got something is within its limit afterwards, and only what is
// above the limit is given; and priority is an order without circles.

#include <cstdint>
#include <map>
#include <optional>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

struct Candidate;  // preemption_candidates.h

class Inside {
public:
    Inside(const Books& books, LabelIndex label) : books_(books), label_(label) {}

    bool preempts(QueueIndex leaf) const;

    void leave(UserIndex user, const Resource& size, int sign);
    void come(UserIndex user, const Resource& size);
    /// The user has an application of this priority in its leaf.
    void note(UserIndex user, std::int32_t priority);

    /// Whether anything there may make way for the ask. Without a look at containers.
    bool may_gain(const Demand& demand) const;
    bool may_take(const Candidate& victim, const Demand& demand) const;
    /// What a decision rests on.
    InsideStanding standing(UserIndex from, std::int32_t priority, const Demand& demand) const;

private:
    struct Standing {
        Resource leaving;
        Resource coming;
        std::optional<std::int32_t> lowest;  // priority of what may be taken
    };

    Standing of(UserIndex user) const;
    Resource left(UserIndex user) const;
    Resource soon(UserIndex user) const;
    const Resource& limit(UserIndex user) const;
    bool has_room(const Demand& demand) const;
    bool over(UserIndex user, const Resource& of) const;
    bool uses_enough(QueueIndex leaf) const;
    bool by_priority(const Demand& demand, UserIndex from, std::int32_t priority) const;

    const Books& books_;
    LabelIndex label_;
    std::map<UserIndex, Standing> users_;
    mutable std::map<QueueIndex, bool> preempts_;     // looked up once
    mutable std::map<QueueIndex, Resource> of_leaf_;  // limit for a weight of 1
    mutable std::map<UserIndex, Resource> limits_;
};

}  // namespace heddle::rm
