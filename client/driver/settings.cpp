// Reading settings.
#include "client/driver/settings.h"

#include <cstdlib>
#include <string_view>

#include "common/base/strings.h"
#include "common/rdd/setting_names.h"

namespace heddle::driver {

namespace {

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
    return settings;
}

}  // namespace heddle::driver
