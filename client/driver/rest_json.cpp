// Views as JSON under Spark's names.
#include "client/driver/rest_json.h"

#include "client/driver/rest_summaries.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "common/base/strings.h"
#include "common/wire/json.h"

namespace heddle::driver {

namespace {

using wire::JsonWriter;

std::string time_text(WallTime time) {
    const std::time_t seconds = time.milliseconds / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dGMT",
                  parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                  parts.tm_min, parts.tm_sec, static_cast<int>(time.milliseconds % 1000));
    return text.data();
}

void time_member(JsonWriter& json, const char* name, WallTime time) {
    if (time.milliseconds != 0) {
        json.member(name, time_text(time));
    }
}

template <typename Ids>
void id_array(JsonWriter& json, const char* name, const Ids& ids) {
    json.key(name).begin_array();
    for (const auto& id : ids) {
        json.value(id.value);
    }
    json.end_array();
}

void empty_array(JsonWriter& json, const char* name) {
    json.key(name).begin_array().end_array();
}
void empty_object(JsonWriter& json, const char* name) {
    json.key(name).begin_object().end_object();
}

void write_job(JsonWriter& json, const JobView& job) {
    json.begin_object().member("jobId", job.job.value).member("name", job.name);
    if (!job.description.empty()) {
        json.member("description", job.description);
    }
    time_member(json, "submissionTime", job.submitted);
    time_member(json, "completionTime", job.completed);
    id_array(json, "stageIds", job.stages);
    if (!job.group.empty()) {
        json.member("jobGroup", job.group);
    }
    json.key("jobTags").begin_array();
    for (const std::string& tag : job.tags) {
        json.value(tag);
    }
    json.end_array();
    json.member("status", job.status).member("numTasks", job.tasks);
    json.member("numActiveTasks", job.active_tasks)
        .member("numCompletedTasks", job.completed_tasks);
    json.member("numSkippedTasks", job.skipped_tasks).member("numFailedTasks", job.failed_tasks);
    json.member("numKilledTasks", job.killed_tasks);
    json.member("numCompletedIndices", job.completed_tasks);
    json.member("numActiveStages", job.active_stages);
    json.member("numCompletedStages", job.completed_stages);
    json.member("numSkippedStages", job.skipped_stages)
        .member("numFailedStages", job.failed_stages);
    empty_object(json, "killedTasksSummary");
    if (!job.error.empty()) {
        json.member("failureReason", job.error);
    }
    json.end_object();
}

// There is one kind of memory here; Spark's default, on heap, is where its readers look.
void write_peaks(JsonWriter& json, const rdd::TaskMetrics& m) {
    json.member("peakExecutionMemory", m.peak_execution_memory);
    json.member("peakOnHeapExecutionMemory", m.peak_execution_memory);
    json.member("peakOffHeapExecutionMemory", 0);
}

void write_task_metrics(JsonWriter& json, const rdd::TaskMetrics& m) {
    json.key("taskMetrics").begin_object();
    json.member("executorDeserializeTime", 0).member("executorDeserializeCpuTime", 0);
    json.member("executorRunTime", m.executor_run_time / 1000);
    json.member("executorCpuTime", m.executor_cpu_time * 1000);
    json.member("resultSize", m.result_size).member("jvmGcTime", 0);
    json.member("resultSerializationTime", 0).member("memoryBytesSpilled", m.memory_bytes_spilled);
    json.member("diskBytesSpilled", m.disk_bytes_spilled);
    write_peaks(json, m);
    json.key("inputMetrics").begin_object().member("bytesRead", m.input_bytes_read);
    json.member("recordsRead", m.input_records_read).end_object();
    json.key("outputMetrics").begin_object().member("bytesWritten", m.output_bytes_written);
    json.member("recordsWritten", m.output_records_written).end_object();
    json.key("shuffleReadMetrics").begin_object();
    json.member("remoteBlocksFetched", m.shuffle_remote_blocks_fetched);
    json.member("localBlocksFetched", m.shuffle_local_blocks_fetched);
    json.member("fetchWaitTime", m.shuffle_fetch_wait_time / 1000);
    json.member("remoteBytesRead", m.shuffle_remote_bytes_read).member("remoteBytesReadToDisk", 0);
    json.member("localBytesRead", m.shuffle_local_bytes_read);
    json.member("recordsRead", m.shuffle_records_read).member("remoteReqsDuration", 0);
    json.key("shufflePushReadMetrics").begin_object();
    for (const char* name :
         {"corruptMergedBlockChunks", "mergedFetchFallbackCount", "remoteMergedBlocksFetched",
          "localMergedBlocksFetched", "remoteMergedChunksFetched", "localMergedChunksFetched",
          "remoteMergedBytesRead", "localMergedBytesRead", "remoteMergedReqsDuration"}) {
        json.member(name, 0);
    }
    json.end_object().end_object();
    json.key("shuffleWriteMetrics").begin_object();
    json.member("bytesWritten", m.shuffle_bytes_written);
    json.member("writeTime", m.shuffle_write_time * 1000);
    json.member("recordsWritten", m.shuffle_records_written).end_object();
    json.end_object();
}

Duration run_so_far(const TaskView& task, TimePoint now) {
    return task.status == "RUNNING" ? now - TimePoint{task.duration.microseconds} : task.duration;
}

void write_task(JsonWriter& json, const TaskView& task, TimePoint now) {
    const Duration duration = run_so_far(task, now);
    json.begin_object().member("taskId", task.task.value).member("index", task.index);
    json.member("attempt", task.attempt).member("partitionId", task.partition);
    time_member(json, "launchTime", task.launch);
    json.member("duration", duration.milliseconds());
    json.member("executorId", rdd::to_string(task.executor)).member("host", task.host);
    json.member("status", task.status).member("taskLocality", task.locality);
    json.member("speculative", task.speculative);
    json.key("accumulatorUpdates").begin_array();
    for (const AccumulatorView& accumulator : task.accumulators) {
        json.begin_object().member("id", accumulator.id.value).member("name", accumulator.name);
        json.member("update", accumulator.update).member("value", accumulator.value).end_object();
    }
    json.end_array();
    if (!task.error.empty()) {
        json.member("errorMessage", task.error);
    }
    if (task.status != "RUNNING") {
        write_task_metrics(json, task.metrics);
    }
    empty_object(json, "executorLogs");
    json.member("schedulerDelay", scheduler_delay(task));
    json.member("gettingResultTime", 0).end_object();
}

void write_stage_metrics(JsonWriter& json, const rdd::TaskMetrics& m) {
    json.member("executorDeserializeTime", 0).member("executorDeserializeCpuTime", 0);
    json.member("executorRunTime", m.executor_run_time / 1000);
    json.member("executorCpuTime", m.executor_cpu_time * 1000);
    json.member("resultSize", m.result_size).member("jvmGcTime", 0);
    json.member("resultSerializationTime", 0).member("memoryBytesSpilled", m.memory_bytes_spilled);
    json.member("diskBytesSpilled", m.disk_bytes_spilled);
    write_peaks(json, m);
    json.member("inputBytes", m.input_bytes_read).member("inputRecords", m.input_records_read);
    json.member("outputBytes", m.output_bytes_written);
    json.member("outputRecords", m.output_records_written);
    json.member("shuffleRemoteBlocksFetched", m.shuffle_remote_blocks_fetched);
    json.member("shuffleLocalBlocksFetched", m.shuffle_local_blocks_fetched);
    json.member("shuffleFetchWaitTime", m.shuffle_fetch_wait_time / 1000);
    json.member("shuffleRemoteBytesRead", m.shuffle_remote_bytes_read);
    json.member("shuffleRemoteBytesReadToDisk", 0);
    json.member("shuffleLocalBytesRead", m.shuffle_local_bytes_read);
    json.member("shuffleReadBytes", m.shuffle_local_bytes_read + m.shuffle_remote_bytes_read);
    json.member("shuffleReadRecords", m.shuffle_records_read);
    // Push-based shuffle, which this version does not have.
    for (const char* name : {"shuffleCorruptMergedBlockChunks", "shuffleMergedFetchFallbackCount",
                             "shuffleMergedRemoteBlocksFetched", "shuffleMergedLocalBlocksFetched",
                             "shuffleMergedRemoteChunksFetched", "shuffleMergedLocalChunksFetched",
                             "shuffleMergedRemoteBytesRead", "shuffleMergedLocalBytesRead",
                             "shuffleRemoteReqsDuration", "shuffleMergedRemoteReqsDuration"}) {
        json.member(name, 0);
    }
    json.member("shuffleWriteBytes", m.shuffle_bytes_written);
    json.member("shuffleWriteTime", m.shuffle_write_time * 1000);
    json.member("shuffleWriteRecords", m.shuffle_records_written);
}

// What a request wants of a stage beside its figures.
struct StageWish {
    bool details = false;
    std::vector<std::string> task_statuses;            // of the details; upper case, empty: all
    std::optional<std::vector<double>> distributions;  // quantiles
};

bool one_of(const std::vector<std::string>& wanted, const std::string& status) {
    return wanted.empty() || std::ranges::find(wanted, status) != wanted.end();
}

void write_stage_details(JsonWriter& json, const StageView& stage, const StageWish& wish,
                         TimePoint now) {
    if (wish.details) {
        json.key("tasks").begin_object();
        for (const TaskView& task : stage.task_views) {
            if (one_of(wish.task_statuses, task.status)) {
                write_task(json.key(std::to_string(task.task.value)), task, now);
            }
        }
        json.end_object();
        write_executor_summary(json.key("executorSummary"), stage);
    }
    if (wish.distributions && has_distributions(stage)) {
        write_task_distributions(json.key("taskMetricsDistributions"), stage, *wish.distributions);
        write_executor_distributions(json.key("executorMetricsDistributions"), stage,
                                     *wish.distributions);
    }
}

void write_stage(JsonWriter& json, const StageView& stage, const StageWish& wish, TimePoint now) {
    json.begin_object().member("status", stage.status).member("stageId", stage.stage.value);
    json.member("attemptId", stage.attempt).member("numTasks", stage.tasks);
    json.member("numActiveTasks", stage.active).member("numCompleteTasks", stage.complete);
    json.member("numFailedTasks", stage.failed).member("numKilledTasks", stage.killed);
    json.member("numCompletedIndices", stage.completed_indices);
    time_member(json, "submissionTime", stage.submitted);
    time_member(json, "firstTaskLaunchedTime", stage.first_launch);
    time_member(json, "completionTime", stage.completed);
    if (!stage.failure.empty()) {
        json.member("failureReason", stage.failure);
    }
    write_stage_metrics(json, stage.metrics);
    json.member("name", stage.name).member("details", stage.details);
    json.member("schedulingPool", stage.pool);
    id_array(json, "rddIds", stage.rdds);
    json.key("accumulatorUpdates").begin_array();
    for (const auto& [id, accumulator] : stage.accumulators) {
        json.begin_object().member("id", id.value).member("name", accumulator.name);
        json.member("value", accumulator.value).end_object();
    }
    json.end_array();
    write_stage_details(json, stage, wish, now);
    empty_object(json, "killedTasksSummary");
    json.member("resourceProfileId", 0).member("isShufflePushEnabled", false);
    json.member("shuffleMergersCount", 0).end_object();
}

// Where the logs are, as paths of the manager's REST, and the attributes that Spark has on YARN.
void write_container(JsonWriter& json, const std::string& container) {
    json.key("executorLogs").begin_object();
    if (!container.empty()) {
        const std::string logs = "/heddle/v1/containers/" + container + "/logs/";
        json.member("stdout", logs + "stdout").member("stderr", logs + "stderr");
    }
    json.end_object().key("attributes").begin_object();
    if (!container.empty()) {
        json.member("CONTAINER_ID", container).member("LOG_FILES", "stdout,stderr");
    }
    json.end_object();
}

// As in Spark, memory and disk are those of cached partitions, and say the same as storage/rdd.
void write_executor(JsonWriter& json, const ExecutorView& executor, const Driver& core) {
    const BlockTable::Held held = core.blocks().held(executor.executor);
    json.begin_object().member("id", rdd::to_string(executor.executor));
    json.member("hostPort", executor.host + ":" + std::to_string(executor.port));
    json.member("isActive", executor.active).member("rddBlocks", held.blocks);
    json.member("memoryUsed", held.memory).member("diskUsed", held.disk);
    json.member("totalCores", executor.slots).member("maxTasks", executor.slots);
    json.member("activeTasks", executor.active_tasks).member("failedTasks", executor.failed_tasks);
    json.member("completedTasks", executor.completed_tasks);
    json.member("totalTasks",
                executor.active_tasks + executor.failed_tasks + executor.completed_tasks);
    json.member("totalDuration", executor.total_duration.milliseconds()).member("totalGCTime", 0);
    json.member("totalInputBytes", executor.input_bytes);
    json.member("totalShuffleRead", executor.shuffle_read);
    json.member("totalShuffleWrite", executor.shuffle_write);
    json.member("isBlacklisted", executor.excluded).member("maxMemory", executor.memory_max);
    time_member(json, "addTime", executor.added);
    time_member(json, "removeTime", executor.removed);
    if (!executor.remove_reason.empty()) {
        json.member("removeReason", executor.remove_reason);
    }
    write_container(json, executor.container);
    json.key("memoryMetrics").begin_object();
    json.member("usedOnHeapStorageMemory", held.memory);
    json.member("usedOffHeapStorageMemory", 0);
    json.member("totalOnHeapStorageMemory", executor.memory_max);
    json.member("totalOffHeapStorageMemory", 0).end_object();
    empty_object(json, "resources");
    json.member("resourceProfileId", 0).member("isExcluded", executor.excluded);
    const std::vector<rdd::StageId> stages = core.excluded_in(executor.executor);
    id_array(json, "excludedInStages", stages);
    id_array(json, "blacklistedInStages", stages);
    json.end_object();
}

void write_holder(JsonWriter& json, const RddHolderView& holder, const Driver& core) {
    const auto& executors = core.progress().executors();
    const auto it = executors.find(holder.executor);
    const ExecutorView executor = it == executors.end() ? ExecutorView{} : it->second;
    const std::int64_t left =
        std::max<std::int64_t>(0, executor.memory_max - core.blocks().held(holder.executor).memory);
    json.begin_object();
    json.member("address", executor.host + ":" + std::to_string(executor.port));
    json.member("memoryUsed", holder.memory).member("memoryRemaining", left);
    json.member("diskUsed", holder.disk).member("onHeapMemoryUsed", holder.memory);
    json.member("offHeapMemoryUsed", 0).member("onHeapMemoryRemaining", left);
    json.member("offHeapMemoryRemaining", 0).end_object();
}

void write_rdd(JsonWriter& json, const RddView& rdd, const Driver& core) {
    json.begin_object().member("id", rdd.rdd.value).member("name", rdd.name);
    json.member("numPartitions", rdd.partitions).member("numCachedPartitions", rdd.cached);
    json.member("storageLevel", rdd.level).member("memoryUsed", rdd.memory);
    json.member("diskUsed", rdd.disk).key("dataDistribution").begin_array();
    for (const RddHolderView& holder : rdd.holders) {
        write_holder(json, holder, core);
    }
    json.end_array().key("partitions").begin_array();
    for (const RddPartitionView& partition : rdd.partition_views) {
        json.begin_object();
        json.member("blockName", rdd::to_string(rdd::BlockId::rdd(rdd.rdd, partition.partition)));
        json.member("storageLevel", rdd.level).member("memoryUsed", partition.memory);
        json.member("diskUsed", partition.disk).key("executors").begin_array();
        for (const rdd::ExecutorId id : partition.executors) {
            json.value(rdd::to_string(id));
        }
        json.end_array().end_object();
    }
    json.end_array().end_object();
}

Error not_found(const std::string& what) {
    return {ErrorCode::NotFound, what};
}

// The values of a parameter such as `status`, in upper case.
Result<std::vector<std::string>> statuses(const RestQuery& query, std::string_view name,
                                          std::initializer_list<std::string_view> known) {
    std::vector<std::string> wanted;
    for (const std::string& value : query.parameter_list(name)) {
        const auto it = std::ranges::find_if(
            known, [&](std::string_view one) { return to_lower(one) == to_lower(value); });
        if (it == known.end()) {
            return not_found("unknown " + std::string(name) + ": " + value);
        }
        wanted.emplace_back(*it);
    }
    return wanted;
}

Result<std::string> jobs(const Driver& core, const RestQuery& query) {
    JsonWriter json;
    const auto& all = core.progress().jobs();
    if (query.path.size() == 2) {
        std::int32_t number = 0;
        const auto it =
            parse_number(query.path[1], number) ? all.find(rdd::JobId{number}) : all.end();
        if (it == all.end()) {
            return not_found("unknown job: " + query.path[1]);
        }
        write_job(json, it->second);
        return std::move(json).take();
    }
    TRY(const std::vector<std::string> wanted,
        statuses(query, "status", {"RUNNING", "SUCCEEDED", "FAILED", "UNKNOWN"}));
    json.begin_array();
    for (auto it = all.rbegin(); it != all.rend(); ++it) {
        if (one_of(wanted, it->second.status)) {
            write_job(json, it->second);
        }
    }
    json.end_array();
    return std::move(json).take();
}

Result<std::vector<std::string>> task_statuses(const RestQuery& query, std::string_view name) {
    return statuses(query, name, {"RUNNING", "KILLED", "FAILED", "SUCCESS", "UNKNOWN"});
}

Status sort_tasks(std::vector<const TaskView*>& tasks, const std::string& order, TimePoint now) {
    const auto shorter = [now](const TaskView* a, const TaskView* b) {
        return run_so_far(*a, now) < run_so_far(*b, now);
    };
    const std::string by = to_lower(order);
    if (by == "runtime" || by == "+runtime" || by == "increasing_runtime") {
        std::stable_sort(tasks.begin(), tasks.end(), shorter);
    } else if (by == "-runtime" || by == "decreasing_runtime") {
        std::stable_sort(tasks.begin(), tasks.end(),
                         [&](const TaskView* a, const TaskView* b) { return shorter(b, a); });
    } else if (!by.empty() && by != "id") {
        return not_found("unknown sortBy: " + order + " (ID, runtime, -runtime)");
    }
    return {};
}

// Tasks as taskList sorts and pages them.
Result<std::string> task_list(const StageView& stage, const RestQuery& query, TimePoint now) {
    TRY(const std::vector<std::string> wanted, task_statuses(query, "status"));
    std::vector<const TaskView*> tasks;
    for (const TaskView& task : stage.task_views) {
        if (one_of(wanted, task.status)) {
            tasks.push_back(&task);
        }
    }
    std::ranges::sort(tasks, {}, [](const TaskView* task) { return task->task.value; });
    // A plus in a query is a blank.
    const std::string order = query.parameter("sortBy");
    TRY(sort_tasks(tasks, std::string(trim(order)), now));
    std::size_t offset = 0;
    std::size_t length = 20;
    for (auto [name, number] : {std::pair{"offset", &offset}, std::pair{"length", &length}}) {
        const std::string text = query.parameter(name);
        if (!text.empty() && !parse_number(text, *number)) {
            return not_found(std::string(name) + " must be a number, not '" + text + "'");
        }
    }
    JsonWriter json;
    json.begin_array();
    for (std::size_t i = offset; i < tasks.size() && i - offset < length; ++i) {
        write_task(json, *tasks[i], now);
    }
    json.end_array();
    return std::move(json).take();
}

Result<std::string> task_summary(const StageView& stage, const RestQuery& query) {
    TRY(const std::vector<double> quantiles, parse_quantiles(query.parameter("quantiles")));
    if (!has_distributions(stage)) {
        return not_found("No tasks reported metrics yet.");
    }
    JsonWriter json;
    write_task_distributions(json, stage, quantiles);
    return std::move(json).take();
}

Result<StageWish> stage_wish(const RestQuery& query, bool details) {
    StageWish wish;
    const std::string asked = to_lower(query.parameter("details"));
    wish.details = asked.empty() ? details : asked == "true";
    TRY(wish.task_statuses, task_statuses(query, "taskStatus"));
    if (to_lower(query.parameter("withSummaries")) == "true") {
        TRY(wish.distributions, parse_quantiles(query.parameter("quantiles")));
    }
    return wish;
}

Result<std::string> stage_list(const Driver& core, const RestQuery& query, TimePoint now) {
    TRY(const StageWish wish, stage_wish(query, false));
    TRY(const std::vector<std::string> wanted,
        statuses(query, "status", {"ACTIVE", "COMPLETE", "FAILED", "PENDING", "SKIPPED"}));
    JsonWriter json;
    json.begin_array();
    const auto& all = core.progress().stages();
    for (auto it = all.rbegin(); it != all.rend(); ++it) {
        if (one_of(wanted, it->second.status)) {
            write_stage(json, it->second, wish, now);
        }
    }
    json.end_array();
    return std::move(json).take();
}

Result<std::string> stages(const Driver& core, const RestQuery& query, TimePoint now) {
    if (query.path.size() == 1) {
        return stage_list(core, query, now);
    }
    std::int32_t id = 0;
    std::vector<const StageView*> attempts;
    if (parse_number(query.path[1], id)) {
        const auto& all = core.progress().stages();
        for (auto it = all.lower_bound({rdd::StageId{id}, 0});
             it != all.end() && it->first.first.value == id; ++it) {
            attempts.push_back(&it->second);
        }
    }
    if (attempts.empty()) {
        return not_found("unknown stage: " + query.path[1]);
    }
    TRY(const StageWish wish, stage_wish(query, true));
    JsonWriter json;
    if (query.path.size() == 2) {
        json.begin_array();
        for (const StageView* stage : attempts) {
            write_stage(json, *stage, wish, now);
        }
        json.end_array();
        return std::move(json).take();
    }
    std::vector<std::string> found;
    for (const StageView* stage : attempts) {
        found.push_back(std::to_string(stage->attempt));
    }
    const auto at = std::ranges::find(found, query.path[2]);
    if (at == found.end()) {
        return not_found("unknown attempt for stage " + query.path[1] + ".  Found attempts: [" +
                         join(found, ",") + "]");
    }
    const StageView& stage = *attempts[static_cast<std::size_t>(at - found.begin())];
    const std::string what = query.path.size() > 3 ? query.path[3] : "";
    if (what == "taskList") {
        return task_list(stage, query, now);
    }
    if (what == "taskSummary") {
        return task_summary(stage, query);
    }
    if (!what.empty()) {
        return not_found("no page '" + what + "' of a stage");
    }
    write_stage(json, stage, wish, now);
    return std::move(json).take();
}

std::string executors(const Driver& core, bool ended_too) {
    JsonWriter json;
    json.begin_array();
    for (const auto& [id, executor] : core.progress().executors()) {
        if (executor.active || ended_too) {
            write_executor(json, executor, core);
        }
    }
    json.end_array();
    return std::move(json).take();
}

Result<std::string> storage(const Driver& core, const RestQuery& query) {
    const std::vector<RddView> all = core.storage();
    JsonWriter json;
    if (query.path.size() == 2) {
        json.begin_array();
        for (const RddView& rdd : all) {
            write_rdd(json, rdd, core);
        }
        json.end_array();
        return std::move(json).take();
    }
    for (const RddView& rdd : all) {
        if (std::to_string(rdd.rdd.value) == query.path[2]) {
            write_rdd(json, rdd, core);
            return std::move(json).take();
        }
    }
    return not_found("no rdd found w/ id " + query.path[2]);
}

void pairs(JsonWriter& json, const char* name,
           const std::vector<std::pair<std::string, std::string>>& entries) {
    json.key(name).begin_array();
    for (const auto& [key, value] : entries) {
        json.begin_array().value(key).value(value).end_array();
    }
    json.end_array();
}

std::string environment(const RestApplication& application) {
    JsonWriter json;
    json.begin_object();
    empty_object(json, "runtime");
    pairs(json, "sparkProperties", application.settings);
    for (const char* name :
         {"hadoopProperties", "systemProperties", "metricsProperties", "classpathEntries"}) {
        pairs(json, name, {});
    }
    empty_array(json, "resourceProfiles");
    json.end_object();
    return std::move(json).take();
}

}  // namespace

std::string RestQuery::parameter(std::string_view name) const {
    for (const auto& [key, value] : parameters) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

std::vector<std::string> RestQuery::parameter_list(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [key, value] : parameters) {
        if (key == name && !value.empty()) {
            values.push_back(value);
        }
    }
    return values;
}

Result<std::string> rest_answer(const Driver& core, const RestApplication& application,
                                const RestQuery& query, TimePoint now) {
    const std::string what = query.path.empty() ? "" : query.path[0];
    const std::size_t parts = query.path.size();
    if (what == "jobs" && parts <= 2) {
        return jobs(core, query);
    }
    if (what == "stages" && parts <= 4) {
        return stages(core, query, now);
    }
    if ((what == "executors" || what == "allexecutors") && parts == 1) {
        return executors(core, what == "allexecutors");
    }
    if (what == "storage" && parts >= 2 && parts <= 3 && query.path[1] == "rdd") {
        return storage(core, query);
    }
    if (what == "environment" && parts == 1) {
        return environment(application);
    }
    return not_found("no page '" + join(query.path, "/") + "' of an application");
}

std::string stream_data(const Driver& core, const RestApplication& application,
                        std::uint64_t since) {
    const Progress& progress = core.progress();
    if (progress.version() <= since) {
        return {};
    }
    JsonWriter json;
    json.begin_object().member("app", application.id).key("jobs").begin_array();
    for (const auto& [id, job] : progress.jobs()) {
        if (progress.changed(id) > since) {
            write_job(json, job);
        }
    }
    json.end_array().key("stages").begin_array();
    for (const auto& [key, stage] : progress.stages()) {
        if (progress.changed(key) > since) {
            write_stage(json, stage, {}, {});
        }
    }
    json.end_array().key("executors").begin_array();
    for (const auto& [id, executor] : progress.executors()) {
        if (progress.changed(id) > since) {
            write_executor(json, executor, core);
        }
    }
    json.end_array().end_object();
    return std::move(json).take();
}

}  // namespace heddle::driver
