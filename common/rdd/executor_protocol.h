#pragma once

// What a driver and its executors say to each other. In one process the values themselves are
// passed; between processes they are frames (executor_codec.cpp). All messages to one executor
// arrive in the order in which they were sent, or the connection is lost and with it, for the
// driver, the executor.
//
// What all tasks of a stage share is sent once per executor, before its first task: the stage's
// plan and the whereabouts of the map output that it reads.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/rdd/barrier.h"
#include "common/rdd/block_transfer.h"
#include "common/rdd/ids.h"
#include "common/rdd/plan.h"
#include "common/rdd/registry.h"
#include "common/rdd/task.h"

namespace heddle::rdd {

using ExecutorId = Number<struct ExecutorTag, std::int32_t>;  // from 1; never used again

inline constexpr ExecutorId kNoExecutor{0};

/// How many tasks a driver sends to a slot beyond the one that runs there, at most, while tasks are
/// tiny; an executor hands as many to its threads.
inline constexpr std::int32_t kTasksAheadMax = 64;

/// "3": how people and Spark's REST name an executor.
inline std::string to_string(ExecutorId id) {
    return std::to_string(id.value);
}

// Where the map output of one shuffle is. A table is immutable; a change is a new version. Version
// 0: it is not known any more, whatever was sent before.
struct MapOutput {
    TaskId map_task{-1};  // -1: not there
    ExecutorId executor;
    // Bytes per reduce partition; 0: no block at all. Where there are many, only about so many for
    // an executor in another process (map_sizes.h).
    std::vector<std::uint64_t> sizes;

    bool present() const { return map_task.value >= 0; }
    friend bool operator==(const MapOutput&, const MapOutput&) = default;
};

struct MapOutputTable {
    ShuffleId shuffle;
    std::int64_t version = 0;
    std::vector<MapOutput> outputs;  // by map partition, every one present

    friend bool operator==(const MapOutputTable&, const MapOutputTable&) = default;
};

// Driver to executor.

/// Answers ExecutorHello, and is first.
struct ExecutorWelcome {
    ExecutorId executor;
    std::string application;
    Duration heartbeat_interval;
    std::map<std::string, std::string> files{};  // settings of common/fs; secrets are among them
    BlockTransfer transfer{};

    friend bool operator==(const ExecutorWelcome&, const ExecutorWelcome&) = default;
};

/// The executor cannot be one of this driver's: it ends with the reason.
struct ExecutorRefused {
    std::string reason;

    friend bool operator==(const ExecutorRefused&, const ExecutorRefused&) = default;
};

/// Another executor and its block server. Sent before anything that names it.
struct PeerJoined {
    ExecutorId executor;
    std::string address;
    std::int32_t port = 0;

    friend bool operator==(const PeerJoined&, const PeerJoined&) = default;
};

/// Nothing can be fetched from it any more; fetches under way fail at once.
struct PeerLost {
    ExecutorId executor;

    friend bool operator==(const PeerLost&, const PeerLost&) = default;
};

struct StageBegin {
    StageId stage;
    std::shared_ptr<const StagePlan> plan;  // shared by the driver and executors of its process
};

struct StageEnd {
    StageId stage;

    friend bool operator==(const StageEnd&, const StageEnd&) = default;
};

struct MapOutputsKnown {
    std::shared_ptr<const MapOutputTable> table;  // shared as the plan is
};

// A cached partition that the task may read from another executor instead of computing it.
struct CachedAt {
    BlockId block;
    ExecutorId executor;

    friend bool operator==(const CachedAt&, const CachedAt&) = default;
};

struct TaskLaunch {
    TaskDescription task;
    std::vector<CachedAt> cached;  // all holders of a partition, one after the other
    /// Of a barrier stage: where the executor of each of its tasks is, by partition. Else empty.
    std::vector<std::string> gang = {};

    friend bool operator==(const TaskLaunch&, const TaskLaunch&) = default;
};

/// Answered by a TaskDone as every launch is: the task may have ended in the meantime.
struct TaskCancel {
    TaskId task;

    friend bool operator==(const TaskCancel&, const TaskCancel&) = default;
};

/// The task does not end though it was told to: its slot goes to a thread of its own, and whatever
/// it still answers counts for nothing. Answered by a TaskDone, unless the task has ended.
struct TaskAbandon {
    TaskId task;

    friend bool operator==(const TaskAbandon&, const TaskAbandon&) = default;
};

/// A piece of a value that was parked (TaskResult). Answered by ResultPiece.
struct ResultWanted {
    TaskId task;
    std::uint64_t from = 0;
    std::uint64_t size = 0;

    friend bool operator==(const ResultWanted&, const ResultWanted&) = default;
};

/// A value that was parked need not be kept any longer.
struct ResultDropped {
    TaskId task;

    friend bool operator==(const ResultDropped&, const ResultDropped&) = default;
};

/// The executor has more memory for execution and storage than before.
struct MemoryGrown {
    std::int64_t memory = 0;  // bytes, all of it

    friend bool operator==(const MemoryGrown&, const MemoryGrown&) = default;
};

/// Answered by RddDropped.
struct DropRdd {
    RddId rdd;
    std::int64_t order = 0;

    friend bool operator==(const DropRdd&, const DropRdd&) = default;
};

struct DropShuffle {
    ShuffleId shuffle;

    friend bool operator==(const DropShuffle&, const DropShuffle&) = default;
};

/// Another executor holds a chunk of a broadcast variable: it can be asked before the driver is.
struct BroadcastHeld {
    BroadcastId broadcast;
    std::int64_t chunk = 0;  // from 1, as in the block's name
    ExecutorId executor;

    friend bool operator==(const BroadcastHeld&, const BroadcastHeld&) = default;
};

/// The value and its chunks are not to be kept any longer; a task may fetch them again.
struct DropBroadcast {
    BroadcastId broadcast;

    friend bool operator==(const DropBroadcast&, const DropBroadcast&) = default;
};

/// The executor is to fetch a cached partition from another one and keep it, too, unless it is told
/// to drop the RDD first. Answered by ReplicaAnswer.
struct KeepReplica {
    std::int64_t order = 0;
    BlockId block;
    StorageLevel level;
    ExecutorId from;

    friend bool operator==(const KeepReplica&, const KeepReplica&) = default;
};

/// All tasks of the gang have asked, or (with an error) will never have.
struct BarrierAnswer {
    TaskId task;
    std::int32_t epoch = 0;
    BarrierMessages messages;  // null: none; shared by the answers to all tasks
    std::string error;
};

/// The executor is to fetch the output of a map task from another one and to keep it, unless it is
/// told to drop the shuffle first. Answered by MapOutputKept.
struct KeepMapOutput {
    std::int64_t order = 0;
    ShuffleId shuffle;
    TaskId map_task;
    std::vector<std::uint64_t> sizes;  // as in MapOutput
    ExecutorId from;

    friend bool operator==(const KeepMapOutput&, const KeepMapOutput&) = default;
};

struct ExecutorStop {
    friend bool operator==(const ExecutorStop&, const ExecutorStop&) = default;
};

using ToExecutor =
    std::variant<ExecutorWelcome, ExecutorRefused, PeerJoined, PeerLost, StageBegin, StageEnd,
                 MapOutputsKnown, TaskLaunch, TaskCancel, DropRdd, DropShuffle, BroadcastHeld,
                 DropBroadcast, ExecutorStop, KeepReplica, BarrierAnswer, KeepMapOutput,
                 TaskAbandon, ResultWanted, ResultDropped, MemoryGrown>;

// Executor to driver.

/// First on a connection.
struct ExecutorHello {
    ProgramIdentity program;
    std::string host;       // the node's name
    std::string container;  // container id, or what the driver called the process; may be empty
    std::string address;    // of the block server
    std::int32_t port = 0;
    std::int32_t slots = 0;
    std::int64_t memory = 0;  // bytes for execution and storage
    std::int64_t pid = 0;

    friend bool operator==(const ExecutorHello&, const ExecutorHello&) = default;
};

struct TaskDone {
    TaskResult result;

    friend bool operator==(const TaskDone&, const TaskDone&) = default;
};

struct RddDropped {
    RddId rdd;
    std::int64_t order = 0;  // of the DropRdd

    friend bool operator==(const RddDropped&, const RddDropped&) = default;
};

/// A chunk of a broadcast variable is in the executor's store.
struct BroadcastKept {
    BroadcastId broadcast;
    std::int64_t chunk = 0;

    friend bool operator==(const BroadcastKept&, const BroadcastKept&) = default;
};

/// What the executor has of the block now; both sizes 0: it could not be fetched or kept.
struct ReplicaAnswer {
    std::int64_t order = 0;
    BlockUpdate block;

    friend bool operator==(const ReplicaAnswer&, const ReplicaAnswer&) = default;
};

/// `kept` false: it could not be fetched or kept, or is not wanted any more.
struct MapOutputKept {
    std::int64_t order = 0;
    bool kept = false;

    friend bool operator==(const MapOutputKept&, const MapOutputKept&) = default;
};

/// Proves life, and carries what changed in the cache outside of tasks.
struct ExecutorHeartbeat {
    std::vector<BlockUpdate> blocks;
    std::int64_t storage_used = 0;
    std::int64_t execution_used = 0;
    std::int64_t shuffle_memory = 0;
    std::int64_t shuffle_disk = 0;

    friend bool operator==(const ExecutorHeartbeat&, const ExecutorHeartbeat&) = default;
};

/// A task of a barrier stage waits for the others. Answered by BarrierAnswer, unless the task is
/// told to end.
struct BarrierRequest {
    TaskId task;
    std::int32_t epoch = 0;  // how often the task has waited before
    bool gather = false;     // the message is for all of them
    Bytes message;

    friend bool operator==(const BarrierRequest&, const BarrierRequest&) = default;
};

/// `bytes` empty: the value is gone.
struct ResultPiece {
    TaskId task;
    std::uint64_t from = 0;
    Bytes bytes;

    friend bool operator==(const ResultPiece&, const ResultPiece&) = default;
};

using FromExecutor =
    std::variant<ExecutorHello, TaskDone, RddDropped, BroadcastKept, ExecutorHeartbeat,
                 ReplicaAnswer, BarrierRequest, MapOutputKept, ResultPiece>;

/// One message as bytes, its kind first. Plans and tables are written each time: the driver sends
/// each of them once per executor.
Bytes encode(const ToExecutor& message);
Bytes encode(const FromExecutor& message);
/// Errors: DataLoss; InvalidArgument for a plan that does not check.
Result<ToExecutor> decode_to_executor(std::string_view bytes);
Result<FromExecutor> decode_from_executor(std::string_view bytes);

/// Several messages as one frame, each with its length in front.
void append_message(ByteWriter& frame, std::string_view message);
/// Views into `frame`. Errors: DataLoss.
Result<std::vector<std::string_view>> split_messages(std::string_view frame);

}  // namespace heddle::rdd
