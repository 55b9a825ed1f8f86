#pragma once

// Executors and nodes that tasks fail on, and where they are not tried again: a task where it has
// failed, a stage where several of its tasks have, every stage, for some time, where tasks of
// stages that succeeded elsewhere have. As in Spark only tasks that fail by themselves count, and
// failures count with the application only when their stage has succeeded: before that it may be
// the stage that is to blame.

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
};

// Of one attempt of a stage.
class StageExclusion {
public:
    explicit StageExclusion(const ExclusionRules& rules) : rules_(rules) {}

    void failed(std::size_t task, rdd::ExecutorId executor, const std::string& host,
                const std::string& reason);
    /// The task may not run there. False when exclusion is off.
    bool bars(std::size_t task, rdd::ExecutorId executor, const std::string& host) const;
    /// No task of the stage may run there.
    bool bars_all(rdd::ExecutorId executor, const std::string& host) const;
    bool any() const { return !failures_.empty(); }
    /// The most recent failure; empty: none.
    const std::string& last_reason() const { return last_reason_; }

    // Failed attempts by task, and where the executor is.
    struct Failures {
        std::string host;
        std::map<std::size_t, std::int32_t> by_task;
    };
    const std::map<rdd::ExecutorId, Failures>& failures() const { return failures_; }

private:
    ExclusionRules rules_;
    std::map<rdd::ExecutorId, Failures> failures_;
    std::map<std::string, std::map<std::size_t, std::int32_t>> attempts_by_host_;
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
    /// Takes back what is over. True: something was.
    bool expire(TimePoint now);
    /// never: nothing is excluded or counted.
    TimePoint next_expiry() const;

    bool bars(rdd::ExecutorId executor, const std::string& host) const {
        return executors_.count(executor) != 0 || hosts_.count(host) != 0;
    }

private:
    ExclusionRules rules_;
    // Failures that count still, by executor: when each of them stops to.
    std::map<rdd::ExecutorId, std::vector<TimePoint>> failures_;
    struct Barred {
        std::string host;
        TimePoint until;
    };
    std::map<rdd::ExecutorId, Barred> executors_;
    std::map<std::string, TimePoint> hosts_;
};

}  // namespace heddle::driver
