#include "client/api/status_tracker.h"

#include <algorithm>
#include <set>

#include "client/api/errors.h"

namespace heddle {
namespace {

template <typename Wanted>
std::vector<std::int32_t> ids_of(const std::vector<driver::JobView>& jobs, Wanted&& wanted) {
    std::vector<std::int32_t> ids;
    for (const driver::JobView& job : jobs) {
        if (wanted(job)) {
            ids.push_back(job.job.value);
        }
    }
    return ids;
}

}  // namespace

driver::JobRunner& StatusTracker::runner() const {
    if (session_->runner == nullptr) {
        throw UsageError(ErrorCode::Conflict, "the context has been stopped");
    }
    return *session_->runner;
}

std::vector<std::int32_t> StatusTracker::get_job_ids_for_group(
    const std::optional<std::string>& group) const {
    return ids_of(runner().job_views(),
                  [&](const driver::JobView& job) { return job.group == group.value_or(""); });
}

std::vector<std::int32_t> StatusTracker::get_job_ids_for_tag(const std::string& tag) const {
    return ids_of(runner().job_views(), [&](const driver::JobView& job) {
        return std::ranges::find(job.tags, tag) != job.tags.end();
    });
}

std::vector<std::int32_t> StatusTracker::get_active_job_ids() const {
    return ids_of(runner().job_views(),
                  [](const driver::JobView& job) { return job.status == "RUNNING"; });
}

std::vector<std::int32_t> StatusTracker::get_active_stage_ids() const {
    std::set<rdd::StageId> stages;
    for (const driver::JobView& job : runner().job_views()) {
        if (job.status == "RUNNING") {
            stages.insert(job.stages.begin(), job.stages.end());
        }
    }
    std::vector<std::int32_t> ids;
    for (const rdd::StageId id : stages) {
        const auto view = runner().stage_view(id);
        if (view && view->status == "ACTIVE") {
            ids.push_back(id.value);
        }
    }
    return ids;
}

std::optional<JobInfo> StatusTracker::get_job_info(std::int32_t job) const {
    for (const driver::JobView& view : runner().job_views()) {
        if (view.job.value == job) {
            JobInfo info{job, {}, view.status};
            for (const rdd::StageId stage : view.stages) {
                info.stage_ids.push_back(stage.value);
            }
            return info;
        }
    }
    return std::nullopt;
}

std::optional<StageInfo> StatusTracker::get_stage_info(std::int32_t stage) const {
    const auto view = runner().stage_view(rdd::StageId{stage});
    if (!view) {
        return std::nullopt;
    }
    return StageInfo{stage,        view->attempt,  view->name,  view->tasks,
                     view->active, view->complete, view->failed};
}

std::vector<ExecutorInfo> StatusTracker::get_executor_infos() const {
    std::vector<ExecutorInfo> infos;
    for (const driver::ExecutorView& view : runner().executor_views()) {
        if (view.active) {
            infos.push_back({view.host, view.port, view.active_tasks, view.memory_max});
        }
    }
    return infos;
}

}  // namespace heddle
