#pragma once

// How the typed API has jobs run: an untyped request goes down, one answer per partition comes
// back. The driver implements it for every master; tests have a single-threaded one in
// tests/support.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/driver/accumulator_book.h"
#include "client/driver/core/forecast.h"
#include "client/driver/core/job_properties.h"
#include "client/driver/core/views.h"
#include "client/driver/listener.h"
#include "common/base/result.h"
#include "common/blocks/broadcast_store.h"
#include "common/rdd/ids.h"
#include "common/rdd/plan.h"
#include "common/rdd/task.h"

namespace heddle::driver {

struct JobRequest {
    rdd::Plan plan;                          // at least everything that `rdd` depends on
    rdd::RddId rdd;                          // whose partitions are computed
    rdd::OperatorRef action;                 // run on each of them
    std::vector<rdd::Partition> partitions;  // which; each at most once
    std::string description;                 // "collect at main.cpp:42"
    JobProperties properties;

    // The action's answer for one partition: exactly once for each, from the first attempt that
    // succeeded, in any order, one call at a time, on a thread of the runner. It must not call the
    // runner. An error fails the job.
    std::function<Status(rdd::Partition partition, rdd::Bytes value)> on_result;
};

struct JobFailure {
    ErrorCode code = ErrorCode::Internal;  // Cancelled, or what it was
    std::string message;  // complete, for people: stage, partition, attempts, the last task failure
    std::optional<rdd::StageId> stage;
    rdd::Partition partition = -1;
    std::optional<rdd::TaskFailure> cause;  // the last failure of the task that failed the job
};

class JobRunner {
public:
    virtual ~JobRunner() = default;

    /// Begins a job. Errors show in wait().
    virtual rdd::JobId submit(JobRequest request) = 0;
    /// Waits for the end of the job, once per job; nothing: it succeeded.
    virtual std::optional<JobFailure> wait(rdd::JobId job) = 0;
    /// Has no effect on a job that has ended.
    virtual void cancel(rdd::JobId job, const std::string& reason) = 0;
    /// Those that are running now.
    virtual void cancel_jobs(JobSelection which, const std::string& reason) = 0;
    /// All running jobs that need the stage.
    virtual void cancel_stage(rdd::StageId /*stage*/, const std::string& /*reason*/) {}
    /// The attempt ends, and another one follows it. False: it does not run.
    virtual bool kill_task(rdd::TaskId /*task*/, const std::string& /*reason*/) { return false; }
    /// Hears of what happens from now on.
    virtual void add_listener(std::shared_ptr<Listener> /*listener*/) {}
    /// Returns when no call to it is under way.
    virtual void remove_listener(const std::shared_ptr<Listener>& /*listener*/) {}
    /// Of the jobs that are remembered, by id.
    virtual std::vector<JobView> job_views() = 0;
    /// Its latest attempt; nothing: none is remembered.
    virtual std::optional<StageView> stage_view(rdd::StageId stage) = 0;
    virtual std::vector<ExecutorView> executor_views() = 0;
    /// What a job over all partitions of `rdd` would run now. `plan`: as in a JobRequest.
    virtual std::vector<StageForecast> forecast(const rdd::Plan& plan, rdd::RddId rdd) {
        return driver::forecast(plan, rdd, MapOutputs(), BlockTable());  // nothing is there
    }

    /// Frees the cached partitions; with `blocking`, returns when they are gone.
    virtual void unpersist(rdd::RddId rdd, bool blocking) = 0;
    /// The last handle on an RDD that reads this shuffle is gone: its map output may be freed.
    virtual void release_shuffle(rdd::ShuffleId shuffle) = 0;

    /// What jobs add to accumulators is merged there, before wait() returns.
    AccumulatorBook& accumulators() { return accumulators_; }
    /// Where executors find broadcast values. Shared with the pool of executors.
    const std::shared_ptr<blocks::BroadcastStore>& broadcasts() const { return broadcasts_; }
    /// Executors drop the value; `destroy`: the driver, too.
    virtual void drop_broadcast(rdd::BroadcastId id, bool destroy) = 0;

    /// Partitions to use where the program does not say: the number of task slots, at least 2.
    virtual std::int32_t default_parallelism() const = 0;
    /// The same where the user has said it (default.parallelism); else 0.
    virtual std::int32_t parallelism_asked() const { return 0; }
    virtual std::string application_id() const = 0;
    /// The program runs in a container of the cluster, in a folder that goes with it: relative
    /// paths mean nothing there.
    virtual bool in_container() const { return false; }
    /// Of common/fs. Secrets are among them.
    virtual std::map<std::string, std::string> file_settings() const { return {}; }
    /// Ends executors and waits for them; running jobs are cancelled. Safe to call twice.
    virtual void stop() = 0;

private:
    AccumulatorBook accumulators_;
    std::shared_ptr<blocks::BroadcastStore> broadcasts_ =
        std::make_shared<blocks::BroadcastStore>();
};

struct RunnerOptions {
    std::string master;  // "local[2]", "local-cluster[2,1,512]", "heddle://host:8088"
    std::string application_name;
    std::map<std::string, std::string> settings;
    std::string programs;  // a folder in which to look for `executor` last; may be empty
};

/// The runner for a master URL. Errors: InvalidArgument (no such master, with the accepted forms),
/// Unavailable.
Result<std::unique_ptr<JobRunner>> make_runner(const RunnerOptions& options);

}  // namespace heddle::driver
