#pragma once

// The room that the node of this step's complete status offers; see offers.h.

#include <cstdint>
#include <optional>

#include "resourcemanager/core/container_table.h"

namespace heddle::rm {

struct Offer {
    std::optional<NodeIndex> node;
    std::int32_t placed = 0;        // without a wish for this node
    std::int32_t placed_local = 0;  // whose ask names it
};

}  // namespace heddle::rm
