#pragma once

// A task that was sent to an executor and has not been answered.

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"
#include "common/rdd/task.h"

namespace heddle::driver {

struct RunningTask {
    rdd::StageId stage;
    std::int32_t stage_attempt = 0;
    std::size_t index = 0;
    rdd::Partition partition = 0;
    std::int32_t attempt = 0;
    rdd::ExecutorId executor;
    std::int32_t slots = 1;    // of its executor
    bool rolled_back = false;  // whatever it answers does not count
    bool cancelled = false;
    std::string kill_reason{};  // of the user
};

/// Whether it is held against the task: not what others or the cluster did to it.
inline bool counts_as_failure(rdd::FailureKind kind) {
    switch (kind) {
        case rdd::FailureKind::ExceptionFailure:
        case rdd::FailureKind::TaskResultLost:
        case rdd::FailureKind::UnknownReason:
            return true;
        case rdd::FailureKind::FetchFailed:
        case rdd::FailureKind::TaskKilled:
        case rdd::FailureKind::TaskCommitDenied:
        case rdd::FailureKind::ExecutorLostFailure:
        case rdd::FailureKind::Resubmitted:
            return false;
    }
    return true;
}

}  // namespace heddle::driver
