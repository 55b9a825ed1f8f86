#pragma once

// What reservations and gangs have to do with it that an ask waits.

#include <string>
#include <vector>

#include "common/model/explanation.h"
#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// What is reserved for it; empty: nothing.
std::vector<Blocker> reserved_blockers(const Books& books, const Demand& demand);

/// Continues a sentence about a node where the ask has no room: "; 2 GiB, 1 vcore there is kept for
/// application_1_0002". When nothing is kept there, about another node that would have room but for
/// what is kept; else nothing.
std::string kept_text(const Books& books, const Demand& demand, const Node& node);

/// Why its gang has not started. Requires that it waits for its gang.
Blocker gang_blocker(const Books& books, const Demand& demand);

}  // namespace heddle::rm
