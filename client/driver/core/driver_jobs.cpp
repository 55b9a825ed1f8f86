// Jobs: how one becomes stages, and how it ends.
#include <algorithm>
#include <utility>

#include "client/driver/core/barrier_rules.h"
#include "client/driver/core/driver.h"
#include "client/driver/core/stage_profile.h"
#include "common/base/check.h"

namespace heddle::driver {

namespace {

std::string stage_name(const rdd::Plan& plan, rdd::RddId root) {
    const rdd::RddNode* node = plan.find(root);
    return node->callsite.empty() ? node->name : node->name + " at " + node->callsite;
}

}  // namespace

void Driver::on(const JobSubmitted& event, Effects& effects) {
    if (stopped_ || !refused_.empty()) {
        JobError error;
        error.code = stopped_ ? ErrorCode::Cancelled : ErrorCode::Unavailable;
        error.message = stopped_ ? "the context is stopped" : refused_;
        effects.push_back(EndJob{event.job, std::move(error)});
        return;
    }
    if (auto refusal = barrier_refusal(*event.plan, event.rdd, event.partitions.size(),
                                       config_.allocation.enabled)) {
        JobError error;
        error.code = ErrorCode::Unsupported;
        error.message = std::move(*refusal);
        effects.push_back(EndJob{event.job, std::move(error)});
        return;
    }
    if (const Status agreed = check_profiles(*event.plan, event.rdd, config_.merge_profiles);
        !agreed) {
        effects.push_back(
            EndJob{event.job, JobError{agreed.error().code, agreed.error().message, {}, -1, {}}});
        return;
    }
    remember_persisted(event.plan);
    StagesSeen seen;
    Stage stage;
    stage.output = rdd::StagePlan::Output::Result;
    stage.root = event.rdd;
    stage.plan = event.plan;
    stage.barrier = is_barrier(*event.plan, event.rdd);
    stage.task_cpus = task_cpus(*event.plan, event.rdd);
    stage.name = event.description.empty() ? stage_name(*event.plan, event.rdd) : event.description;
    stage.parents = parent_stages(event.plan, event.rdd, seen);
    stage.stage_plan =
        cut(rdd::result_stage(*event.plan, event.rdd, event.action), event.properties, stage);
    Stage& result = stages_.add(std::move(stage));

    Job job;
    job.id = event.job;
    job.description = event.description;
    job.properties = event.properties;
    if (job.properties.pool.empty()) {
        job.properties.pool = kDefaultPool;
    }
    job.result_stage = result.id;
    job.partitions = event.partitions.size();
    job.missing.insert(event.partitions.begin(), event.partitions.end());
    job.stages.insert(result.id);
    for (const auto& [shuffle, id] : seen) {
        job.stages.insert(id);
    }
    for (const rdd::StageId id : job.stages) {
        Stage& each = stages_.at(id);
        each.jobs.insert(job.id);
        if (each.barrier) {
            gangs_.insert(id);
        }
    }
    const auto [it, added] = jobs_.emplace(job.id, std::move(job));
    CHECK(added);
    progress_.job_submitted(now_, it->second, stages_, tasks_to_run(it->second));
    if (it->second.missing.empty()) {
        end_job(event.job, std::nullopt, effects);
        return;
    }
    result.state = StageState::Waiting;
    to_submit_.insert(result.id);
    if (config_.executors_wanted != wanted_ && config_.executors_wanted > 0 &&
        !config_.allocation.enabled) {
        wanted_ = config_.executors_wanted;
        effects.push_back(WantExecutors{wanted_});
    }
}

// What the tasks of a stage are sent. A stage of several jobs has the properties of the one that
// was submitted first.
std::shared_ptr<const rdd::StagePlan> Driver::cut(rdd::StagePlan plan,
                                                  const JobProperties& properties,
                                                  const Stage& stage) {
    plan.properties = properties.local;
    plan.files = properties.files;
    plan.task_cpus = stage.task_cpus;
    return std::make_shared<const rdd::StagePlan>(std::move(plan));
}

// The same walk as submit(): stages whose output is there hide those above them.
std::int32_t Driver::tasks_to_run(const Job& job) {
    std::size_t tasks = job.partitions;
    std::set<rdd::StageId> seen = {job.result_stage};
    std::vector<rdd::StageId> open = {job.result_stage};
    while (!open.empty()) {
        const Stage& stage = stages_.at(open.back());
        open.pop_back();
        for (const rdd::Dependency* input : shuffle_inputs(*stage.plan, stage.root, &blocks_)) {
            const Stage* parent = stages_.find(input->shuffle);
            if (outputs_.complete(input->shuffle) || !seen.insert(parent->id).second) {
                continue;
            }
            tasks += outputs_.missing(input->shuffle).size();
            open.push_back(parent->id);
        }
    }
    return static_cast<std::int32_t>(tasks);
}

void Driver::on(const JobCancelled& event, Effects& effects) {
    if (jobs_.count(event.job) != 0) {
        end_job(event.job, JobError{event.code, event.reason, {}, -1, {}}, effects);
    }
}

void Driver::on(const JobsCancelled& event, Effects& effects) {
    std::vector<rdd::JobId> meant;
    for (const auto& [id, job] : jobs_) {
        if (event.which.matches(job.properties)) {
            meant.push_back(id);
        }
    }
    for (const rdd::JobId id : meant) {
        end_job(id, JobError{ErrorCode::Cancelled, event.reason, {}, -1, {}}, effects);
    }
}

void Driver::on(const StageCancelled& event, Effects& effects) {
    const Stage* stage = stages_.find(event.stage);
    const std::set<rdd::JobId> meant = stage == nullptr ? std::set<rdd::JobId>() : stage->jobs;
    for (const rdd::JobId id : meant) {
        end_job(id, JobError{ErrorCode::Cancelled, event.reason, event.stage, -1, {}}, effects);
    }
}

void Driver::remember_persisted(const std::shared_ptr<const rdd::Plan>& plan) {
    for (const rdd::RddNode& node : plan->nodes) {
        if (!node.storage.is_none()) {
            persisted_[node.id] = {node.name, node.partitions, node.storage, plan};
        }
    }
}

std::vector<rdd::StageId> Driver::parent_stages(const std::shared_ptr<const rdd::Plan>& plan,
                                                rdd::RddId root, StagesSeen& seen) {
    std::vector<rdd::StageId> parents;
    for (const rdd::Dependency* dependency : shuffle_inputs(*plan, root, nullptr)) {
        parents.push_back(shuffle_stage_of(plan, *dependency, seen));
    }
    return parents;
}

// A stage that is known keeps its output; while it rests it takes the newer plan, in which what is
// persisted may differ.
rdd::StageId Driver::shuffle_stage_of(const std::shared_ptr<const rdd::Plan>& plan,
                                      const rdd::Dependency& dependency, StagesSeen& seen) {
    if (const auto it = seen.find(dependency.shuffle); it != seen.end()) {
        return it->second;
    }
    std::vector<rdd::StageId> parents = parent_stages(plan, dependency.parent, seen);
    Stage* known = stages_.find(dependency.shuffle);
    if (known == nullptr) {
        Stage stage;
        stage.output = rdd::StagePlan::Output::ShuffleMap;
        stage.shuffle = dependency;
        stage.root = dependency.parent;
        stage.name = stage_name(*plan, dependency.parent);
        stage.parents = std::move(parents);
        known = &stages_.add(std::move(stage));
        outputs_.add(dependency.shuffle, plan->find(dependency.parent)->partitions);
    } else {
        stages_.set_parents(*known, std::move(parents));
    }
    if (known->state == StageState::Idle) {
        known->plan = plan;
        known->stage_plan = nullptr;  // cut when it starts
        known->barrier = is_barrier(*plan, dependency.parent);
        known->task_cpus = task_cpus(*plan, dependency.parent);
        if (!known->barrier) {
            gangs_.erase(known->id);  // a checkpoint has cut its lineage
        }
        known->determinism = map_output_determinism(*plan, dependency);
    }
    seen.emplace(dependency.shuffle, known->id);
    return known->id;
}

std::int32_t Driver::task_cpus(const rdd::Plan& plan, rdd::RddId root) const {
    const auto wished = task_cpus_of(plan, root, config_.merge_profiles);
    CHECK(wished);  // the job was checked
    return *wished > 0 ? *wished : config_.task_cpus;
}

void Driver::end_job(rdd::JobId id, std::optional<JobError> error, Effects& effects) {
    const auto it = jobs_.find(id);
    CHECK(it != jobs_.end());
    const Job job = std::move(it->second);
    jobs_.erase(it);
    progress_.job_ended(now_, id, error ? error->message : std::string());
    for (const rdd::StageId stage : job.stages) {
        leave_stage(stages_.at(stage), id);
    }
    cancel_orphans(effects);
    drop_fetches(job.result_stage, effects);
    remove_stage(job.result_stage, effects);
    effects.push_back(EndJob{id, std::move(error)});
    const std::set<rdd::ShuffleId> released = released_;
    for (const rdd::ShuffleId shuffle : released) {
        release(shuffle, effects);
    }
}

// Tasks of stages that no job wants any more, of earlier attempts too.
void Driver::cancel_orphans(Effects& effects) {
    for (const auto& [id, executor] : executors_.all()) {
        for (const rdd::TaskId task : executor.running) {
            const Stage* stage = stages_.find(tasks_.at(task.value).stage);
            if (stage == nullptr || stage->jobs.empty()) {
                cancel_task(task, effects);
            }
        }
    }
}

void Driver::leave_stage(Stage& stage, rdd::JobId job) {
    stage.jobs.erase(job);
    if (!stage.jobs.empty()) {
        return;
    }
    if (stage.tasks) {
        if (stage.state == StageState::Running) {
            progress_.stage_ended(now_, {stage.id, stage.attempts - 1},
                                  stage.tasks->all_done() ? "" : "its job has ended");
        }
        stage.tasks.reset();
    }
    gangs_.erase(stage.id);
    stage.gang.reset();
    stage.slots_checks = 0;
    stage.slots_check_at.reset();
    stage.fetch_failures = 0;
    stage.gang_failures = 0;
    leave_running(stage);
    stage.state = StageState::Idle;
    to_submit_.erase(stage.id);
}

void Driver::remove_stage(rdd::StageId id, Effects& effects) {
    for (auto& [executor_id, executor] : executors_.all()) {
        if (executor.stages.erase(id) != 0) {
            effects.push_back(Send{executor_id, rdd::StageEnd{id}});
        }
    }
    stages_.remove(id);
}

void Driver::on(const ShuffleReleased& event, Effects& effects) {
    release(event.shuffle, effects);
}

void Driver::release(rdd::ShuffleId shuffle, Effects& effects) {
    Stage* stage = stages_.find(shuffle);
    if (stage == nullptr) {
        released_.erase(shuffle);
        return;
    }
    if (!stage->jobs.empty()) {
        released_.insert(shuffle);
        return;
    }
    for (auto& [id, executor] : executors_.all()) {
        executor.map_outputs.erase(shuffle);
        effects.push_back(Send{id, rdd::DropShuffle{shuffle}});
    }
    outputs_.remove(shuffle);
    remove_stage(stage->id, effects);
    released_.erase(shuffle);
}

}  // namespace heddle::driver
