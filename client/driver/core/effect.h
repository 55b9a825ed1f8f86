#pragma once

// Everything a driver's core can ask for. The shell carries effects out in order.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/driver/core/happening.h"
#include "common/base/result.h"
#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"
#include "common/rdd/task.h"

namespace heddle::driver {

struct Send {
    rdd::ExecutorId executor;
    rdd::ToExecutor message;
};

/// The one result of a partition: there is never a second one.
struct DeliverResult {
    rdd::JobId job;
    rdd::Partition partition = 0;
    rdd::Bytes value;
};

struct JobError {
    ErrorCode code = ErrorCode::Internal;
    std::string message;
    std::optional<rdd::StageId> stage;
    rdd::Partition partition = -1;
    std::optional<rdd::TaskFailure> cause;
};

/// What a task added, once per partition of a stage and before the end of its job. Answered by
/// AccumulatorsMerged where one of them has a name.
struct MergeAccumulators {
    rdd::StageId stage;
    std::int32_t stage_attempt = 0;
    rdd::TaskId task;
    std::vector<rdd::AccumulatorUpdate> updates;
};

/// After its last DeliverResult.
struct EndJob {
    rdd::JobId job;
    std::optional<JobError> error;
};

/// The RDD is out of every executor's cache.
struct ConfirmUnpersist {
    rdd::RddId rdd;
};

/// So many executors are wanted in all: an absolute count, as the resource manager takes it.
/// `released`: these are given back, so that the count does not bring others for them. `spare`: of
/// those that are there only these end, also where they are more than the count.
struct WantExecutors {
    std::int32_t count = 0;
    std::vector<rdd::ExecutorId> released = {};
    bool spare = false;
};

/// The executor does not answer: its connection is closed and its process, if ours, is ended. It is
/// out of the books already.
struct DropExecutor {
    rdd::ExecutorId executor;
    std::string reason;
};

/// Executors that come from now on had better be on none of these nodes, which are all.
struct AvoidNodes {
    std::vector<std::string> nodes;
};

/// For the program's listeners. Only while there are some.
struct Happened {
    Happening what;
};

/// A task has it to itself and needs more memory: twice as much, if its node has room. Answered by
/// ExecutorResized.
struct GrowExecutor {
    rdd::ExecutorId executor;
};

using Effect = std::variant<Send, DeliverResult, MergeAccumulators, EndJob, ConfirmUnpersist,
                            WantExecutors, DropExecutor, AvoidNodes, Happened, GrowExecutor>;
using Effects = std::vector<Effect>;

}  // namespace heddle::driver
