#pragma once

// Constraints and tags in the books: what is taken from an ask, what a container brings to its
// node, and whether a constraint holds on a node now.
//
// A container counts from its grant until its end is known, orphans too: it is there. All that
// changes what a constraint says (tags that come and go, racks, attributes, room) passes through
// the functions here and node_room_changed(), which wake the asks that it concerns.

#include <memory>
#include <string>
#include <vector>

#include "common/model/constraint.h"
#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// Brings the tags and the constraint of an ask into one form (tags each once, in order). Errors:
/// InvalidArgument; the ask is refused.
Status take_placement(Ask& ask);

/// Null without tags. What a node has reported and no ask could have had is left out.
std::shared_ptr<const ContainerTags> tags_of(const Books& books, const ApplicationId& application,
                                             std::vector<std::string> tags);

/// The container is in the table and on its node now, or is about to leave both.
void tags_came(Books& books, const Container& container);
void tags_go(Books& books, const Container& container);

/// Containers that are to be granted together count as there for one another while this lives.
class SupposedTags {
public:
    explicit SupposedTags(Books& books) : books_(books) {}
    SupposedTags(const SupposedTags&) = delete;
    SupposedTags& operator=(const SupposedTags&) = delete;
    ~SupposedTags();

    void add(const Demand& demand, NodeIndex node);

private:
    Books& books_;
    std::vector<TagBearer> supposed_;
};

/// Before and after the node gets another rack: what is on it moves with it.
void take_tags_off(Books& books, const Node& node);
void put_tags_back(Books& books, const Node& node);

/// The node has `free`, or has changed otherwise: constrained asks that could go there are asked
/// about it when it is their turn.
void wake_constrained(Books& books, const Node& node, const Resource& free);

/// Answers for one asking application, on one node after the other.
class PlaceJudge {
public:
    PlaceJudge(const Books& books, const ApplicationId& asking);
    PlaceJudge(const PlaceJudge&) = delete;
    PlaceJudge& operator=(const PlaceJudge&) = delete;

    bool holds(const Constraint& constraint, NodeIndex node);
    std::int64_t count(Constraint::Scope scope, const TagTarget& target, NodeIndex node) const;

private:
    const Books& books_;
    ApplicationId asking_;
    NodeIndex node_ = 0;
    PlaceFacts facts_;
};

/// Whether the ask's constraint, if it has one, holds on the node.
bool constraint_holds(const Books& books, const Demand& demand, NodeIndex node);

/// Whether some term counts on containers like this one to be there.
bool needs_tags_of(const Constraint& constraint, const ApplicationId& asking,
                   const Container& container);

/// The indexes say what the containers and nodes do, and what this step has placed was allowed
/// where it went, by a count of all containers. For simulation.
void check_constraints(const Books& books);

}  // namespace heddle::rm
