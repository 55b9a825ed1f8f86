// Threads that run task bodies.
#include "executor/shell/worker_pool.h"

#include <algorithm>
#include <utility>

#include "executor/shell/thread_heap.h"

namespace heddle::executor {

namespace {

constexpr std::size_t kGatherMax = 16;
constexpr std::int64_t kTinyMicroseconds = 200;

rdd::TaskResult killed(rdd::TaskId task) {
    rdd::TaskResult result;
    result.task = task;
    result.failure.emplace();
    result.failure->kind = rdd::FailureKind::TaskKilled;
    result.failure->message = "cancelled before it began";
    return result;
}

bool tiny(const rdd::TaskResult& result) {
    return result.metrics.executor_run_time < kTinyMicroseconds;
}

}  // namespace

WorkerPool::WorkerPool(std::int32_t threads, Body body, std::function<void()> wake,
                       std::function<void()> wake_later)
    : body_(std::move(body)), wake_(std::move(wake)), wake_later_(std::move(wake_later)) {
    keep_freed_memory();
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
    {
        const std::lock_guard lock(mutex_);
        if (const auto it = flags_.find(task); it != flags_.end()) {
            it->second->store(true, std::memory_order_relaxed);
        }
        const auto waiting = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) {
            return e.start.launch.task.task == task;
        });
        if (waiting == entries_.end()) {
            return;
        }
        entries_.erase(waiting);
        flags_.erase(task);
        ended_.push_back(killed(task));
        told_ = true;
    }
    wake_();
}

std::vector<rdd::TaskResult> WorkerPool::take_ended() {
    const std::lock_guard lock(mutex_);
    told_ = false;
    return std::exchange(ended_, {});
}

void WorkerPool::work() {
    widen_thread_heap();
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
        if (!tiny(result)) {
            widen_thread_heap();
        }
        lock.lock();
        flags_.erase(entry.start.launch.task.task);
        ended_.push_back(std::move(result));
        // With more tasks waiting the owner is woken once for several, since a wake-up costs more
        // than a tiny task. A task that is not tiny is told of at once, and so is what gathered
        // before it: the next one may be long, too.
        const bool gather = !entries_.empty() && ended_.size() < kGatherMax && tiny(ended_.back());
        if (!closing_ && (gather ? ended_.size() == 1 : !told_)) {
            told_ = told_ || !gather;
            const auto& call = gather ? wake_later_ : wake_;
            lock.unlock();
            call();
            lock.lock();
        }
    }
}

}  // namespace heddle::executor
