#pragma once

// The tasks of one attempt of a stage: which wait, which run, which are done, how often each has
// failed, and how far from its data a task may be started at present.
//
// Delay scheduling as in Spark since 3.1: only levels with waiting tasks count; a level is given up
// when its wait has passed; the timer starts again when something was launched and no free slot was
// refused for locality in the same round.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/driver/core/exclusion.h"
#include "client/driver/core/executor_table.h"
#include "client/driver/core/locality.h"
#include "common/base/time.h"
#include "common/rdd/ids.h"

namespace heddle::driver {

class TaskSet {
public:
    /// A launch that has not ended.
    struct Run {
        rdd::TaskId task;
        std::string host;
        TimePoint since;
    };
    struct Task {
        rdd::Partition partition = 0;
        Preference preference;
        std::vector<Run> running;  // more than one: copies
        std::int32_t attempts = 0;
        std::int32_t failures = 0;
        std::int32_t losses = 0;  // executors that ended while it ran
        bool waiting = true;
        bool done = false;
        bool slow = false;              // a copy is wanted
        bool alone = false;             // its memory ran out beside others: an executor to itself
        std::int64_t memory_above = 0;  // it ran out alone on an executor with so much
        bool near_executor = false;     // a preferred executor or host is there
        bool near_host = false;
        std::vector<std::string> racks;  // of preferred hosts that are there
    };
    struct Pick {
        std::size_t index = 0;
        Locality locality = Locality::Any;
    };

    TaskSet(rdd::StageId stage, std::int32_t attempt, const LocalityWaits& wait, TimePoint now)
        : stage_(stage), attempt_(attempt), wait_(wait), timer_(now) {}

    void add(rdd::Partition partition, Preference preference);
    /// Which tasks ran out of memory in the attempt before, and with `failures` also how often and
    /// where they have failed. After the last add().
    void remember(const TaskSet& before, bool failures);
    /// After the last add(), and whenever an executor came or went.
    void executors_changed(const ExecutorTable& executors);

    rdd::StageId stage() const { return stage_; }
    std::int32_t attempt() const { return attempt_; }
    std::size_t size() const { return tasks_.size(); }
    Task& task(std::size_t index) { return tasks_[index]; }
    const Task& task(std::size_t index) const { return tasks_[index]; }
    /// The task of a partition, if this attempt has one.
    std::optional<std::size_t> find(rdd::Partition partition) const;

    bool waiting() const { return waiting_ > 0; }
    /// None: no task waits. Looks through all.
    std::optional<std::size_t> first_waiting() const;
    /// Tasks that were started and are not done; copies do not count.
    std::int64_t running() const {
        return static_cast<std::int64_t>(tasks_.size() - waiting_ - done_);
    }
    /// Tasks that wait or run.
    std::int64_t unfinished() const { return static_cast<std::int64_t>(tasks_.size() - done_); }
    bool all_done() const { return done_ == tasks_.size(); }
    /// No more launches: its input is gone. What runs may still succeed.
    bool retired() const { return retired_; }
    void retire() { retired_ = true; }

    /// Levels that waiting tasks have, nearest first; Any is always the last.
    std::vector<Locality> levels() const;
    /// The farthest level at which tasks may be launched now. Moves on with time.
    Locality allowed(TimePoint now);
    /// A waiting task for `executor` at `level` or nearer; NoPreference: only tasks without one.
    std::optional<Pick> pick(const Executor& executor, Locality level);
    /// A copy of a slow task that does not run on the executor's host.
    std::optional<Pick> pick_copy(const Executor& executor);
    /// Tasks whose only run has taken longer than `limit` get a copy.
    void mark_slow(TimePoint now, Duration limit);
    /// The end of a round of offers.
    void round_over(TimePoint now, std::optional<Locality> nearest_launched, bool refused);
    /// When allowed() will say more; never: nothing waits for a level.
    TimePoint next_level() const;

    void launched(std::size_t index, Run run);
    /// The attempt is over. Puts nothing back.
    void ended(std::size_t index, rdd::TaskId task);
    void put_back(std::size_t index);
    void set_done(std::size_t index);
    /// Done, but its output was lost: it has to run again.
    void undo(std::size_t index);

    /// Before the first task is picked; without it tasks are tried again anywhere.
    void set_exclusion(StageExclusion exclusion) { exclusion_ = std::move(exclusion); }
    StageExclusion& exclusion() { return exclusion_; }
    const StageExclusion& exclusion() const { return exclusion_; }

    /// From now on it is not picked beside others.
    void set_alone(std::size_t index) { tasks_[index].alone = true; }
    /// Those of them that wait.
    const std::set<std::size_t>& alone_waiting() const { return alone_waiting_; }

    /// Average run time of finished tasks, for sending ahead. Unknown before a few have ended.
    void note_run_time(Duration run_time);
    std::optional<Duration> mean_run_time() const;
    /// Of all that ended; only kept when `keep_run_times` was asked for.
    const std::vector<Duration>& run_times() const { return run_times_; }
    void keep_run_times() { keeps_run_times_ = true; }

    void check() const;

private:
    using Queue = std::vector<std::size_t>;  // the next one last; entries that wait no more are
                                             // dropped when they come up
    std::optional<std::size_t> pop(Queue& queue, const Executor& executor);
    void enqueue(std::size_t index);
    void begin_waiting(std::size_t index);
    void end_waiting(std::size_t index);
    void count(const Task& task, std::int64_t by);

    rdd::StageId stage_;
    std::int32_t attempt_ = 0;
    LocalityWaits wait_;
    std::vector<Task> tasks_;
    std::map<rdd::Partition, std::size_t> by_partition_;
    std::map<rdd::ExecutorId, Queue> by_executor_;
    std::map<std::string, Queue> by_host_;
    std::map<std::string, Queue> by_rack_;
    Queue no_preference_;
    Queue all_;

    std::size_t waiting_ = 0;
    std::size_t done_ = 0;
    std::int64_t waiting_process_ = 0;  // waiting tasks whose near_executor is set, and so on
    std::int64_t waiting_node_ = 0;
    std::int64_t waiting_rack_ = 0;
    std::int64_t waiting_free_ = 0;  // without a preference
    std::set<std::size_t> alone_waiting_;

    Locality level_ = Locality::Process;
    TimePoint timer_;
    bool level_started_ = false;
    bool retired_ = false;
    std::int64_t finished_ = 0;
    Duration run_time_;
    bool keeps_run_times_ = false;
    std::vector<Duration> run_times_;
    StageExclusion exclusion_{ExclusionRules{}};
    Queue slow_;  // in the order in which they were found
};

}  // namespace heddle::driver
