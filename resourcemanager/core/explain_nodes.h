#pragma once

// What nodes have to do with it that an ask waits: which of them are out of the question and why,
// which one comes nearest, and who is on it.

#include <optional>
#include <vector>

#include "common/model/explanation.h"
#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// How much of an explanation is wanted: lists show only its first line.
enum class Detail { Headline, Full };

/// What keeps the ask from being placed on a node now, the strongest first; empty: one has room.
std::vector<Blocker> node_blockers(const Books& books, const Demand& demand, Detail detail);

/// Those of the nodes that are out of the question for the ask now, whatever limits say.
std::vector<NodeVerdict> verdicts_on(const Books& books, const Demand& demand,
                                     const std::vector<NodeIndex>& nodes);

/// What keeps more of this size from being charged on this one node; none: it has room.
std::optional<Blocker> blocker_on(const Books& books, const Node& node, const Resource& size,
                                  Detail detail);

/// "n1 has 5.2 GiB free": what of this size would fit at once, or nothing.
std::string smaller_size(const Books& books, const Demand& demand);

/// "n1, n2, n3 and 4 more"
std::string names_text(const std::vector<NodeId>& nodes);

/// Who holds most on the node.
std::vector<Holder> holders_on(const Books& books, const Node& node);

/// In order of what they hold, at most kHoldersShown. Requires them in id order.
void keep_largest(std::vector<Holder>& holders);

}  // namespace heddle::rm
