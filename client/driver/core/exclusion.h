#pragma once

// Executors and nodes that tasks fail on, and where they are not tried again: a task where it has
// failed, a stage where several of its tasks have, every stage, for some time, where tasks of
// stages that succeeded elsewhere have. As in Spark only tasks that fail by themselves count, and
// failures count with the application only when their stage has succeeded: before that it may be
// the stage that is to blame. An output that cannot be fetched may count at once, with whoever
// holds it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/rdd/executor_protocol.h"

namespace heddle::driver {

struct ExclusionRules {
    bool enabled = false;
    Duration timeout = seconds(3600);
    std::int32_t task_attempts_per_executor_max = 1;
    std::int32_t task_attempts_per_node_max = 2;
    std::int32_t stage_failures_per_executor_max = 2;  // of different tasks
    std::int32_t stage_executors_per_node_max = 2;
    std::int32_t application_failures_per_executor_max = 2;
    std::int32_t application_executors_per_node_max = 2;
    bool fetch_failures_count = false;          // with the application, the first one
    bool kill = false;                          // what is excluded for the application is replaced
    Duration unschedulable_max = seconds(120);  // for a task that may run nowhere, where executors
                                                // are replaced
};

// Of one attempt of a stage.
class StageExclusion {
public:
    explicit StageExclusion(const ExclusionRules& rules) : rules_(rules) {}

    void failed(TimePoint now, std::size_t task, rdd::ExecutorId executor, const std::string& host,
                const std::string& reason);
    /// For the next attempt, where tasks have other numbers (old to new); others are forgotten.
    void renumber(const std::map<std::size_t, std::size_t>& tasks);
    /// The task may not run there. False when exclusion is off.
    bool bars(std::size_t task, rdd::ExecutorId executor, const std::string& host) const;
    /// No task of the stage may run there.
    bool bars_all(rdd::ExecutorId executor, const std::string& host) const;
    bool any() const { return !failures_.empty(); }
    /// The most recent failure; empty: none.
    const std::string& last_reason() const { return last_reason_; }
    /// Tasks that have failed somewhere: any other one is barred only where all are.
    const std::set<std::size_t>& tasks() const { return tasks_; }
    /// Nodes where the task, or every task, may not run.
    std::vector<std::string> hosts_barred(std::size_t task) const;

    // Failed attempts by task, with the time of the last one, and where the executor is.
    struct Failed {
        std::int32_t attempts = 0;
        TimePoint last;
    };
    struct Failures {
        std::string host;
        std::map<std::size_t, Failed> by_task;
    };
    const std::map<rdd::ExecutorId, Failures>& failures() const { return failures_; }

private:
    bool node_bars(std::size_t task, const std::string& host) const;

    ExclusionRules rules_;
    std::map<rdd::ExecutorId, Failures> failures_;
    std::map<std::string, std::map<std::size_t, std::int32_t>> attempts_by_host_;
    std::set<std::size_t> tasks_;
    std::set<rdd::ExecutorId> executors_;  // excluded
    std::map<std::string, std::int32_t> executors_by_host_;
    std::set<std::string> hosts_;  // excluded
    std::string last_reason_;
};

// Of the application.
class Exclusion {
public:
    explicit Exclusion(const ExclusionRules& rules) : rules_(rules) {}

    /// The stage has succeeded in spite of what failed.
    void stage_succeeded(TimePoint now, const StageExclusion& stage);
    /// Output that the executor holds could not be fetched from it.
    void fetch_failed(TimePoint now, rdd::ExecutorId executor, const std::string& host);
    /// Its failures do not count with others any more. Excluded it stays, for the sake of its node.
    void executor_lost(rdd::ExecutorId executor) { failures_.erase(executor); }
    /// Takes back what is over. True: something was.
    bool expire(TimePoint now);
    /// never: nothing is excluded.
    TimePoint next_expiry() const;

    bool bars(rdd::ExecutorId executor, const std::string& host) const {
        return executors_.count(executor) != 0 || hosts_.count(host) != 0;
    }
    /// Excluded nodes.
    std::set<std::string> hosts() const;

private:
    void exclude(rdd::ExecutorId executor, const std::string& host, TimePoint until);

    ExclusionRules rules_;
    // Failed tasks that count still, by executor: when each of them stops to.
    std::map<rdd::ExecutorId, std::vector<TimePoint>> failures_;
    struct Barred {
        std::string host;
        TimePoint until;
    };
    std::map<rdd::ExecutorId, Barred> executors_;
    std::map<std::string, TimePoint> hosts_;
};

}  // namespace heddle::driver
