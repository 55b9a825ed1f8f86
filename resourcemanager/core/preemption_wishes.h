#pragma once

// Asks for which room may be taken back: those for which nothing but room is missing, and claims
// that serve them.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// Asks of one class have use for the same claims.
using ClassOfAsks = std::tuple<QueueIndex, Resource, std::string>;

ClassOfAsks class_of(const Demand& demand);
ClassOfAsks class_of(const Claim& claim);

struct Wish {
    const Demand* demand = nullptr;
    QueueIndex scope = 0;
    std::int64_t count = 0;
    std::uint64_t share = 0;  // of what its leaf is owed
    std::int32_t priority_negated = 0;
    std::uint64_t serial = 0;
};

std::map<ClassOfAsks, std::int64_t> wanted_by_class(const Books& books);
/// What the ask wants and does not have.
std::int64_t wanted_of(const Books& books, const Demand& demand);
/// Nodes where some of the room that the ask needs is kept for it.
std::vector<NodeIndex> nodes_kept_for(const Books& books, const Demand& demand);
/// What is kept for the ask on the node already.
Resource kept_on(const Books& books, const Demand& demand, NodeIndex node);

/// The deepest queue above the ask's own whose maximum is in its way, as room has to be made below
/// it; the root if only nodes are; nullopt: something else is, or nothing.
std::optional<QueueIndex> scope_of(const Books& books, const Demand& demand);

/// An ask that the claim may serve and that is `good`: its own, or one like it; or null.
const Demand* demand_for(const Books& books, const Claim& claim,
                         const std::function<bool(const Demand&)>& good);

/// Those that no claim serves yet and that anything may make way for, who is owed most first.
std::vector<Wish> wishes_of(const Books& books);
/// Room on the nodes of its label is lent to asks that name none.
bool is_lent(const Books& books, const Demand& demand);
/// Without a look at containers: whether any queue is owed room for this at all, or somebody else
/// has borrowed it.
bool may_be_owed(const Books& books, const Demand& demand);

/// Marks beyond what still waits are lifted, the youngest first.
void lift_surplus(Books& books);

}  // namespace heddle::rm
