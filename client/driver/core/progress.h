#pragma once

// The record of what happened, for people. It is told by the scheduler and never asked by it; what
// is old is dropped, so that a driver that runs for days does not grow.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "client/driver/core/config.h"
#include "client/driver/core/executor_table.h"
#include "client/driver/core/happening.h"
#include "client/driver/core/job.h"
#include "client/driver/core/locality.h"
#include "client/driver/core/stage.h"
#include "client/driver/core/views.h"

namespace heddle::driver {

class Progress {
public:
    explicit Progress(const Config& config) : config_(config) {}

    using StageKey = std::pair<rdd::StageId, std::int32_t>;  // with the attempt

    /// `to_run`: how many of its tasks have no result yet.
    void job_submitted(TimePoint now, const Job& job, const StageTable& stages,
                       std::int32_t to_run);
    void job_ended(TimePoint now, rdd::JobId job, const std::string& error);
    void stage_submitted(TimePoint now, const Stage& stage, const std::string& pool);
    /// `failure` empty: complete.
    void stage_ended(TimePoint now, StageKey stage, const std::string& failure);
    void task_launched(TimePoint now, const Stage& stage, std::size_t index, rdd::TaskId task,
                       const Executor& executor, Locality locality);
    /// `status`: SUCCESS, FAILED or KILLED.
    void task_ended(TimePoint now, StageKey stage, rdd::TaskId task, rdd::ExecutorId executor,
                    const std::string& status, const std::string& error,
                    const rdd::TaskMetrics& metrics);
    void accumulated(StageKey stage, rdd::TaskId task, const std::vector<AccumulatorView>& totals);
    void executor_added(TimePoint now, const Executor& executor, std::int64_t memory);
    void executor_removed(TimePoint now, rdd::ExecutorId executor, const std::string& reason);
    /// The attempt runs nothing there any more.
    void stage_excluded(StageKey stage, rdd::ExecutorId executor);
    void executor_excluded(rdd::ExecutorId executor, bool excluded);
    void block_updated(rdd::ExecutorId executor, const rdd::BlockUpdate& update);
    void heartbeat(rdd::ExecutorId executor, const rdd::ExecutorHeartbeat& message);

    /// From now on what is told is also kept for take_happenings(), or not any more.
    void listen(bool listening) { listening_ = listening; }
    std::vector<Happening> take_happenings() { return std::exchange(happenings_, {}); }

    // Newest last. Ids of one kind rise, so that a reader can ask for what is new.
    const std::map<rdd::JobId, JobView>& jobs() const { return jobs_; }
    const std::map<StageKey, StageView>& stages() const { return stages_; }
    const std::map<rdd::ExecutorId, ExecutorView>& executors() const { return executors_; }
    /// Grows with every change of the object, so that a stream sends what is new. 0: never seen.
    std::uint64_t changed(rdd::JobId job) const;
    std::uint64_t changed(StageKey stage) const;
    std::uint64_t changed(rdd::ExecutorId executor) const;
    std::uint64_t version() const { return version_; }
    /// How far the running jobs are: tasks that are done, of those that were to run when their job
    /// was submitted. Below 100 as long as a job runs; it never falls while the same jobs run.
    std::int32_t percent() const;

private:
    WallTime wall(TimePoint now) const {
        return {config_.start_wall.milliseconds + (now - config_.start).milliseconds()};
    }
    StageView* stage(StageKey key);
    JobView* job_of(rdd::JobId id);
    void each_job(StageKey key, void (*change)(JobView&));
    void touch(StageKey key);
    void count_success(StageKey key);
    void trim();
    /// Does nothing when nobody listens. `what` makes the event.
    template <typename What>
    void happen(const What& what) {
        if (listening_) {
            happenings_.emplace_back(what());
        }
    }
    static StageView without_tasks(const StageView& view);

    const Config& config_;
    std::map<rdd::JobId, JobView> jobs_;
    std::map<StageKey, StageView> stages_;
    std::map<rdd::ExecutorId, ExecutorView> executors_;
    std::map<StageKey, std::map<rdd::TaskId, std::size_t>> task_index_;  // of stages under way
    std::map<rdd::StageId, std::vector<rdd::JobId>> jobs_of_;            // running ones
    std::int64_t expected_ = 0;  // tasks of running jobs that were to run,
    std::int64_t done_ = 0;      // and those of them that are done
    bool ran_ = false;           // some job has ended
    std::map<rdd::JobId, std::uint64_t> job_changed_;
    std::map<StageKey, std::uint64_t> stage_changed_;
    std::map<rdd::ExecutorId, std::uint64_t> executor_changed_;
    std::uint64_t version_ = 0;
    std::int64_t tasks_kept_ = 0;
    bool listening_ = false;
    std::vector<Happening> happenings_;
};

}  // namespace heddle::driver
