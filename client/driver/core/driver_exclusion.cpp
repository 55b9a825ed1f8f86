// Failures that bar tasks from executors and nodes, and tasks that are left without a place.
#include <algorithm>
#include <utility>

#include "client/driver/core/driver.h"

namespace heddle::driver {

// Of a task that failed by itself; its executor may be lost by then.
void Driver::exclude_for(Stage& stage, const RunningTask& task, const std::string& host,
                         const std::string& reason) {
    if (!config_.exclusion.enabled) {
        return;
    }
    stage.tasks->exclusion().failed(now_, task.index, task.executor, host, reason);
    exclusion_changed_ = true;
    show_exclusion(stage);
}

// The holder of the output is asked for in the table of outputs, before that forgets it.
void Driver::exclude_holder(const rdd::TaskFailure& failure) {
    const rdd::ExecutorId holder =
        outputs_.holder(failure.shuffle, failure.map_index, failure.map_task);
    if (const Executor* executor = executors_.find(holder)) {
        exclusion_.fetch_failed(now_, holder, executor->host);
        update_exclusion();
    }
}

void Driver::show_exclusion(const Stage& stage) {
    for (const auto& [id, executor] : executors_.all()) {
        if (stage.tasks->exclusion().bars_all(id, executor.host)) {
            progress_.stage_excluded({stage.id, stage.tasks->attempt()}, id);
        }
    }
}

std::vector<rdd::StageId> Driver::excluded_in(rdd::ExecutorId id) const {
    std::vector<rdd::StageId> stages;
    const Executor* executor = executors_.find(id);
    for (const rdd::StageId stage : running_) {
        if (executor != nullptr &&
            stages_.at(stage).tasks->exclusion().bars_all(id, executor->host)) {
            stages.push_back(stage);
        }
    }
    return stages;
}

void Driver::update_exclusion() {
    if (!config_.exclusion.enabled) {
        return;
    }
    exclusion_changed_ = true;
    for (auto& [id, executor] : executors_.all()) {
        executor.excluded = exclusion_.bars(id, executor.host);
        progress_.executor_excluded(id, executor.excluded);
        if (executor.free_slots() > 0) {
            free_.insert(id);
        } else {
            free_.erase(id);
        }
    }
}

// For a barrier stage, though there would be enough if nothing were excluded. That stays so while
// one that made way is on its way back: meanwhile nobody forgets which nodes are to be avoided.
bool Driver::too_few(const Stage& stage, const std::vector<const Executor*>& open) const {
    const std::size_t tasks = stage.tasks->size();
    std::int64_t slots = 0;
    for (const Executor* executor : open) {
        slots += executor->slots / stage.task_cpus;
    }
    return std::cmp_less(slots, tasks) &&
           (stage.placeless || std::cmp_less_equal(tasks, executors_.tasks_of(stage.task_cpus)));
}

// A waiting task that no executor may run. Where some executor is open to the stage, only tasks
// that have failed can be without a place.
std::optional<std::size_t> Driver::task_without_place(const Stage& stage) const {
    const TaskSet& tasks = *stage.tasks;
    const StageExclusion& exclusion = tasks.exclusion();
    if (!tasks.waiting()) {
        return std::nullopt;
    }
    std::vector<const Executor*> open;
    for (const auto& [id, executor] : executors_.all()) {
        if (!executor.excluded && !exclusion.bars_all(id, executor.host)) {
            open.push_back(&executor);
        }
    }
    if (open.empty() || (stage.barrier && too_few(stage, open))) {
        return tasks.first_waiting();
    }
    for (const std::size_t index : exclusion.tasks()) {
        const bool barred = std::all_of(open.begin(), open.end(), [&](const Executor* executor) {
            return exclusion.bars(index, executor->id, executor->host);
        });
        if (barred && tasks.task(index).waiting) {
            return index;
        }
    }
    return std::nullopt;
}

// Looks again whenever something may have changed: a failure, an executor that came or went, and,
// while some stage has no place, one that has fallen idle and can be replaced.
void Driver::look_for_places(Effects& effects) {
    if (!config_.exclusion.enabled) {
        return;
    }
    if (exclusion_.expire(now_)) {
        update_exclusion();
    }
    const bool idle = placeless_until_ != TimePoint::never() && touched_ != rdd::kNoExecutor;
    if (!exclusion_changed_ && !idle && now_ < placeless_until_) {
        return;
    }
    exclusion_changed_ = false;
    placeless_until_ = TimePoint::never();
    replace_excluded(effects);
    std::set<std::string> avoided = exclusion_.hosts();
    const std::set<rdd::StageId> running = running_;
    for (const rdd::StageId id : running) {
        Stage* stage = stages_.find(id);
        if (stage != nullptr && stage->state == StageState::Running) {
            find_place(*stage, avoided, effects);
        }
    }
    if (executors_kept() > 0 && avoided != avoided_) {
        avoided_ = avoided;
        effects.push_back(AvoidNodes{{avoided_.begin(), avoided_.end()}});
    }
}

// Where nobody replaces them, nothing says that others
// will come: the stage fails at once. Elsewhere it waits, and an idle one makes way for another;
// one at a time, so that a stage which finds no place cannot empty the application.
void Driver::find_place(Stage& stage, std::set<std::string>& avoided, Effects& effects) {
    // While there are none at all, a task that had no place has not got one.
    const auto index = executors_.all().empty() ? stage.placeless : task_without_place(stage);
    stage.placeless = index;
    if (!index) {
        stage.placeless_until.reset();
        return;
    }
    if (executors_kept() == 0) {
        abort_placeless(stage, *index, effects);
        return;
    }
    if (!stage.placeless_until) {
        stage.placeless_until = now_ + config_.exclusion.unschedulable_max;
    }
    if (now_ >= *stage.placeless_until) {
        abort_placeless(stage, *index, effects);
        return;
    }
    placeless_until_ = std::min(placeless_until_, *stage.placeless_until);
    for (std::string& host : stage.tasks->exclusion().hosts_barred(*index)) {
        avoided.insert(std::move(host));
    }
    if (static_cast<std::int32_t>(executors_.all().size()) >= executors_kept()) {
        replace_idle(stage, effects);
    }
}

void Driver::abort_placeless(Stage& stage, std::size_t index, Effects& effects) {
    const rdd::Partition partition = stage.tasks->task(index).partition;
    const std::string& reason = stage.tasks->exclusion().last_reason();
    JobError error;
    error.stage = stage.id;
    error.partition = partition;
    error.message =
        "aborting " + stage.title() + " (" + stage.name + ") because task " +
        std::to_string(index) + " (partition " + std::to_string(partition) +
        ") cannot run anywhere due to node and executor excludeOnFailure: there are " +
        std::to_string(executors_.all().size()) + " executors, and " +
        (stage.barrier
             ? "those that may run it have too few slots for all tasks of the barrier stage"
             : "none may run it") +
        (stage.placeless_until
             ? "; none that may has come in " +
                   std::to_string(config_.exclusion.unschedulable_max.milliseconds()) + " ms"
             : "") +
        "; most recent failure: " + (reason.empty() ? "of an earlier stage" : reason) +
        "; excludeOnFailure behavior can be configured via spark.excludeOnFailure.*";
    abort(stage, error, effects);
}

// Those that are excluded from everything, if so wished. What they run is lost, but counts with no
// task.
void Driver::replace_excluded(Effects& effects) {
    if (!config_.exclusion.kill || executors_kept() == 0) {
        return;
    }
    std::vector<rdd::ExecutorId> excluded;
    for (const auto& [id, executor] : executors_.all()) {
        if (executor.excluded) {
            excluded.push_back(id);
        }
    }
    for (const rdd::ExecutorId id : excluded) {
        replace(id, "excluded after failures of tasks", effects);
    }
}

// First one that the stage keeps off, then one that holds nothing: what goes with it has to be
// computed again. Of a barrier stage, which needs slots, none that it may use.
void Driver::replace_idle(Stage& stage, Effects& effects) {
    const std::set<rdd::ExecutorId> holders = outputs_.holders();
    const auto loss = [&](const Executor& executor) {
        const bool barred =
            executor.excluded || stage.tasks->exclusion().bars_all(executor.id, executor.host);
        const bool holds = holders.contains(executor.id) || blocks_.held(executor.id).blocks > 0;
        return (barred ? 0 : 2) + (holds ? 1 : 0);
    };
    const Executor* idle = nullptr;
    for (const auto& [id, executor] : executors_.all()) {
        if (executor.idle() && !executor.leaving &&
            (idle == nullptr || loss(executor) < loss(*idle))) {
            idle = &executor;
        }
    }
    if (idle != nullptr && !(stage.barrier && open_to(stage, *idle))) {
        stage.made_way = true;
        replace(idle->id, "idle, and makes way for one that may run what failed here", effects);
    }
}

void Driver::replace(rdd::ExecutorId id, const std::string& reason, Effects& effects) {
    executors_.find(id)->leaving = true;  // its end is nobody's failure
    effects.push_back(DropExecutor{id, reason});
    lose_executor(id, reason, false, effects);
}

}  // namespace heddle::driver
