#pragma once

// Short names for traces: "app2", "app2.1.3" (attempt 1, container 3), "app2.1.e4.3" (epoch 4).

#include <string>

#include "common/base/ids.h"
#include "common/model/container.h"

namespace heddle::rm::test {

inline std::string name_of(const ApplicationId& id) {
    return "app" + std::to_string(id.sequence);
}

inline std::string name_of(const ContainerId& id) {
    return name_of(id.attempt.application) + "." + std::to_string(id.attempt.number) + "." +
           (id.epoch > 1 ? "e" + std::to_string(id.epoch) + "." : "") + std::to_string(id.sequence);
}

inline std::string name_of(const ContainerExit& exit) {
    std::string text(to_string(exit.reason));
    if (exit.reason == ExitReason::Exited) {
        text += " " + std::to_string(exit.code);
    } else if (exit.reason == ExitReason::Signalled) {
        text += " " + std::to_string(exit.signal);
    }
    return text;
}

}  // namespace heddle::rm::test
