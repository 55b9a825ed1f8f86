// The context of tasks.
#include "client/api/task_context.h"

#include <utility>

#include "client/api/errors.h"

namespace heddle {

TaskContext TaskContext::get() {
    const std::optional<TaskContext> found = find();
    if (!found) {
        throw UsageError(ErrorCode::Conflict,
                         "TaskContext::get: no task runs on this thread; call it in a function "
                         "that is given to an operation of an RDD, on the thread that calls the "
                         "function");
    }
    return *found;
}

std::optional<TaskContext> TaskContext::find() {
    rdd::TaskScope* const task = rdd::current_task();
    return task == nullptr ? std::nullopt : std::optional(TaskContext(*task));
}

std::int32_t TaskContext::num_partitions() const {
    const rdd::StagePlan* const stage = task_->stage();
    return stage == nullptr ? 0 : stage->find(stage->root)->partitions;
}

std::int32_t TaskContext::cpus() const {
    return task_->stage() == nullptr ? 1 : task_->stage()->task_cpus;
}

std::optional<std::string> TaskContext::get_local_property(std::string_view name) const {
    if (task_->stage() == nullptr) {
        return std::nullopt;
    }
    const auto& properties = task_->stage()->properties;
    const auto it = properties.find(std::string(name));
    return it == properties.end() ? std::nullopt : std::optional(it->second);
}

void TaskContext::kill_task_if_interrupted() const {
    if (is_interrupted()) {
        throw Exception(ErrorCode::Cancelled,
                        "task " + std::to_string(task_attempt_id()) + " is to end");
    }
}

const TaskContext& TaskContext::add_task_completion_listener(
    std::function<void(const TaskContext&)> listener) const {
    task_->at_end(
        [self = *this, call = std::move(listener)](const rdd::TaskFailure*) { call(self); });
    return *this;
}

const TaskContext& TaskContext::add_task_failure_listener(
    std::function<void(const TaskContext&, const std::string&)> listener) const {
    task_->at_end([self = *this, call = std::move(listener)](const rdd::TaskFailure* failure) {
        if (failure != nullptr) {
            call(self, rdd::describe(*failure));
        }
    });
    return *this;
}

}  // namespace heddle
