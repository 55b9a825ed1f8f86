// Free slots are offered to stages in the order of pools.h, and within a stage to the task that is
// nearest to its data.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "client/driver/core/driver.h"
#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/strings.h"

namespace heddle::driver {

namespace {

constexpr std::size_t kTaskBytesLarge = std::size_t{1000} << 10U;  // as Spark warns

}  // namespace

void Driver::offer(Effects& effects) {
    gang_holds_ = false;
    offer_alone(effects);
    if (running_.empty() || (free_.empty() && touched_ == rdd::kNoExecutor)) {
        return;
    }
    if (config_.scheduling.fair) {
        offer_fairly(effects);
    } else {
        offer_in_turn(effects);
    }
    if (config_.speculation.enabled && !gang_holds_) {
        offer_copies(effects);
    }
}

const std::string& Driver::pool_of(const Stage& stage) const {
    return jobs_.at(*stage.jobs.begin()).properties.pool;
}

std::vector<Candidate> Driver::candidates() const {
    std::vector<Candidate> found;
    for (const rdd::StageId id : running_) {
        const Stage& stage = stages_.at(id);
        if (stage.tasks->waiting()) {
            found.push_back({*stage.jobs.begin(), id, pool_of(stage), stage.tasks->running()});
        }
    }
    return found;
}

RunningByPool Driver::running_by_pool() const {
    RunningByPool running;
    for (const rdd::StageId id : running_) {
        const Stage& stage = stages_.at(id);
        running[pool_of(stage)] += stage.tasks->running();
    }
    return running;
}

void Driver::offer_in_turn(Effects& effects) {
    std::vector<Candidate> order = candidates();
    order_stages(order, config_.scheduling, {});
    for (const Candidate& candidate : order) {
        Stage& stage = stages_.at(candidate.stage);
        if (stage.barrier) {
            gang_holds_ = launch_gang(stage, effects) == GangStart::Held;
            if (gang_holds_) {
                return;
            }
            continue;
        }
        const auto nearest = offer_to(stage, INT64_MAX, effects);
        stage.tasks->round_over(now_, nearest, stage.tasks->waiting() && !free_.empty());
    }
}

// One task at a time: with each the order may change.
void Driver::offer_fairly(Effects& effects) {
    std::vector<Candidate> order = candidates();
    const std::vector<Candidate> all = order;
    RunningByPool running = running_by_pool();
    std::map<rdd::StageId, std::optional<Locality>> nearest;
    while (!order.empty()) {
        order_stages(order, config_.scheduling, running);
        Candidate& first = order.front();
        if (Stage& stage = stages_.at(first.stage); stage.barrier) {
            gang_holds_ = launch_gang(stage, effects) == GangStart::Held;
            if (gang_holds_) {
                break;
            }
            running[first.pool] += stage.tasks->running();
            order.erase(order.begin());
            continue;
        }
        const auto launched = offer_to(stages_.at(first.stage), 1, effects);
        if (!launched) {
            order.erase(order.begin());  // nothing of it may start in this round
            continue;
        }
        std::optional<Locality>& best = nearest[first.stage];
        best = best ? std::min(*best, *launched) : *launched;
        ++first.running;
        ++running[first.pool];
    }
    for (const Candidate& candidate : all) {
        if (gang_holds_) {
            break;  // nobody was refused for locality
        }
        TaskSet& tasks = *stages_.at(candidate.stage).tasks;
        tasks.round_over(now_, nearest[candidate.stage], tasks.waiting() && !free_.empty());
    }
}

// Starts up to `most` tasks, and says how near to its data the nearest of them is.
std::optional<Locality> Driver::offer_to(Stage& stage, std::int64_t most, Effects& effects) {
    TaskSet& tasks = *stage.tasks;
    std::optional<Locality> nearest;
    for (const Locality level : tasks.levels()) {
        if (level != Locality::NoPreference && level > tasks.allowed(now_)) {
            continue;
        }
        const std::optional<Locality> launched = offer_level(stage, level, most, effects);
        if (launched && (!nearest || *launched < *nearest)) {
            nearest = launched;
        }
    }
    return nearest;
}

// One task per free executor and turn, so that work spreads; then what may be sent ahead to the
// executor that has just finished something.
std::optional<Locality> Driver::offer_level(Stage& stage, Locality level, std::int64_t& most,
                                            Effects& effects) {
    std::optional<Locality> nearest;
    const auto offer_slot = [&](Executor& executor) {
        const auto pick = most > 0 ? stage.tasks->pick(executor, level) : std::nullopt;
        if (!pick) {
            return false;
        }
        launch(stage, executor, *pick, effects);
        --most;
        nearest = nearest ? std::min(*nearest, pick->locality) : pick->locality;
        return true;
    };
    bool again = true;
    while (again && most > 0 && stage.tasks->waiting() && !free_.empty()) {
        again = false;
        const std::vector<rdd::ExecutorId> free(free_.begin(), free_.end());
        for (const rdd::ExecutorId id : free) {
            Executor& executor = *executors_.find(id);
            again = (executor.free_slots() >= stage.task_cpus && offer_slot(executor)) || again;
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
    if (!mean || executor.slots == 0 || executor.leaving || executor.excluded ||
        executor.kept_for || stage.crashed || stage.task_cpus > 1 || stage.barrier ||
        stage.tasks->exclusion().failures().contains(executor.id)) {
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

    if (!stage.told_large && !executor.in_process) {
        look_at_size(stage, message);
    }
    const rdd::TaskId id = message.task.task;
    tasks_.emplace(id.value,
                   RunningTask{stage.id, stage.tasks->attempt(), pick.index, entry.partition,
                               entry.attempts, executor.id, stage.task_cpus, false, false});
    executor.running.insert(id);
    executor.used += stage.task_cpus;
    if (executor.free_slots() == 0) {
        free_.erase(executor.id);
    }
    progress_.task_launched(now_, stage, pick.index, id, executor, pick.locality);
    stage.tasks->launched(pick.index, {id, executor.host, now_});
    prepare(stage, executor, effects);
    effects.push_back(Send{executor.id, std::move(message)});
}

// What a task carries goes through the driver's one connection to its executor, each time that it
// is tried.
void Driver::look_at_size(Stage& stage, const rdd::TaskLaunch& launch) {
    std::size_t bytes = 0;
    for (const rdd::TaskSource& source : launch.task.sources) {
        bytes += source.payload.size();
    }
    if (bytes <= kTaskBytesLarge) {
        return;
    }
    stage.told_large = true;
    ++large_stages_;
    log::warning(
        "tasks carry much data from the driver: read it from files, or use more partitions",
        {{"stage", stage.title() + " (" + stage.name + ")"},
         {"task", human_bytes(static_cast<std::int64_t>(bytes))},
         {"recommended", human_bytes(kTaskBytesLarge)}});
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
