// The ends of tasks: what counts, what is tried again, and what fails a job.
#include <utility>

#include "client/driver/core/driver.h"
#include "common/base/check.h"

namespace heddle::driver {

void Driver::on_done(Executor& executor, const rdd::TaskResult& result, Effects& effects) {
    if (executor.running.erase(result.task) == 0) {
        ++stale_;  // answered before
        return;
    }
    const auto it = tasks_.find(result.task.value);
    CHECK(it != tasks_.end());
    const RunningTask task = it->second;
    tasks_.erase(it);
    reaper_.ended(result.task);
    executor.used -= task.slots;
    if (executor.free_slots() > 0) {
        free_.insert(executor.id);
    }
    if (executor.idle()) {
        fell_idle(executor);
    }
    touched_ = executor.id;
    const bool killed = result.failure && result.failure->kind == rdd::FailureKind::TaskKilled;
    progress_.task_ended(now_, {task.stage, task.stage_attempt}, result.task, executor.id,
                         result.ok() ? "SUCCESS"
                         : killed    ? "KILLED"
                                     : "FAILED",
                         killed && !task.kill_reason.empty() ? "TaskKilled: " + task.kill_reason
                         : result.failure                    ? rdd::describe(*result.failure)
                                                             : std::string(),
                         result.metrics);
    if (task.rolled_back) {
        // What it cached comes from input that does not count any more; another task's answer may
        // have brought the news of it.
        for (const rdd::RddId rdd : rolled_back_) {
            drop_rdd_at(rdd, executor.id, effects);
        }
        drained();
        return;
    }
    for (const rdd::BlockUpdate& update : result.blocks) {
        block_reported(executor.id, update);
    }
    if (result.ok()) {
        executor.useful = true;
        executor_failures_ = 0;
    }
    const Stage* stage = stages_.find(task.stage);
    if (result.ok() && result.parked > 0 && stage != nullptr && !stage->jobs.empty()) {
        fetch_result(task, result, effects);
        if (fetching_.contains(result.task)) {
            return;
        }
    }
    settle(task, result, effects);
}

// What became of it, when all is known.
void Driver::settle(const RunningTask& task, const rdd::TaskResult& result, Effects& effects) {
    Stage* stage = stages_.find(task.stage);
    if (stage == nullptr) {
        return;  // its job has ended
    }
    if (stage->tasks && stage->tasks->attempt() == task.stage_attempt) {
        stage->tasks->ended(task.index, result.task);
    }
    if (result.ok()) {
        on_success(task, result, effects);
    } else {
        on_failure(task, *result.failure, effects);
    }
}

void Driver::on_success(const RunningTask& task, const rdd::TaskResult& result, Effects& effects) {
    Stage& stage = stages_.at(task.stage);
    if (stage.tasks && stage.tasks->attempt() == task.stage_attempt) {
        stage.tasks->note_run_time({result.metrics.executor_run_time});
    }
    if (stage.is_shuffle()) {
        const auto reducers = static_cast<std::size_t>(stage.shuffle.partitioner.partitions);
        if (!result.map || result.map->map_task != result.task ||
            result.map->sizes.size() != reducers) {
            rdd::TaskFailure failure;
            failure.message = "the executor answered without a usable map status";
            on_failure(task, failure, effects);
            return;
        }
    }
    if (stage.barrier) {
        gang_task_done(stage, task, result, effects);
        return;
    }
    if (!stage.is_shuffle() && jobs_.at(*stage.jobs.begin()).missing.contains(task.partition) &&
        !admit_results(stage, 1, result.value.size(), effects)) {
        return;
    }
    take_result(stage, task, result, effects);
    task_done(stage, task.partition, effects);
}

// What counts from now on.
void Driver::take_result(Stage& stage, const RunningTask& task, const rdd::TaskResult& result,
                         Effects& effects) {
    if (stage.is_shuffle()) {
        if (stage.counted.insert(task.partition).second) {
            count_accumulators(task, result, effects);
        }
        outputs_.put(stage.shuffle.shuffle, task.partition, task.executor, *result.map);
        move_before_end(task.executor, {stage.shuffle.shuffle, task.partition});
    } else {
        const auto job = jobs_.find(*stage.jobs.begin());
        CHECK(job != jobs_.end());
        if (job->second.missing.erase(task.partition) != 0) {
            count_accumulators(task, result, effects);
            effects.push_back(DeliverResult{job->first, task.partition, result.value});
        }
    }
}

// Called once per partition: of a result stage with the one result that is delivered, of a shuffle
// stage with the first one, so that output which is lost and computed again does not count again.
void Driver::count_accumulators(const RunningTask& task, const rdd::TaskResult& result,
                                Effects& effects) {
    if (!result.accumulators.empty()) {
        effects.push_back(
            MergeAccumulators{task.stage, task.stage_attempt, result.task, result.accumulators});
    }
}

// In whichever attempt it succeeded, the attempt under way need not compute the partition any more.
void Driver::task_done(Stage& stage, rdd::Partition partition, Effects& effects) {
    if (!stage.is_shuffle() && jobs_.at(*stage.jobs.begin()).missing.empty()) {
        complete(stage, effects);
        return;
    }
    if (!stage.tasks) {
        return;
    }
    const auto index = stage.tasks->find(partition);
    if (!index) {
        return;
    }
    stage.tasks->set_done(*index);
    for (const TaskSet::Run& copy : stage.tasks->task(*index).running) {
        cancel_task(copy.task, effects);
    }
    if (stage.tasks->all_done() && stage.state == StageState::Running) {
        complete(stage, effects);
    }
}

void Driver::on_failure(const RunningTask& task, const rdd::TaskFailure& failure,
                        Effects& effects) {
    Stage& stage = stages_.at(task.stage);
    const bool moved = failure.kind == rdd::FailureKind::FetchFailed && has_moved(failure);
    if (stage.barrier && moved) {
        gang_failed(stage, task, failure, false, effects);
        return;
    }
    if (stage.barrier) {
        if (failure.kind == rdd::FailureKind::FetchFailed) {
            exclude_holder(failure);
            outputs_.unregister(failure.shuffle, failure.map_index, failure.map_task);
        } else if (in_gang(stage, task) && counts_as_failure(failure.kind)) {
            exclude_for(stage, task, executors_.find(task.executor)->host, rdd::describe(failure));
        }
        gang_failed(stage, task, failure, task.kill_reason.empty(), effects);
        return;
    }
    if (failure.kind == rdd::FailureKind::FetchFailed && !moved) {
        on_fetch_failed(stage, task, failure, effects);
        return;
    }
    if (!stage.tasks || stage.tasks->attempt() != task.stage_attempt ||
        stage.tasks->task(task.index).done) {
        return;  // of an earlier attempt, or a copy
    }
    TaskSet::Task& entry = stage.tasks->task(task.index);
    // Beside others: that says nothing about the executor, where it may be tried alone.
    const bool beside_others = failure.out_of_memory && !entry.alone &&
                               executors_.find(task.executor)->slots > stage.task_cpus;
    const bool may_grow = failure.out_of_memory && config_.executors_grow;
    if (failure.out_of_memory) {
        out_of_memory(stage, task.index, *executors_.find(task.executor));
    }
    if (counts_as_failure(failure.kind)) {
        ++entry.failures;
        if (!beside_others && !may_grow) {
            exclude_for(stage, task, executors_.find(task.executor)->host, rdd::describe(failure));
        }
        if (failure.final || entry.failures >= config_.task_failures_max) {
            const Executor* executor = executors_.find(task.executor);
            JobError error;
            error.stage = stage.id;
            error.partition = task.partition;
            error.cause = failure;
            error.message =
                "task for partition " + std::to_string(task.partition) + " of " + stage.title() +
                " (" + stage.name + ") failed" +
                (failure.final ? std::string()
                               : " " + std::to_string(entry.failures) + " times, most recently") +
                " on executor " + rdd::to_string(task.executor) + " (" +
                (executor == nullptr ? "lost" : executor->host) + "): " + rdd::describe(failure);
            abort(stage, error, effects);
            return;
        }
    }
    stage.tasks->put_back(task.index);
}

void Driver::on_fetch_failed(Stage& stage, const RunningTask& task, const rdd::TaskFailure& failure,
                             Effects& effects) {
    exclude_holder(failure);
    outputs_.unregister(failure.shuffle, failure.map_index, failure.map_task);
    if (stage.state != StageState::Running || stage.tasks->attempt() != task.stage_attempt) {
        return;  // the stage knows already
    }
    const std::string reason = rdd::describe(failure);
    if (++stage.fetch_failures >= config_.stage_failures_max) {
        JobError error;
        error.stage = stage.id;
        error.partition = task.partition;
        error.cause = failure;
        error.message = stage.title() + " (" + stage.name + ") failed to fetch its input " +
                        std::to_string(stage.fetch_failures) +
                        " times in a row, most recently: " + reason;
        abort(stage, error, effects);
        return;
    }
    input_lost(stage, reason, effects);
}

// With its executor. As in Spark that counts as a failure of the task when the process ended by
// itself while it ran the task (`suspect`), and not when machine or cluster took the executor away;
// but a task that loses every executor has to end some time.
void Driver::task_lost(rdd::TaskId id, const Executor& executor, const std::string& reason,
                       bool suspect, Effects& effects) {
    const auto it = tasks_.find(id.value);
    CHECK(it != tasks_.end());
    const RunningTask task = it->second;
    tasks_.erase(it);
    reaper_.ended(id);
    progress_.task_ended(now_, {task.stage, task.stage_attempt}, id, executor.id, "FAILED",
                         "ExecutorLostFailure: " + reason, {});
    if (task.rolled_back) {
        drained();
        return;
    }
    run_lost(task, id, executor, reason, suspect, effects);
}

// A run of the attempt under way is over without a result.
void Driver::run_lost(const RunningTask& task, rdd::TaskId id, const Executor& executor,
                      const std::string& reason, bool suspect, Effects& effects) {
    Stage* stage = stages_.find(task.stage);
    if (stage == nullptr || !stage->tasks || stage->tasks->attempt() != task.stage_attempt) {
        return;
    }
    TaskSet::Task& entry = stage->tasks->task(task.index);
    stage->tasks->ended(task.index, id);
    entry.losses += executor.leaving ? 0 : 1;
    entry.failures += suspect ? 1 : 0;
    if (suspect) {
        exclude_for(*stage, task, executor.host, reason);
    }
    if (stage->barrier) {
        rdd::TaskFailure failure;
        failure.kind = rdd::FailureKind::ExecutorLostFailure;
        failure.message = reason;
        failure.executor = rdd::to_string(executor.id);
        gang_failed(*stage, task, failure, !executor.leaving, effects);
        return;
    }
    const bool crashes = suspect && entry.failures >= config_.task_failures_max;
    if (crashes || entry.losses >= config_.task_executor_losses_max) {
        JobError error;
        error.stage = stage->id;
        error.partition = task.partition;
        error.cause.emplace();
        error.cause->kind = rdd::FailureKind::ExecutorLostFailure;
        error.cause->message = reason;
        error.cause->executor = rdd::to_string(executor.id);
        error.message = "task for partition " + std::to_string(task.partition) + " of " +
                        stage->title() + " (" + stage->name + ") " +
                        (crashes ? "failed " + std::to_string(entry.failures) +
                                       " times, most recently with its executor "
                                 : "lost its executor " + std::to_string(entry.losses) +
                                       " times, most recently ") +
                        rdd::to_string(executor.id) + " (" + executor.host + "): " + reason;
        abort(*stage, error, effects);
        return;
    }
    stage->tasks->put_back(task.index);
}

void Driver::on(const AttemptKilled& event, Effects& effects) {
    if (const auto it = tasks_.find(event.task.value); it != tasks_.end()) {
        it->second.kill_reason = event.reason;
        cancel_task(event.task, effects);
    }
}

void Driver::cancel_task(rdd::TaskId id, Effects& effects) {
    if (fetching_.contains(id)) {
        drop_fetch(id, effects);
        return;
    }
    RunningTask& task = tasks_.at(id.value);
    if (!task.cancelled) {
        task.cancelled = true;
        if (const Executor* executor = executors_.find(task.executor)) {  // else it is just lost
            reaper_.told(now_, id, task.executor, task.slots, executor->in_process);
        }
        effects.push_back(Send{task.executor, rdd::TaskCancel{id}});
    }
}

}  // namespace heddle::driver
