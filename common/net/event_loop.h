#pragma once

// The reactor of a shell: one thread calls run(), and every callback of sockets, timers, signals
// and watched descriptors happens on that thread, one at a time. post() is the door from other
// threads.
//
// Servers, clients and connections may be destroyed before or after the loop, from any thread;
// after the loop is gone they do nothing.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "common/base/result.h"
#include "common/base/time.h"

namespace heddle::net {

class LoopCore;  // what the .cpp files of this folder see of a loop

class EventLoop {
public:
    using Task = std::function<void()>;
    using TimerId = std::uint64_t;
    using WatchId = std::uint64_t;

    EventLoop();
    ~EventLoop();  // requires that run() is not active
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// Runs until stop(). May be called again afterwards; one thread at a time.
    void run();

    /// Makes run() return after the callback that is running. From any thread, also before run().
    void stop();

    bool in_loop_thread() const;

    /// Runs `task` on the loop thread, after tasks posted before it by the same thread. From any
    /// thread.
    void post(Task task);

    /// Runs `task` once at `when` (of monotonic_now()) or `after` from now. From any thread. Never
    /// 0.
    TimerId post_at(TimePoint when, Task task);
    TimerId post_after(Duration after, Task task);

    /// The timer's task will not start any more when this is called on the loop thread; from
    /// another thread it may just be running. An unknown or finished timer is ignored.
    void cancel(TimerId timer);

    /// Calls `on_signal(number)` on the loop thread whenever the process receives `number`.
    Status on_signal(int number, std::function<void(int)> on_signal);

    /// Calls `on_readable` whenever `descriptor` (a pidfd, pipe, socket, eventfd) is readable,
    /// until unwatch(). The descriptor stays the caller's, who closes it only after unwatch().
    /// Level triggered: a callback that leaves the descriptor readable is called again. Errors:
    /// InvalidArgument for a descriptor that cannot be polled (a regular file). From any thread.
    Result<WatchId> watch_readable(int descriptor, Task on_readable);
    void unwatch(WatchId watch);

    /// Runs `work` on the loop's one file thread and then `done` on the loop thread: for disk I/O,
    /// which must not hold up the sockets. In order of calls. From any thread.
    void run_blocking(Task work, Task done);

    const std::shared_ptr<LoopCore>& core() const { return core_; }

private:
    std::shared_ptr<LoopCore> core_;  // shared with every connection, which checks that it is alive
};

}  // namespace heddle::net
