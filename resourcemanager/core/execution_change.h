#pragma once

// Containers that change their execution type while they live. A demotion is for
// containers that run, and holds when the node says that it knows: until then it would not make
// room. A promotion is a wish of its own: it waits until the container's node has guaranteed room
// and no limit refuses, comes after all asks, and is charged from then on. The node is told; what
// it shows of the type tells whether it knows. Of the type and the size one changes at a time: a
// node that is changing the size finishes that before it is told of a demotion (resizes.h).

#include <vector>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

constexpr std::size_t kPromotionsLookedAt = 16;  // in one step

/// What a master says in an update. `complete`: promotions that it does not name are not wanted.
void take_execution_changes(Books& books, Attempt& attempt,
                            const std::vector<ExecutionChange>& changes, bool complete);
/// It would become guaranteed at once.
bool may_promote(const Books& books, const Container& container);
/// Its node knows it as what it is to be.
void finish_demotion(Books& books, Container& container);
/// Containers that wait for it become guaranteed where there is room now.
void promote(Books& books);

void check_promotions(const Books& books);

}  // namespace heddle::rm
