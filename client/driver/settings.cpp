// Reading settings.
#include "client/driver/settings.h"

#include <array>
#include <cstdlib>
#include <functional>
#include <string_view>

#include "common/base/strings.h"

namespace heddle::driver {

namespace {

constexpr std::array<std::string_view, 10> kNames = {
    "executor.instances",  "executor.cores",      "executor.memory", "executor.timeout",
    "local_cluster.nodes", "default.parallelism", "ui.enabled",      "local.dir",
    "locality.wait",       "task.max_failures",
};

// Spark's name -> ours, where both mean the same.
const std::map<std::string_view, std::string_view>& spark_names() {
    static const std::map<std::string_view, std::string_view> names = {
        {"spark.executor.instances", "executor.instances"},
        {"spark.executor.cores", "executor.cores"},
        {"spark.executor.memory", "executor.memory"},
        {"spark.default.parallelism", "default.parallelism"},
        {"spark.ui.enabled", "ui.enabled"},
        {"spark.local.dir", "local.dir"},
        {"spark.locality.wait", "locality.wait"},
        {"spark.task.maxFailures", "task.max_failures"},
        {"spark.yarn.queue", "queue"},
    };
    return names;
}

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
    if (!parse_number(std::string_view(value).substr(0, digits), number) ||
        number > 1'000'000'000) {
        return wrong(name, value, "a duration such as 3s or 500ms");
    }
    if (unit == "ms") {
        out = milliseconds(number);
    } else if (unit == "s" || unit.empty()) {
        out = seconds(number);
    } else if (unit == "min" || unit == "m") {
        out = seconds(number * 60);
    } else {
        return wrong(name, value, "a duration such as 3s or 500ms");
    }
    return {};
}

Status read_one(const std::string& name, const std::string& value, Settings& settings) {
    if (name == "executor.instances") {
        return read_count(name, value, 1, settings.executors);
    }
    if (name == "executor.cores") {
        return read_count(name, value, 1, settings.executor_cores);
    }
    if (name == "executor.memory") {
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
    if (name == "locality.wait") {
        return read_duration(name, value, settings.core.locality_wait);
    }
    if (name == "task.max_failures") {
        return read_count(name, value, 1, settings.core.task_failures_max);
    }
    if (name == "ui.enabled") {
        if (value != "true" && value != "false") {
            return wrong(name, value, "true or false");
        }
        settings.ui = value == "true";
    } else if (name == "local.dir") {
        settings.local_folder = value;
    } else if (name == "queue") {
        settings.queue = value;
    } else if (const std::string hint = did_you_mean(name, kNames); !hint.empty()) {
        return Error{ErrorCode::InvalidArgument, "no setting named '" + name + "'" + hint};
    }
    return {};
}

}  // namespace

Result<Settings> read_settings(const std::map<std::string, std::string>& values,
                               bool environment_ui) {
    Settings settings;
    settings.ui = environment_ui;
    for (const auto& [name, value] : values) {
        const auto spark = spark_names().find(name);
        TRY(read_one(spark == spark_names().end() ? name : std::string(spark->second), value,
                     settings));
    }
    return settings;
}

}  // namespace heddle::driver
