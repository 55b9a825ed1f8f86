#pragma once

// The task threads of an executor. Starts are taken in order; ends are collected until the owner
// asks, who is woken once for all that have gathered.
//
// A function of the program cannot be ended from outside. A task that does not end though it is
// cancelled can be left behind: its thread goes on alone, with what it needs kept alive for it, and
// another thread takes its place.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/base/time.h"
#include "common/rdd/ids.h"
#include "common/rdd/task.h"
#include "executor/core/effect.h"

namespace heddle::executor {

class WorkerPool {
public:
    /// Owns what it uses: it may be running when the pool is gone.
    using Body = std::function<rdd::TaskResult(const StartTask&, const std::atomic<bool>&)>;

    /// `wake`: there is something to take. `wake_later`: there is, and about a millisecond may pass
    /// before it is taken, unless wake() comes first.
    WorkerPool(std::int32_t threads, Body body, std::function<void()> wake,
               std::function<void()> wake_later);
    ~WorkerPool();  // as stop() with some seconds
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    void start(StartTask task);
    /// A task that runs ends in its own time; one that has not begun ends now.
    void cancel(rdd::TaskId task);
    /// One that runs ends now as far as anybody can see, and its thread is left behind.
    void abandon(rdd::TaskId task);
    std::vector<rdd::TaskResult> take_ended();

    /// Cancels what runs, drops what waits, and waits for the threads, but no longer than
    /// `patience`: the others are left behind. How many those are, with the ones from before. Twice
    /// is as good as once.
    std::int32_t stop(Duration patience);

private:
    struct Shared;
    static void work(const std::shared_ptr<Shared>& shared, std::int64_t self);
    static void add_thread(const std::shared_ptr<Shared>& shared);

    std::shared_ptr<Shared> shared_;  // with the threads, of which some may stay behind
};

}  // namespace heddle::executor
