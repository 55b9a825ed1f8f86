// Threads that run task bodies.
#include "executor/shell/worker_pool.h"

#include <utility>

namespace heddle::executor {

WorkerPool::WorkerPool(std::int32_t threads, Body body, std::function<void()> wake)
    : body_(std::move(body)), wake_(std::move(wake)) {
    for (std::int32_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { work(); });
    }
}

WorkerPool::~WorkerPool() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        entries_.clear();
        for (const auto& [task, flag] : flags_) {
            flag->store(true, std::memory_order_relaxed);
        }
    }
    ready_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
}

void WorkerPool::start(StartTask task) {
    {
        const std::lock_guard lock(mutex_);
        auto flag = std::make_shared<std::atomic<bool>>(false);
        flags_.emplace(task.launch.task.task, flag);
        entries_.push_back({std::move(task), std::move(flag)});
    }
    ready_.notify_one();
}

void WorkerPool::cancel(rdd::TaskId task) {
    const std::lock_guard lock(mutex_);
    if (const auto it = flags_.find(task); it != flags_.end()) {
        it->second->store(true, std::memory_order_relaxed);
    }
}

std::vector<rdd::TaskResult> WorkerPool::take_ended() {
    const std::lock_guard lock(mutex_);
    return std::exchange(ended_, {});
}

void WorkerPool::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        ready_.wait(lock, [this] { return closing_ || !entries_.empty(); });
        if (entries_.empty()) {
            return;
        }
        const Entry entry = std::move(entries_.front());
        entries_.pop_front();
        lock.unlock();
        rdd::TaskResult result = body_(entry.start, *entry.cancelled);
        lock.lock();
        flags_.erase(entry.start.launch.task.task);
        const bool first = ended_.empty();
        ended_.push_back(std::move(result));
        if (first && !closing_) {
            lock.unlock();
            wake_();
            lock.lock();
        }
    }
}

}  // namespace heddle::executor
