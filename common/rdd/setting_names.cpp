// The table of settings.
#include "common/rdd/setting_names.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "common/base/strings.h"

namespace heddle::rdd {
namespace {

constexpr std::array<std::string_view, 68> kNames = {
    "executor.instances",
    "executor.cores",
    "executor.memory",
    "executor.timeout",
    "local_cluster.nodes",
    "default.parallelism",
    "ui.enabled",
    "local.dir",
    "locality.wait",
    "task.max_failures",
    "task.cpus",
    "scheduler.resource.profile_merge_conflicts",
    "queue",
    "speculation",
    "speculation.interval",
    "speculation.multiplier",
    "speculation.quantile",
    "speculation.min_task_runtime",
    "scheduler.mode",
    "scheduler.allocation.file",
    "scheduler.listenerbus.eventqueue.capacity",
    "exclude_on_failure.enabled",
    "exclude_on_failure.timeout",
    "exclude_on_failure.task.attempts_per_executor_max",
    "exclude_on_failure.task.attempts_per_node_max",
    "exclude_on_failure.stage.failed_tasks_per_executor_max",
    "exclude_on_failure.stage.failed_executors_per_node_max",
    "exclude_on_failure.application.failed_tasks_per_executor_max",
    "exclude_on_failure.application.failed_executors_per_node_max",
    "exclude_on_failure.application.fetch_failure",
    "exclude_on_failure.kill_excluded_executors",
    "exclude_on_failure.unschedulable_timeout",
    "barrier.sync_timeout",
    "barrier.slots_check.interval",
    "barrier.slots_check.failures_max",
    "dynamic_allocation.enabled",
    "dynamic_allocation.min_executors",
    "dynamic_allocation.max_executors",
    "dynamic_allocation.initial_executors",
    "dynamic_allocation.scheduler_backlog_timeout",
    "dynamic_allocation.sustained_scheduler_backlog_timeout",
    "dynamic_allocation.executor_idle_timeout",
    "dynamic_allocation.cached_executor_idle_timeout",
    "dynamic_allocation.shuffle_tracking.enabled",
    "dynamic_allocation.shuffle_tracking.timeout",
    "decommission.enabled",
    "storage.decommission.enabled",
    "storage.decommission.rdd_blocks.enabled",
    "storage.decommission.shuffle_blocks.enabled",
    "executor.decommission.force_kill_timeout",
    "shuffle.compress",
    "broadcast.compress",
    "rdd.compress",
    "io.compression.codec",
    "io.compression.same_host",
    "task.max_direct_result_size",
    "task.reaper.enabled",
    "task.reaper.kill_timeout",
    "task.reaper.patience",
    "driver.max_result_size",
    "shuffle.io.max_retries",
    "shuffle.io.retry_wait",
    "shuffle.reduce_locality.enabled",
    "locality.wait.process",
    "locality.wait.node",
    "locality.wait.rack",
    "stage.max_consecutive_attempts",
    "speculation.task.duration_threshold",
};

// Spark's name -> ours, where both mean the same.
constexpr std::array<std::pair<std::string_view, std::string_view>, 64> kSparkNames = {{
    {"spark.executor.instances", "executor.instances"},
    {"spark.executor.cores", "executor.cores"},
    {"spark.executor.memory", "executor.memory"},
    {"spark.default.parallelism", "default.parallelism"},
    {"spark.ui.enabled", "ui.enabled"},
    {"spark.local.dir", "local.dir"},
    {"spark.locality.wait", "locality.wait"},
    {"spark.task.maxFailures", "task.max_failures"},
    {"spark.task.cpus", "task.cpus"},
    {"spark.scheduler.resource.profileMergeConflicts",
     "scheduler.resource.profile_merge_conflicts"},
    {"spark.yarn.queue", "queue"},
    {"spark.scheduler.mode", "scheduler.mode"},
    {"spark.scheduler.allocation.file", "scheduler.allocation.file"},
    {"spark.scheduler.listenerbus.eventqueue.capacity",
     "scheduler.listenerbus.eventqueue.capacity"},
    {"spark.speculation", "speculation"},
    {"spark.speculation.interval", "speculation.interval"},
    {"spark.speculation.multiplier", "speculation.multiplier"},
    {"spark.speculation.quantile", "speculation.quantile"},
    {"spark.speculation.minTaskRuntime", "speculation.min_task_runtime"},
    {"spark.excludeOnFailure.enabled", "exclude_on_failure.enabled"},
    {"spark.excludeOnFailure.timeout", "exclude_on_failure.timeout"},
    {"spark.excludeOnFailure.task.maxTaskAttemptsPerExecutor",
     "exclude_on_failure.task.attempts_per_executor_max"},
    {"spark.excludeOnFailure.task.maxTaskAttemptsPerNode",
     "exclude_on_failure.task.attempts_per_node_max"},
    {"spark.excludeOnFailure.stage.maxFailedTasksPerExecutor",
     "exclude_on_failure.stage.failed_tasks_per_executor_max"},
    {"spark.excludeOnFailure.stage.maxFailedExecutorsPerNode",
     "exclude_on_failure.stage.failed_executors_per_node_max"},
    {"spark.excludeOnFailure.application.maxFailedTasksPerExecutor",
     "exclude_on_failure.application.failed_tasks_per_executor_max"},
    {"spark.excludeOnFailure.application.maxFailedExecutorsPerNode",
     "exclude_on_failure.application.failed_executors_per_node_max"},
    {"spark.excludeOnFailure.application.fetchFailure.enabled",
     "exclude_on_failure.application.fetch_failure"},
    {"spark.excludeOnFailure.killExcludedExecutors", "exclude_on_failure.kill_excluded_executors"},
    {"spark.scheduler.excludeOnFailure.unschedulableTaskSetTimeout",
     "exclude_on_failure.unschedulable_timeout"},
    {"spark.barrier.sync.timeout", "barrier.sync_timeout"},
    {"spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "barrier.slots_check.interval"},
    {"spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures",
     "barrier.slots_check.failures_max"},
    {"spark.dynamicAllocation.enabled", "dynamic_allocation.enabled"},
    {"spark.dynamicAllocation.minExecutors", "dynamic_allocation.min_executors"},
    {"spark.dynamicAllocation.maxExecutors", "dynamic_allocation.max_executors"},
    {"spark.dynamicAllocation.initialExecutors", "dynamic_allocation.initial_executors"},
    {"spark.dynamicAllocation.schedulerBacklogTimeout",
     "dynamic_allocation.scheduler_backlog_timeout"},
    {"spark.dynamicAllocation.sustainedSchedulerBacklogTimeout",
     "dynamic_allocation.sustained_scheduler_backlog_timeout"},
    {"spark.dynamicAllocation.executorIdleTimeout", "dynamic_allocation.executor_idle_timeout"},
    {"spark.dynamicAllocation.cachedExecutorIdleTimeout",
     "dynamic_allocation.cached_executor_idle_timeout"},
    {"spark.dynamicAllocation.shuffleTracking.enabled",
     "dynamic_allocation.shuffle_tracking.enabled"},
    {"spark.dynamicAllocation.shuffleTracking.timeout",
     "dynamic_allocation.shuffle_tracking.timeout"},
    {"spark.decommission.enabled", "decommission.enabled"},
    {"spark.storage.decommission.enabled", "storage.decommission.enabled"},
    {"spark.storage.decommission.rddBlocks.enabled", "storage.decommission.rdd_blocks.enabled"},
    {"spark.storage.decommission.shuffleBlocks.enabled",
     "storage.decommission.shuffle_blocks.enabled"},
    {"spark.executor.decommission.forceKillTimeout", "executor.decommission.force_kill_timeout"},
    {"spark.shuffle.compress", "shuffle.compress"},
    {"spark.broadcast.compress", "broadcast.compress"},
    {"spark.rdd.compress", "rdd.compress"},
    {"spark.io.compression.codec", "io.compression.codec"},
    {"spark.task.maxDirectResultSize", "task.max_direct_result_size"},
    {"spark.task.reaper.enabled", "task.reaper.enabled"},
    {"spark.task.reaper.killTimeout", "task.reaper.kill_timeout"},
    {"spark.driver.maxResultSize", "driver.max_result_size"},
    {"spark.shuffle.io.maxRetries", "shuffle.io.max_retries"},
    {"spark.shuffle.io.retryWait", "shuffle.io.retry_wait"},
    {"spark.shuffle.reduceLocality.enabled", "shuffle.reduce_locality.enabled"},
    {"spark.locality.wait.process", "locality.wait.process"},
    {"spark.locality.wait.node", "locality.wait.node"},
    {"spark.locality.wait.rack", "locality.wait.rack"},
    {"spark.stage.maxConsecutiveAttempts", "stage.max_consecutive_attempts"},
    {"spark.speculation.task.duration.threshold", "speculation.task.duration_threshold"},
}};

}  // namespace

std::string_view setting_name(std::string_view name) {
    const auto found = std::find_if(kSparkNames.begin(), kSparkNames.end(),
                                    [&](const auto& pair) { return pair.first == name; });
    return found == kSparkNames.end() ? name : found->second;
}

bool is_setting(std::string_view name) {
    return std::find(kNames.begin(), kNames.end(), setting_name(name)) != kNames.end();
}

Status check_setting_name(std::string_view name) {
    if (is_setting(name)) {
        return {};
    }
    const std::string hint = did_you_mean(name, kNames);
    if (hint.empty()) {
        return {};
    }
    return Error{ErrorCode::InvalidArgument, "no setting named '" + std::string(name) + "'" + hint};
}

}  // namespace heddle::rdd
