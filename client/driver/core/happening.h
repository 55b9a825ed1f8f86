#pragma once

// What the program's listeners are told, in the order in which it happened, under Spark's names.

#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "client/driver/core/views.h"
#include "common/rdd/ids.h"
#include "common/rdd/task.h"

namespace heddle::driver {

struct JobStart {
    JobView job;
    std::map<std::string, std::string> properties;  // local ones of the thread that ran it
};

/// `job.error` empty: it has succeeded. What its stages still had to do may end afterwards.
struct JobEnd {
    JobView job;
};

/// One attempt of a stage. Views of stages come without their tasks.
struct StageSubmitted {
    StageView stage;
};

/// `stage.failure` empty: it is complete.
struct StageCompleted {
    StageView stage;
};

struct TaskStart {
    rdd::StageId stage;
    std::int32_t stage_attempt = 0;
    TaskView task;
};

/// With `task.status`, `task.error` and `task.metrics`.
struct TaskEnd {
    rdd::StageId stage;
    std::int32_t stage_attempt = 0;
    TaskView task;
};

struct ExecutorAdded {
    ExecutorView executor;
};

struct ExecutorRemoved {
    ExecutorView executor;
};

/// What the executor has of a cached partition now; both sizes 0: nothing.
struct BlockUpdated {
    rdd::ExecutorId executor;
    rdd::BlockUpdate block;
};

using Happening = std::variant<JobStart, JobEnd, StageSubmitted, StageCompleted, TaskStart, TaskEnd,
                               ExecutorAdded, ExecutorRemoved, BlockUpdated>;

}  // namespace heddle::driver
