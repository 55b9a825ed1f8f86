#include "common/config/scheduler_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include "common/base/strings.h"
#include "common/config/toml_file.h"
#include "common/model/queue_check.h"
#include "common/model/queue_settings.h"

namespace heddle::config {
namespace {

constexpr std::string_view kHeader =
    "# The scheduler's configuration. Check it with: rmctl config validate FILE\n"
    "# apply it with: rmctl config apply FILE\n";

std::string joined_key(const TomlPair& pair, std::size_t from) {
    return join(std::span(pair.path).subspan(from), ".");
}

// A list is a text with commas to the settings; an empty one says so.
std::string text_of(const TomlPair& pair) {
    return pair.is_list && pair.values.empty() ? "none" : join(pair.values, ",");
}

class Reader {
public:
    explicit Reader(const std::string& name) : name_(name) {}

    void take(const TomlPair& pair) {
        if (pair.path.front() == "queues") {
            take_queue(pair);
        } else if (pair.path.front() == "rules") {
            take_rule(pair);
        } else if (!pair.is_table) {
            set(config_, joined_key(pair, 0), pair);
        }
    }

    Result<SchedulerConfig> finish() && {
        name_queues();
        for (const Mistake& mistake : mistakes_of(config_)) {
            problems_.push_back(place_of(mistake) + ": " + to_string(mistake));
        }
        if (!problems_.empty()) {
            return Error{ErrorCode::InvalidArgument, join(problems_, "\n")};
        }
        return std::move(config_);
    }

private:
    void take_queue(const TomlPair& pair) {
        if (pair.path.size() < 2) {
            if (!pair.is_table && !pair.is_list) {
                problem(pair, "queues is a value; write a table such as [queues.\"root.etl\"]");
            }
            return;
        }
        const std::string& key = pair.path[1];
        auto [it, fresh] = queues_.emplace(key, config_.queues.size());
        if (fresh) {
            config_.queues.push_back(queue_config(key));
            places_.push_back(pair.place);
        }
        QueueConfig& queue = config_.queues[it->second];
        if (pair.path.size() == 3 && pair.path[2] == "path" && key.starts_with('#')) {
            queue.path = text_of(pair);
            return;
        }
        if (!pair.is_table) {
            const std::string setting = joined_key(pair, 2);
            said_once(queue.path, setting, pair);
            set(queue, setting, pair);
        }
    }

    // A queue's weight is a capacity: with both of them, one would be dropped.
    void said_once(const std::string& path, const std::string& key, const TomlPair& pair) {
        const std::size_t begins = key.rfind('.') + 1;  // 0 without a dot
        const std::string last = key.substr(begins);
        const std::string before = key.substr(0, begins);
        if ((last != "weight" && last != "capacity") || before.ends_with("user_weight.")) {
            return;
        }
        const auto [it, fresh] = capacities_.emplace(pair.path[1] + " " + before, last);
        if (!fresh && it->second != last) {
            const std::string whose = path.starts_with('#') ? "a queue" : "queue '" + path + "'";
            problem(pair, whose + " has " + before + "weight and " + before +
                              "capacity, and a weight is a capacity; write one of them");
        }
    }

    void take_rule(const TomlPair& pair) {
        if (pair.path.size() < 2 || !pair.path[1].starts_with('#')) {
            if (!pair.is_list) {
                problem(pair, "rules are a list; write a table [[rules]] for each");
            }
            return;
        }
        auto [it, fresh] = rules_.emplace(pair.path[1], config_.rules.size());
        if (fresh) {
            config_.rules.emplace_back();
            rule_places_.push_back(pair.place);
        }
        if (!pair.is_table) {
            set(config_.rules[it->second], joined_key(pair, 2), pair);
        }
    }

    template <typename Owner>
    void set(Owner& owner, const std::string& key, const TomlPair& pair) {
        if (const Status status = set_setting(owner, key, text_of(pair)); !status) {
            const bool named = status.error().message.starts_with("unknown setting");
            problem(pair, (named ? "" : key + ": ") + status.error().message);
        }
    }

    void name_queues() {
        for (std::size_t i = 0; i < config_.queues.size(); ++i) {
            if (config_.queues[i].path.starts_with('#')) {
                problems_.push_back(places_[i] + ": a queue has no path; write path = \"root.x\"");
                config_.queues[i].path = "root.unnamed" + config_.queues[i].path.substr(1);
            }
        }
    }

    std::string place_of(const Mistake& mistake) const {
        if (mistake.rule != 0) {
            return rule_places_[mistake.rule - 1];
        }
        // Of two with one path the second is the mistake.
        for (std::size_t i = config_.queues.size(); i-- > 0;) {
            if (config_.queues[i].path == mistake.queue) {
                return places_[i];
            }
        }
        return name_;
    }

    void problem(const TomlPair& pair, const std::string& what) {
        problems_.push_back(pair.place + ": " + what);
    }

    std::string name_;
    SchedulerConfig config_;
    std::map<std::string, std::size_t> queues_;  // by the key in the file
    std::map<std::string, std::size_t> rules_;
    std::map<std::string, std::string> capacities_;  // by queue and what it is of: how it is said
    std::vector<std::string> places_;                // as config_.queues
    std::vector<std::string> rule_places_;
    std::vector<std::string> problems_;
};

bool bare(std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

// Dots nest, but those in the name of a user do not.
std::string key_text(const std::string& name) {
    std::vector<std::string> parts;
    std::string_view rest = name;
    for (const std::string_view prefix : {"user_weight.", "applications_parallel_max_by_user."}) {
        if (rest.starts_with(prefix)) {
            return std::string(prefix) + toml_quoted(rest.substr(prefix.size()));
        }
    }
    for (const std::string_view part : split(rest, '.')) {
        parts.push_back(bare(part) ? std::string(part) : toml_quoted(part));
    }
    return join(parts, ".");
}

void write_settings(const std::vector<SettingText>& settings, std::string& out) {
    for (const auto& [name, text] : settings) {
        out += key_text(name) + " = " + toml_quoted(text) + "\n";
    }
}

}  // namespace

Result<SchedulerConfig> parse_scheduler(std::string_view text, const std::string& name) {
    if (text.size() > kSchedulerFileMax) {
        return Error{ErrorCode::InvalidArgument,
                     name + ": " + std::to_string(text.size()) + " bytes; at most " +
                         std::to_string(kSchedulerFileMax) + " are read"};
    }
    TRY(const std::vector<TomlPair> pairs, parse_toml(text, name));
    Reader reader(name);
    for (const TomlPair& pair : pairs) {
        reader.take(pair);
    }
    return std::move(reader).finish();
}

Result<SchedulerConfig> read_scheduler(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return errno_error("cannot read " + path);
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return parse_scheduler(text, path);
}

std::string scheduler_text(const SchedulerConfig& config) {
    std::string out(kHeader);
    write_settings(settings_of(config), out);
    for (const QueueConfig& queue : config.queues) {
        out += "\n[queues." + toml_quoted(queue.path) + "]\n";
        write_settings(settings_of(queue), out);
    }
    for (const PlacementRule& rule : config.rules) {
        out += "\n[[rules]]\n";
        write_settings(settings_of(rule), out);
    }
    return out;
}

}  // namespace heddle::config
