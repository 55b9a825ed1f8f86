#pragma once

// The one door into a core thread: many producers, one consumer, a stated limit, values by move.
// A full queue refuses instead of growing; the producer turns that into back pressure.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>

#include "common/base/time.h"

namespace heddle {

template <typename T>
class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t limit) : limit_(limit) {}

    /// False when the queue is full or closed; `value` is then untouched.
    bool try_push(T&& value) {
        {
            const std::lock_guard lock(mutex_);
            if (closed_ || items_.size() >= limit_) {
                return false;
            }
            items_.push_back(std::move(value));
        }
        ready_.notify_one();
        return true;
    }

    /// Waits for room. False when the queue was closed.
    bool push(T&& value) {
        {
            std::unique_lock lock(mutex_);
            room_.wait(lock, [&] { return closed_ || items_.size() < limit_; });
            if (closed_) {
                return false;
            }
            items_.push_back(std::move(value));
        }
        ready_.notify_one();
        return true;
    }

    /// Everything that is there, after waiting at most `wait` for the first item. Empty: time
    /// passed or the queue is closed and drained.
    std::deque<T> pop_all(Duration wait) {
        std::deque<T> taken;
        {
            std::unique_lock lock(mutex_);
            ready_.wait_for(lock, std::chrono::microseconds(wait.microseconds),
                            [&] { return closed_ || !items_.empty(); });
            taken.swap(items_);
        }
        room_.notify_all();
        return taken;
    }

    void close() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        ready_.notify_all();
        room_.notify_all();
    }

    bool closed() const {
        const std::lock_guard lock(mutex_);
        return closed_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::condition_variable room_;
    std::deque<T> items_;
    std::size_t limit_;
    bool closed_ = false;
};

}  // namespace heddle
