#pragma once

// One executor's working parts: the books, the task threads, memory, blocks and files. One thread
// owns it and makes all calls.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/blocks/accountant.h"
#include "common/blocks/store.h"
#include "common/fs/file_system.h"
#include "executor/core/executor.h"
#include "executor/serve.h"
#include "executor/shell/block_source.h"
#include "executor/shell/replicator.h"
#include "executor/shell/worker_pool.h"
#include "executor/task/barriers.h"
#include "executor/task/broadcasts.h"

namespace heddle::executor {

// What an executor process adds to the one within a driver.
class Surroundings {
public:
    virtual ~Surroundings() = default;
    virtual void meet(const rdd::PeerJoined& peer) = 0;
    virtual void lose(rdd::ExecutorId peer) = 0;
    virtual void quit(const std::string& reason) = 0;
    virtual BlockSource* blocks() = 0;
};

class Runtime final : public LocalExecutor {
public:
    /// `surroundings` may be null; else it must outlive the runtime.
    Runtime(const LocalExecutorOptions& options, Surroundings* surroundings,
            std::function<void()> wake, std::function<void()> wake_later);

    void deliver(const rdd::ToExecutor& message) override;
    std::vector<rdd::FromExecutor> take_messages() override;

    rdd::ExecutorHeartbeat heartbeat();
    const Executor& books() const { return books_; }
    blocks::BlockStore& cached() { return cached_; }
    blocks::ShuffleStore& map_output() { return map_output_; }

private:
    void tell_aside(rdd::FromExecutor message);
    rdd::TaskResult run(const StartTask& task, const std::atomic<bool>& cancelled);
    Replicator& replicator();
    void perform(Effects& effects);

    // Removes the folder itself when the stores are gone, with what they held in it.
    struct FolderEnd {
        explicit FolderEnd(std::string folder) : path(std::move(folder)) {}
        ~FolderEnd();
        FolderEnd(const FolderEnd&) = delete;
        FolderEnd& operator=(const FolderEnd&) = delete;
        std::string path;
    };

    FolderEnd folder_;  // before the stores: ends after them
    blocks::Accountant accountant_;
    blocks::BlockStore cached_;
    blocks::ShuffleStore map_output_;
    std::unique_ptr<fs::FileSystem> files_;
    Executor books_;
    Surroundings* surroundings_;
    std::atomic<std::int32_t> id_{0};                           // for the task threads
    std::shared_ptr<const blocks::BroadcastStore> broadcasts_;  // of a driver in this process
    BroadcastDesk desk_;
    BarrierDesk barriers_;
    std::mutex aside_mutex_;
    std::vector<rdd::FromExecutor> aside_;  // by other threads, still to be told
    std::function<void()> wake_;
    std::vector<rdd::FromExecutor> outbox_;
    std::unique_ptr<Replicator> replicator_;  // null before the first copy
    WorkerPool workers_;                      // last: its threads use everything above
};

}  // namespace heddle::executor
