#pragma once

// Tasks of barrier stages in one executor: they ask the driver, and sleep until its answer comes.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/rdd/barrier.h"
#include "common/rdd/executor_protocol.h"

namespace heddle::executor {

// Answers on their way to the tasks that wait. Thread-safe.
class BarrierDesk {
public:
    /// Before the task's request can be answered.
    void expect(rdd::TaskId task, std::int32_t epoch);
    /// One that nobody expects is dropped: the task has ended in the meantime.
    void answer(rdd::BarrierAnswer answer);
    /// Waits for the answer. None: the task was cancelled.
    std::optional<rdd::BarrierAnswer> wait(rdd::TaskId task, const std::atomic<bool>& cancelled);

private:
    struct Expected {
        std::int32_t epoch = 0;
        std::optional<rdd::BarrierAnswer> answer;
    };
    std::mutex mutex_;
    std::condition_variable answered_;
    std::map<rdd::TaskId, Expected> expected_;
};

class WaitingMember final : public rdd::BarrierMember {
public:
    using Ask = std::function<void(const rdd::BarrierRequest&)>;

    /// References must outlive the task. `ask` takes a request to the driver.
    WaitingMember(const rdd::TaskLaunch& launch, BarrierDesk& desk,
                  const std::atomic<bool>& cancelled, Ask ask)
        : launch_(launch), desk_(desk), cancelled_(cancelled), ask_(std::move(ask)) {}

    Result<rdd::BarrierMessages> sync(bool gather, rdd::Bytes message) override;
    const std::vector<std::string>& addresses() const override { return launch_.gang; }
    std::int32_t epoch() const override { return epoch_; }

private:
    const rdd::TaskLaunch& launch_;
    BarrierDesk& desk_;
    const std::atomic<bool>& cancelled_;
    Ask ask_;
    std::int32_t epoch_ = 0;
};

}  // namespace heddle::executor
