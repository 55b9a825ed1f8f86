#pragma once

// One task from plan to result: a synchronous function of plan, input blocks, memory and files, run
// by an executor's task thread, and inline by tests and by the simulation.

#include <atomic>
#include <memory>
#include <optional>

#include "common/base/result.h"
#include "common/blocks/accountant.h"
#include "common/blocks/block.h"
#include "common/blocks/store.h"
#include "common/fs/file_system.h"
#include "common/rdd/barrier.h"
#include "common/rdd/ids.h"
#include "common/rdd/plan.h"
#include "common/rdd/task.h"
#include "executor/task/broadcasts.h"

namespace heddle::executor {

// The blocks of one reduce partition, always in the order of map partitions, since results must not
// depend on which block arrived first. An implementation may fetch ahead.
class ShuffleBlocks {
public:
    virtual ~ShuffleBlocks() = default;

    enum class Answer : std::uint8_t { Block, End, Failed };
    /// Block: `block` is set, to null for a map task that had nothing for this partition. Failed:
    /// `failure` is set, usually FetchFailed. May wait; gives up soon after the task is cancelled.
    virtual Answer next(blocks::BlockPtr& block, rdd::TaskFailure& failure) = 0;
    /// Of the block last returned: the bytes that came from another executor for it, which may be
    /// fewer than it has; nothing: it was here.
    virtual std::optional<std::uint64_t> last_fetched() const = 0;
};

// What a task body may touch. Implementations of the two functions are called on the task's thread.
class TaskEnvironment {
public:
    TaskEnvironment(blocks::BlockStore& cached, blocks::ShuffleStore& map_output,
                    blocks::Accountant& memory, fs::FileSystem& file_system)
        : store(cached), shuffles(map_output), accountant(memory), files(file_system) {}
    virtual ~TaskEnvironment() = default;
    TaskEnvironment(const TaskEnvironment&) = delete;
    TaskEnvironment& operator=(const TaskEnvironment&) = delete;

    /// All map output for one reduce partition.
    virtual std::unique_ptr<ShuffleBlocks> open_shuffle(rdd::ShuffleId shuffle,
                                                        rdd::Partition reduce) = 0;
    /// A cached partition that another executor holds, of those that the driver named; null:
    /// compute it. The local store has been asked before.
    virtual blocks::BlockPtr fetch_cached(const rdd::BlockId& id) = 0;

    /// A chunk of a broadcast variable, from another executor or from the driver; null: the driver
    /// has it no more. The local store has been asked before. Errors: Unavailable, Cancelled.
    virtual Result<blocks::BlockPtr> fetch_broadcast(const rdd::BlockId& id) = 0;
    /// The chunk is in the local store.
    virtual void broadcast_kept(rdd::BroadcastId id, std::int64_t chunk) = 0;
    /// With which chunk to begin: different ones in different executors.
    virtual std::size_t broadcast_start() const = 0;
    virtual BroadcastDesk& broadcasts() = 0;
    /// Null: the task is not one of a barrier stage.
    virtual rdd::BarrierMember* barrier() { return nullptr; }

    blocks::BlockStore& store;
    blocks::ShuffleStore& shuffles;
    blocks::Accountant& accountant;
    fs::FileSystem& files;
};

/// Runs the task to its end. Never throws: whatever goes wrong, user exceptions included, is in
/// `TaskResult::failure`. A ShuffleMap task has put its blocks into `environment.shuffles` under
/// its task id before it returns, all of them or none. Times in the metrics are measured by the
/// caller, which has a clock. Requires a stage that decoded well; everything else is checked.
rdd::TaskResult run_task(const rdd::StagePlan& stage, const rdd::TaskDescription& task,
                         TaskEnvironment& environment, const std::atomic<bool>& cancelled);

}  // namespace heddle::executor
