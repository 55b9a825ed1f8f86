#pragma once

// What one running task sees of its executor: blocks of this process in place, blocks of others
// through a BlockSource with a bounded number of requests under way.

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "common/blocks/broadcast_store.h"
#include "executor/core/effect.h"
#include "executor/shell/block_source.h"
#include "executor/task/task_body.h"

namespace heddle::executor {

class TaskInput final : public TaskEnvironment {
public:
    /// References must outlive the task. `source` may be null: there are no other executors.
    TaskInput(blocks::BlockStore& cached, blocks::ShuffleStore& map_output,
              blocks::Accountant& memory, fs::FileSystem& file_system, const StartTask& task,
              rdd::ExecutorId self, BlockSource* source, const std::atomic<bool>& cancelled)
        : TaskEnvironment(cached, map_output, memory, file_system),
          task_(task),
          self_(self),
          source_(source),
          cancelled_(cancelled) {}

    std::unique_ptr<ShuffleBlocks> open_shuffle(rdd::ShuffleId shuffle,
                                                rdd::Partition reduce) override;
    blocks::BlockPtr fetch_cached(const rdd::BlockId& id) override;

    /// Before the task begins. `driver` null: the driver is another process, and answers as
    /// executor kNoExecutor of the source.
    void share(BroadcastDesk& desk, const blocks::BroadcastStore* driver,
               std::function<void(const rdd::BroadcastKept&)> kept) {
        desk_ = &desk;
        driver_ = driver;
        kept_ = std::move(kept);
    }
    Result<blocks::BlockPtr> fetch_broadcast(const rdd::BlockId& id) override;
    void broadcast_kept(rdd::BroadcastId id, std::int64_t chunk) override { kept_({id, chunk}); }
    std::size_t broadcast_start() const override { return static_cast<std::size_t>(self_.value); }
    BroadcastDesk& broadcasts() override { return *desk_; }
    void join(rdd::BarrierMember* member) { barrier_ = member; }
    rdd::BarrierMember* barrier() override { return barrier_; }

private:
    const StartTask& task_;
    rdd::ExecutorId self_;
    BlockSource* source_;
    const std::atomic<bool>& cancelled_;
    BroadcastDesk* desk_ = nullptr;
    rdd::BarrierMember* barrier_ = nullptr;
    const blocks::BroadcastStore* driver_ = nullptr;
    std::function<void(const rdd::BroadcastKept&)> kept_;
};

}  // namespace heddle::executor
