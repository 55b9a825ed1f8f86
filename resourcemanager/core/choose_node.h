#pragma once

// Where a container goes. Who is next has been decided when this is asked.

#include <optional>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// A node with room for one container of the ask, or none.
std::optional<NodeIndex> choose_node(Books& books, const Demand& demand);

/// The same question, by a look at every node: for checks.
bool fits_somewhere(const Books& books, const Demand& demand);

}  // namespace heddle::rm
