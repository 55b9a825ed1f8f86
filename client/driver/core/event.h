#pragma once

// Everything that can happen to a driver. Whoever talks for an executor names it by an id that is
// never used again, so a message from one that was given up is told apart and dropped.

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "client/driver/core/job_properties.h"
#include "client/driver/core/views.h"
#include "common/base/result.h"
#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"
#include "common/rdd/plan.h"
#include "common/rdd/task.h"

namespace heddle::driver {

// Requires a plan that checks and contains `rdd`, and partitions of it, each once.
struct JobSubmitted {
    rdd::JobId job;                         // rising
    std::shared_ptr<const rdd::Plan> plan;  // shared by the stages that are cut from it
    rdd::RddId rdd;
    rdd::OperatorRef action;
    std::vector<rdd::Partition> partitions;
    std::string description;  // "collect at main.cpp:42"
    JobProperties properties;
};

/// By the user, or because a result could not be used (code and reason of the failure).
struct JobCancelled {
    rdd::JobId job;
    ErrorCode code = ErrorCode::Cancelled;
    std::string reason;
};

/// Of those that have been submitted.
struct JobsCancelled {
    JobSelection which;
    std::string reason;
};

/// All jobs that need the stage.
struct StageCancelled {
    rdd::StageId stage;
    std::string reason;
};

/// By the user: this attempt ends, and its partition is computed by another one. It is not held
/// against the task.
struct AttemptKilled {
    rdd::TaskId task;
    std::string reason;
};

/// Whether anybody is to be told of what happens (Happened).
struct ListenersChanged {
    bool listening = false;
};

struct ExecutorRegistered {
    rdd::ExecutorId executor;  // rising
    std::string host;
    std::string rack;       // may be empty
    std::string container;  // of the cluster; empty: none
    std::string address;
    std::int32_t port = 0;  // of its block server; 0: none
    std::int32_t slots = 0;
    std::int64_t memory = 0;
    bool in_process = false;  // it lives as long as the driver and sends no heartbeats
};

/// Its connection is gone, or its process, or it never came. kNoExecutor: it had not registered.
struct ExecutorLost {
    rdd::ExecutorId executor;
    std::string reason;
    bool crashed = false;        // its process ended by itself, so what it ran may be the cause
    bool out_of_memory = false;  // crashed: its process was larger than it may be
};

/// Its container is to make way soon, and with it the executor: no new tasks for it. Or it is not
/// to any more. `may_stay`: its node is taken out of service, which waits for it, so it goes only
/// if executors end by themselves (retirement.h).
struct ExecutorLeaving {
    rdd::ExecutorId executor;
    bool leaving = true;
    bool may_stay = false;
};

/// An answer to GrowExecutor, or its container got another size without one. `memory`: what it has
/// now for execution and storage, in bytes; 0: no more than before.
struct ExecutorResized {
    rdd::ExecutorId executor;
    std::int64_t memory = 0;
};

/// There will be no executors, and why: nobody can hold them, or this driver does not count any
/// more. All jobs fail, later ones too.
struct ExecutorsRefused {
    std::string reason;
};

struct ExecutorSaid {
    rdd::ExecutorId executor;
    rdd::FromExecutor message;  // not ExecutorHello
};

/// Named accumulators after what a task added.
struct AccumulatorsMerged {
    rdd::StageId stage;
    std::int32_t stage_attempt = 0;
    rdd::TaskId task;
    std::vector<AccumulatorView> totals;
};

struct RddUnpersisted {
    rdd::RddId rdd;
};

/// `destroyed`: for good.
struct BroadcastDropped {
    rdd::BroadcastId broadcast;
    bool destroyed = false;
};

struct ShuffleReleased {
    rdd::ShuffleId shuffle;
};

/// All jobs end, executors are told to stop, nothing is accepted any more.
struct Stopped {
    std::string reason;
};

/// A deadline of the core is over.
struct Tick {};

using Event =
    std::variant<JobSubmitted, JobCancelled, JobsCancelled, ExecutorRegistered, ExecutorLost,
                 ExecutorLeaving, ExecutorsRefused, ExecutorSaid, AccumulatorsMerged,
                 RddUnpersisted, BroadcastDropped, ShuffleReleased, Stopped, Tick, StageCancelled,
                 AttemptKilled, ListenersChanged, ExecutorResized>;

}  // namespace heddle::driver
