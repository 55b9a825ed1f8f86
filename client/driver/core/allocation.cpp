// Rounds of asking for more, and what is too much.
#include "client/driver/core/allocation.h"

#include <algorithm>

namespace heddle::driver {

void AllocationRules::limit(std::int32_t executors) {
    for (std::int32_t* count : {&executors_min, &executors_max, &executors_initial}) {
        *count = std::min(*count, executors);
    }
}

Allocation::Allocation(const AllocationRules& rules) : rules_(rules) {
    if (rules_.enabled) {
        target_ = std::max(rules_.executors_initial, rules_.executors_min);
    }
}

std::optional<std::int32_t> Allocation::look(TimePoint now, std::int64_t tasks, bool backlog) {
    const std::int32_t before = target_;
    if (!backlog) {
        next_round_ = TimePoint::never();
        step_ = 1;
    } else if (next_round_ == TimePoint::never()) {
        next_round_ = now + rules_.backlog_timeout;
    }
    began_ = began_ || tasks > 0;
    if (!began_) {
        return std::nullopt;
    }
    const std::int64_t usable = (tasks + rules_.slots - 1) / rules_.slots;
    const auto most = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(usable, rules_.executors_min, rules_.executors_max));
    if (most < target_) {
        target_ = most;
        step_ = 1;
    } else if (now >= next_round_) {
        target_ = static_cast<std::int32_t>(
            std::min<std::int64_t>(most, static_cast<std::int64_t>(target_) + step_));
        step_ = target_ - before == step_ ? std::min(step_ * 2, 1 << 20) : 1;
        next_round_ = now + rules_.sustained_timeout;
    }
    return target_ == before ? std::nullopt : std::optional(target_);
}

std::optional<Duration> Allocation::idle_max(bool cached, bool shuffle) const {
    std::optional<Duration> longest = rules_.idle_timeout;
    for (const auto& [holds, timeout] : {std::pair(cached, rules_.cached_idle_timeout),
                                         std::pair(shuffle, rules_.shuffle_idle_timeout)}) {
        if (holds) {
            longest =
                longest && timeout ? std::optional(std::max(*longest, *timeout)) : std::nullopt;
        }
    }
    return longest;
}

std::int32_t Allocation::surplus(std::int32_t executors) const {
    return std::max(0, executors - std::max(target_, rules_.executors_min));
}

}  // namespace heddle::driver
