#pragma once

// Everything that an executor's bookkeeping can ask for. The shell carries effects out in order.

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"

namespace heddle::executor {

/// Where the input of a task is: tables by shuffle. A table that is not there is not known.
using ShuffleTables = std::map<rdd::ShuffleId, std::shared_ptr<const rdd::MapOutputTable>>;

struct StartTask {
    std::shared_ptr<const rdd::StagePlan> plan;  // shared by all tasks of the stage
    rdd::TaskLaunch launch;
    ShuffleTables tables;  // as known now: a task never changes over to another table
};

struct StopTask {
    rdd::TaskId task;
};

/// Its slot goes to another thread, and TaskEnded comes, unless it has ended.
struct AbandonTask {
    rdd::TaskId task;
};

/// A piece of what a task of this executor answered.
struct SendResult {
    rdd::ResultWanted wanted;
};

struct ForgetResult {
    rdd::TaskId task;
};

struct GrowMemory {
    std::int64_t memory = 0;  // bytes
};

struct TellDriver {
    rdd::FromExecutor message;
};

struct ForgetRdd {
    rdd::RddId rdd;
};

struct ForgetShuffle {
    rdd::ShuffleId shuffle;
};

struct ForgetBroadcast {
    rdd::BroadcastId broadcast;
};

struct KnowHolder {
    rdd::BroadcastHeld held;
};

/// Told to the driver when it is done: by the shell, in whichever order copies arrive.
struct FetchReplica {
    rdd::KeepReplica order;
};

/// As FetchReplica.
struct FetchMapOutput {
    rdd::KeepMapOutput order;
};

struct MeetPeer {
    rdd::PeerJoined peer;
};

struct LosePeer {
    rdd::ExecutorId executor;
};

struct PassBarrier {
    rdd::BarrierAnswer answer;
};

/// The driver wants no more of this executor. `reason` empty: a planned end.
struct Quit {
    std::string reason;
};

using Effect =
    std::variant<StartTask, StopTask, TellDriver, ForgetRdd, ForgetShuffle, ForgetBroadcast,
                 KnowHolder, MeetPeer, LosePeer, Quit, FetchReplica, PassBarrier, FetchMapOutput,
                 AbandonTask, SendResult, ForgetResult, GrowMemory>;
using Effects = std::vector<Effect>;

}  // namespace heddle::executor
