#pragma once

// The settings of a daemon: defaults < /etc/heddle/heddle.toml < /etc/heddle/conf.d/*.toml <
// --config FILE < environment HEDDLE__SECTION__KEY < --set section.key=value. All mistakes are
// reported at once, each with where it stands and the nearest key. A caller ends with exit code 8.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"

namespace heddle::config {

constexpr int kExitFailed = 1;
constexpr int kExitInUse = 6;  // a port, or the state directory
constexpr int kExitBadConfiguration = 8;

/// Of a daemon that could not start. A service manager tries again what may become right by itself
/// (a full disk, a port that another holds) and not what only a person can change.
int exit_code_of(const Error& error);

struct Sources {
    std::vector<std::string> files;           // lowest first; missing ones are skipped
    std::vector<std::string> required_files;  // as --config gives them; must be readable
    std::vector<std::pair<std::string, std::string>> environment;  // all of it is fine
    std::vector<std::string> overrides;                            // "section.key=value"
};

/// /etc/heddle/heddle.toml and conf.d/*.toml in the order of their names.
std::vector<std::string> system_files();

/// This process's environment.
std::vector<std::pair<std::string, std::string>> process_environment();

class Settings {
public:
    // Each requires that the key is in the schema with that type.
    std::string text(std::string_view key) const;
    std::int64_t integer(std::string_view key) const;
    bool boolean(std::string_view key) const;
    Duration duration(std::string_view key) const;
    std::int64_t bytes(std::string_view key) const;
    std::vector<std::string> texts(std::string_view key) const;

    /// Where the value comes from: "default", "file:line", "environment", "--set".
    std::string origin(std::string_view key) const;

private:
    friend class Loader;
    struct Value {
        std::string text;  // also of the numbers, as written
        std::int64_t number = 0;
        std::vector<std::string> list;
        std::string origin;
    };
    const Value& at(std::string_view key) const;

    std::map<std::string, Value, std::less<>> values_;  // one per key of the schema
};

/// Errors: InvalidArgument; the message holds one line per mistake.
Result<Settings> load(const Sources& sources);

/// "250ms", "10s", "5m", "2h". Errors: InvalidArgument.
Result<Duration> parse_duration(std::string_view text);

}  // namespace heddle::config
