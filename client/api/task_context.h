#pragma once

// What a function knows of the task that it runs in, in an executor: Spark's TaskContext.
//
//   rdd.map_partitions([](std::span<const Row> rows) {
//       const TaskContext task = TaskContext::get();
//       Connection connection(task.get_local_property("region").value_or("eu"));
//       task.add_task_completion_listener([...](const TaskContext&) { ... });
//       ...
//   })

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/rdd/scope.h"

namespace heddle {

// Valid on the task's thread while the task runs. Cheap to copy.
class TaskContext {
public:
    /// Of the task that runs on this thread. Throws UsageError where none does: in the driver's
    /// program, and in threads that a function has started.
    static TaskContext get();
    /// The same; nothing where none does.
    static std::optional<TaskContext> find();

    std::int32_t stage_id() const { return task_->task().stage.value; }
    /// How often the stage was begun before.
    std::int32_t stage_attempt_number() const { return task_->task().stage_attempt; }
    std::int32_t partition_id() const { return task_->task().partition; }
    /// Partitions of the RDD that the stage computes, whether or not the job wants all of them.
    std::int32_t num_partitions() const;
    /// How often this partition was begun before in this attempt of the stage.
    std::int32_t attempt_number() const { return task_->task().attempt; }
    /// No other attempt of any task of the context has it.
    std::int64_t task_attempt_id() const { return task_->task().task.value; }
    /// Cores that the task may use.
    std::int32_t cpus() const;
    /// What the thread that ran the job had set with Context::set_local_property. A stage that
    /// several jobs wait for has the properties of the one that was submitted first.
    std::optional<std::string> get_local_property(std::string_view name) const;

    /// The task is to end: its job was cancelled, it was killed, or another attempt was faster.
    /// Functions that run long between two records look at it and return.
    bool is_interrupted() const { return task_->cancelled(); }
    /// Throws Exception (Cancelled) when it is.
    void kill_task_if_interrupted() const;
    bool is_completed() const { return task_->over(); }
    bool is_failed() const { return task_->failure().has_value(); }

    // Called on the task's thread when its work is over and its functions are still there; those
    // that were added last come first. Both kinds may be added as long as the task runs. What they
    // throw fails the task.

    /// However it ended.
    const TaskContext& add_task_completion_listener(
        std::function<void(const TaskContext&)> listener) const;
    /// Only when it has failed or was killed; `error` says why.
    const TaskContext& add_task_failure_listener(
        std::function<void(const TaskContext&, const std::string& error)> listener) const;

protected:
    explicit TaskContext(rdd::TaskScope& task) : task_(&task) {}

    rdd::TaskScope* task_;
};

}  // namespace heddle
