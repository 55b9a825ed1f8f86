#pragma once

// Barrier stages: all tasks of the stage are launched together, and can wait for each other.
//
//   rdd.barrier().map_partitions([](std::span<const int> rows) {
//       auto context = BarrierTaskContext::get();
//       const auto sums = context.all_gather(std::to_string(sum_of(rows)));
//       context.barrier();
//       ...
//   })
//
// The stage needs as many free slots as it has partitions. When one of its tasks fails, all of them
// run again.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/api/graph.h"
#include "client/api/operations.h"
#include "client/api/task_context.h"

namespace heddle {

struct BarrierTaskInfo {
    std::string address;  // of the executor that runs the task: "10.0.0.7:4711"
};

// What a task of a barrier stage knows of itself and the others. Valid on the task's thread while
// the task runs.
class BarrierTaskContext : public TaskContext {
public:
    /// Of the task that runs on this thread. Throws UsageError where none of a barrier stage does.
    static BarrierTaskContext get();

    /// Waits until all tasks of the stage have come here. Throws Exception when they will not.
    void barrier();
    /// The same, and answers what each of them said, by partition.
    std::vector<std::string> all_gather(std::string_view message = {});
    /// Of all tasks of the stage, by partition.
    std::vector<BarrierTaskInfo> get_task_infos() const;

private:
    explicit BarrierTaskContext(rdd::TaskScope& task) : TaskContext(task) {}
};

template <typename T>
class Rdd;

// An RDD as input of a barrier stage.
template <typename T>
class RddBarrier {
public:
    explicit RddBarrier(api::NodePtr node) : node_(std::move(node)) {}

    /// As Rdd<T>::map_partitions.
    template <typename U = void, typename F>
    auto map_partitions(F function, api::Callsite at = api::Callsite::here()) const {
        using Out = api::FlatOutput<U, F, std::span<const T>>;
        return mapped<Out>("barrier_map_partitions", function, at);
    }
    /// As Rdd<T>::map_partitions_with_index.
    template <typename U = void, typename F>
    auto map_partitions_with_index(F function, api::Callsite at = api::Callsite::here()) const {
        using Out = api::FlatOutput<U, F, rdd::Partition, std::span<const T>>;
        return mapped<Out>("barrier_map_partitions_with_index", function, at);
    }

private:
    template <typename Out, typename F>
    Rdd<Out> mapped(std::string_view name, const F& function, api::Callsite at) const {
        api::NodePtr node = api::make_narrow(
            node_, name, api::operator_ref<api::PartitionsOperator<T, Out, F>>(name, function),
            api::record_type<Out>(), false, at);
        node->node.barrier = true;
        return Rdd<Out>(std::move(node));
    }

    api::NodePtr node_;
};

}  // namespace heddle
