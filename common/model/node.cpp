#include "common/model/node.h"

#include "common/base/check.h"

namespace heddle {

std::string_view to_string(NodeState state) {
    switch (state) {
        case NodeState::New:
            return "NEW";
        case NodeState::Running:
            return "RUNNING";
        case NodeState::Unhealthy:
            return "UNHEALTHY";
        case NodeState::Decommissioning:
            return "DECOMMISSIONING";
        case NodeState::Decommissioned:
            return "DECOMMISSIONED";
        case NodeState::Lost:
            return "LOST";
        case NodeState::Rebooted:
            return "REBOOTED";
        case NodeState::Shutdown:
            return "SHUTDOWN";
    }
    CHECK(false);
}

}  // namespace heddle
