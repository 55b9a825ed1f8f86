// Which tasks are slow, and their second attempts.
#include "client/driver/core/speculation.h"

#include <algorithm>
#include <vector>

#include "client/driver/core/driver.h"

namespace heddle::driver {

std::optional<Duration> slow_after(const TaskSet& tasks, const SpeculationRules& rules,
                                   std::int32_t slots) {
    const auto size = static_cast<std::int64_t>(tasks.size());
    const std::int64_t least = std::max<std::int64_t>(1, size * rules.quantile_permille / 1000);
    std::vector<Duration> ended = tasks.run_times();
    if (size < 2 || static_cast<std::int64_t>(ended.size()) < least) {
        return size <= slots ? rules.threshold : std::nullopt;
    }
    const auto middle = ended.begin() + static_cast<std::ptrdiff_t>(ended.size() / 2);
    std::nth_element(ended.begin(), middle, ended.end());
    const Duration often{middle->microseconds * rules.multiplier_permille / 1000};
    return std::max(often, rules.run_time_min);
}

void Driver::look_for_slow_tasks() {
    if (!config_.speculation.enabled) {
        return;
    }
    if (now_ >= speculate_at_) {
        for (const rdd::StageId id : running_) {
            Stage& stage = stages_.at(id);
            if (!stage.repeatable()) {
                continue;
            }
            const std::int32_t slots =
                executors_.all().empty() ? 0 : executors_.all().begin()->second.slots;
            if (const auto limit =
                    slow_after(*stage.tasks, config_.speculation, slots / stage.task_cpus)) {
                stage.tasks->mark_slow(now_, *limit);
            }
        }
        speculate_at_ = TimePoint::never();
    }
    if (running_.empty()) {
        speculate_at_ = TimePoint::never();
    } else if (speculate_at_ == TimePoint::never()) {
        speculate_at_ = now_ + config_.speculation.interval;
    }
}

// After the waiting tasks of all stages: a copy takes only what nobody else wants.
void Driver::offer_copies(Effects& effects) {
    for (const rdd::StageId id : running_) {
        Stage& stage = stages_.at(id);
        const std::vector<rdd::ExecutorId> free(free_.begin(), free_.end());
        for (const rdd::ExecutorId executor_id : free) {
            Executor& executor = *executors_.find(executor_id);
            while (executor.free_slots() >= stage.task_cpus) {
                const auto pick = stage.tasks->pick_copy(executor);
                if (!pick) {
                    break;
                }
                ++copies_;
                launch(stage, executor, *pick, effects);
            }
        }
    }
}

}  // namespace heddle::driver
