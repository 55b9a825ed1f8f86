#pragma once

// The execution memory of one running task, drawn from the accountant that all of them share.

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "common/blocks/accountant.h"
#include "common/rdd/scope.h"

namespace heddle::blocks {

// Counts among the tasks that share from its first request to its end. Of one thread.
class TaskShare final : public rdd::TaskMemory {
public:
    /// `may_wait`: for other tasks. Not where they may wait for this one.
    TaskShare(Accountant& accountant, const std::atomic<bool>& cancelled, bool may_wait)
        : accountant_(accountant), cancelled_(cancelled), may_wait_(may_wait) {}
    ~TaskShare() override;

    // While it lives, the task waits for nobody: others may wait for what it holds.
    class Impatience {
    public:
        explicit Impatience(TaskShare& share) : share_(share), before_(share.may_wait_) {
            share_.may_wait_ = false;
        }
        ~Impatience() { share_.may_wait_ = before_; }
        Impatience(const Impatience&) = delete;
        Impatience& operator=(const Impatience&) = delete;

    private:
        TaskShare& share_;
        bool before_;
    };

    TaskShare(const TaskShare&) = delete;
    TaskShare& operator=(const TaskShare&) = delete;

    std::optional<std::string> acquire(std::int64_t bytes) override { return ask(bytes, false); }
    std::optional<std::string> acquire_part(std::int64_t bytes) override {
        return ask(bytes, true);
    }
    void release(std::int64_t bytes) override;

private:
    std::optional<std::string> ask(std::int64_t bytes, bool within_part);

    Accountant& accountant_;
    const std::atomic<bool>& cancelled_;
    bool may_wait_;
    bool counted_ = false;
    std::int64_t held_ = 0;
};

}  // namespace heddle::blocks
