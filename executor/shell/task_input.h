#pragma once

// What one running task sees of its executor: blocks of this process in place, blocks of others
// through a BlockSource with a bounded number of requests under way.

#include <atomic>
#include <memory>

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

private:
    const StartTask& task_;
    rdd::ExecutorId self_;
    BlockSource* source_;
    const std::atomic<bool>& cancelled_;
};

}  // namespace heddle::executor
