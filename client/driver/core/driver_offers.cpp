// Free slots are offered to stages in the order of jobs, and within a stage to the task that is
// nearest to its data.
#include <algorithm>
#include <utility>

#include "client/driver/core/driver.h"
#include "common/base/check.h"

namespace heddle::driver {

void Driver::offer(Effects& effects) {
    if (running_.empty() || (free_.empty() && touched_ == rdd::kNoExecutor)) {
        return;
    }
    // First in, first out: by job, then by stage.
    std::vector<std::pair<rdd::JobId, rdd::StageId>> order;
    for (const rdd::StageId id : running_) {
        const Stage& stage = stages_.at(id);
        if (stage.tasks->waiting()) {
            order.emplace_back(*stage.jobs.begin(), id);
        }
    }
    std::sort(order.begin(), order.end());
    for (const auto& [job, id] : order) {
        offer_to(stages_.at(id), effects);
    }
    if (config_.speculation.enabled) {
        offer_copies(effects);
    }
}

void Driver::offer_to(Stage& stage, Effects& effects) {
    TaskSet& tasks = *stage.tasks;
    std::optional<Locality> nearest;
    for (const Locality level : tasks.levels()) {
        if (level != Locality::NoPreference && level > tasks.allowed(now_)) {
            continue;
        }
        const std::optional<Locality> launched = offer_level(stage, level, effects);
        if (launched && (!nearest || *launched < *nearest)) {
            nearest = launched;
        }
    }
    tasks.round_over(now_, nearest, tasks.waiting() && !free_.empty());
}

// One task per free executor and turn, so that work spreads; then what may be sent ahead to the
// executor that has just finished something.
std::optional<Locality> Driver::offer_level(Stage& stage, Locality level, Effects& effects) {
    std::optional<Locality> nearest;
    const auto offer_slot = [&](Executor& executor) {
        const auto pick = stage.tasks->pick(executor, level);
        if (!pick) {
            return false;
        }
        launch(stage, executor, *pick, effects);
        nearest = nearest ? std::min(*nearest, pick->locality) : pick->locality;
        return true;
    };
    bool again = true;
    while (again && stage.tasks->waiting() && !free_.empty()) {
        again = false;
        const std::vector<rdd::ExecutorId> free(free_.begin(), free_.end());
        for (const rdd::ExecutorId id : free) {
            again = offer_slot(*executors_.find(id)) || again;
        }
    }
    if (Executor* touched = executors_.find(touched_)) {
        while (stage.tasks->waiting() && ahead(stage, *touched) > 0 && offer_slot(*touched)) {
        }
    }
    return nearest;
}

// How many more tasks the executor may hold beyond its slots: tiny ones are sent ahead, so that a
// slot does not idle for the time of a message; others never wait behind a slow one.
std::int32_t Driver::ahead(const Stage& stage, const Executor& executor) const {
    const auto mean = stage.tasks->mean_run_time();
    if (!mean || executor.slots == 0 || stage.crashed) {
        return 0;
    }
    const std::int64_t each = std::max<std::int64_t>(mean->microseconds, 1);
    const std::int64_t per_slot =
        std::min<std::int64_t>(config_.prefetch_work.microseconds / each, config_.prefetch_max);
    const std::int64_t most = executor.slots * (1 + per_slot);
    return static_cast<std::int32_t>(most - static_cast<std::int64_t>(executor.running.size()));
}

void Driver::launch(Stage& stage, Executor& executor, const TaskSet::Pick& pick, Effects& effects) {
    const TaskSet::Task& entry = stage.tasks->task(pick.index);
    rdd::TaskLaunch message;
    message.task.job = *stage.jobs.begin();
    message.task.stage = stage.id;
    message.task.stage_attempt = stage.tasks->attempt();
    message.task.task = rdd::TaskId{next_task_++};
    message.task.partition = entry.partition;
    message.task.attempt = entry.attempts;
    message.task.sources = rdd::task_sources(*stage.plan, stage.root, entry.partition);
    message.cached = cached_inputs(*stage.plan, stage.root, entry.partition, blocks_, executor.id);

    const rdd::TaskId id = message.task.task;
    tasks_.emplace(id.value,
                   RunningTask{stage.id, stage.tasks->attempt(), pick.index, entry.partition,
                               entry.attempts, executor.id, false, false});
    executor.running.insert(id);
    if (executor.free_slots() == 0) {
        free_.erase(executor.id);
    }
    progress_.task_launched(now_, stage, pick.index, id, executor, pick.locality);
    stage.tasks->launched(pick.index, {id, executor.host, now_});
    prepare(stage, executor, effects);
    effects.push_back(Send{executor.id, std::move(message)});
}

// What all tasks of the stage share goes ahead of the first of them.
void Driver::prepare(Stage& stage, Executor& executor, Effects& effects) {
    if (executor.stages.insert(stage.id).second) {
        effects.push_back(Send{executor.id, rdd::StageBegin{stage.id, stage.stage_plan}});
    }
    for (const rdd::ShuffleId shuffle : stage.inputs) {
        std::int64_t& known = executor.map_outputs[shuffle];
        if (known == outputs_.version(shuffle)) {
            continue;
        }
        const std::int64_t had = std::exchange(known, outputs_.version(shuffle));
        if (outputs_.complete(shuffle)) {
            effects.push_back(Send{executor.id, rdd::MapOutputsKnown{outputs_.table(shuffle)}});
        } else if (had != 0) {
            // Behind cached partitions, and not there: nobody may read what was there before.
            effects.push_back(
                Send{executor.id, rdd::MapOutputsKnown{std::make_shared<const rdd::MapOutputTable>(
                                      rdd::MapOutputTable{shuffle, 0, {}})}});
        }
    }
}

}  // namespace heddle::driver
