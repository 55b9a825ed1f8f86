#pragma once

// Why the constraint of an ask keeps it from nodes that have room.

#include <optional>

#include "common/model/constraint.h"
#include "resourcemanager/core/explain_nodes.h"

namespace heddle::rm {

/// Which terms fail on how many nodes, and the node that comes nearest. Requires that the ask has a
/// constraint. With Detail::Full it looks at every node.
Blocker constraint_blocker(const Books& books, const Demand& demand, Detail detail);

/// Where no node satisfies it, be there room or not: what is said of that beside the lack of room;
/// looks at every node. Else nothing. Requires that the ask has a constraint.
std::optional<Blocker> constraint_nowhere(const Books& books, const Demand& demand);

/// Its terms exclude each other, wherever it is asked: "java=11" and "java=17"; one there and none
/// there.
bool contradicts_itself(const Constraint& constraint);

}  // namespace heddle::rm
