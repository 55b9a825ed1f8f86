#pragma once

// Requests to other machines may take long; the task that makes them may be told to end meanwhile.

#include <atomic>

namespace heddle::fs {

/// As long as it lives, requests of this thread end soon after `stop` is set, with Cancelled.
class InterruptScope {
public:
    explicit InterruptScope(const std::atomic<bool>& stop);
    ~InterruptScope();
    InterruptScope(const InterruptScope&) = delete;
    InterruptScope& operator=(const InterruptScope&) = delete;

private:
    const std::atomic<bool>* before_;
};

/// This thread is to end.
bool interrupted();

}  // namespace heddle::fs
