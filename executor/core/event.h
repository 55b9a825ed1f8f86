#pragma once

// Everything that can happen to an executor.

#include <variant>

#include "common/rdd/executor_protocol.h"
#include "common/rdd/task.h"

namespace heddle::executor {

struct DriverSaid {
    rdd::ToExecutor message;
};

/// A task body has returned. Its task was started and has not ended before.
struct TaskEnded {
    rdd::TaskResult result;
};

using Event = std::variant<DriverSaid, TaskEnded>;

}  // namespace heddle::executor
