#pragma once

// A task that was sent to an executor and has not been answered.

#include <cstddef>
#include <cstdint>

#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"

namespace heddle::driver {

struct RunningTask {
    rdd::StageId stage;
    std::int32_t stage_attempt = 0;
    std::size_t index = 0;
    rdd::Partition partition = 0;
    std::int32_t attempt = 0;
    rdd::ExecutorId executor;
    bool rolled_back = false;  // whatever it answers does not count
    bool cancelled = false;
};

}  // namespace heddle::driver
