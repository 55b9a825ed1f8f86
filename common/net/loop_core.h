#pragma once

// The inside of an EventLoop, for the other files of this folder. It outlives the loop: posting to
// a loop that is gone does nothing. Readiness of descriptors is all that the connections need, so
// that sockets, HTTP and frames are written against the system alone and only event_loop.cpp knows
// Asio.

#include <cstdint>
#include <functional>
#include <memory>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/net/event_loop.h"

namespace heddle::net {

/// Hears that a descriptor is ready. On the loop thread.
class IoListener {
public:
    virtual ~IoListener() = default;
    virtual void on_readable() = 0;
    virtual void on_writable() = 0;
    /// The loop goes away: drop everything, call nobody.
    virtual void on_abandon() = 0;
};

/// One descriptor registered with the loop. Loop thread only. The listener is weak: a registration
/// keeps nobody alive.
class IoHandle {
public:
    virtual ~IoHandle() = default;  // closes the descriptor
    /// One call of on_readable() or on_writable() follows. Asking again before that changes
    /// nothing.
    virtual void want_read() = 0;
    virtual void want_write() = 0;
};

class LoopCore : public std::enable_shared_from_this<LoopCore> {
public:
    using Task = EventLoop::Task;
    using TimerId = EventLoop::TimerId;
    using WatchId = EventLoop::WatchId;

    LoopCore();
    ~LoopCore();

    void run();
    void stop();
    /// Ends the loop for good: open connections are abandoned, pending tasks dropped.
    void shut_down();

    bool in_loop_thread() const;

    /// False when the loop is gone; the task is then dropped.
    bool post(Task task);
    /// Runs `task` on the loop thread, or in its stead while nobody runs the loop, and waits for
    /// it. Does nothing when the loop is gone.
    void sync(const Task& task);

    TimerId post_at(TimePoint when, Task task);
    TimerId post_after(Duration after, Task task);
    void cancel(TimerId timer);

    Status on_signal(int number, std::function<void(int)> on_signal);
    Result<WatchId> watch_readable(int descriptor, Task on_readable);
    void unwatch(WatchId watch);
    void run_blocking(Task work, Task done);
    /// As run_blocking(), on another thread: for work that takes time but waits for nothing, which
    /// must not stand behind a disk.
    void run_computing(Task work, Task done);

    /// Takes over `descriptor`, which must be non-blocking. Loop thread only, while the loop lives.
    std::unique_ptr<IoHandle> open(int descriptor, std::weak_ptr<IoListener> listener);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A deadline that moves often and expires seldom: moving it later costs nothing, the timer finds
/// out when it fires. Loop thread only; belongs to one connection.
class Deadline {
public:
    Deadline(std::shared_ptr<LoopCore> core, EventLoop::Task on_expired);
    ~Deadline();
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    void set(TimePoint when);
    void set_after(Duration after);
    void clear() { set(TimePoint::never()); }

private:
    struct State;
    std::shared_ptr<State> state_;  // shared with the timer that is armed
};

}  // namespace heddle::net
