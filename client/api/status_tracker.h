#pragma once

// What runs now and what ran before, as far as it is remembered: for programs that show progress of
// their own or wait for one another. Spark's StatusTracker.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/api/graph.h"

namespace heddle {

struct JobInfo {
    std::int32_t job_id = 0;
    std::vector<std::int32_t> stage_ids;
    std::string status;  // RUNNING, SUCCEEDED, FAILED
};

struct StageInfo {
    std::int32_t stage_id = 0;
    std::int32_t current_attempt_id = 0;
    std::string name;
    std::int32_t num_tasks = 0;
    std::int32_t num_active_tasks = 0;
    std::int32_t num_completed_tasks = 0;
    std::int32_t num_failed_tasks = 0;
};

struct ExecutorInfo {
    std::string host;
    std::int32_t port = 0;
    std::int32_t num_running_tasks = 0;
    std::int64_t total_memory = 0;  // bytes
};

class StatusTracker {
public:
    explicit StatusTracker(api::SessionPtr session) : session_(std::move(session)) {}

    /// Of the group; nothing: of jobs without a group.
    std::vector<std::int32_t> get_job_ids_for_group(const std::optional<std::string>& group) const;
    std::vector<std::int32_t> get_job_ids_for_tag(const std::string& tag) const;
    std::vector<std::int32_t> get_active_job_ids() const;
    /// Stages of running jobs that have tasks to run.
    std::vector<std::int32_t> get_active_stage_ids() const;
    std::optional<JobInfo> get_job_info(std::int32_t job) const;
    std::optional<StageInfo> get_stage_info(std::int32_t stage) const;
    std::vector<ExecutorInfo> get_executor_infos() const;

private:
    driver::JobRunner& runner() const;

    api::SessionPtr session_;  // shared with the context and its RDDs
};

}  // namespace heddle
