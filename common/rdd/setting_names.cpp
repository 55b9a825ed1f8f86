// The table of settings.
#include "common/rdd/setting_names.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "common/base/strings.h"

namespace heddle::rdd {
namespace {

constexpr std::array<std::string_view, 18> kNames = {
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
    "queue",
    "speculation",
    "speculation.interval",
    "speculation.multiplier",
    "speculation.quantile",
    "speculation.min_task_runtime",
    "scheduler.mode",
    "scheduler.allocation.file",
};

// Spark's name -> ours, where both mean the same.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kSparkNames = {{
    {"spark.executor.instances", "executor.instances"},
    {"spark.executor.cores", "executor.cores"},
    {"spark.executor.memory", "executor.memory"},
    {"spark.default.parallelism", "default.parallelism"},
    {"spark.ui.enabled", "ui.enabled"},
    {"spark.local.dir", "local.dir"},
    {"spark.locality.wait", "locality.wait"},
    {"spark.task.maxFailures", "task.max_failures"},
    {"spark.yarn.queue", "queue"},
    {"spark.scheduler.mode", "scheduler.mode"},
    {"spark.scheduler.allocation.file", "scheduler.allocation.file"},
    {"spark.speculation", "speculation"},
    {"spark.speculation.interval", "speculation.interval"},
    {"spark.speculation.multiplier", "speculation.multiplier"},
    {"spark.speculation.quantile", "speculation.quantile"},
    {"spark.speculation.minTaskRuntime", "speculation.min_task_runtime"},
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
