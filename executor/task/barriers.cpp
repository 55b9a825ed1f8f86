// Waiting for the other tasks of a barrier stage.
#include "executor/task/barriers.h"

#include <chrono>

namespace heddle::executor {

namespace {

// How soon a waiting task sees that it was cancelled.
constexpr std::chrono::milliseconds kLook{20};

}  // namespace

void BarrierDesk::expect(rdd::TaskId task, std::int32_t epoch) {
    const std::lock_guard lock(mutex_);
    expected_[task] = {epoch, std::nullopt};
}

void BarrierDesk::answer(rdd::BarrierAnswer answer) {
    const std::lock_guard lock(mutex_);
    const auto it = expected_.find(answer.task);
    if (it != expected_.end() && it->second.epoch == answer.epoch) {
        it->second.answer = std::move(answer);
        answered_.notify_all();
    }
}

std::optional<rdd::BarrierAnswer> BarrierDesk::wait(rdd::TaskId task,
                                                    const std::atomic<bool>& cancelled) {
    std::unique_lock lock(mutex_);
    const auto it = expected_.find(task);
    while (!it->second.answer && !cancelled.load(std::memory_order_relaxed)) {
        answered_.wait_for(lock, kLook);
    }
    std::optional<rdd::BarrierAnswer> answer = std::move(it->second.answer);
    expected_.erase(it);
    return answer;
}

Result<rdd::BarrierMessages> WaitingMember::sync(bool gather, rdd::Bytes message) {
    const rdd::TaskId task = launch_.task.task;
    const std::int32_t epoch = epoch_++;
    desk_.expect(task, epoch);
    ask_({task, epoch, gather, std::move(message)});
    const auto answer = desk_.wait(task, cancelled_);
    if (!answer) {
        return Error{ErrorCode::Cancelled, "the task was cancelled while it waited for others"};
    }
    if (!answer->error.empty()) {
        return Error{ErrorCode::Conflict, answer->error};
    }
    return answer->messages;
}

}  // namespace heddle::executor
