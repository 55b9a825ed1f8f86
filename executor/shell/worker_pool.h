#pragma once

// The task threads of an executor. Starts are taken in order; ends are collected until the owner
// asks, who is woken once for all that have gathered.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "common/rdd/ids.h"
#include "common/rdd/task.h"
#include "executor/core/effect.h"

namespace heddle::executor {

class WorkerPool {
public:
    using Body = std::function<rdd::TaskResult(const StartTask&, const std::atomic<bool>&)>;

    /// `wake`: there is something to take. `wake_later`: there is, and about a millisecond may pass
    /// before it is taken, unless wake() comes first.
    WorkerPool(std::int32_t threads, Body body, std::function<void()> wake,
               std::function<void()> wake_later);
    ~WorkerPool();  // cancels what runs, drops what waits, and waits for the threads
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    void start(StartTask task);
    /// A task that runs ends in its own time; one that has not begun ends now.
    void cancel(rdd::TaskId task);
    std::vector<rdd::TaskResult> take_ended();

private:
    struct Entry {
        StartTask start;
        std::shared_ptr<std::atomic<bool>> cancelled;  // shared with `flags_`
    };
    void work();

    Body body_;
    std::function<void()> wake_;
    std::function<void()> wake_later_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<Entry> entries_;
    std::map<rdd::TaskId, std::shared_ptr<std::atomic<bool>>> flags_;
    std::vector<rdd::TaskResult> ended_;
    bool told_ = false;  // wake() was called for what is in ended_
    bool closing_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace heddle::executor
