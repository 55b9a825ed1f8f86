#pragma once

// What the manager's books keep for opportunistic containers; see opportunistic.h.

#include <cstddef>
#include <set>

#include "common/base/ids.h"
#include "resourcemanager/core/opportunistic_nodes.h"

namespace heddle::rm {

struct OpportunisticBook {
    bool active = false;  // somebody has asked for some: nodes are indexed
    OpportunisticNodes nodes;
    std::size_t turns_left = 0;  // attempts that have not been looked at since something changed
    bool more = false;           // the last look found a place: there may be another one
    /// Opportunistic containers that are to be guaranteed and wait for room on their node.
    std::set<ContainerId> promotions;
    ContainerId promotion_last;  // looked at last
};

}  // namespace heddle::rm
