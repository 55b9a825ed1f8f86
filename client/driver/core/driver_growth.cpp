// Executors that get more memory: a task that had one to itself and still ran out is tried again
// where there is more than it had. Whoever holds the executors says whether its node has room; if
// not, the task is tried with what there is.
#include <algorithm>

#include "client/driver/core/driver.h"

namespace heddle::driver {

namespace {

constexpr Duration kGrowthPatience = seconds(30);  // for the answer

}  // namespace

// Beside others it is tried alone next; alone it needs more than there was.
void Driver::out_of_memory(Stage& stage, std::size_t index, const Executor& executor) {
    TaskSet::Task& task = stage.tasks->task(index);
    const bool beside_others = !task.alone && executor.slots > stage.task_cpus;
    if (config_.executors_grow && !beside_others) {
        task.memory_above = std::max<std::int64_t>(task.memory_above, executor.memory);
        if (Executor* here = executors_.find(executor.id)) {
            here->growth = Growth::None;  // what was answered was not enough
        }
    }
    if (beside_others || task.memory_above > 0) {
        stage.tasks->set_alone(index);
        lonely_.insert(stage.id);
    }
}

// The process was ended for its size. Whichever of its tasks made it grow, each is tried alone.
void Driver::too_large(Stage& stage, const RunningTask& task, const Executor& executor,
                       bool named) {
    if (named && stage.tasks && stage.tasks->attempt() == task.stage_attempt && !stage.barrier &&
        !stage.tasks->task(task.index).done) {
        out_of_memory(stage, task.index, executor);
    }
}

// Of an executor that is kept for the task. False: it is to wait for an answer.
bool Driver::large_enough(Executor& executor, const TaskSet::Task& task, Effects& effects) {
    if (!config_.executors_grow || executor.memory > task.memory_above) {
        return true;
    }
    switch (executor.growth) {
        case Growth::None:
            executor.growth = Growth::Asked;
            executor.growth_until = now_ + kGrowthPatience;
            effects.push_back(GrowExecutor{executor.id});
            return false;
        case Growth::Asked:
            if (now_ < executor.growth_until) {
                return false;
            }
            executor.growth = Growth::Answered;  // nobody will
            return true;
        case Growth::Answered:
            return true;  // it was refused
    }
    return true;
}

TimePoint Driver::growth_deadline() const {
    TimePoint deadline = TimePoint::never();
    for (const rdd::ExecutorId id : kept_) {
        const Executor* executor = executors_.find(id);
        if (executor != nullptr && executor->growth == Growth::Asked) {
            deadline = std::min(deadline, executor->growth_until);
        }
    }
    return deadline;
}

void Driver::on(const ExecutorResized& event, Effects& effects) {
    Executor* executor = executors_.find(event.executor);
    if (executor == nullptr) {
        ++stale_;
        return;
    }
    if (executor->growth == Growth::Asked) {
        executor->growth = Growth::Answered;
    }
    if (event.memory > executor->memory) {
        executor->memory = event.memory;
        effects.push_back(Send{event.executor, rdd::MemoryGrown{event.memory}});
    }
}

}  // namespace heddle::driver
