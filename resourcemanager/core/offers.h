#pragma once

// With Config::placements_per_status a node's room counts only in the step of its complete status,
// up to that many containers. Nodes are withheld from placement at all other times, so that nothing
// else has to know. Without it every function here does nothing.

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// As many containers that name a node as it may take at one status: YARN's own limit.
constexpr std::int32_t kLocalPlacementsPerStatus = 100;

/// `node` has said all it has: it takes containers until the end of the step.
void offer_room(Books& books, Node& node);
/// `container` was entered on `node`.
void count_offer(Books& books, Node& node, const Container& container);
/// The step is over.
void withdraw_offer(Books& books);

}  // namespace heddle::rm
