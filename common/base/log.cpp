#include "common/base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>

#include "common/base/log_level.h"

namespace heddle::log {
namespace {

std::shared_ptr<spdlog::logger>& logger() {
    // shared_ptr: spdlog's own registry hands loggers out that way.
    static std::shared_ptr<spdlog::logger> instance = [] {
        auto created = isatty(STDERR_FILENO) != 0 ? spdlog::stderr_color_mt("heddle")
                                                  : spdlog::stderr_logger_mt("heddle");
        created->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
        created->flush_on(spdlog::level::debug);
        return created;
    }();
    return instance;
}

std::string& program_name() {
    static std::string name;
    return name;
}

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::Debug:
            return spdlog::level::debug;
        case Level::Info:
            return spdlog::level::info;
        case Level::Warning:
            return spdlog::level::warn;
        case Level::Error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

void write(Level level, std::string_view message, Fields fields) {
    const auto spd_level = to_spdlog(level);
    if (!logger()->should_log(spd_level)) {
        return;
    }
    std::string line = program_name();
    if (!line.empty()) {
        line += ": ";
    }
    line += message;
    for (const Field& field : fields) {
        line += ' ';
        line += field.text;
    }
    logger()->log(spd_level, "{}", line);
}

}  // namespace

Field::Field(std::string_view key, std::string_view value) : text(key) {
    text += '=';
    if (value.find_first_of(" \"\n=") == std::string_view::npos && !value.empty()) {
        text += value;
        return;
    }
    text += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            text += '\\';
        }
        text += c == '\n' ? ' ' : c;
    }
    text += '"';
}

Field::Field(std::string_view key, long long value) : text(key) {
    text += '=';
    text += std::to_string(value);
}

void init(std::string_view program, Level threshold) {
    program_name() = program;
    set_level(threshold);
}

Level level() {
    for (const Level level : {Level::Debug, Level::Info, Level::Warning}) {
        if (logger()->should_log(to_spdlog(level))) {
            return level;
        }
    }
    return Level::Error;
}

void set_level(Level threshold) {
    logger()->set_level(to_spdlog(threshold));
}

void debug(std::string_view message, Fields fields) {
    write(Level::Debug, message, fields);
}
void info(std::string_view message, Fields fields) {
    write(Level::Info, message, fields);
}
void warning(std::string_view message, Fields fields) {
    write(Level::Warning, message, fields);
}
void error(std::string_view message, Fields fields) {
    write(Level::Error, message, fields);
}

}  // namespace heddle::log
