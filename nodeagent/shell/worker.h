#pragma once

// A thread for slow disk work (copying, hashing, deleting trees), so that neither the loop nor its
// file thread, on which launches wait, is held up.

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "common/base/bounded_queue.h"

namespace heddle::node {

class Worker {
public:
    using Task = std::function<void()>;

    explicit Worker(std::size_t limit);
    ~Worker();  // finishes the task that runs; drops those that wait
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// False when `limit` tasks wait already.
    bool submit(Task task) { return queue_.try_push(std::move(task)); }

private:
    BoundedQueue<Task> queue_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace heddle::node
