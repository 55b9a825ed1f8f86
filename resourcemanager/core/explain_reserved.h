#pragma once

// What reservations and gangs have to do with it that an ask waits.

#include <vector>

#include "common/model/explanation.h"
#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// What is reserved for it; empty: nothing.
std::vector<Blocker> reserved_blockers(const Books& books, const Demand& demand);

/// Why its gang has not started. Requires that it waits for its gang.
Blocker gang_blocker(const Books& books, const Demand& demand);

}  // namespace heddle::rm
