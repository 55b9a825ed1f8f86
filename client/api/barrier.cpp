// The context of barrier tasks.
#include "client/api/barrier.h"

#include "client/api/errors.h"
#include "common/rdd/barrier.h"

namespace heddle {

namespace {

rdd::BarrierMessages sync(rdd::TaskScope& task, bool gather, std::string_view message) {
    auto said = task.barrier()->sync(gather, rdd::Bytes(message));
    if (!said) {
        throw Exception(said.error().code, said.error().message);
    }
    return std::move(said).value();
}

}  // namespace

BarrierTaskContext BarrierTaskContext::get() {
    rdd::TaskScope* const task = rdd::current_task();
    if (task == nullptr || task->barrier() == nullptr) {
        throw UsageError(ErrorCode::Conflict,
                         task == nullptr
                             ? "BarrierTaskContext::get: this is the driver's program; call it in "
                               "a function given to rdd.barrier().map_partitions(...)"
                             : "BarrierTaskContext::get: the task is not one of a barrier stage; "
                               "write rdd.barrier().map_partitions(...)");
    }
    return BarrierTaskContext(*task);
}

void BarrierTaskContext::barrier() {
    (void)sync(*task_, false, {});
}

std::vector<std::string> BarrierTaskContext::all_gather(std::string_view message) {
    const rdd::BarrierMessages said = sync(*task_, true, message);
    return {said->begin(), said->end()};
}

std::vector<BarrierTaskInfo> BarrierTaskContext::get_task_infos() const {
    std::vector<BarrierTaskInfo> infos;
    for (const std::string& address : task_->barrier()->addresses()) {
        infos.push_back({address});
    }
    return infos;
}

}  // namespace heddle
