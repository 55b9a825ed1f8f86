#include "common/model/container.h"

#include "common/base/check.h"

namespace heddle {

std::string_view to_string(ContainerPhase phase) {
    switch (phase) {
        case ContainerPhase::Localising:
            return "LOCALIZING";
        case ContainerPhase::Ready:
            return "READY";
        case ContainerPhase::Running:
            return "RUNNING";
        case ContainerPhase::Stopping:
            return "STOPPING";
        case ContainerPhase::Done:
            return "DONE";
    }
    CHECK(false);
}

std::string_view to_string(ExecutionType type) {
    switch (type) {
        case ExecutionType::Guaranteed:
            return "GUARANTEED";
        case ExecutionType::Opportunistic:
            return "OPPORTUNISTIC";
    }
    CHECK(false);
}

std::string_view to_string(ExitReason reason) {
    switch (reason) {
        case ExitReason::Exited:
            return "exited";
        case ExitReason::Signalled:
            return "signalled";
        case ExitReason::Stopped:
            return "stopped";
        case ExitReason::LaunchFailed:
            return "launch failed";
        case ExitReason::NodeLost:
            return "node lost";
        case ExitReason::OutOfMemory:
            return "out of memory";
        case ExitReason::Unknown:
            return "unknown";
        case ExitReason::Displaced:
            return "displaced";
    }
    CHECK(false);
}

}  // namespace heddle
