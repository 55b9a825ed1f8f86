#include "common/config/settings.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "common/base/check.h"
#include "common/base/duration_text.h"
#include "common/base/strings.h"
#include "common/config/schema.h"
#include "common/config/toml_file.h"

namespace heddle::config {
namespace {

constexpr std::string_view kEnvironmentPrefix = "HEDDLE__";

const Key* find_key(std::string_view name) {
    const auto keys = schema();
    const auto found = std::ranges::find(keys, name, &Key::name);
    return found == keys.end() ? nullptr : &*found;
}

std::vector<std::string_view> key_names() {
    std::vector<std::string_view> names;
    for (const Key& key : schema()) {
        names.push_back(key.name);
    }
    return names;
}

std::vector<std::string> comma_list(std::string_view text) {
    std::vector<std::string> list;
    for (const std::string_view part : split(text, ',')) {
        if (!trim(part).empty()) {
            list.emplace_back(trim(part));
        }
    }
    return list;
}

// HEDDLE__MANAGER__NODE_PORT -> manager.node_port
std::string key_of_variable(std::string_view name) {
    std::string key = to_lower(name.substr(kEnvironmentPrefix.size()));
    if (const std::size_t at = key.find("__"); at != std::string::npos) {
        key.replace(at, 2, ".");
    }
    return key;
}

}  // namespace

class Loader {
public:
    Loader() {
        for (const Key& key : schema()) {
            Settings::Value value;
            CHECK(read(key, std::string(key.fallback), value).ok());
            value.origin = "default";
            settings_.values_.emplace(key.name, std::move(value));
        }
    }

    void add_file(const std::string& path, bool required) {
        std::error_code ignored;
        if (!required && !std::filesystem::exists(path, ignored)) {
            return;
        }
        const auto entries = read_toml(path);
        if (!entries) {
            problems_.push_back(entries.error().message);
            return;
        }
        for (const TomlEntry& entry : *entries) {
            add_entry(entry);
        }
    }

    void add_text(std::string_view name, std::string_view text, const std::string& origin) {
        const Key* key = find_key(name);
        if (key == nullptr) {
            unknown(name, origin);
            return;
        }
        Settings::Value value;
        take(*key, read(*key, std::string(text), value), std::move(value), origin);
    }

    void add_override(std::string_view assignment) {
        const std::size_t equals = assignment.find('=');
        if (equals == std::string_view::npos) {
            problems_.push_back("--set " + std::string(assignment) +
                                ": write --set section.key=value");
            return;
        }
        add_text(trim(assignment.substr(0, equals)), trim(assignment.substr(equals + 1)), "--set");
    }

    Result<Settings> finish() && {
        if (!problems_.empty()) {
            return Error{ErrorCode::InvalidArgument, join(problems_, "\n")};
        }
        return std::move(settings_);
    }

private:
    void add_entry(const TomlEntry& entry) {
        const Key* key = find_key(entry.key);
        if (key == nullptr) {
            unknown(entry.key, entry.place);
            return;
        }
        Settings::Value value;
        if (key->type == Type::TextList && entry.is_list && entry.is_text) {
            value.list = entry.list;
            take(*key, {}, std::move(value), entry.place);
            return;
        }
        const bool quoted = key->type == Type::Text || key->type == Type::Duration;
        const bool bare = key->type == Type::Integer || key->type == Type::Boolean;
        if (entry.is_list || (quoted && !entry.is_text) || (bare && entry.is_text)) {
            problems_.push_back(entry.place + ": " + entry.key + " must be " +
                                std::string(describe(key->type)) +
                                (quoted ? ", in quotes"
                                 : bare ? ", without quotes"
                                        : ""));
            return;
        }
        take(*key, read(*key, entry.list.front(), value), std::move(value), entry.place);
    }

    void unknown(std::string_view name, const std::string& origin) {
        problems_.push_back(origin + ": unknown key '" + std::string(name) + "'" +
                            did_you_mean(name, key_names()));
    }

    // By reference: the caller fills `value` in the same call, in no particular order.
    void take(const Key& key, const Status& status, Settings::Value&& value,
              const std::string& origin) {
        if (!status) {
            problems_.push_back(origin + ": " + std::string(key.name) + ": " +
                                status.error().message);
            return;
        }
        value.origin = origin;
        settings_.values_.insert_or_assign(std::string(key.name), std::move(value));
    }

    static Status read(const Key& key, std::string text, Settings::Value& value) {
        const auto wrong = [&] {
            return Error{ErrorCode::InvalidArgument,
                         "'" + text + "' is not " + std::string(describe(key.type))};
        };
        std::int64_t bounded = 0;  // in the unit of the key's bounds
        switch (key.type) {
            case Type::Text:
                break;
            case Type::TextList:
                value.list = comma_list(text);
                break;
            case Type::Boolean:
                if (text != "true" && text != "false") {
                    return wrong();
                }
                value.number = text == "true" ? 1 : 0;
                break;
            case Type::Integer:
                if (!parse_number(text, value.number)) {
                    return wrong();
                }
                bounded = value.number;
                break;
            case Type::Duration: {
                const auto duration = parse_duration(text);
                if (!duration) {
                    return wrong();
                }
                value.number = duration->microseconds;
                bounded = duration->milliseconds();
                break;
            }
            case Type::Bytes: {
                const auto bytes = parse_bytes(text);
                if (!bytes) {
                    return wrong();
                }
                value.number = *bytes;
                bounded = *bytes;
                break;
            }
        }
        const bool has_bounds =
            key.type == Type::Integer || key.type == Type::Duration || key.type == Type::Bytes;
        if (has_bounds && (bounded < key.min || bounded > key.max)) {
            return Error{ErrorCode::InvalidArgument,
                         "'" + text + "' is out of range; " + range(key)};
        }
        value.text = std::move(text);
        return {};
    }

    static std::string range(const Key& key) {
        const char* const unit = key.type == Type::Duration ? " ms"
                                 : key.type == Type::Bytes  ? " bytes"
                                                            : "";
        std::string text = "at least " + std::to_string(key.min);
        if (key.max != std::numeric_limits<std::int64_t>::max()) {
            text += " and at most " + std::to_string(key.max);
        }
        return text + unit;
    }

    Settings settings_;
    std::vector<std::string> problems_;
};

int exit_code_of(const Error& error) {
    switch (error.code) {
        case ErrorCode::Conflict:
            return kExitInUse;
        case ErrorCode::InvalidArgument:
        case ErrorCode::NotFound:
        case ErrorCode::PermissionDenied:
            return kExitBadConfiguration;
        case ErrorCode::Unauthenticated:
        case ErrorCode::Unsupported:
        case ErrorCode::Unavailable:
        case ErrorCode::Internal:
        case ErrorCode::AlreadyExists:
        case ErrorCode::ResourceExhausted:
        case ErrorCode::Timeout:
        case ErrorCode::DataLoss:
        case ErrorCode::Cancelled:
            break;
    }
    return kExitFailed;
}

std::vector<std::string> system_files() {
    std::vector<std::string> files;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/etc/heddle/conf.d", ignored)) {
        if (entry.path().extension() == ".toml") {
            files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    files.insert(files.begin(), "/etc/heddle/heddle.toml");
    return files;
}

std::vector<std::pair<std::string, std::string>> process_environment() {
    std::vector<std::pair<std::string, std::string>> variables;
    for (char** at = environ; *at != nullptr; ++at) {
        const std::string_view variable(*at);
        const std::size_t equals = variable.find('=');
        if (equals != std::string_view::npos) {
            variables.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
        }
    }
    return variables;
}

Result<Settings> load(const Sources& sources) {
    Loader loader;
    for (const std::string& path : sources.files) {
        loader.add_file(path, false);
    }
    for (const std::string& path : sources.required_files) {
        loader.add_file(path, true);
    }
    for (const auto& [name, value] : sources.environment) {
        if (name.starts_with(kEnvironmentPrefix)) {
            loader.add_text(key_of_variable(name), value, name);
        }
    }
    for (const std::string& assignment : sources.overrides) {
        loader.add_override(assignment);
    }
    return std::move(loader).finish();
}

Result<Duration> parse_duration(std::string_view text) {
    return heddle::parse_duration(text);
}

const Settings::Value& Settings::at(std::string_view key) const {
    const auto found = values_.find(key);
    CHECK(found != values_.end());
    return found->second;
}

std::string Settings::text(std::string_view key) const {
    return at(key).text;
}
std::int64_t Settings::integer(std::string_view key) const {
    return at(key).number;
}
bool Settings::boolean(std::string_view key) const {
    return at(key).number != 0;
}
Duration Settings::duration(std::string_view key) const {
    return microseconds(at(key).number);
}
std::int64_t Settings::bytes(std::string_view key) const {
    return at(key).number;
}
std::vector<std::string> Settings::texts(std::string_view key) const {
    return at(key).list;
}
std::string Settings::origin(std::string_view key) const {
    return at(key).origin;
}

}  // namespace heddle::config
