#pragma once

// Where a driver's executors are: in its own process, in processes that it starts, or in containers
// of a cluster. The runner's core thread makes all calls; what the pool has to say comes as events.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/driver/core/event.h"
#include "common/base/result.h"
#include "common/blocks/broadcast_store.h"
#include "common/model/application.h"
#include "common/rdd/executor_protocol.h"

namespace heddle::driver {

/// So many executors in a row may end before one has finished a task; then jobs fail.
constexpr std::int32_t executor_failures_max(std::int32_t executors) {
    return executors * 4 < 10 ? 10 : executors * 4;
}

class ExecutorPool {
public:
    /// Takes an event from any thread.
    using Post = std::function<void(Event)>;

    virtual ~ExecutorPool() = default;

    /// Called once, before anything else. Errors say what to do.
    virtual Status start(Post post) = 0;
    /// Before start(): where executors find broadcast values. Shared with the runner.
    virtual void serve(std::shared_ptr<const blocks::BroadcastStore>) {}
    /// Before start(): what executors are told of file systems.
    void set_files(std::map<std::string, std::string> settings) { files_ = std::move(settings); }
    /// Before start(): how they are to send blocks.
    void set_transfer(const rdd::BlockTransfer& transfer) { transfer_ = transfer; }
    /// In order per executor; a message to one that is gone is dropped.
    virtual void send(rdd::ExecutorId executor, const rdd::ToExecutor& message) = 0;
    /// After a batch of sends.
    virtual void flush() {}
    /// Events that have gathered on the core thread itself.
    virtual std::vector<Event> poll() { return {}; }
    /// True while poll() may have something that nobody announces: it is to be called about every
    /// millisecond.
    virtual bool gathers() const { return false; }
    /// As WantExecutors says.
    virtual void want(std::int32_t, const std::vector<rdd::ExecutorId>&, bool) {}
    virtual void drop(rdd::ExecutorId, const std::string&) {}
    /// As GrowExecutor says. Only where the core is told that executors can grow.
    virtual void grow(rdd::ExecutorId) {}
    /// Nodes on which no more executors are wanted: all of them.
    virtual void avoid(const std::vector<std::string>&) {}
    /// How far the jobs under way are, in percent.
    virtual void progress(std::int32_t) {}
    /// Ends all executors and waits for them. `outcome`: of this context's jobs, for the manager.
    /// Nothing is posted any more when it returns.
    virtual void stop(FinalStatus outcome, const std::string& diagnostics) = 0;

    virtual std::int32_t slots() const = 0;  // those that there will be
    virtual std::string application_id() const = 0;

protected:
    /// What an executor is told first. Of no number yet, and with no heartbeats.
    rdd::ExecutorWelcome welcome() const {
        return {rdd::kNoExecutor, application_id(), {}, files_, transfer_};
    }

private:
    std::map<std::string, std::string> files_;
    rdd::BlockTransfer transfer_;
};

}  // namespace heddle::driver
