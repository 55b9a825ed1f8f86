#pragma once

// The policy, seen from outside: whether a container that was granted in the step that has just
// been made should have been. Everything is computed from use, wishes and configuration, never
// from the orders and masks that the queue tree decides by. Each returns what is wrong, or nothing.

#include <string>

#include "resourcemanager/core/books.h"

namespace heddle::rm::test {

/// Nothing is granted beyond its ask, or to whom has been killed or is over.
std::string check_granted(const Books& books, const Container& grant);
/// The node has what is on it. (It may have too much for other reasons: it was made smaller, or
/// reported after a restart what nobody had counted on.)
std::string check_capacity(const Books& books, const Container& grant);
/// The queue and those above it use no more than they may on the nodes of that label.
std::string check_maximum(const Books& books, const Container& grant);
/// No master of a user beyond the user's part of what the leaf gives masters, but the first.
std::string check_user_masters(const Books& books, const Container& grant);
/// Inside a leaf nobody was overtaken who could have had the room: by priority and submission, or
/// by share. Requires that nothing else was granted in the step.
std::string check_order(const Books& books, const Container& grant);
/// Inside an application no ask of lower number was passed over. As check_order.
std::string check_ask_order(const Books& books, const Container& grant);
/// Between queues: nobody was passed over who is further below what it is owed, by priority first,
/// and could have had the room. So shares are never further apart than one container makes them.
/// As check_order.
std::string check_fairness(const Books& books, const Container& grant);

}  // namespace heddle::rm::test
