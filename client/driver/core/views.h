#pragma once

// What people see of a driver's jobs: plain values under the names of Spark's monitoring REST.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"
#include "common/rdd/plan.h"
#include "common/rdd/task.h"

namespace heddle::driver {

struct AccumulatorView {
    rdd::AccumulatorId id;
    std::string name;
    std::string update;  // of a task
    std::string value;   // the sum over all stages by then
};

struct TaskView {
    rdd::TaskId task;
    std::int32_t index = 0;
    std::int32_t attempt = 0;
    rdd::Partition partition = 0;
    WallTime launch;
    Duration duration;  // up to now while it runs
    rdd::ExecutorId executor;
    std::string host;
    std::string status;    // RUNNING, SUCCESS, FAILED, KILLED
    std::string locality;  // PROCESS_LOCAL ...
    std::string error;
    bool speculative = false;  // a copy of one that was slow
    rdd::TaskMetrics metrics;
    std::vector<AccumulatorView> accumulators;  // named ones
};

struct StageView {
    std::string pool;
    std::string status;  // ACTIVE, COMPLETE, PENDING, FAILED, SKIPPED
    rdd::StageId stage;
    std::int32_t attempt = 0;
    std::int32_t tasks = 0;
    std::int32_t active = 0;
    std::int32_t complete = 0;
    std::int32_t failed = 0;
    std::int32_t killed = 0;
    std::int32_t completed_indices = 0;
    WallTime submitted;
    WallTime first_launch;
    WallTime completed;
    std::string failure;
    std::string name;
    std::string details;
    std::vector<rdd::RddId> rdds;
    rdd::TaskMetrics metrics;                                    // sums
    std::map<rdd::AccumulatorId, AccumulatorView> accumulators;  // named ones
    std::set<rdd::ExecutorId> excluded;  // executors that it has left after failures
    std::vector<TaskView> task_views;    // empty when they have been dropped
};

struct JobView {
    rdd::JobId job;
    std::string name;
    std::string description;  // the program's own; may be empty
    std::string group;        // may be empty
    std::vector<std::string> tags;
    WallTime submitted;
    WallTime completed;
    std::vector<rdd::StageId> stages;
    std::string status;  // RUNNING, SUCCEEDED, FAILED
    std::string error;
    std::int32_t tasks = 0;
    std::int32_t tasks_to_run = 0;  // without those whose results were there at the submission
    std::int32_t active_tasks = 0;
    std::int32_t completed_tasks = 0;
    std::int32_t skipped_tasks = 0;
    std::int32_t failed_tasks = 0;
    std::int32_t killed_tasks = 0;
    std::int32_t active_stages = 0;
    std::int32_t completed_stages = 0;
    std::int32_t skipped_stages = 0;
    std::int32_t failed_stages = 0;
};

struct ExecutorView {
    rdd::ExecutorId executor;
    std::string host;
    std::string container;  // of the cluster; empty: none
    std::string address;
    std::int32_t port = 0;
    bool active = true;
    std::int32_t slots = 0;
    std::int32_t active_tasks = 0;
    std::int32_t failed_tasks = 0;
    std::int32_t completed_tasks = 0;
    Duration total_duration;
    std::int64_t input_bytes = 0;
    std::int64_t shuffle_read = 0;
    std::int64_t shuffle_write = 0;
    std::int64_t memory_max = 0;
    std::int64_t execution_used = 0;
    WallTime added;
    WallTime removed;
    std::string remove_reason;
    bool excluded = false;  // for some time, from all stages
};

struct RddPartitionView {
    rdd::Partition partition = 0;
    std::int64_t memory = 0;
    std::int64_t disk = 0;
    std::vector<rdd::ExecutorId> executors;
};

struct RddHolderView {
    rdd::ExecutorId executor;
    std::int64_t memory = 0;
    std::int64_t disk = 0;
};

struct RddView {
    rdd::RddId rdd;
    std::string name;
    std::int32_t partitions = 0;
    std::int32_t cached = 0;
    std::string level;
    std::int64_t memory = 0;
    std::int64_t disk = 0;
    std::vector<RddPartitionView> partition_views;
    std::vector<RddHolderView> holders;  // by id
};

}  // namespace heddle::driver
