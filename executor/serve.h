#pragma once

// The one door of the executor library: what a program needs to be its own executor.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/blocks/broadcast_store.h"
#include "common/rdd/executor_protocol.h"

namespace heddle::executor {

/// True when this process was started to serve tasks and not by a person.
bool in_executor_role();

/// Serves tasks until the driver ends it or is gone; returns the exit code. The program's static
/// initialisers have registered its operators before.
int serve(int argc, char** argv);

struct LocalExecutorOptions {
    std::int32_t slots = 1;
    std::int64_t memory = 0;  // bytes, for execution and storage together
    std::string folder;       // for blocks on disk; made on first use, removed at the end
    // The driver's, where the executor is in its process. Shared with the driver.
    std::shared_ptr<const blocks::BroadcastStore> broadcasts{};
    Duration patience = seconds(3);  // at the end, for tasks that run: see ~LocalExecutor
};

// An executor within the driver's process. It is the same executor, only that messages are values
// and nobody fetches: task threads report to the thread that owns it, which calls all of this.
class LocalExecutor {
public:
    /// Cancels running tasks and waits for them, but not for functions that do not return within
    /// the patience: their threads are left behind, with everything that they use.
    virtual ~LocalExecutor() = default;

    virtual void deliver(const rdd::ToExecutor& message) = 0;
    /// What there is to tell, in order.
    virtual std::vector<rdd::FromExecutor> take_messages() = 0;
};

/// Called from task threads when take_messages() has something new: `wake` when it is to be taken
/// now, `wake_later` when a millisecond may pass, since more will follow.
std::unique_ptr<LocalExecutor> make_local_executor(const LocalExecutorOptions& options,
                                                   std::function<void()> wake,
                                                   std::function<void()> wake_later);

}  // namespace heddle::executor
