// Counting what happened, per task, stage attempt, job and executor.
#include "client/driver/core/progress.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/check.h"

namespace heddle::driver {

namespace {

using Counter = std::int64_t rdd::TaskMetrics::*;
constexpr std::array<Counter, 18> kSums = {
    &rdd::TaskMetrics::executor_run_time,
    &rdd::TaskMetrics::executor_cpu_time,
    &rdd::TaskMetrics::result_size,
    &rdd::TaskMetrics::memory_bytes_spilled,
    &rdd::TaskMetrics::disk_bytes_spilled,
    &rdd::TaskMetrics::input_bytes_read,
    &rdd::TaskMetrics::input_records_read,
    &rdd::TaskMetrics::output_bytes_written,
    &rdd::TaskMetrics::output_records_written,
    &rdd::TaskMetrics::shuffle_remote_blocks_fetched,
    &rdd::TaskMetrics::shuffle_local_blocks_fetched,
    &rdd::TaskMetrics::shuffle_fetch_wait_time,
    &rdd::TaskMetrics::shuffle_remote_bytes_read,
    &rdd::TaskMetrics::shuffle_local_bytes_read,
    &rdd::TaskMetrics::shuffle_records_read,
    &rdd::TaskMetrics::shuffle_bytes_written,
    &rdd::TaskMetrics::shuffle_write_time,
    &rdd::TaskMetrics::shuffle_records_written,
};

void add(rdd::TaskMetrics& sum, const rdd::TaskMetrics& more) {
    for (const Counter counter : kSums) {
        sum.*counter += more.*counter;
    }
    sum.peak_execution_memory = std::max(sum.peak_execution_memory, more.peak_execution_memory);
}

template <typename Map, typename Key>
std::uint64_t version_of(const Map& versions, const Key& key) {
    const auto it = versions.find(key);
    return it == versions.end() ? 0 : it->second;
}

}  // namespace

std::uint64_t Progress::changed(rdd::JobId job) const {
    return version_of(job_changed_, job);
}
std::uint64_t Progress::changed(StageKey key) const {
    return version_of(stage_changed_, key);
}
std::uint64_t Progress::changed(rdd::ExecutorId executor) const {
    return version_of(executor_changed_, executor);
}

StageView* Progress::stage(StageKey key) {
    const auto it = stages_.find(key);
    return it == stages_.end() ? nullptr : &it->second;
}

void Progress::touch(StageKey key) {
    stage_changed_[key] = ++version_;
}

// Counters of all running jobs that the stage belongs to.
void Progress::each_job(StageKey key, void (*change)(JobView&)) {
    const auto it = jobs_of_.find(key.first);
    if (it == jobs_of_.end()) {
        return;
    }
    for (const rdd::JobId id : it->second) {
        const auto job = jobs_.find(id);
        if (job != jobs_.end()) {
            change(job->second);
            job_changed_[id] = ++version_;
        }
    }
}

void Progress::count_success(StageKey key) {
    const auto it = jobs_of_.find(key.first);
    if (it == jobs_of_.end()) {
        return;
    }
    for (const rdd::JobId id : it->second) {
        JobView& job = jobs_.at(id);
        // What is lost and computed again was counted before.
        done_ += ++job.completed_tasks <= job.tasks_to_run ? 1 : 0;
        job_changed_[id] = ++version_;
    }
}

std::int32_t Progress::percent() const {
    if (expected_ == 0) {
        return ran_ ? 100 : 0;
    }
    return static_cast<std::int32_t>(std::min<std::int64_t>(99, done_ * 100 / expected_));
}

void Progress::job_submitted(TimePoint now, const Job& job, const StageTable& stages,
                             std::int32_t to_run) {
    JobView view;
    view.job = job.id;
    view.name = job.description;
    view.description = job.properties.description;
    view.group = job.properties.group;
    view.tags = job.properties.tags;
    view.submitted = wall(now);
    view.status = "RUNNING";
    for (const rdd::StageId id : job.stages) {
        view.stages.push_back(id);
        jobs_of_[id].push_back(job.id);
        const Stage& stage = stages.at(id);
        view.tasks += stage.is_shuffle() ? stage.plan->find(stage.root)->partitions
                                         : static_cast<std::int32_t>(job.partitions);
    }
    view.tasks_to_run = to_run;
    expected_ += to_run;
    happen([&] { return JobStart{view, job.properties.local}; });
    jobs_[job.id] = std::move(view);
    job_changed_[job.id] = ++version_;
    trim();
}

void Progress::job_ended(TimePoint now, rdd::JobId id, const std::string& error) {
    const auto it = jobs_.find(id);
    if (it == jobs_.end()) {
        return;
    }
    JobView& view = it->second;
    expected_ -= view.tasks_to_run;
    done_ -= std::min(view.completed_tasks, view.tasks_to_run);
    ran_ = true;
    view.completed = wall(now);
    view.status = error.empty() ? "SUCCEEDED" : "FAILED";
    view.error = error;
    for (const rdd::StageId stage : view.stages) {
        std::erase(jobs_of_[stage], id);
        if (jobs_of_[stage].empty()) {
            jobs_of_.erase(stage);
        }
    }
    if (error.empty()) {
        const std::int32_t ran = view.completed_stages;
        view.skipped_stages = std::max(0, static_cast<std::int32_t>(view.stages.size()) - ran);
        view.skipped_tasks = std::max(0, view.tasks - view.completed_tasks);
    }
    view.active_stages = 0;
    view.active_tasks = 0;
    happen([&] { return JobEnd{view}; });
    job_changed_[id] = ++version_;
}

void Progress::stage_submitted(TimePoint now, const Stage& stage, const std::string& pool) {
    const StageKey key{stage.id, stage.attempts - 1};
    StageView view;
    view.status = "ACTIVE";
    view.pool = pool;
    view.stage = stage.id;
    view.attempt = key.second;
    view.tasks = static_cast<std::int32_t>(stage.tasks->size());
    view.submitted = wall(now);
    view.name = stage.name;
    for (const rdd::RddNode& node : stage.stage_plan->nodes) {
        view.rdds.push_back(node.id);
        view.details += "RDD " + std::to_string(node.id.value) + " " + node.name +
                        (node.callsite.empty() ? "" : " at " + node.callsite) + "\n";
    }
    happen([&] { return StageSubmitted{view}; });
    stages_[key] = std::move(view);
    each_job(key, [](JobView& job) { ++job.active_stages; });
    touch(key);
}

void Progress::stage_ended(TimePoint now, StageKey key, const std::string& failure) {
    StageView* view = stage(key);
    if (view == nullptr || view->status != "ACTIVE") {
        return;
    }
    view->completed = wall(now);
    view->status = failure.empty() ? "COMPLETE" : "FAILED";
    view->failure = failure;
    happen([&] { return StageCompleted{without_tasks(*view)}; });
    each_job(key, failure.empty() ? [](JobView& job) { --job.active_stages; ++job.completed_stages; }
                                  : [](JobView& job) { --job.active_stages; ++job.failed_stages; });
    touch(key);
    for (const rdd::ExecutorId executor : view->excluded) {
        executor_changed_[executor] = ++version_;
    }
}

void Progress::task_launched(TimePoint now, const Stage& running, std::size_t index,
                             rdd::TaskId task, const Executor& executor, Locality locality) {
    const StageKey key{running.id, running.tasks->attempt()};
    StageView* view = stage(key);
    if (view != nullptr) {
        const TaskSet::Task& entry = running.tasks->task(index);
        TaskView one;
        one.task = task;
        one.index = static_cast<std::int32_t>(index);
        one.attempt = entry.attempts;
        one.partition = entry.partition;
        one.launch = wall(now);
        one.duration = {now.microseconds};  // the launch, until it ends
        one.executor = executor.id;
        one.host = executor.host;
        one.status = "RUNNING";
        one.locality = to_string(locality);
        one.speculative = !entry.running.empty();
        if (view->first_launch.milliseconds == 0) {
            view->first_launch = one.launch;
        }
        ++view->active;
        happen([&] {
            TaskStart start{key.first, key.second, one};
            start.task.duration = {};
            return start;
        });
        task_index_[key][task] = view->task_views.size();
        view->task_views.push_back(std::move(one));
        ++tasks_kept_;
        each_job(key, [](JobView& job) { ++job.active_tasks; });
        touch(key);
    }
    const auto it = executors_.find(executor.id);
    if (it != executors_.end()) {
        ++it->second.active_tasks;
        executor_changed_[executor.id] = ++version_;
    }
}

void Progress::task_ended(TimePoint now, StageKey key, rdd::TaskId task,
                          rdd::ExecutorId executor_id, const std::string& status,
                          const std::string& error, const rdd::TaskMetrics& metrics) {
    Duration duration;
    StageView* view = stage(key);
    const auto index = task_index_.find(key);
    if (view != nullptr && index != task_index_.end() && index->second.count(task) != 0) {
        TaskView& one = view->task_views[index->second.at(task)];
        duration = now - TimePoint{one.duration.microseconds};
        one.duration = duration;
        one.status = status;
        one.error = error;
        one.metrics = metrics;
        happen([&] { return TaskEnd{key.first, key.second, one}; });
        index->second.erase(task);
        if (index->second.empty()) {
            task_index_.erase(index);
        }
        --view->active;
        add(view->metrics, metrics);
        each_job(key, [](JobView& job) { job.active_tasks = std::max(0, job.active_tasks - 1); });
        if (status == "SUCCESS") {
            ++view->complete;
            ++view->completed_indices;
            count_success(key);
        } else if (status == "KILLED") {
            ++view->killed;
            each_job(key, [](JobView& job) { ++job.killed_tasks; });
        } else {
            ++view->failed;
            each_job(key, [](JobView& job) { ++job.failed_tasks; });
        }
        touch(key);
    }
    const auto it = executors_.find(executor_id);
    if (it != executors_.end()) {
        ExecutorView& executor = it->second;
        --executor.active_tasks;
        (status == "SUCCESS" ? executor.completed_tasks : executor.failed_tasks) += 1;
        executor.total_duration = executor.total_duration + duration;
        executor.input_bytes += metrics.input_bytes_read;
        executor.shuffle_read +=
            metrics.shuffle_local_bytes_read + metrics.shuffle_remote_bytes_read;
        executor.shuffle_write += metrics.shuffle_bytes_written;
        executor_changed_[executor_id] = ++version_;
    }
}

void Progress::accumulated(StageKey key, rdd::TaskId task,
                           const std::vector<AccumulatorView>& totals) {
    StageView* view = stage(key);
    if (view == nullptr) {
        return;
    }
    for (const AccumulatorView& total : totals) {
        view->accumulators[total.id] = {total.id, total.name, "", total.value};
    }
    const auto at = std::find_if(view->task_views.rbegin(), view->task_views.rend(),
                                 [&](const TaskView& one) { return one.task == task; });
    if (at != view->task_views.rend()) {
        for (const AccumulatorView& total : totals) {
            at->accumulators.push_back({total.id, total.name, total.update, total.value});
        }
    }
    touch(key);
}

void Progress::executor_added(TimePoint now, const Executor& executor, std::int64_t memory) {
    ExecutorView view;
    view.executor = executor.id;
    view.host = executor.host;
    view.container = executor.container;
    view.address = executor.address;
    view.port = executor.port;
    view.slots = executor.slots;
    view.memory_max = memory;
    view.added = wall(now);
    happen([&] { return ExecutorAdded{view}; });
    executors_[executor.id] = std::move(view);
    executor_changed_[executor.id] = ++version_;
}

void Progress::executor_removed(TimePoint now, rdd::ExecutorId id, const std::string& reason) {
    const auto it = executors_.find(id);
    if (it != executors_.end()) {
        it->second.active = false;
        it->second.removed = wall(now);
        it->second.remove_reason = reason;
        happen([&] { return ExecutorRemoved{it->second}; });
        executor_changed_[id] = ++version_;
    }
}

void Progress::stage_excluded(StageKey key, rdd::ExecutorId executor) {
    StageView* view = stage(key);
    if (view != nullptr && view->excluded.insert(executor).second) {
        touch(key);
        executor_changed_[executor] = ++version_;
    }
}

void Progress::executor_excluded(rdd::ExecutorId id, bool excluded) {
    const auto it = executors_.find(id);
    if (it != executors_.end() && it->second.excluded != excluded) {
        it->second.excluded = excluded;
        executor_changed_[id] = ++version_;
    }
}

void Progress::block_updated(rdd::ExecutorId executor, const rdd::BlockUpdate& update) {
    happen([&] { return BlockUpdated{executor, update}; });
}

StageView Progress::without_tasks(const StageView& view) {
    StageView out = view;  // rare: once per stage, while somebody listens
    out.task_views.clear();
    return out;
}

void Progress::heartbeat(rdd::ExecutorId id, const rdd::ExecutorHeartbeat& message) {
    const auto it = executors_.find(id);
    if (it != executors_.end()) {
        it->second.execution_used = message.execution_used;
        executor_changed_[id] = ++version_;
    }
}

// Stages that have ended go first, oldest first; the tasks of old stages before the stages.
void Progress::trim() {
    for (auto it = stages_.begin(); it != stages_.end() && tasks_kept_ > config_.tasks_kept; ++it) {
        if (it->second.status != "ACTIVE" && !it->second.task_views.empty()) {
            tasks_kept_ -= static_cast<std::int64_t>(it->second.task_views.size());
            it->second.task_views = {};
            task_index_.erase(it->first);
        }
    }
    for (auto it = stages_.begin();
         it != stages_.end() && std::cmp_greater(stages_.size(), config_.stages_kept);) {
        if (it->second.status == "ACTIVE") {
            ++it;
            continue;
        }
        tasks_kept_ -= static_cast<std::int64_t>(it->second.task_views.size());
        stage_changed_.erase(it->first);
        task_index_.erase(it->first);
        it = stages_.erase(it);
    }
    for (auto it = jobs_.begin();
         it != jobs_.end() && std::cmp_greater(jobs_.size(), config_.stages_kept);) {
        if (it->second.status == "RUNNING") {
            ++it;
            continue;
        }
        job_changed_.erase(it->first);
        it = jobs_.erase(it);
    }
}

}  // namespace heddle::driver
