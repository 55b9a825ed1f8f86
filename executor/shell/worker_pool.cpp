// Threads that run task bodies.
#include "executor/shell/worker_pool.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "executor/shell/thread_heap.h"

namespace heddle::executor {

namespace {

constexpr std::size_t kGatherMax = 16;
constexpr std::int64_t kTinyMicroseconds = 200;
constexpr Duration kStopPatience = seconds(10);

rdd::TaskResult killed(rdd::TaskId task, const char* how) {
    rdd::TaskResult result;
    result.task = task;
    result.failure.emplace();
    result.failure->kind = rdd::FailureKind::TaskKilled;
    result.failure->message = how;
    return result;
}

bool tiny(const rdd::TaskResult& result) {
    return result.metrics.executor_run_time < kTinyMicroseconds;
}

struct Entry {
    StartTask start;
    std::shared_ptr<std::atomic<bool>> cancelled;  // shared with `tasks`
};

}  // namespace

struct WorkerPool::Shared {
    struct Task {
        std::shared_ptr<std::atomic<bool>> cancelled;
        std::optional<std::int64_t> thread;  // that runs it
    };

    Body body;
    std::function<void()> wake;
    std::function<void()> wake_later;
    std::mutex mutex;
    std::condition_variable ready;  // for the threads
    std::condition_variable left;   // for stop(): a thread has ended
    std::deque<Entry> entries;
    std::map<rdd::TaskId, Task> tasks;
    std::vector<rdd::TaskResult> ended;
    bool told = false;  // wake() was called for what is in `ended`
    bool closing = false;
    std::map<std::int64_t, std::thread> threads;  // that are not left behind
    std::set<std::int64_t> gone;                  // of those: that are about to end
    std::int64_t next_thread = 0;
    std::int32_t left_behind = 0;
};

WorkerPool::WorkerPool(std::int32_t threads, Body body, std::function<void()> wake,
                       std::function<void()> wake_later)
    : shared_(std::make_shared<Shared>()) {
    shared_->body = std::move(body);
    shared_->wake = std::move(wake);
    shared_->wake_later = std::move(wake_later);
    keep_freed_memory();
    const std::lock_guard lock(shared_->mutex);
    for (std::int32_t i = 0; i < threads; ++i) {
        add_thread(shared_);
    }
}

WorkerPool::~WorkerPool() {
    (void)stop(kStopPatience);
}

// Under the mutex.
void WorkerPool::add_thread(const std::shared_ptr<Shared>& shared) {
    const std::int64_t self = shared->next_thread++;
    shared->threads.emplace(self, std::thread([shared, self] { work(shared, self); }));
}

std::int32_t WorkerPool::stop(Duration patience) {
    std::map<std::int64_t, std::thread> threads;
    {
        std::unique_lock lock(shared_->mutex);
        shared_->closing = true;
        shared_->entries.clear();
        for (const auto& [id, task] : shared_->tasks) {
            task.cancelled->store(true, std::memory_order_relaxed);
        }
        shared_->ready.notify_all();
        shared_->left.wait_for(lock, std::chrono::microseconds(patience.microseconds),
                               [this] { return shared_->gone.size() == shared_->threads.size(); });
        threads = std::exchange(shared_->threads, {});
        for (auto& [id, thread] : threads) {
            if (!shared_->gone.contains(id)) {
                thread.detach();
                ++shared_->left_behind;
            }
        }
        shared_->gone.clear();
    }
    for (auto& [id, thread] : threads) {
        if (thread.joinable()) {
            thread.join();
        }
    }
    const std::lock_guard lock(shared_->mutex);
    return shared_->left_behind;
}

void WorkerPool::start(StartTask task) {
    {
        const std::lock_guard lock(shared_->mutex);
        auto flag = std::make_shared<std::atomic<bool>>(false);
        shared_->tasks.emplace(task.launch.task.task, Shared::Task{flag, std::nullopt});
        shared_->entries.push_back({std::move(task), std::move(flag)});
    }
    shared_->ready.notify_one();
}

void WorkerPool::cancel(rdd::TaskId task) {
    {
        const std::lock_guard lock(shared_->mutex);
        if (const auto it = shared_->tasks.find(task); it != shared_->tasks.end()) {
            it->second.cancelled->store(true, std::memory_order_relaxed);
        }
        std::deque<Entry>& entries = shared_->entries;
        const auto waiting = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) {
            return e.start.launch.task.task == task;
        });
        if (waiting == entries.end()) {
            return;
        }
        entries.erase(waiting);
        shared_->tasks.erase(task);
        shared_->ended.push_back(killed(task, "cancelled before it began"));
        shared_->told = true;
    }
    shared_->wake();
}

void WorkerPool::abandon(rdd::TaskId task) {
    {
        const std::lock_guard lock(shared_->mutex);
        const auto it = shared_->tasks.find(task);
        if (it == shared_->tasks.end() || !it->second.thread || shared_->closing) {
            return;
        }
        it->second.cancelled->store(true, std::memory_order_relaxed);
        const auto thread = shared_->threads.find(*it->second.thread);
        thread->second.detach();
        shared_->threads.erase(thread);
        ++shared_->left_behind;
        shared_->tasks.erase(it);
        add_thread(shared_);
        shared_->ended.push_back(
            killed(task, "cancelled, and left behind since its function does not return"));
        shared_->told = true;
    }
    shared_->wake();
}

std::vector<rdd::TaskResult> WorkerPool::take_ended() {
    const std::lock_guard lock(shared_->mutex);
    shared_->told = false;
    return std::exchange(shared_->ended, {});
}

void WorkerPool::work(const std::shared_ptr<Shared>& shared, std::int64_t self) {
    widen_thread_heap();
    std::unique_lock lock(shared->mutex);
    while (true) {
        shared->ready.wait(lock, [&] { return shared->closing || !shared->entries.empty(); });
        if (shared->entries.empty()) {
            break;
        }
        const Entry entry = std::move(shared->entries.front());
        shared->entries.pop_front();
        const rdd::TaskId task = entry.start.launch.task.task;
        shared->tasks.at(task).thread = self;
        lock.unlock();
        rdd::TaskResult result = shared->body(entry.start, *entry.cancelled);
        if (!tiny(result)) {
            widen_thread_heap();
        }
        lock.lock();
        if (!shared->threads.contains(self)) {
            --shared->left_behind;
            return;  // left behind: its place and its answer are somebody else's
        }
        shared->tasks.erase(task);
        shared->ended.push_back(std::move(result));
        // With more tasks waiting the owner is woken once for several, since a wake-up costs more
        // than a tiny task. A task that is not tiny is told of at once, and so is what gathered
        // before it: the next one may be long, too.
        const bool gather = !shared->entries.empty() && shared->ended.size() < kGatherMax &&
                            tiny(shared->ended.back());
        if (!shared->closing && (gather ? shared->ended.size() == 1 : !shared->told)) {
            shared->told = shared->told || !gather;
            const auto& call = gather ? shared->wake_later : shared->wake;
            lock.unlock();
            call();
            lock.lock();
        }
    }
    shared->gone.insert(self);
    shared->left.notify_all();
}

}  // namespace heddle::executor
