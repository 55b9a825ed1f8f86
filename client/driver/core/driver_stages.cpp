// Stages: when one may start, what it has to compute, and what is undone when the output of a stage
// that cannot be repeated exactly was lost.
#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "client/driver/core/driver.h"
#include "common/base/check.h"

namespace heddle::driver {

// Handlers only note which stages want to run; here they are looked at one by one. Looking at one
// may add others: parents that are missing, children whose input is complete.
void Driver::pump(Effects& effects) {
    while (!to_submit_.empty() && draining_ == 0) {
        const rdd::StageId id = *to_submit_.begin();
        to_submit_.erase(to_submit_.begin());
        if (Stage* stage = stages_.find(id)) {
            submit(*stage, effects);
        }
    }
    if (draining_ != 0) {
        to_submit_.clear();  // drained() collects all that wait
    }
}

void Driver::drained() {
    CHECK(draining_ > 0);
    if (--draining_ > 0) {
        return;
    }
    rolled_back_.clear();
    for (const auto& [id, stage] : stages_.all()) {
        if (stage.state == StageState::Waiting) {
            to_submit_.insert(id);
        }
    }
}

void Driver::submit(Stage& stage, Effects& effects) {
    if (stage.jobs.empty() || stage.state == StageState::Running ||
        stage.state == StageState::Failed) {
        return;
    }
    if (stage.is_shuffle() && outputs_.complete(stage.shuffle.shuffle)) {
        publish(stage);  // late tasks of earlier attempts have completed it while it waited
        return;
    }
    stage.state = StageState::Waiting;
    bool ready = true;
    for (const rdd::Dependency* dependency : shuffle_inputs(*stage.plan, stage.root, &blocks_)) {
        if (outputs_.complete(dependency->shuffle)) {
            continue;
        }
        ready = false;
        Stage* parent = stages_.find(dependency->shuffle);
        CHECK(parent != nullptr);
        if (parent->state == StageState::Idle) {
            parent->state = StageState::Waiting;
            to_submit_.insert(parent->id);
        }
    }
    if (ready) {
        start(stage, effects);
    }
}

void Driver::start(Stage& stage, Effects& effects) {
    if (stage.published && stage.determinism == rdd::Determinism::Indeterminate &&
        !config_.defects.ignore_indeterminate_recompute) {
        const rdd::StageId id = stage.id;
        roll_back(stage, effects);
        const Stage* still = stages_.find(id);  // its job may have failed
        if (still == nullptr || still->jobs.empty()) {
            return;
        }
        if (draining_ > 0) {
            return;  // waits: drained() submits it again
        }
    }
    if (stage.stage_plan == nullptr) {
        stage.stage_plan = cut(rdd::shuffle_stage(*stage.plan, stage.shuffle),
                               jobs_.at(*stage.jobs.begin()).properties, stage);
        for (auto& [id, executor] : executors_.all()) {
            executor.stages.erase(stage.id);
        }
    }
    stage.inputs.clear();
    for (const rdd::Dependency* dependency : shuffle_inputs(*stage.plan, stage.root, nullptr)) {
        stage.inputs.push_back(dependency->shuffle);
    }
    std::vector<rdd::Partition> missing;
    if (stage.barrier) {
        drop_partly_cached(stage, effects);
    }
    if (stage.barrier && stage.is_shuffle()) {
        outputs_.unregister_all(stage.shuffle.shuffle);  // all of it is computed, or nothing
    }
    if (stage.is_shuffle()) {
        missing = outputs_.missing(stage.shuffle.shuffle);
    } else {
        const Job& job = jobs_.at(*stage.jobs.begin());
        missing.assign(job.missing.begin(), job.missing.end());
    }
    StageExclusion exclusion = exclusion_of_attempt(stage);
    const std::optional<TaskSet> before = std::move(stage.tasks);
    stage.tasks.emplace(stage.id, stage.attempts++, config_.locality_wait, now_);
    stage.tasks->set_exclusion(std::move(exclusion));
    if (stage.barrier) {
        stage.gang.emplace(stage.title(), missing.size(), config_.barrier.sync_timeout);
    }
    stage.placeless.reset();
    stage.placeless_until.reset();
    exclusion_changed_ = true;
    if (config_.speculation.enabled) {
        stage.tasks->keep_run_times();
    }
    for (const rdd::Partition partition : missing) {
        stage.tasks->add(partition,
                         preference(*stage.plan, stage.root, partition, blocks_, executors_,
                                    config_.reduce_locality ? &outputs_ : nullptr));
    }
    if (before) {
        stage.tasks->remember(*before, stage.made_way);
    }
    stage.made_way = false;
    stage.tasks->executors_changed(executors_);
    stage.state = StageState::Running;
    running_.insert(stage.id);
    progress_.stage_submitted(now_, stage, pool_of(stage));
    if (missing.empty()) {
        complete(stage, effects);
    }
}

// All tasks of a barrier stage are tried again together, so what one of them has shown of an
// executor holds for all of them, and for the next attempt.
StageExclusion Driver::exclusion_of_attempt(const Stage& stage) const {
    if (!stage.barrier) {
        return StageExclusion(config_.exclusion);
    }
    if (stage.tasks) {
        return stage.tasks->exclusion();
    }
    ExclusionRules rules = config_.exclusion;
    rules.stage_failures_per_executor_max = 1;
    // No limits for single tasks: where the stage may run, all of its tasks may.
    rules.task_attempts_per_node_max = std::numeric_limits<std::int32_t>::max();
    return StageExclusion(rules);
}

// All executors of an application are alike: where one has too few cores for a task, all have.
void Driver::check_cpus(Effects& effects) {
    for (const rdd::StageId id : std::set<rdd::StageId>(running_)) {
        Stage* stage =
            running_.contains(id) ? stages_.find(id) : nullptr;  // its job may have ended
        if (stage == nullptr || stage->task_cpus == 1 || executors_.all().empty() ||
            executors_.tasks_of(stage->task_cpus) > 0) {
            continue;
        }
        JobError error;
        error.code = ErrorCode::InvalidArgument;
        error.stage = id;
        error.message = stage->title() + " (" + stage->name + ") takes " +
                        std::to_string(stage->task_cpus) +
                        " cores for a task, and executors have " +
                        std::to_string(executors_.all().begin()->second.slots) +
                        "; give them more (executor.cores, or N of local[N]), or tasks fewer "
                        "(task.cpus, with_resources)";
        abort(*stage, error, effects);
    }
}

void Driver::leave_running(Stage& stage) {
    running_.erase(stage.id);
}

// All tasks of the attempt are done. Output may have been lost in the meantime.
void Driver::complete(Stage& stage, Effects& effects) {
    leave_running(stage);
    progress_.stage_ended(now_, {stage.id, stage.attempts - 1}, "");
    if (stage.tasks && stage.tasks->exclusion().any()) {
        exclusion_.stage_succeeded(now_, stage.tasks->exclusion());
        update_exclusion();
    }
    stage.tasks.reset();
    stage.gang.reset();
    if (!stage.is_shuffle()) {
        stage.state = StageState::Waiting;
        end_job(*stage.jobs.begin(), std::nullopt, effects);
        return;
    }
    if (!outputs_.complete(stage.shuffle.shuffle)) {
        stage.state = StageState::Waiting;
        to_submit_.insert(stage.id);
        return;
    }
    publish(stage);
}

// Its output is all there: those who wait for it may start.
void Driver::publish(Stage& stage) {
    stage.state = StageState::Idle;
    stage.published = true;
    stage.fetch_failures = 0;
    stage.gang_failures = 0;
    for (const rdd::StageId child : stage.children) {
        if (stages_.at(child).state == StageState::Waiting) {
            to_submit_.insert(child);
        }
    }
}

void Driver::abort(Stage& stage, const JobError& error, Effects& effects) {
    if (stage.state == StageState::Running) {
        progress_.stage_ended(now_, {stage.id, stage.attempts - 1}, error.message);
    }
    const std::set<rdd::JobId> jobs = stage.jobs;  // ending one changes the set
    for (const rdd::JobId job : jobs) {
        end_job(job, error, effects);
    }
}

// The attempt cannot go on. Running tasks may still succeed, and then count; after the grace time
// what is missing is computed again, parents first. Of a barrier stage that is everything.
void Driver::input_lost(Stage& stage, const std::string& reason, Effects& effects) {
    CHECK(stage.state == StageState::Running);
    stage.tasks->retire();
    if (stage.barrier) {
        dissolve_gang(stage, effects);
    }
    leave_running(stage);
    stage.state = StageState::Failed;
    progress_.stage_ended(now_, {stage.id, stage.attempts - 1}, reason);
    if (!resubmit_at_) {
        resubmit_at_ = now_ + config_.resubmit_grace;
    }
}

// The stage's output was read, some of it is lost, and computing that again would deal out the
// records in another way: whoever read the first output keeps records that the second one gives to
// somebody else. So all of it goes, and everything that was computed from it, cached partitions
// too. What was delivered cannot be taken back: such a job fails.
void Driver::roll_back(Stage& stage, Effects& effects) {
    outputs_.unregister_all(stage.shuffle.shuffle);
    stage.published = false;
    drop_cached_readers(stage.shuffle.shuffle, effects);
    for (const rdd::StageId id : stages_.descendants(stage.id)) {
        Stage* below = stages_.find(id);
        if (below == nullptr) {
            continue;  // went with its job
        }
        if (below->is_shuffle()) {
            outputs_.unregister_all(below->shuffle.shuffle);
            below->published = false;
            discard(*below, effects);
            continue;
        }
        const rdd::JobId job = *below->jobs.begin();
        if (!jobs_.at(job).delivered_some()) {
            discard(*below, effects);
            continue;
        }
        JobError error;
        error.code = ErrorCode::DataLoss;
        error.stage = below->id;
        error.message = "output of stage " + std::to_string(stage.id.value) + " (" + stage.name +
                        ") was lost, and computing it again would not give the same records, but "
                        "some results of the job have been delivered already; persist or sort "
                        "before the repartition, or run the job again";
        end_job(job, error, effects);
    }
    if (draining_ == 0) {
        rolled_back_.clear();
    }
}

void Driver::discard(Stage& stage, Effects& effects) {
    drop_fetches(stage.id, effects);
    for (const auto& [id, executor] : executors_.all()) {
        for (const rdd::TaskId task : executor.running) {
            RunningTask& running = tasks_.at(task.value);
            if (running.stage == stage.id && !running.rolled_back) {
                running.rolled_back = true;
                ++draining_;
                cancel_task(task, effects);
            }
        }
    }
    if (stage.state == StageState::Running) {
        progress_.stage_ended(now_, {stage.id, stage.attempts - 1}, "its input is computed again");
    }
    stage.tasks.reset();
    stage.gang.reset();
    leave_running(stage);
    if (stage.state != StageState::Idle) {
        stage.state = StageState::Waiting;
        to_submit_.insert(stage.id);
    }
}

void Driver::drop_cached_readers(rdd::ShuffleId shuffle, Effects& effects) {
    for (const auto& entry : persisted_) {
        const rdd::RddId id = entry.first;
        const auto below = readers(*entry.second.plan, {shuffle});
        const bool reads = std::any_of(below.begin(), below.end(),
                                       [&](const rdd::RddNode* node) { return node->id == id; });
        if (!reads) {
            continue;
        }
        rolled_back_.insert(id);
        drop_rdd(id, effects);
    }
}

}  // namespace heddle::driver
