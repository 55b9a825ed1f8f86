#include "common/wire/yarn_names.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "common/base/duration_text.h"
#include "common/base/strings.h"
#include "common/model/queue_settings.h"
#include "common/model/share_text.h"

namespace heddle::wire {
namespace {

// Names of orders of nodes. YARN comes with the first; the second is ours alone.
constexpr std::string_view kByUsage = "resource-usage";
constexpr std::string_view kPacked = "pack";

Error wrong(std::string message) {
    return {ErrorCode::InvalidArgument, std::move(message)};
}

bool numeric(std::string_view text) {
    return parse_thousandths(text).ok();
}

Error not_a(const std::string& value, const std::string& form) {
    return wrong("'" + value + "' was found; write " + form);
}

// In hundredths, rounded up: a part of anything is never nothing.
Result<std::string> percent_text(const Name& name, const std::string& value) {
    const bool of_guarantee = name.ours == "preemption.dead_zone_percent";
    const auto thousandths = parse_thousandths(value);
    if (!thousandths || *thousandths > (of_guarantee ? 10'000 : 1000)) {
        return not_a(value, of_guarantee ? "a fraction such as 0.1, at most 10"
                                         : "a fraction from 0 to 1 such as 0.1");
    }
    return std::to_string((*thousandths + 9) / 10);
}

Result<std::string> time_text(const std::string& value, const char* unit, const char* form) {
    std::int64_t number = 0;
    if (!parse_number(value, number)) {
        return not_a(value, form);
    }
    return value + unit;
}

// Nothing: not set.
std::string removal_so_far(const QueueConfig* so_far) {
    const auto set =
        so_far == nullptr ? std::optional<Duration>() : so_far->auto_creation.idle_removal;
    return set ? duration_text(*set) : std::string();
}

bool is_never(const std::string& text) {
    const auto duration = parse_duration(text);
    return duration && *duration == *parse_duration(kNeverRemoved);
}

// Whether created queues go and after which time are two settings there, in any order: "never"
// holds against a time, and the time is kept by what only says that they go.
Result<std::string> removal_text(const std::string& value, const QueueConfig* so_far) {
    if (value != "true" && value != "false") {
        return not_a(value, "true or false");
    }
    const std::string set = removal_so_far(so_far);
    return value == "false" ? std::string(kNeverRemoved) : is_never(set) ? std::string() : set;
}

Result<std::string> seconds_text(const Name& name, const std::string& value,
                                 const QueueConfig* so_far) {
    TRY(const std::string text,
        value == "-1" || value == "0"
            ? Result<std::string>(std::string())
            : time_text(value, "s", "a whole number of seconds, or -1 for none"));
    const bool removal = name.ours == "auto_creation.idle_removal";
    return removal && is_never(removal_so_far(so_far)) ? std::string(kNeverRemoved) : text;
}

Status set_template(QueueConfig& queue, const std::string& side, const std::string& key,
                    const std::string& value) {
    // By way of a queue, so that the setting's text is the one that settings are written in.
    QueueConfig scratch = queue_config("root.template");
    const auto& so_far = side == "leaf_template" ? queue.auto_creation.leaf_template
                                                 : queue.auto_creation.parent_template;
    for (const char* two : {"container_max", "auto_creation.idle_removal"}) {  // settings there
        if (const auto set = so_far.find(two); set != so_far.end()) {
            TRY(set_setting(scratch, set->first, set->second));
        }
    }
    TRY(set_queue(scratch, key, value));
    for (const auto& [name, text] : settings_of(scratch)) {
        TRY(set_setting(queue, "auto_creation." + side + "." + name, text));
    }
    return {};
}

}  // namespace

Result<std::string> our_text(const Name& name, const std::string& text, const QueueConfig* so_far) {
    const std::string value(trim(text));
    switch (name.form) {
        case Form::Same:
            return name.ours == "submit" || name.ours == "administer" ? text : value;
        case Form::Share:
            if (value == "-1") {
                return std::string();
            }
            return numeric(value) ? value + "%" : value;
        case Form::Unless:
            return value.starts_with("-1") ? std::string() : value;
        case Form::Fraction:
            return percent_text(name, value);
        case Form::Seconds:
            return seconds_text(name, value, so_far);
        case Form::Removal:
            return removal_text(value, so_far);
        case Form::Milliseconds:
            return time_text(value, "ms", "a whole number of milliseconds");
        case Form::Labels:
            return value.empty() ? std::string("none") : value;
        case Form::NodeOrder:
            return std::string(value == kPacked ? "pack" : "spread");
        case Form::Order:
            return note_on("ordering-policy", value).empty() ? value : std::string("fifo");
        case Form::MemoryMax:
        case Form::VcoresMax: {
            // YARN has two numbers where there is one amount; what is not said is no limit.
            Resource amount{1 << 30, 1 << 20};
            if (so_far != nullptr && so_far->container_max) {
                amount = *so_far->container_max;
            }
            std::int64_t number = 0;
            if (!parse_number(value, number)) {
                return wrong("'" + value + "' was found; write a whole number");
            }
            (name.form == Form::MemoryMax ? amount.memory_mib : amount.vcores) = number;
            return resource_text(amount);
        }
    }
    return value;
}

std::string yarn_text(const Name& name, const std::string& text) {
    switch (name.form) {
        case Form::Share:
            return text.ends_with('%') && !text.starts_with('[') ? text.substr(0, text.size() - 1)
                                                                 : text;
        case Form::Seconds: {
            const auto duration = parse_duration(text);
            return duration ? std::to_string(duration->milliseconds() / 1000) : text;
        }
        case Form::Removal:
            return text == kNeverRemoved ? "false" : "true";
        case Form::Fraction: {
            std::int64_t percent = 0;
            return parse_number(text, percent) ? thousandths_text(percent * 10) : text;
        }
        case Form::Labels:
            return text == "none" ? " " : text;
        case Form::NodeOrder:
            return std::string(text == "pack" ? kPacked : kByUsage);
        default:
            return name.ours == "state" ? [&] {
                std::string upper = text;
                std::ranges::transform(upper, upper.begin(), [](char c) {
                    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
                });
                return upper;
            }()
                                        : text;
    }
}

bool cut(const std::string& text, std::string_view prefix, std::string& rest) {
    if (!text.starts_with(prefix)) {
        return false;
    }
    rest = text.substr(prefix.size());
    return true;
}

namespace {

Status set_of_label(QueueConfig& queue, const std::string& key, const std::string& rest,
                    const std::string& value) {
    const std::size_t dot = rest.rfind('.');
    const std::string part = dot == std::string::npos ? "" : rest.substr(dot + 1);
    const auto name = std::ranges::find(kLabelNames, part, &Name::yarn);
    if (name == std::end(kLabelNames)) {
        return wrong("unknown key '" + key +
                     "'; of a label there are capacity, maximum-capacity and "
                     "maximum-am-resource-percent");
    }
    TRY(const std::string text, our_text(*name, value, nullptr));
    return set_setting(queue, "labels." + rest.substr(0, dot) + "." + std::string(name->ours),
                       text);
}

}  // namespace

Status set_queue(QueueConfig& queue, const std::string& key, const std::string& value) {
    std::vector<std::string_view> names;
    for (const Name& name : kQueueNames) {
        if (name.yarn == key) {
            TRY(const std::string text, our_text(name, value, &queue));
            return set_setting(queue, name.ours, text);
        }
        names.push_back(name.yarn);
    }
    std::string rest;
    if (cut(key, "accessible-node-labels.", rest)) {
        return set_of_label(queue, key, rest, value);
    }
    if (cut(key, "user-settings.", rest) && rest.ends_with(".weight")) {
        return set_setting(queue, "user_weight." + rest.substr(0, rest.size() - 7),
                           std::string(trim(value)));
    }
    if (cut(key, "auto-queue-creation-v2.template.", rest)) {
        TRY(set_template(queue, "parent_template", rest, value));
        return set_template(queue, "leaf_template", rest, value);
    }
    if (cut(key, "auto-queue-creation-v2.leaf-template.", rest) ||
        cut(key, "leaf-queue-template.", rest)) {
        return set_template(queue, "leaf_template", rest, value);
    }
    if (cut(key, "auto-queue-creation-v2.parent-template.", rest)) {
        return set_template(queue, "parent_template", rest, value);
    }
    return wrong("unknown key '" + key + "'" + did_you_mean(key, names));
}

Status set_global(SchedulerConfig& config, const Name& name, const std::string& value) {
    TRY(const std::string text, our_text(name, value, nullptr));
    return set_setting(config, name.ours, text);
}
Status set_root(SchedulerConfig& config, const Name& name, const std::string& value) {
    QueueConfig& root = root_of(config);
    TRY(const std::string text, our_text(name, value, &root));
    return set_setting(root, name.ours, text);
}

const Name* root_name(std::string_view key) {
    const auto found = std::ranges::find(kRootNames, key, &Name::yarn);
    return found == std::end(kRootNames) ? nullptr : found;
}

std::string setting_of_user(const std::string& key) {
    constexpr std::string_view kBefore = "user.";
    constexpr std::string_view kAfter = ".max-parallel-apps";
    if (!key.starts_with(kBefore) || !key.ends_with(kAfter) ||
        key.size() <= kBefore.size() + kAfter.size()) {
        return "";
    }
    return "applications_parallel_max_by_user." +
           key.substr(kBefore.size(), key.size() - kBefore.size() - kAfter.size());
}

namespace {

// Which class a policy of the order of nodes is.
bool defines_node_policy(std::string_view name) {
    return name.find("multi-node-sorting.policy.") != std::string_view::npos &&
           name.ends_with(".class");
}

}  // namespace

std::string why_without(std::string_view name) {
    if (defines_node_policy(name)) {
        return "policies are not defined here: a queue's node_order is spread or pack";
    }
    const auto found = std::ranges::find_if(
        kWithout, [&](const Without& one) { return name.ends_with(one.yarn); });
    return found == std::end(kWithout) ? std::string() : std::string(found->why);
}

std::string note_on(std::string_view key, const std::string& value) {
    if (key.ends_with("multi-node-sorting.policy") && value != kPacked && value != kByUsage &&
        !value.ends_with("ResourceUsageMultiNodeLookupPolicy")) {
        return "it is taken as node_order = spread (most free first, as the policy resource-usage "
               "has it); write pack where nodes are to be filled one after the other";
    }
    if (!key.ends_with("ordering-policy")) {
        return "";
    }
    if (value == "fifo-with-partitions") {
        return "it is taken as fifo: the nodes of each label have an order of their own here, and "
               "applications of exclusive ones do not come before others";
    }
    return value == "fifo-for-pending-apps"
               ? "it is taken as fifo: applications that have not started stand in the order of all"
               : "";
}

bool orders_queues(const std::string& key, const std::string& value) {
    return key == "ordering-policy" && (value == kByShare || value == kByPriority);
}

QueueConfig* find_queue(SchedulerConfig& config, std::string_view path) {
    const auto found = std::ranges::find(config.queues, path, &QueueConfig::path);
    return found == config.queues.end() ? nullptr : &*found;
}

QueueConfig& root_of(SchedulerConfig& config) {
    if (QueueConfig* root = find_queue(config, "root")) {
        return *root;
    }
    return *config.queues.insert(config.queues.begin(), queue_config("root"));
}

std::string_view parent_path(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

}  // namespace heddle::wire
