#pragma once

// What the node keeps on disk of a container, from the start order to the end of its logs.

#include <cstdint>
#include <optional>
#include <string>

#include "common/model/container.h"
#include "nodeagent/core/container_life.h"

namespace heddle::node {

struct ContainerRecord {
    ContainerStart order;  // `spec` is emptied at the end: it holds secrets and is not needed again
    ContainerState state = ContainerState::Saving;
    std::int64_t pid = 0;
    WallTime started;
    std::string stop_reason;            // since Stopping
    std::optional<ContainerExit> exit;  // exactly when Done
    bool acknowledged = false;          // the manager has recorded the end
    std::uint64_t queued =
        0;                   // place among all that was ever queued here; 0: guaranteed from birth
    bool displaced = false;  // it ends because this node has no room for it
    std::int64_t size_version = 0;  // of `order.size`, which the manager changes

    friend bool operator==(const ContainerRecord&, const ContainerRecord&) = default;
};

}  // namespace heddle::node
