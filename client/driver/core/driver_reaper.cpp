// Tasks that do not end though they were told to.
#include <string>

#include "client/driver/core/driver.h"
#include "common/base/log.h"

namespace heddle::driver {

// In the driver's process the slot goes to another thread; elsewhere the executor ends, and nothing
// of what it ran is anybody's failure.
void Driver::reap(Effects& effects) {
    for (const rdd::TaskId id : reaper_.overdue(now_)) {
        const auto it = tasks_.find(id.value);
        if (it == tasks_.end()) {
            continue;  // went with its executor just now
        }
        const RunningTask& task = it->second;
        if (executors_.find(task.executor)->in_process) {
            effects.push_back(Send{task.executor, rdd::TaskAbandon{id}});
            continue;
        }
        const std::string reason = "the executor was ended: its task " + std::to_string(id.value) +
                                   " (partition " + std::to_string(task.partition) + " of stage " +
                                   std::to_string(task.stage.value) +
                                   ") was cancelled and did not end for " +
                                   std::to_string(config_.reaper.kill_timeout.milliseconds()) +
                                   " ms (task.reaper.kill_timeout)";
        log::warning("an executor is ended for a task that does not end",
                     {{"executor", rdd::to_string(task.executor)}, {"reason", reason}});
        replace(task.executor, reason, effects);
    }
}

}  // namespace heddle::driver
