// The reactor, on Asio: the only file that knows it.

#include "common/net/event_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "common/base/clock.h"
#include "common/net/loop_core.h"

namespace heddle::net {

namespace asio = boost::asio;
using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         asio::io_context::executor_type>;
using SignalSet = asio::basic_signal_set<asio::io_context::executor_type>;
using boost::system::error_code;

namespace {

// Work away from the loop, one piece after the other: what may wait for the disk, or what computes.
class SideThread {
public:
    ~SideThread() { stop(); }

    // Ends after what was pushed before; later pushes are dropped.
    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        ready_.notify_all();
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    void push(EventLoop::Task work) {
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) {
                return;
            }
            if (!thread_.joinable()) {
                thread_ = std::thread([this] { run(); });
            }
            tasks_.push_back(std::move(work));
        }
        ready_.notify_one();
    }

private:
    void run() {
        std::unique_lock lock(mutex_);
        for (;;) {
            ready_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
            if (tasks_.empty()) {
                return;  // what was promised to the disk is done even when stopping
            }
            EventLoop::Task task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
            task = nullptr;
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<EventLoop::Task> tasks_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace

struct LoopCore::Impl {
    // Not under any lock: destroyed objects may post again.
    std::unique_ptr<asio::io_context> context = std::make_unique<asio::io_context>(1);
    std::unordered_map<TimerId, std::unique_ptr<Timer>> timers;
    std::unordered_map<WatchId, std::shared_ptr<Descriptor>> watches;
    std::unordered_map<int, std::unique_ptr<SignalSet>> signals;
    std::unordered_map<IoHandle*, std::weak_ptr<IoListener>> listeners;
    SideThread files;
    SideThread computing;

    std::mutex alive_mutex;  // guards `alive` and the use of `context` from other threads
    bool alive = true;
    std::mutex run_mutex;  // held by whoever acts as the loop thread
    std::atomic<std::thread::id> loop_thread{};
    std::atomic<std::uint64_t> next_id{1};
};

namespace {

class AsioHandle final : public IoHandle {
public:
    AsioHandle(asio::io_context& context, int descriptor, std::weak_ptr<IoListener> listener,
               std::function<void(IoHandle*)> on_gone)
        : state_(std::make_shared<State>(context, descriptor, std::move(listener))),
          on_gone_(std::move(on_gone)) {}

    ~AsioHandle() override {
        on_gone_(this);
        state_->gone = true;
        error_code ignored;
        state_->descriptor.close(ignored);
    }

    void want_read() override {
        if (std::exchange(state_->reading, true)) {
            return;
        }
        state_->descriptor.async_wait(Descriptor::wait_read, [state = state_](const error_code&) {
            state->reading = false;
            if (const auto listener = state->gone ? nullptr : state->listener.lock()) {
                listener->on_readable();
            }
        });
    }

    void want_write() override {
        if (std::exchange(state_->writing, true)) {
            return;
        }
        state_->descriptor.async_wait(Descriptor::wait_write, [state = state_](const error_code&) {
            state->writing = false;
            if (const auto listener = state->gone ? nullptr : state->listener.lock()) {
                listener->on_writable();
            }
        });
    }

private:
    // Shared with the waits under way, which may already have fired when the handle goes.
    struct State {
        State(asio::io_context& context, int number, std::weak_ptr<IoListener> heard_by)
            : descriptor(context, number), listener(std::move(heard_by)) {}

        Descriptor descriptor;
        std::weak_ptr<IoListener> listener;
        bool reading = false;
        bool writing = false;
        bool gone = false;
    };

    std::shared_ptr<State> state_;
    std::function<void(IoHandle*)> on_gone_;
};

}  // namespace

LoopCore::LoopCore() : impl_(std::make_unique<Impl>()) {}
LoopCore::~LoopCore() = default;

void LoopCore::run() {
    const std::lock_guard running(impl_->run_mutex);
    impl_->loop_thread = std::this_thread::get_id();
    const auto guard = asio::make_work_guard(*impl_->context);
    impl_->context->run();
    impl_->context->restart();
    impl_->loop_thread = std::thread::id{};
}

void LoopCore::stop() {
    // As a task, so that a stop before run() is not lost and tasks posted earlier still run.
    post([context = impl_->context.get()] { context->stop(); });
}

void LoopCore::shut_down() {
    const std::lock_guard running(impl_->run_mutex);
    impl_->loop_thread = std::this_thread::get_id();
    {
        const std::lock_guard lock(impl_->alive_mutex);
        impl_->alive = false;
    }
    impl_->files.stop();
    impl_->computing.stop();
    while (!impl_->listeners.empty()) {
        const auto first = impl_->listeners.begin();
        const auto listener = first->second.lock();
        impl_->listeners.erase(first);
        if (listener) {
            listener->on_abandon();
        }
    }
    impl_->signals.clear();
    for (auto& watch : impl_->watches) {
        watch.second->release();
    }
    impl_->watches.clear();
    impl_->timers.clear();
    impl_->context.reset();
    impl_->loop_thread = std::thread::id{};
}

bool LoopCore::in_loop_thread() const {
    return impl_->loop_thread.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

bool LoopCore::post(Task task) {
    const std::lock_guard lock(impl_->alive_mutex);
    if (!impl_->alive) {
        return false;
    }
    asio::post(*impl_->context, std::move(task));
    return true;
}

void LoopCore::sync(const Task& task) {
    if (in_loop_thread()) {
        task();
        return;
    }
    struct Turn {
        std::mutex mutex;
        std::condition_variable changed;
        bool taken = false;
        bool done = false;
    };
    const auto turn = std::make_shared<Turn>();  // shared with the posted task, which may come late
    const auto take = [](Turn& shared) {
        const std::lock_guard lock(shared.mutex);
        return !std::exchange(shared.taken, true);
    };
    const bool posted = post([turn, take, &task] {
        if (take(*turn)) {
            task();
            const std::lock_guard lock(turn->mutex);
            turn->done = true;
            turn->changed.notify_all();
        }
    });
    if (!posted) {
        return;
    }
    std::unique_lock lock(turn->mutex);
    while (!turn->done) {
        // Nobody runs the loop, or it was just stopped: act in its stead.
        lock.unlock();
        if (impl_->run_mutex.try_lock()) {
            if (take(*turn)) {
                if (impl_->context) {
                    impl_->loop_thread = std::this_thread::get_id();
                    task();
                    impl_->loop_thread = std::thread::id{};
                }
                impl_->run_mutex.unlock();
                return;
            }
            impl_->run_mutex.unlock();
        }
        lock.lock();
        turn->changed.wait_for(lock, std::chrono::milliseconds(1), [&] { return turn->done; });
    }
}

LoopCore::TimerId LoopCore::post_at(TimePoint when, Task task) {
    return post_after(when - monotonic_now(), std::move(task));
}

LoopCore::TimerId LoopCore::post_after(Duration after, Task task) {
    const TimerId id = impl_->next_id++;
    const auto when =
        std::chrono::steady_clock::now() + std::chrono::microseconds(after.microseconds);
    auto arm = [this, id, when, task = std::move(task)] {
        auto timer = std::make_unique<Timer>(*impl_->context, when);
        timer->async_wait([this, id, task](const error_code& error) {
            if (!error && impl_->timers.erase(id) == 1) {
                task();
            }
        });
        impl_->timers.emplace(id, std::move(timer));
    };
    if (in_loop_thread()) {
        const std::lock_guard lock(impl_->alive_mutex);
        if (impl_->alive) {
            arm();
        }
    } else {
        post(std::move(arm));
    }
    return id;
}

void LoopCore::cancel(TimerId timer) {
    if (in_loop_thread()) {
        impl_->timers.erase(timer);
    } else {
        post([this, timer] { impl_->timers.erase(timer); });
    }
}

Status LoopCore::on_signal(int number, std::function<void(int)> on_signal) {
    Status status = Error{ErrorCode::Unavailable, "the event loop has ended"};
    sync([&] {
        auto set = std::make_unique<SignalSet>(*impl_->context);
        error_code error;
        set->add(number, error);
        if (error) {
            status = Error{ErrorCode::Internal,
                           "signal " + std::to_string(number) + ": " + error.message()};
            return;
        }
        const auto wait =
            std::make_shared<std::function<void()>>();  // waits again from its callback
        *wait = [raw = set.get(), weak = std::weak_ptr(wait), on_signal = std::move(on_signal)] {
            raw->async_wait([again = weak.lock(), on_signal](const error_code& failed, int got) {
                if (!failed) {
                    (*again)();
                    on_signal(got);
                }
            });
        };
        (*wait)();
        impl_->signals[number] = std::move(set);
        status = Status();
    });
    return status;
}

Result<LoopCore::WatchId> LoopCore::watch_readable(int descriptor, Task on_readable) {
    Result<WatchId> result = Error{ErrorCode::Unavailable, "the event loop has ended"};
    sync([&] {
        const auto watched = std::make_shared<Descriptor>(*impl_->context);
        error_code error;
        watched->assign(descriptor, error);
        if (error) {
            result =
                Error{ErrorCode::InvalidArgument, "descriptor " + std::to_string(descriptor) +
                                                      " cannot be watched: " + error.message()};
            return;
        }
        const WatchId id = impl_->next_id++;
        const auto wait =
            std::make_shared<std::function<void()>>();  // waits again from its callback
        *wait = [this, id, raw = watched.get(), weak = std::weak_ptr(wait),
                 on_readable = std::move(on_readable)] {
            raw->async_wait(Descriptor::wait_read,
                            [this, id, again = weak.lock(), on_readable](const error_code& failed) {
                                if (failed || !impl_->watches.contains(id)) {
                                    return;
                                }
                                on_readable();
                                if (impl_->watches.contains(id)) {
                                    (*again)();
                                }
                            });
        };
        impl_->watches.emplace(id, watched);
        (*wait)();
        result = id;
    });
    return result;
}

void LoopCore::unwatch(WatchId watch) {
    sync([&] {
        const auto found = impl_->watches.find(watch);
        if (found != impl_->watches.end()) {
            found->second->release();
            impl_->watches.erase(found);
        }
    });
}

namespace {

EventLoop::Task and_then(std::weak_ptr<LoopCore> core, EventLoop::Task work, EventLoop::Task done) {
    return [core = std::move(core), work = std::move(work), done = std::move(done)]() mutable {
        work();
        if (const auto alive = core.lock(); alive && done) {
            alive->post(std::move(done));
        }
    };
}

}  // namespace

void LoopCore::run_blocking(Task work, Task done) {
    impl_->files.push(and_then(weak_from_this(), std::move(work), std::move(done)));
}

void LoopCore::run_computing(Task work, Task done) {
    impl_->computing.push(and_then(weak_from_this(), std::move(work), std::move(done)));
}

std::unique_ptr<IoHandle> LoopCore::open(int descriptor, std::weak_ptr<IoListener> listener) {
    auto handle =
        std::make_unique<AsioHandle>(*impl_->context, descriptor, listener,
                                     [this](IoHandle* gone) { impl_->listeners.erase(gone); });
    impl_->listeners.emplace(handle.get(), std::move(listener));
    return handle;
}

// -- Deadline -----------------------------------------------------------------------------------

struct Deadline::State : std::enable_shared_from_this<Deadline::State> {
    std::shared_ptr<LoopCore> core;
    EventLoop::Task on_expired;
    TimePoint when = TimePoint::never();
    TimePoint armed_for = TimePoint::never();
    LoopCore::TimerId timer = 0;

    void arm() {
        if (timer != 0) {
            core->cancel(timer);
        }
        armed_for = when;
        timer = core->post_at(when, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) {
                self->on_timer();
            }
        });
    }

    void on_timer() {
        timer = 0;
        armed_for = TimePoint::never();
        if (when == TimePoint::never()) {
            return;
        }
        if (when > monotonic_now()) {
            arm();
            return;
        }
        when = TimePoint::never();
        on_expired();
    }
};

Deadline::Deadline(std::shared_ptr<LoopCore> core, EventLoop::Task on_expired)
    : state_(std::make_shared<State>()) {
    state_->core = std::move(core);
    state_->on_expired = std::move(on_expired);
}

Deadline::~Deadline() {
    if (state_->timer != 0) {
        state_->core->cancel(state_->timer);
    }
}

void Deadline::set(TimePoint when) {
    state_->when = when;
    if (when < state_->armed_for) {
        state_->arm();
    }
}

void Deadline::set_after(Duration after) {
    set(monotonic_now() + after);
}

// -- EventLoop ----------------------------------------------------------------------------------

EventLoop::EventLoop() : core_(std::make_shared<LoopCore>()) {}

EventLoop::~EventLoop() {
    core_->shut_down();
}

void EventLoop::run() {
    core_->run();
}
void EventLoop::stop() {
    core_->stop();
}
bool EventLoop::in_loop_thread() const {
    return core_->in_loop_thread();
}
void EventLoop::post(Task task) {
    core_->post(std::move(task));
}
EventLoop::TimerId EventLoop::post_at(TimePoint when, Task task) {
    return core_->post_at(when, std::move(task));
}
EventLoop::TimerId EventLoop::post_after(Duration after, Task task) {
    return core_->post_after(after, std::move(task));
}
void EventLoop::cancel(TimerId timer) {
    core_->cancel(timer);
}
Status EventLoop::on_signal(int number, std::function<void(int)> on_signal) {
    return core_->on_signal(number, std::move(on_signal));
}
Result<EventLoop::WatchId> EventLoop::watch_readable(int descriptor, Task on_readable) {
    return core_->watch_readable(descriptor, std::move(on_readable));
}
void EventLoop::unwatch(WatchId watch) {
    core_->unwatch(watch);
}
void EventLoop::run_blocking(Task work, Task done) {
    core_->run_blocking(std::move(work), std::move(done));
}

}  // namespace heddle::net
