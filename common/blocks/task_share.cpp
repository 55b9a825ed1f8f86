#include "common/blocks/task_share.h"

#include <utility>

namespace heddle::blocks {

TaskShare::~TaskShare() {
    if (counted_) {
        accountant_.end_task();
    }
}

std::optional<std::string> TaskShare::ask(std::int64_t bytes, bool within_part) {
    if (!std::exchange(counted_, true)) {
        accountant_.begin_task();
    }
    Accountant::Request request{bytes, held_, within_part, {}};
    if (may_wait_) {
        request.may_wait = [this] { return !cancelled_.load(std::memory_order_relaxed); };
    }
    auto refused = accountant_.acquire_execution(request);
    held_ += refused ? 0 : bytes;
    return refused;
}

void TaskShare::release(std::int64_t bytes) {
    held_ -= bytes;
    accountant_.release_execution(bytes);
}

}  // namespace heddle::blocks
