#pragma once

// One executor's working parts: the books, the task threads, memory, blocks and files. One thread
// owns it and makes all calls.

#include <atomic>
#include <cstdint>
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

// What tasks use. The runtime shares it with its task threads: one that is left behind, because a
// function of the program does not return, keeps it.
class Workshop {
public:
    Workshop(const LocalExecutorOptions& options, Surroundings* around, std::function<void()> wake);
    ~Workshop();
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;

    rdd::TaskResult run(const StartTask& task, const std::atomic<bool>& cancelled);
    /// For the driver, from any thread.
    void tell_aside(rdd::FromExecutor message);
    void take_aside(std::vector<rdd::FromExecutor>& messages);
    /// Nobody listens any more, and wakes nobody.
    void close();

private:
    // Removes the folder itself when the stores are gone, with what they held in it.
    struct FolderEnd {
        explicit FolderEnd(std::string folder) : path(std::move(folder)) {}
        ~FolderEnd();
        FolderEnd(const FolderEnd&) = delete;
        FolderEnd& operator=(const FolderEnd&) = delete;
        std::string path;
    };
    FolderEnd folder_;  // before the stores: ends after them

public:
    blocks::Accountant accountant;
    blocks::BlockStore cached;
    blocks::ShuffleStore map_output;
    std::unique_ptr<fs::FileSystem> files;
    std::atomic<std::int32_t> id{0};
    BroadcastDesk desk;
    BarrierDesk barriers;

private:
    Surroundings* surroundings_;
    std::shared_ptr<const blocks::BroadcastStore> broadcasts_;  // of a driver in this process
    std::mutex aside_mutex_;
    std::vector<rdd::FromExecutor> aside_;  // by other threads, still to be told
    std::function<void()> wake_;            // none: closed
};

class Runtime final : public LocalExecutor {
public:
    /// `surroundings` may be null; else it must outlive the runtime and all threads.
    Runtime(const LocalExecutorOptions& options, Surroundings* surroundings,
            const std::function<void()>& wake, std::function<void()> wake_later);
    ~Runtime() override;
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    void deliver(const rdd::ToExecutor& message) override;
    std::vector<rdd::FromExecutor> take_messages() override;

    rdd::ExecutorHeartbeat heartbeat();
    const Executor& books() const { return books_; }
    blocks::BlockStore& cached() { return shop_->cached; }
    blocks::ShuffleStore& map_output() { return shop_->map_output; }

private:
    Replicator& replicator();
    void perform(Effects& effects);
    void perform_for_peers(Effect& effect);

    std::shared_ptr<Workshop> shop_;  // shared with the task threads
    std::string folder_;
    Duration patience_;
    Executor books_;
    Surroundings* surroundings_;
    std::vector<rdd::FromExecutor> outbox_;
    std::unique_ptr<Replicator> replicator_;  // null before the first copy
    WorkerPool workers_;                      // last: its threads use what is above
};

}  // namespace heddle::executor
