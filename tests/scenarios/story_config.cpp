#include "tests/scenarios/story_config.h"
#include "common/base/strings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/model/queue_settings.h"

namespace heddle::rm::test {

Words words_of(const std::string& line) {
    std::istringstream stream(line);
    Words words;
    for (std::string word; stream >> word;) {
        words.push_back(word);
    }
    return words;
}

std::map<std::string, std::string> keys_of(const Words& words, std::size_t from) {
    std::map<std::string, std::string> keys;
    for (std::size_t i = from; i < words.size(); ++i) {
        const std::size_t equals = words[i].find('=');
        keys[words[i].substr(0, equals)] =
            equals == std::string::npos ? "" : words[i].substr(equals + 1);
    }
    return keys;
}

QueueConfig queue_of(const Words& words) {
    QueueConfig queue = queue_config(words[1]);
    QueueCapacity& capacity = queue.capacity[kNoLabel];
    for (const auto& [key, value] : keys_of(words, 2)) {
        const std::int32_t number =
            value.find_first_not_of("0123456789") == std::string::npos ? std::stoi(value) : 0;
        if (key == "weight") {
            capacity.guaranteed.all = {Share::Kind::Weight, number * 1000};
        } else if (key == "percent") {
            capacity.guaranteed.all = {Share::Kind::Percent, number * 1000};
        } else if (key == "memory" || key == "vcores") {
            capacity.guaranteed.by_resource[key] = {Share::Kind::Absolute, number};
        } else if (key == "max") {
            capacity.maximum.all = {Share::Kind::Percent, number * 1000};
        } else if (key == "priority") {
            queue.priority = number;
        } else if (key == "order") {
            queue.order = value == "fair" ? LeafOrder::Fair : LeafOrder::Fifo;
        } else if (key == "user_limit") {
            queue.user_limit_percent_min = number;
        } else if (key == "factor") {
            queue.user_limit_factor = number;
        } else if (key == "user_weight") {
            const std::size_t colon = value.find(':');
            queue.user_weights[value.substr(0, colon)] = std::stoi(value.substr(colon + 1));
        } else if (key == "apps") {
            queue.applications_max = number;
        } else if (key == "parallel") {
            queue.applications_parallel_max = number;
        } else if (key == "masters") {
            queue.masters_percent_max = number;
        } else if (key == "container_memory") {
            queue.container_max = Resource{number, 1000};
        } else if (key == "creates") {
            queue.auto_creation.enabled = true;
            queue.auto_creation.idle_removal = seconds(number);
        } else if (key == "creates_max") {
            queue.auto_creation.queues_max = number;
        } else if (key == "creates_depth") {
            queue.auto_creation.depth_max = number;
        } else if (key == "priority_limit") {  // user:most,...
            for (const std::string_view part : split(value, ',')) {
                const std::string one(part);
                const std::size_t colon = one.find(':');
                queue.priority_limits.push_back(
                    {{false, {one.substr(0, colon)}, {}}, std::stoi(one.substr(colon + 1)), {}});
            }
        } else if (key == "submit" || key == "administer") {
            (key == "submit" ? queue.submit : queue.administer) = {false, {value}, {}};
        } else if (key == "template") {
            queue.auto_creation.leaf_template["weight"] = value;
        } else if (key == "queue_order" || key == "size_based_weight" || key == "node_order" ||
                   key == "container_max") {  // as written in TOML
            EXPECT_TRUE(set_setting(queue, key, value).ok()) << key;
        } else if (key == "keep") {
            queue.preemption_disabled = value == "yes";
        } else if (key == "keep_inside") {
            queue.intra_preemption_disabled = value == "yes";
        } else if (key == "inside_order") {
            queue.intra_preemption_order =
                value == "priority" ? InsideOrder::PriorityFirst : InsideOrder::UserLimitFirst;
        } else if (key == "state") {
            queue.state = value == "stopped"    ? QueueState::Stopped
                          : value == "draining" ? QueueState::Draining
                                                : QueueState::Running;
        } else if (key.starts_with("label")) {  // as it is written in TOML
            const Status status = set_setting(queue, key, value);
            EXPECT_TRUE(status.ok()) << key << (status.ok() ? "" : status.error().message);
        } else {
            ADD_FAILURE() << "unknown key of a queue: " << key;
        }
    }
    return queue;
}

namespace {

PreemptionConfig preemption_of(const Words& words) {
    PreemptionConfig preemption;
    preemption.enabled = true;
    preemption.round_percent_max = 100;
    for (const auto& [key, value] : keys_of(words, 1)) {
        if (key == "grace") {
            preemption.grace = seconds(std::stoll(value));
        } else if (key == "interval") {
            preemption.interval = seconds(std::stoll(value));
        } else if (key == "round") {
            preemption.round_percent_max = std::stoi(value);
        } else if (key == "dead_zone") {
            preemption.dead_zone_percent = std::stoi(value);
        } else if (key == "natural") {
            preemption.natural_termination_percent = std::stoi(value);
        } else if (key == "inside_threshold") {
            preemption.intra_queue_threshold_percent = std::stoi(value);
        } else if (key == "inside_max") {
            preemption.intra_queue_percent_max = std::stoi(value);
        } else if (key == "inside") {
            preemption.intra_queue = true;
            preemption.intra_queue_order =
                value == "priority" ? InsideOrder::PriorityFirst : InsideOrder::UserLimitFirst;
        } else if (key == "dry") {
            preemption.dry_run = true;
        } else if (key == "lazy") {
            preemption.lazy = true;
        } else {
            ADD_FAILURE() << "unknown key of preemption: " << key;
        }
    }
    return preemption;
}

ReservationConfig reservations_of(const Words& words) {
    ReservationConfig reservations;
    for (const auto& [key, value] : keys_of(words, 1)) {
        if (key == "after") {
            reservations.after = seconds(std::stoll(value));
        } else if (key == "timeout") {
            reservations.timeout = seconds(std::stoll(value));
        } else if (key == "percent") {
            reservations.percent_max = std::stoi(value);
        } else if (key == "application") {
            reservations.per_application = std::stoi(value);
        } else if (key == "queue") {
            reservations.per_queue = std::stoi(value);
        } else if (key == "off") {
            reservations.enabled = false;
        } else {
            ADD_FAILURE() << "unknown key of reservations: " << key;
        }
    }
    return reservations;
}

OpportunisticConfig opportunistic_of(const Words& words) {
    OpportunisticConfig opportunistic;
    for (const auto& [key, value] : keys_of(words, 1)) {
        if (key == "application") {
            opportunistic.per_application = std::stoi(value);
        } else if (key == "off") {
            opportunistic.enabled = false;
        } else if (key != "queue") {  // of nodes: the runner's
            ADD_FAILURE() << "unknown key of opportunistic: " << key;
        }
    }
    return opportunistic;
}

PlacementRule rule_of(const Words& words) {
    PlacementRule rule;
    EXPECT_TRUE(set_setting(rule, "policy", words[1]).ok()) << words[1];
    const bool to_path = rule.policy == PlacementRule::Policy::Custom ||
                         rule.policy == PlacementRule::Policy::SetDefaultQueue;
    (to_path ? rule.custom : rule.parent) = words.size() > 2 ? words[2] : "";
    rule.create = words.size() > 3;
    return rule;
}

struct Line {
    std::string_view verb;
    void (*take)(Config& config, const Words& words);
};

constexpr Line kLines[] = {
    {"heartbeat",
     [](Config& config, const Words& words) {
         config.heartbeat_interval = seconds(std::stoll(words[1]));
     }},
    {"queue", [](Config& config,
                 const Words& words) { config.scheduler.queues.push_back(queue_of(words)); }},
    {"rule",
     [](Config& config, const Words& words) { config.scheduler.rules.push_back(rule_of(words)); }},
    {"rules_first",
     [](Config& config, const Words&) { config.scheduler.override_specified_queue = true; }},
    {"workflow",  // NAME:QUEUE:PRIORITY
     [](Config& config, const Words& words) {
         EXPECT_TRUE(set_setting(config.scheduler, "workflow_priorities", words[1]).ok());
         config.scheduler.workflow_priorities_override = true;
     }},
    {"parallel_each",
     [](Config& config, const Words& words) {
         config.scheduler.applications_parallel_max_per_user = std::stoi(words[1]);
     }},
    {"parallel",
     [](Config& config, const Words& words) {
         config.scheduler.applications_parallel_max_by_user[words[1]] = std::stoi(words[2]);
     }},
    {"preemption", [](Config& config,
                      const Words& words) { config.scheduler.preemption = preemption_of(words); }},
    {"reservations",
     [](Config& config, const Words& words) {
         config.scheduler.reservations = reservations_of(words);
     }},
    {"opportunistic",
     [](Config& config, const Words& words) {
         config.scheduler.opportunistic = opportunistic_of(words);
     }},
    {"retention",
     [](Config& config, const Words& words) {
         config.applications_completed_max = std::stoi(words[1]);
         if (words.size() > 2) {
             config.applications_completed_for = seconds(std::stoll(words[2]));
         }
     }},
    {"container_min",
     [](Config& config, const Words& words) {
         config.scheduler.container_min = {std::stoll(words[1]), std::stoll(words[2])};
     }},
};

const Line* find_line(std::string_view verb) {
    const auto found = std::ranges::find(kLines, verb, &Line::verb);
    return found == std::end(kLines) ? nullptr : found;
}

// Of files that name none.
std::vector<QueueConfig> usual_queues() {
    std::vector<QueueConfig> queues = {queue_config("root.default"), queue_config("root.batch"),
                                       queue_config("root.small"), queue_config("root.stopped")};
    QueueConfig& small = queues[2];
    small.applications_max = 1;
    small.lifetime_default = seconds(100);
    small.lifetime_max = seconds(200);
    small.pending_max = seconds(50);
    queues[3].state = QueueState::Stopped;
    return queues;
}

// Set by tests/scenarios/features, which wants to see that a scenario notices.
Feature feature_off() {
    const char* name = std::getenv("HEDDLE_FEATURE_OFF");
    const Feature feature = name == nullptr ? Feature::None : feature_named(name);
    EXPECT_TRUE(name == nullptr || feature != Feature::None) << name;
    return feature;
}

}  // namespace

bool is_configuration(std::string_view verb) {
    return find_line(verb) != nullptr;
}

Config config_of(const std::string& path) {
    Config config;
    config.scheduler.queues.clear();
    config.node_forget_after = seconds(120);
    std::ifstream file(path);
    for (std::string text; std::getline(file, text);) {
        const Words words = words_of(text);
        if (const Line* line = words.empty() ? nullptr : find_line(words[0])) {
            line->take(config, words);
        }
    }
    if (config.scheduler.queues.empty()) {
        config.scheduler.queues = usual_queues();
    }
    config.attempts_max = 4;
    config.scheduler.labels = {{"ssd", true}, {"spot", false}};
    config.feature_off = feature_off();
    return config;
}

}  // namespace heddle::rm::test
