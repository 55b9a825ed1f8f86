// Reading settings.
#include "client/driver/settings.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "common/base/strings.h"
#include "common/fs/file_systems.h"
#include "common/rdd/setting_names.h"
#include "common/wire/pools_file.h"

namespace heddle::driver {

namespace {

// Of a result in a message; more does not fit well into a frame.
constexpr std::int64_t kDirectResultMax = std::int64_t{64} << 20;
constexpr Duration kNever = seconds(10'000'000'000);

Error wrong(const std::string& name, const std::string& value, const std::string& expected) {
    return {ErrorCode::InvalidArgument,
            "setting " + name + " = '" + value + "': expected " + expected};
}

Status read_count(const std::string& name, const std::string& value, std::int32_t least,
                  std::int32_t& out) {
    std::int32_t number = 0;
    if (!parse_number(value, number) || number < least) {
        return wrong(name, value, "a whole number from " + std::to_string(least) + " on");
    }
    out = number;
    return {};
}

// "3s", "500ms", "0", "2min"; a plain number is seconds.
Status read_duration(const std::string& name, const std::string& value, Duration& out) {
    std::size_t digits = 0;
    while (digits < value.size() && value[digits] >= '0' && value[digits] <= '9') {
        ++digits;
    }
    std::int64_t number = 0;
    const std::string_view unit = std::string_view(value).substr(digits);
    if (!parse_number(std::string_view(value).substr(0, digits), number) || number > 100'000'000) {
        return wrong(name, value, "a duration such as 3s or 500ms");
    }
    if (unit == "ms") {
        out = milliseconds(number);
    } else if (unit == "s" || unit.empty()) {
        out = seconds(number);
    } else if (unit == "min" || unit == "m") {
        out = seconds(number * 60);
    } else if (unit == "h") {
        out = seconds(number * 3600);
    } else if (unit == "d") {
        out = seconds(number * 24 * 3600);
    } else {
        return wrong(name, value, "a duration such as 3s or 500ms");
    }
    return {};
}

Status read_flag(const std::string& name, const std::string& value, bool& out) {
    if (value != "true" && value != "false") {
        return wrong(name, value, "true or false");
    }
    out = value == "true";
    return {};
}

// "3", "1.5", "0.75", as thousandths.
Status read_ratio(const std::string& name, const std::string& value, std::int64_t least,
                  std::int64_t most, std::int64_t& out) {
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    const double thousandths = number * 1000;
    if (error != std::errc() || end != value.data() + value.size() ||
        !(thousandths >= static_cast<double>(least) && thousandths <= static_cast<double>(most))) {
        return wrong(
            name, value,
            "a number from " + std::to_string(least / 1000) + " to " + std::to_string(most / 1000));
    }
    out = static_cast<std::int64_t>(thousandths + 0.5);
    return {};
}

Status read_speculation(const std::string& name, const std::string& value,
                        SpeculationRules& rules) {
    if (name == "speculation.interval") {
        TRY(read_duration(name, value, rules.interval));
        return rules.interval > Duration{} ? Status() : wrong(name, value, "more than nothing");
    }
    if (name == "speculation.multiplier") {
        return read_ratio(name, value, 1000, 1'000'000, rules.multiplier_permille);
    }
    if (name == "speculation.quantile") {
        return read_ratio(name, value, 0, 1000, rules.quantile_permille);
    }
    if (name == "speculation.task.duration_threshold") {
        return read_duration(name, value, rules.threshold.emplace());
    }
    if (name == "speculation.min_task_runtime") {
        return read_duration(name, value, rules.run_time_min);
    }
    return name == "speculation" ? read_flag(name, value, rules.enabled)
                                 : rdd::check_setting_name(name);
}

Status read_exclusion(const std::string& name, const std::string& value, ExclusionRules& rules) {
    const std::string what = name.substr(name.find('.') + 1);
    if (what == "enabled") {
        return read_flag(name, value, rules.enabled);
    }
    if (what == "timeout") {
        TRY(read_duration(name, value, rules.timeout));
        return rules.timeout > Duration{} ? Status() : wrong(name, value, "more than nothing");
    }
    if (what == "application.fetch_failure") {
        return read_flag(name, value, rules.fetch_failures_count);
    }
    if (what == "kill_excluded_executors") {
        return read_flag(name, value, rules.kill);
    }
    if (what == "unschedulable_timeout") {
        return read_duration(name, value, rules.unschedulable_max);
    }
    const std::array<std::pair<std::string_view, std::int32_t*>, 6> counts = {{
        {"task.attempts_per_executor_max", &rules.task_attempts_per_executor_max},
        {"task.attempts_per_node_max", &rules.task_attempts_per_node_max},
        {"stage.failed_tasks_per_executor_max", &rules.stage_failures_per_executor_max},
        {"stage.failed_executors_per_node_max", &rules.stage_executors_per_node_max},
        {"application.failed_tasks_per_executor_max", &rules.application_failures_per_executor_max},
        {"application.failed_executors_per_node_max", &rules.application_executors_per_node_max},
    }};
    for (const auto& [count, out] : counts) {
        if (what == count) {
            return read_count(name, value, 1, *out);
        }
    }
    return rdd::check_setting_name(name);
}

Status read_barrier(const std::string& name, const std::string& value, BarrierRules& rules) {
    const auto above_zero = [&](Duration& out) -> Status {
        TRY(read_duration(name, value, out));
        return out > Duration{} ? Status() : wrong(name, value, "more than nothing");
    };
    if (name == "barrier.sync_timeout") {
        return above_zero(rules.sync_timeout);
    }
    if (name == "barrier.slots_check.interval") {
        return above_zero(rules.slots_check);
    }
    if (name == "barrier.slots_check.failures_max") {
        return read_count(name, value, 1, rules.slots_checks_max);
    }
    return rdd::check_setting_name(name);
}

Status read_allocation(const std::string& name, const std::string& value, AllocationRules& rules) {
    const std::string what = name.substr(name.find('.') + 1);
    if (what == "enabled") {
        return read_flag(name, value, rules.enabled);
    }
    if (what == "shuffle_tracking.enabled") {
        return read_flag(name, value, rules.shuffle_tracking);
    }
    const std::array<std::pair<std::string_view, std::int32_t*>, 3> counts = {{
        {"min_executors", &rules.executors_min},
        {"max_executors", &rules.executors_max},
        {"initial_executors", &rules.executors_initial},
    }};
    for (const auto& [count, out] : counts) {
        if (what == count) {
            return read_count(name, value, what == "max_executors" ? 1 : 0, *out);
        }
    }
    Duration time;
    TRY(read_duration(name, value, time));
    if (time <= Duration{}) {
        return wrong(name, value, "more than nothing");
    }
    if (what == "scheduler_backlog_timeout") {
        rules.backlog_timeout = time;
    } else if (what == "sustained_scheduler_backlog_timeout") {
        rules.sustained_timeout = time;
    } else if (what == "executor_idle_timeout") {
        rules.idle_timeout = time;
    } else if (what == "cached_executor_idle_timeout") {
        rules.cached_idle_timeout = time;
    } else if (what == "shuffle_tracking.timeout") {
        rules.shuffle_idle_timeout = time;
    } else {
        return rdd::check_setting_name(name);
    }
    return {};
}

Status read_retirement(const std::string& name, const std::string& value, RetirementRules& rules) {
    if (name == "executor.decommission.force_kill_timeout") {
        return read_duration(name, value, rules.patience.emplace());
    }
    const std::array<std::pair<std::string_view, bool*>, 4> flags = {{
        {"decommission.enabled", &rules.enabled},
        {"storage.decommission.enabled", &rules.storage},
        {"storage.decommission.rdd_blocks.enabled", &rules.cached},
        {"storage.decommission.shuffle_blocks.enabled", &rules.outputs},
    }};
    for (const auto& [flag, out] : flags) {
        if (name == flag) {
            return read_flag(name, value, *out);
        }
    }
    return rdd::check_setting_name(name);
}

// Durations and flags of the task reaper. As in Spark -1 is no time at all.
Status read_reaper(const std::string& name, const std::string& value, ReaperRules& rules) {
    if (name == "task.reaper.enabled") {
        return read_flag(name, value, rules.enabled);
    }
    if (name == "task.reaper.patience") {
        return read_duration(name, value, rules.patience);
    }
    if (name != "task.reaper.kill_timeout") {
        return rdd::check_setting_name(name);
    }
    if (value == "-1") {
        rules.kill_timeout = kNever;
        return {};
    }
    return read_duration(name, value, rules.kill_timeout);
}

// A number alone is bytes, as in Spark.
Status read_size(const std::string& name, const std::string& value, std::int64_t& out) {
    std::int64_t number = 0;
    if (parse_number(value, number) && number >= 0) {
        out = number;
        return {};
    }
    const Result<std::int64_t> size = parse_bytes(value);
    if (!size || *size < 0) {
        return wrong(name, value, "a size such as 1g");
    }
    out = *size;
    return {};
}

Status read_locality(const std::string& name, const std::string& value, LocalityWaits& waits) {
    if (name == "locality.wait") {
        return read_duration(name, value, waits.all);
    }
    const std::array<std::pair<std::string_view, std::optional<Duration>*>, 3> levels = {{
        {"locality.wait.process", &waits.process},
        {"locality.wait.node", &waits.node},
        {"locality.wait.rack", &waits.rack},
    }};
    for (const auto& [level, out] : levels) {
        if (name == level) {
            return read_duration(name, value, out->emplace());
        }
    }
    return rdd::check_setting_name(name);
}

// As Spark refuses it.
Status check_allocation(const Config& core, bool instances_given) {
    const AllocationRules& rules = core.allocation;
    if (rules.enabled && !rules.shuffle_tracking && !core.retirement.moves_outputs()) {
        return wrong("dynamic_allocation.shuffle_tracking.enabled", "false",
                     "true: map output lies with its executor, so idle executors are kept for it, "
                     "or decommission.enabled, storage.decommission.enabled and "
                     "storage.decommission.shuffle_blocks.enabled, so that it is moved");
    }
    if (rules.enabled && (rules.executors_min > rules.executors_max ||
                          rules.executors_initial > rules.executors_max)) {
        return Error{ErrorCode::InvalidArgument,
                     "dynamic_allocation.min_executors (= " + std::to_string(rules.executors_min) +
                         ") and " +
                         (instances_given ? "executor.instances or .initial_executors"
                                          : ".initial_executors") +
                         " (= " + std::to_string(rules.executors_initial) +
                         ") may not be above .max_executors (= " +
                         std::to_string(rules.executors_max) + ")"};
    }
    return {};
}

Status read_transfer(const std::string& name, const std::string& value,
                     rdd::BlockTransfer& transfer) {
    if (name == "io.compression.codec") {
        if (value != "lz4" && value != "zstd") {
            return wrong(name, value, "lz4 or zstd");
        }
        transfer.codec = value == "lz4" ? rdd::BlockCodec::Lz4 : rdd::BlockCodec::Zstd;
        return {};
    }
    if (name == "io.compression.same_host") {
        return read_flag(name, value, transfer.same_host);
    }
    if (name == "shuffle.compress") {
        return read_flag(name, value, transfer.shuffle);
    }
    return read_flag(name, value, name == "rdd.compress" ? transfer.cached : transfer.broadcast);
}

bool is_transfer(const std::string& name) {
    return name == "io.compression.codec" || name == "io.compression.same_host" ||
           name == "shuffle.compress" || name == "rdd.compress" || name == "broadcast.compress";
}

// As Spark refuses it.
Status check_exclusion(const Config& core) {
    const ExclusionRules& rules = core.exclusion;
    if (!rules.enabled || rules.task_attempts_per_node_max < core.task_failures_max) {
        return {};
    }
    const std::string attempts = std::to_string(rules.task_attempts_per_node_max);
    const std::string failures = std::to_string(core.task_failures_max);
    return Error{ErrorCode::InvalidArgument,
                 "exclude_on_failure.task.attempts_per_node_max (= " + attempts +
                     ") is not below task.max_failures (= " + failures +
                     "): one bad node could fail a job; decrease the former, increase the latter "
                     "or disable exclude_on_failure.enabled"};
}

Status read_pools(const std::string& name, const std::string& path, SchedulingRules& rules) {
    std::ifstream file(path, std::ios::binary);
    if (!file.is_open()) {
        return wrong(name, path, std::string("a file that can be read; ") + std::strerror(errno));
    }
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    const auto pools = wire::parse_pools(text);
    if (!pools) {
        return wrong(name, path, "Spark's allocation file; " + pools.error().message);
    }
    for (const wire::PoolEntry& pool : *pools) {
        rules.pools[pool.name] = {pool.fair, pool.weight, pool.share_min};
    }
    return {};
}

Status read_one(const std::string& name, const std::string& value, Settings& settings) {
    if (fs::is_setting(name)) {
        settings.files[std::string(fs::setting_name(name))] = value;
        if (!fs::is_known(name)) {
            settings.unknown.push_back(name);
        }
        return {};
    }
    if (name == "executor.instances") {
        return read_count(name, value, 1, settings.executors);
    }
    if (name == "executor.cores") {
        return read_count(name, value, 1, settings.executor_cores);
    }
    if (name == "executor.memory") {
        // A number alone is MiB, as in Spark; so many of them were meant as bytes.
        constexpr std::int64_t kMibMax = std::int64_t{16} << 20;
        std::int64_t mib = 0;
        if (parse_number(value, mib) && mib > 0) {
            if (mib > kMibMax) {
                return wrong(name, value, "a size such as 2g; a number without a unit is MiB");
            }
            settings.executor_memory = mib << 20;
            return {};
        }
        TRY(settings.executor_memory, parse_bytes(value));
        return {};
    }
    if (name == "executor.timeout") {
        return read_duration(name, value, settings.core.executor_timeout);
    }
    if (name == "local_cluster.nodes") {
        return read_count(name, value, 0, settings.local_nodes);
    }
    if (name == "default.parallelism") {
        return read_count(name, value, 1, settings.default_parallelism);
    }
    if (name == "locality.wait" || name.starts_with("locality.wait.")) {
        return read_locality(name, value, settings.core.locality_wait);
    }
    if (name == "shuffle.reduce_locality.enabled") {
        return read_flag(name, value, settings.core.reduce_locality);
    }
    if (name.starts_with("task.reaper.")) {
        return read_reaper(name, value, settings.core.reaper);
    }
    if (name == "driver.max_result_size") {
        return read_size(name, value, settings.core.result_bytes_max);
    }
    if (name == "task.max_direct_result_size") {
        TRY(read_size(name, value, settings.transfer.direct_result_max));
        settings.transfer.direct_result_max =
            std::min(settings.transfer.direct_result_max, kDirectResultMax);
        return {};
    }
    if (name == "shuffle.io.max_retries") {
        return read_count(name, value, 0, settings.transfer.fetch_retries);
    }
    if (name == "shuffle.io.retry_wait") {
        return read_duration(name, value, settings.transfer.fetch_retry_wait);
    }
    if (name == "stage.max_consecutive_attempts") {
        return read_count(name, value, 1, settings.core.stage_failures_max);
    }
    if (name == "task.cpus") {
        return read_count(name, value, 1, settings.core.task_cpus);
    }
    if (name == "scheduler.resource.profile_merge_conflicts") {
        return read_flag(name, value, settings.core.merge_profiles);
    }
    if (name == "task.max_failures") {
        return read_count(name, value, 1, settings.core.task_failures_max);
    }
    if (name == "speculation" || name.starts_with("speculation.")) {
        return read_speculation(name, value, settings.core.speculation);
    }
    if (name.starts_with("exclude_on_failure.")) {
        return read_exclusion(name, value, settings.core.exclusion);
    }
    if (name.starts_with("dynamic_allocation.")) {
        return read_allocation(name, value, settings.core.allocation);
    }
    if (name.starts_with("decommission.") || name.starts_with("storage.decommission.") ||
        name.starts_with("executor.decommission.")) {
        return read_retirement(name, value, settings.core.retirement);
    }
    if (name.starts_with("barrier.")) {
        return read_barrier(name, value, settings.core.barrier);
    }
    if (is_transfer(name)) {
        return read_transfer(name, value, settings.transfer);
    }
    if (name == "scheduler.mode") {
        if (value != "FIFO" && value != "FAIR") {
            return wrong(name, value, "FIFO or FAIR");
        }
        settings.core.scheduling.fair = value == "FAIR";
        return {};
    }
    if (name == "scheduler.allocation.file") {
        return read_pools(name, value, settings.core.scheduling);
    }
    if (name == "ui.enabled") {
        return read_flag(name, value, settings.ui);
    }
    if (name == "scheduler.listenerbus.eventqueue.capacity") {
        return read_count(name, value, 1, settings.listener_queue);
    }
    if (name == "local.dir") {
        settings.local_folder = value;
    } else if (name == "queue") {
        settings.queue = value;
    } else {
        settings.unknown.push_back(name);
        return rdd::check_setting_name(name);
    }
    return {};
}

}  // namespace

Result<Settings> read_settings(const std::map<std::string, std::string>& values,
                               bool environment_ui) {
    Settings settings;
    settings.ui = environment_ui;
    for (const auto& [name, value] : values) {
        TRY(read_one(std::string(rdd::setting_name(name)), value, settings));
    }
    TRY(check_exclusion(settings.core));
    std::set<std::string_view> given;
    for (const auto& [name, value] : values) {
        given.insert(rdd::setting_name(name));
    }
    AllocationRules& allocation = settings.core.allocation;
    if (!given.contains("dynamic_allocation.sustained_scheduler_backlog_timeout")) {
        allocation.sustained_timeout = allocation.backlog_timeout;
    }
    if (!allocation.shuffle_tracking) {
        allocation.shuffle_idle_timeout = allocation.idle_timeout;
    }
    if (given.contains("executor.instances")) {  // as in Spark: it is a wish for the start
        allocation.executors_initial = std::max(allocation.executors_initial, settings.executors);
    }
    TRY(check_allocation(settings.core, given.contains("executor.instances")));
    return settings;
}

}  // namespace heddle::driver
