#pragma once

// Where a container with a constraint goes. The order of preference is that of choose_node.h; what
// differs is how a node is found without a look at all: what the constraint needs leads to it (the
// nodes that hold a tag, the racks that do, the few nodes with an attribute). One that needs
// nothing (anti-affinity) looks at the roomiest free nodes; where it holds on none of the first
// few, it goes on without those where it does not hold: whole racks are left out, or
// constraint_rooms.h has kept the others apart.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// A node with room where the constraint holds, none of `avoided`. `racks`: those that the ask may
/// go to when its nodes have no room. Requires that the ask has a constraint.
std::optional<NodeIndex> choose_constrained(Books& books, const Demand& demand,
                                            const std::set<NodeIndex>& avoided,
                                            const std::set<std::string>& racks);

/// The same, of the nodes in these places.
std::optional<NodeIndex> choose_changed(Books& books, const Demand& demand,
                                        const std::set<NodeIndex>& avoided,
                                        const std::set<std::string>& racks,
                                        const std::vector<const ChangedPlace*>& places);

}  // namespace heddle::rm
