#pragma once

// Logging facade: one line per event on standard error, with fields as key=value. Lines carry the
// journal's priority prefix when standard error is not a terminal. Logging changes nothing: cores
// may log. Never log a secret.

#include <initializer_list>
#include <string>
#include <string_view>

namespace heddle::log {

enum class Level { Debug, Info, Warning, Error };

struct Field {
    Field(std::string_view key, std::string_view value);
    Field(std::string_view key, const std::string& value) : Field(key, std::string_view(value)) {}
    Field(std::string_view key, const char* value) : Field(key, std::string_view(value)) {}
    Field(std::string_view key, long long value);
    Field(std::string_view key, long value) : Field(key, static_cast<long long>(value)) {}
    Field(std::string_view key, int value) : Field(key, static_cast<long long>(value)) {}
    Field(std::string_view key, unsigned value) : Field(key, static_cast<long long>(value)) {}
    Field(std::string_view key, unsigned long value) : Field(key, static_cast<long long>(value)) {}

    std::string text;  // key=value, the value quoted when it holds spaces or quotes
};

using Fields = std::initializer_list<Field>;

/// Call once in main; `program` names the process in every line. Before it, Info and up go out.
void init(std::string_view program, Level threshold);

void debug(std::string_view message, Fields fields = {});
void info(std::string_view message, Fields fields = {});
void warning(std::string_view message, Fields fields = {});
void error(std::string_view message, Fields fields = {});

}  // namespace heddle::log
