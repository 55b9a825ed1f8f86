#pragma once

// What a program hears of its jobs: Spark's listeners. A listener overrides what it wants to know.
// All calls come one after the other, in the order of what happened, on a thread of their own,
// which nobody waits for: a listener that is slow misses events rather than hold up jobs (the log
// says how many). What it throws is logged with its name.

#include <string>

#include "client/driver/core/happening.h"

namespace heddle::driver {

class Listener {
public:
    virtual ~Listener() = default;

    /// For the log; as it is: of its type.
    virtual std::string name() const;

    virtual void on_job_start(const JobStart& /*event*/) {}
    virtual void on_job_end(const JobEnd& /*event*/) {}
    virtual void on_stage_submitted(const StageSubmitted& /*event*/) {}
    virtual void on_stage_completed(const StageCompleted& /*event*/) {}
    virtual void on_task_start(const TaskStart& /*event*/) {}
    virtual void on_task_end(const TaskEnd& /*event*/) {}
    virtual void on_executor_added(const ExecutorAdded& /*event*/) {}
    virtual void on_executor_removed(const ExecutorRemoved& /*event*/) {}
    virtual void on_block_updated(const BlockUpdated& /*event*/) {}
};

}  // namespace heddle::driver
