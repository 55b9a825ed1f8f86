// The thread of the listeners.
#include "client/driver/listener_bus.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <string>
#include <typeinfo>
#include <utility>
#include <variant>

#include "common/base/log.h"

namespace heddle::driver {

namespace {

thread_local bool calls_listeners = false;

// One per kind of event.
struct Call {
    Listener& listener;
    void operator()(const JobStart& event) const { listener.on_job_start(event); }
    void operator()(const JobEnd& event) const { listener.on_job_end(event); }
    void operator()(const StageSubmitted& event) const { listener.on_stage_submitted(event); }
    void operator()(const StageCompleted& event) const { listener.on_stage_completed(event); }
    void operator()(const TaskStart& event) const { listener.on_task_start(event); }
    void operator()(const TaskEnd& event) const { listener.on_task_end(event); }
    void operator()(const ExecutorAdded& event) const { listener.on_executor_added(event); }
    void operator()(const ExecutorRemoved& event) const { listener.on_executor_removed(event); }
    void operator()(const BlockUpdated& event) const { listener.on_block_updated(event); }
};

void call(Listener& listener, const Happening& what) {
    std::string why;
    std::string name = "a listener";
    try {
        name = listener.name();
        std::visit(Call{listener}, what);
        return;
    } catch (const std::exception& error) {
        why = error.what();
    } catch (...) {
        why = "an exception that is not a std::exception";
    }
    log::error("a listener has thrown; jobs go on, and so do its calls",
               {{"listener", name}, {"reason", why}});
}

}  // namespace

std::string Listener::name() const {
    int status = 0;
    char* const readable = abi::__cxa_demangle(typeid(*this).name(), nullptr, nullptr, &status);
    std::string name = status == 0 ? readable : typeid(*this).name();
    std::free(readable);
    return name;
}

bool ListenerBus::calls_here() {
    return calls_listeners;
}

void ListenerBus::add(std::shared_ptr<Listener> listener) {
    const std::lock_guard lock(mutex_);
    if (closed_ || std::ranges::find(listeners_, listener) != listeners_.end()) {
        return;
    }
    listeners_.push_back(std::move(listener));
    if (!thread_.joinable()) {
        thread_ = std::thread([this] { run(); });
    }
}

bool ListenerBus::remove(const std::shared_ptr<Listener>& listener) {
    std::unique_lock lock(mutex_);
    const bool known = std::erase(listeners_, listener) != 0;
    if (known && !calls_here()) {
        changed_.wait(lock, [&] { return called_ != listener.get(); });
    }
    return known;
}

bool ListenerBus::listening() const {
    const std::lock_guard lock(mutex_);
    return !listeners_.empty();
}

std::uint64_t ListenerBus::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

void ListenerBus::post(Happening what) {
    const std::lock_guard lock(mutex_);
    if (closed_ || listeners_.empty()) {
        return;
    }
    if (waiting_.size() >= capacity_) {
        if (dropped_++ == 0) {
            log::warning("listeners are slower than what happens; events are dropped",
                         {{"waiting", std::to_string(waiting_.size())}});
        }
        return;
    }
    waiting_.push_back(std::move(what));
    changed_.notify_all();
}

void ListenerBus::close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
    if (thread_.joinable()) {
        std::thread thread = std::move(thread_);
        lock.unlock();
        thread.join();
        lock.lock();
    }
    if (dropped_ > 0) {
        log::warning("events that no listener was told of",
                     {{"dropped", std::to_string(dropped_)}});
        dropped_ = 0;
    }
}

void ListenerBus::run() {
    calls_listeners = true;
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
        if (waiting_.empty()) {
            return;
        }
        const Happening what = std::move(waiting_.front());
        waiting_.pop_front();
        deliver(what, lock);
    }
}

// Listeners may come and go meanwhile, by their own hand, too.
void ListenerBus::deliver(const Happening& what, std::unique_lock<std::mutex>& lock) {
    Listeners all = listeners_;
    for (const std::shared_ptr<Listener>& listener : all) {
        if (std::ranges::find(listeners_, listener) == listeners_.end()) {
            continue;
        }
        called_ = listener.get();
        lock.unlock();
        call(*listener, what);
        lock.lock();
        called_ = nullptr;
        changed_.notify_all();
    }
    lock.unlock();
    all.clear();  // may be the last that hold one, and what it does at its end may take time
    lock.lock();
}

}  // namespace heddle::driver
