// Barrier stages: all tasks at once or none, and all over again when one fails.
#include <algorithm>
#include <utility>

#include "client/driver/core/barrier_rules.h"
#include "client/driver/core/driver.h"
#include "common/base/check.h"

namespace heddle::driver {

namespace {

std::size_t tasks_of(const Stage& stage, const Job& job) {
    return stage.is_shuffle() ? static_cast<std::size_t>(stage.plan->find(stage.root)->partitions)
                              : job.partitions;
}

}  // namespace

// Where the stage's attempt under way may run a task.
bool Driver::open_to(const Stage& stage, const Executor& executor) const {
    return !executor.leaving && !executor.excluded &&
           !(stage.tasks && stage.tasks->exclusion().bars_all(executor.id, executor.host));
}

std::int64_t Driver::slots_open_to(const Stage& stage) const {
    std::int64_t slots = 0;
    for (const auto& [id, executor] : executors_.all()) {
        const std::int32_t usable = std::max(executor.slots - reaper_.stuck(id), 0);
        slots += open_to(stage, executor) ? usable / stage.task_cpus : 0;
    }
    return slots;
}

// Short: there are not slots enough, busy or free, so that others need not wait for it. Held: what
// is free now is kept for it, since others would take slot after slot.
Driver::GangStart Driver::launch_gang(Stage& stage, Effects& effects) {
    const auto size = static_cast<std::int64_t>(stage.tasks->size());
    std::int64_t free = 0;
    for (const rdd::ExecutorId id : free_) {
        const Executor& executor = *executors_.find(id);
        free += open_to(stage, executor) ? executor.free_slots() / stage.task_cpus : 0;
    }
    if (free < size) {
        return slots_open_to(stage) < size ? GangStart::Short : GangStart::Held;
    }
    const std::size_t before = effects.size();
    std::int64_t most = size;
    for (const Locality level :
         {Locality::Process, Locality::Node, Locality::Rack, Locality::Any}) {
        (void)offer_level(stage, level, most, effects);
    }
    CHECK(!stage.tasks->waiting());
    introduce_gang(stage, before, effects);
    return GangStart::Launched;
}

// Either all tasks come to the barrier or, since all is cached, none.
void Driver::drop_partly_cached(const Stage& stage, Effects& effects) {
    for (const rdd::RddNode* node : persisted_in_gang(*stage.plan, stage.root)) {
        if (blocks_.rdds().contains(node->id) && !blocks_.all(node->id, node->partitions)) {
            drop_rdd(node->id, effects);
        }
    }
}

// Each is told where the others are.
void Driver::introduce_gang(Stage& stage, std::size_t first_effect, Effects& effects) {
    std::vector<std::string> addresses(stage.tasks->size());
    const auto each = [&](const auto& act) {
        for (std::size_t i = first_effect; i < effects.size(); ++i) {
            auto* send = std::get_if<Send>(&effects[i]);
            auto* launch = send == nullptr ? nullptr : std::get_if<rdd::TaskLaunch>(&send->message);
            if (launch != nullptr && launch->task.stage == stage.id) {
                act(*executors_.find(send->executor), *launch);
            }
        }
    };
    each([&](const Executor& executor, const rdd::TaskLaunch& launch) {
        const RunningTask& task = tasks_.at(launch.task.task.value);
        stage.gang->seated(task.index, task, launch.task.task);
        addresses[task.index] = (executor.port == 0 ? executor.host : executor.address) + ":" +
                                std::to_string(executor.port);
    });
    each([&](const Executor&, rdd::TaskLaunch& launch) { launch.gang = addresses; });
}

// Of the attempt under way: a word of any other one means nothing.
bool Driver::in_gang(const Stage& stage, const RunningTask& task) const {
    return stage.gang && stage.state == StageState::Running && stage.tasks &&
           stage.tasks->attempt() == task.stage_attempt;
}

void Driver::barrier_asked(rdd::ExecutorId executor, const rdd::BarrierRequest& request,
                           Effects& effects) {
    const auto it = tasks_.find(request.task.value);
    if (it == tasks_.end() || it->second.executor != executor) {
        ++stale_;
        return;
    }
    Stage* stage = stages_.find(it->second.stage);
    if (stage == nullptr || !in_gang(*stage, it->second)) {
        ++stale_;  // it has been told to stop
        return;
    }
    tell_gang(stage->gang->wait(now_, it->second.index, request), effects);
}

void Driver::tell_gang(std::vector<Gang::Word> words, Effects& effects) {
    for (Gang::Word& word : words) {
        effects.push_back(Send{word.executor, std::move(word.answer)});
    }
}

void Driver::expire_gangs(Effects& effects) {
    for (const rdd::StageId id : gangs_) {
        Stage& stage = stages_.at(id);
        if (stage.gang && stage.state == StageState::Running) {
            tell_gang(stage.gang->expire(now_), effects);
        }
    }
}

void Driver::gang_task_done(Stage& stage, const RunningTask& task, const rdd::TaskResult& result,
                            Effects& effects) {
    if (!in_gang(stage, task)) {
        return;
    }
    stage.tasks->set_done(task.index);
    tell_gang(stage.gang->done(task.index, result), effects);
    if (!stage.tasks->all_done()) {
        return;
    }
    const rdd::StageId id = stage.id;
    const auto results = stage.gang->take_results();
    std::uint64_t bytes = 0;
    for (const auto& [member, answered] : results) {
        bytes += answered.value.size();
    }
    if (!stage.is_shuffle() &&
        !admit_results(stage, static_cast<std::int64_t>(results.size()), bytes, effects)) {
        return;
    }
    for (const auto& [member, answered] : results) {
        take_result(stages_.at(id), member, answered, effects);
    }
    complete(stages_.at(id), effects);
}

// `counts`: with the attempts that may fail in a row.
void Driver::gang_failed(Stage& stage, const RunningTask& task, const rdd::TaskFailure& failure,
                         bool counts, Effects& effects) {
    if (!in_gang(stage, task)) {
        return;
    }
    const std::string reason = "barrier task for partition " + std::to_string(task.partition) +
                               " finished unsuccessfully on executor " +
                               rdd::to_string(task.executor) + ": " + rdd::describe(failure);
    stage.gang_failures += counts ? 1 : 0;
    const bool often = stage.gang_failures >= config_.stage_failures_max;
    const bool at_once =
        counts && counts_as_failure(failure.kind) && config_.task_failures_max == 1;
    if (failure.final || often || at_once) {
        JobError error;
        error.stage = stage.id;
        error.partition = task.partition;
        error.cause = failure;
        error.message =
            stage.title() + " (" + stage.name + ") failed" +
            (often ? " the maximum allowable number of times: " +
                         std::to_string(stage.gang_failures) + "; most recent failure reason: "
                   : std::string(": ")) +
            reason;
        abort(stage, error, effects);
        return;
    }
    input_lost(stage, reason, effects);
}

// What still runs is told to stop: alone it would wait for ever.
void Driver::dissolve_gang(Stage& stage, Effects& effects) {
    stage.gang.reset();
    for (std::size_t i = 0; i < stage.tasks->size(); ++i) {
        for (const TaskSet::Run& run : stage.tasks->task(i).running) {
            cancel_task(run.task, effects);
        }
    }
}

// Of members that are done, output that lies on a lost executor is gone before it ever counted.
void Driver::gang_output_lost(rdd::ExecutorId executor, Effects& effects) {
    for (const rdd::StageId id : std::set<rdd::StageId>(gangs_)) {
        Stage& stage = stages_.at(id);
        if (stage.gang && stage.state == StageState::Running && stage.gang->rests_on(executor)) {
            input_lost(stage,
                       "executor " + rdd::to_string(executor) +
                           " was lost with the output of a barrier task",
                       effects);
        }
    }
}

// Spark's look at the submission of a job, also later: executors may go at any time.
void Driver::check_gang_slots(Effects& effects) {
    slots_check_at_ = TimePoint::never();
    if (executors_.all().empty() && executors_kept() == 0) {
        return;
    }
    for (const rdd::StageId id : std::set<rdd::StageId>(gangs_)) {
        Stage* stage = gangs_.contains(id) ? stages_.find(id) : nullptr;  // its job may have ended
        if (stage == nullptr) {
            continue;
        }
        const bool waits = stage->state == StageState::Waiting ||
                           (stage->state == StageState::Running && stage->tasks->waiting());
        const auto wanted =
            static_cast<std::int64_t>(tasks_of(*stage, jobs_.at(*stage->jobs.begin())));
        const std::int64_t slots = executors_.tasks_of(stage->task_cpus);
        if (!waits || slots >= wanted) {
            stage->slots_checks = 0;
            stage->slots_check_at.reset();
        } else {
            gang_short(*stage, wanted, slots, effects);
        }
    }
}

void Driver::gang_short(Stage& stage, std::int64_t wanted, std::int64_t slots, Effects& effects) {
    const BarrierRules& rules = config_.barrier;
    if (stage.slots_check_at && now_ >= *stage.slots_check_at) {
        ++stage.slots_checks;
        stage.slots_check_at.reset();
    }
    if (!stage.slots_check_at) {
        stage.slots_check_at = now_ + rules.slots_check;
    }
    if (executors_kept() > 0 && stage.slots_checks < rules.slots_checks_max) {
        slots_check_at_ = std::min(slots_check_at_, *stage.slots_check_at);
        return;
    }
    JobError error;
    error.code = ErrorCode::ResourceExhausted;
    error.stage = stage.id;
    error.message =
        "[SPARK-24819]: barrier stage " + std::to_string(stage.id.value) + " (" + stage.name +
        ") requires " + std::to_string(wanted) + " slots at the same time" +
        (stage.task_cpus > 1 ? ", of " + std::to_string(stage.task_cpus) + " cores each" : "") +
        ", and there are " + std::to_string(slots) + " on " +
        std::to_string(executors_.all().size()) + " executors" +
        (stage.slots_checks > 0 ? " after " + std::to_string(stage.slots_checks) + " checks" : "") +
        "; use more executors or cores, or repartition the input RDD(s) to fewer partitions";
    abort(stage, error, effects);
}

}  // namespace heddle::driver
