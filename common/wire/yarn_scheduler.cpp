#include "common/wire/yarn_scheduler.h"

#include <algorithm>
#include <set>

#include "common/base/strings.h"
#include "common/model/queue_check.h"
#include "common/model/queue_settings.h"
#include "common/model/share_text.h"
#include "common/wire/yarn_rules.h"

namespace heddle::wire {
namespace {

constexpr std::string_view kPrefix = "yarn.scheduler.capacity.";
constexpr std::string_view kPreemption = "yarn.resourcemanager.monitor.capacity.preemption.";

// How a value is written there and here.
enum class Form {
    Same,
    Share,     // "40" is a percentage
    Unless,    // -1 means none
    Fraction,  // 0.1 is 10
    Seconds,   // -1 and 0 mean none
    Milliseconds,
    Labels,  // a blank is the empty list
    Order,
    MemoryMax,
    VcoresMax,
};

struct Name {
    std::string_view yarn;
    std::string_view ours;
    Form form = Form::Same;
};

constexpr Name kQueueNames[] = {
    {"capacity", "capacity", Form::Share},
    {"maximum-capacity", "capacity_max", Form::Share},
    {"state", "state"},
    {"minimum-user-limit-percent", "user_limit_percent_min"},
    {"user-limit-factor", "user_limit_factor", Form::Unless},
    {"maximum-applications", "applications_max"},
    {"max-parallel-apps", "applications_parallel_max"},
    {"maximum-am-resource-percent", "masters_percent_max", Form::Fraction},
    {"priority", "priority"},
    {"acl_submit_applications", "submit"},
    {"acl_administer_queue", "administer"},
    {"ordering-policy", "order", Form::Order},
    {"maximum-allocation", "container_max"},
    {"maximum-allocation-mb", "container_max", Form::MemoryMax},
    {"maximum-allocation-vcores", "container_max", Form::VcoresMax},
    {"default-application-priority", "application_priority_default"},
    {"maximum-application-lifetime", "lifetime_max", Form::Seconds},
    {"default-application-lifetime", "lifetime_default", Form::Seconds},
    {"disable_preemption", "preemption_disabled"},
    {"intra-queue-preemption.disable_preemption", "intra_preemption_disabled"},
    {"accessible-node-labels", "labels_usable", Form::Labels},
    {"default-node-label-expression", "label_default"},
    {"auto-queue-creation-v2.enabled", "auto_creation.enabled"},
    {"auto-queue-creation-v2.max-queues", "auto_creation.queues_max"},
    {"auto-queue-creation-v2.maximum-queue-depth", "auto_creation.depth_max"},
    {"acl_application_max_priority", "application_priority_limits"},
    {"auto-create-child-queue.enabled", "auto_creation.enabled"},
};

// Of all queues, or of the whole scheduler. On root when `ours` begins so.
constexpr Name kGlobalNames[] = {
    {"yarn.scheduler.capacity.queue-mappings-override.enable", "override_specified_queue"},
    {"yarn.scheduler.capacity.user.max-parallel-apps", "applications_parallel_max_per_user"},
    {"yarn.cluster.max-application-priority", "application_priority_max"},
    {"yarn.resourcemanager.scheduler.monitor.enable", "preemption.enabled"},
    {"yarn.resourcemanager.monitor.capacity.preemption.observe_only", "preemption.dry_run"},
    {"yarn.resourcemanager.monitor.capacity.preemption.monitoring_interval", "preemption.interval",
     Form::Milliseconds},
    {"yarn.resourcemanager.monitor.capacity.preemption.max_wait_before_kill", "preemption.grace",
     Form::Milliseconds},
    {"yarn.resourcemanager.monitor.capacity.preemption.total_preemption_per_round",
     "preemption.round_percent_max", Form::Fraction},
    {"yarn.resourcemanager.monitor.capacity.preemption.max_ignored_over_capacity",
     "preemption.dead_zone_percent", Form::Fraction},
    {"yarn.resourcemanager.monitor.capacity.preemption.intra-queue-preemption.enabled",
     "preemption.intra_queue"},
    {"yarn.resourcemanager.monitor.capacity.preemption.intra-queue-preemption.preemption-order-"
     "policy",
     "preemption.intra_queue_order"},
};
constexpr Name kRootNames[] = {
    {"maximum-applications", "applications_max"},
    {"maximum-am-resource-percent", "masters_percent_max", Form::Fraction},
    {"minimum-user-limit-percent", "user_limit_percent_min"},
    {"user-limit-factor", "user_limit_factor", Form::Unless},
    {"max-parallel-apps", "applications_parallel_max"},
    {"auto-queue-creation-v2.maximum-queue-depth", "auto_creation.depth_max"},
};

Error wrong(std::string message) {
    return {ErrorCode::InvalidArgument, std::move(message)};
}

bool numeric(std::string_view text) {
    return parse_thousandths(text).ok();
}

Result<std::string> our_text(const Name& name, const std::string& text,
                             const std::optional<Resource>& container_max) {
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
        case Form::Fraction: {
            TRY(const std::int64_t thousandths, parse_thousandths(value));
            return std::to_string((thousandths + 9) / 10);
        }
        case Form::Seconds:
            return value == "-1" || value == "0" ? std::string() : value + "s";
        case Form::Milliseconds:
            return value + "ms";
        case Form::Labels:
            return value.empty() ? std::string("none") : value;
        case Form::Order:
            return value.starts_with("fifo") ? std::string("fifo") : value;
        case Form::MemoryMax:
        case Form::VcoresMax: {
            // YARN has two numbers where there is one amount; what is not said is no limit.
            Resource amount = container_max.value_or(Resource{1 << 30, 1 << 20});
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

Status set_queue(QueueConfig& queue, const std::string& key, const std::string& value);

Status set_template(QueueConfig& queue, const std::string& side, const std::string& key,
                    const std::string& value) {
    // By way of a queue, so that the setting's text is the one that settings are written in.
    QueueConfig scratch = queue_config("root.template");
    TRY(set_queue(scratch, key, value));
    for (const auto& [name, text] : settings_of(scratch)) {
        TRY(set_setting(queue, "auto_creation." + side + "." + name, text));
    }
    return {};
}

bool cut(const std::string& text, std::string_view prefix, std::string& rest) {
    if (!text.starts_with(prefix)) {
        return false;
    }
    rest = text.substr(prefix.size());
    return true;
}

Status set_queue(QueueConfig& queue, const std::string& key, const std::string& value) {
    std::vector<std::string_view> names;
    for (const Name& name : kQueueNames) {
        if (name.yarn == key) {
            TRY(const std::string text, our_text(name, value, queue.container_max));
            return set_setting(queue, name.ours, text);
        }
        names.push_back(name.yarn);
    }
    std::string rest;
    if (cut(key, "accessible-node-labels.", rest)) {
        const std::size_t dot = rest.rfind('.');
        const std::string part = dot == std::string::npos ? "" : rest.substr(dot + 1);
        if (part == "capacity" || part == "maximum-capacity") {
            const Name name{"", "", Form::Share};
            TRY(const std::string text, our_text(name, value, std::nullopt));
            return set_setting(queue,
                               "labels." + rest.substr(0, dot) +
                                   (part == "capacity" ? ".capacity" : ".capacity_max"),
                               text);
        }
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

// user.NAME.max-parallel-apps; names may have dots.
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

// The order of queues, as parents say it there. Here it is one for the whole tree.
constexpr std::string_view kByShare = "utilization";
constexpr std::string_view kByPriority = "priority-utilization";

bool orders_queues(const std::string& key, const std::string& value) {
    return key == "ordering-policy" && (value == kByShare || value == kByPriority);
}

// Placement rules, in either of the two ways in which they are written.
struct RuleTexts {
    std::optional<std::string> format;
    std::optional<std::string> mappings;
    std::optional<std::string> json;

    bool take(std::string_view key, const std::string& value) {
        if (key == "mapping-rule-format") {
            format = value;
        } else if (key == "mapping-rule-json") {
            json = value;
        } else if (key == "queue-mappings") {
            mappings = value;
        } else {
            return false;
        }
        return true;
    }
    bool any() const { return format || mappings || json; }
    bool is_json() const {
        return format ? *format == "json" : json.has_value() && !mappings.has_value();
    }
};

class Migrate {
public:
    YarnMigration run(const std::vector<YarnProperty>& properties) {
        for (const auto& [name, value] : properties) {
            if (name.starts_with(kPrefix) && name.ends_with(".queues")) {
                children_[name.substr(kPrefix.size(), name.size() - kPrefix.size() - 7)] = value;
            }
        }
        add_children("root", 0);
        for (const auto& [name, value] : properties) {
            take(name, value);
        }
        take_rules();
        order_queues();
        label_names();
        if (QueueConfig* root = find_queue(out_.config, "root"); root != nullptr) {
            root->capacity[kNoLabel] = {};  // YARN's files say 100 % of root
        }
        return std::move(out_);
    }

private:
    void add_children(const std::string& parent, std::size_t depth) {
        const auto found = children_.find(parent);
        if (found == children_.end() || depth > 32) {
            return;
        }
        for (const std::string_view child : split(found->second, ',')) {
            const std::string path = parent + "." + std::string(trim(child));
            if (!trim(child).empty()) {
                out_.config.queues.push_back(queue_config(path));
                add_children(path, depth + 1);
            }
        }
    }

    void leave_out(const std::string& name, const std::string& value, const std::string& why) {
        out_.left_out.push_back(name + " = " + value + ": " + why);
    }
    void taken(const std::string& name, const std::string& value, const Status& status) {
        if (!status) {
            leave_out(name, value, status.error().message);
        }
    }

    void take(const std::string& name, const std::string& value) {
        for (const Name& global : kGlobalNames) {
            if (global.yarn == name) {
                taken(name, value, set_global(out_.config, global, value));
                return;
            }
        }
        if (!name.starts_with(kPrefix)) {
            leave_out(name, value, "not a property of the scheduler");
            return;
        }
        const std::string rest = name.substr(kPrefix.size());
        if (rules_.take(rest, value)) {
            return;
        }
        if (const std::string of_user = setting_of_user(rest); !of_user.empty()) {
            taken(name, value, set_setting(out_.config, of_user, std::string(trim(value))));
        } else if (rest == "mapping-rule-json-file") {
            leave_out(name, value, "put the file's text into mapping-rule-json and migrate again");
        } else if (rest == "resource-calculator") {
            if (value.find("Dominant") == std::string::npos) {
                leave_out(name, value, "vcores always count here");
            }
        } else if (rest == "node-locality-delay" || rest == "rack-locality-additional-delay") {
            leave_out(name, value,
                      "delays are durations here: locality_delay and rack_locality_delay");
        } else if (const Name* root = root_name(rest)) {
            taken(name, value, set_root(out_.config, *root, value));
        } else if (!(rest.ends_with(".queues") &&
                     children_.contains(rest.substr(0, rest.size() - 7)))) {
            take_of_queue(name, rest, value);
        }
    }

    static const Name* root_name(const std::string& key) {
        const auto found = std::ranges::find(kRootNames, key, &Name::yarn);
        return found == std::end(kRootNames) ? nullptr : found;
    }

public:
    static Status set_global(SchedulerConfig& config, const Name& name, const std::string& value) {
        TRY(const std::string text, our_text(name, value, std::nullopt));
        return set_setting(config, name.ours, text);
    }
    static Status set_root(SchedulerConfig& config, const Name& name, const std::string& value) {
        TRY(const std::string text, our_text(name, value, std::nullopt));
        return set_setting(root_of(config), name.ours, text);
    }

private:
    void take_of_queue(const std::string& name, const std::string& rest, const std::string& value) {
        // The longest queue whose path begins the key: keys have dots of their own.
        QueueConfig* queue = nullptr;
        for (QueueConfig& one : out_.config.queues) {
            if (rest.starts_with(one.path + ".") &&
                (queue == nullptr || one.path.size() > queue->path.size())) {
                queue = &one;
            }
        }
        if (queue == nullptr) {
            if (!rest.starts_with("root.")) {
                leave_out(name, value, "nothing here corresponds to it");
                return;
            }
            queue = &root_of(out_.config);
        }
        const std::string key = rest.substr(queue->path.size() + 1);
        const bool whole =
            queue->path == "root" && (key == "capacity" || key == "maximum-capacity" ||
                                      key.starts_with("accessible-node-labels."));
        if (whole) {
            if (value != "100" && value != "100.0" && value != "-1") {
                leave_out(name, value, "root always has all of the cluster");
            }
            return;
        }
        if (orders_queues(key, value)) {
            orders_[queue->path] = value;
            return;
        }
        taken(name, value, set_queue(*queue, key, value));
    }

    void take_rules() {
        const bool as_json = rules_.is_json();
        const std::string& other =
            as_json ? rules_.mappings.value_or("") : rules_.json.value_or("");
        const std::string prefix(kPrefix);
        if (!trim(other).empty()) {
            leave_out(prefix + (as_json ? "queue-mappings" : "mapping-rule-json"), "(its text)",
                      "mapping-rule-format says that the other way to write rules holds");
        }
        YarnRules read = as_json ? rules_from_json(rules_.json.value_or(""))
                                 : rules_from_mappings(rules_.mappings.value_or(""));
        out_.config.rules = std::move(read.rules);
        for (const std::string& problem : read.problems) {
            out_.left_out.push_back(
                prefix + (as_json ? "mapping-rule-json: " : "queue-mappings = ") + problem);
        }
    }

    // As YARN: a parent that says nothing orders as the one above it, and root by share alone.
    std::string order_of(const std::string& path) const {
        for (std::string_view at = path; !at.empty(); at = parent_path(at)) {
            if (const auto said = orders_.find(std::string(at)); said != orders_.end()) {
                return said->second;
            }
        }
        return std::string(kByShare);
    }

    // One order for the whole tree: where parents differ, priorities that do not count there go.
    void order_queues() {
        for (const auto& [path, order] : orders_) {
            if (path != "root" && !is_parent(out_.config, path)) {
                leave_out(std::string(kPrefix) + path + ".ordering-policy", order,
                          "the queue has none below it; write fifo or fair");
            }
        }
        const auto by_priority = [&](const QueueConfig& queue) {
            return queue.path != "root" &&
                   order_of(std::string(parent_path(queue.path))) == kByPriority;
        };
        out_.config.queue_priorities =
            out_.config.queues.empty() || std::ranges::any_of(out_.config.queues, by_priority);
        for (QueueConfig& queue : out_.config.queues) {
            if (out_.config.queue_priorities && queue.priority != 0 && queue.path != "root" &&
                !by_priority(queue)) {
                leave_out(std::string(kPrefix) + queue.path + ".priority",
                          std::to_string(queue.priority),
                          std::string(parent_path(queue.path)) +
                              " orders by utilization, where priorities do not count, and another "
                              "parent by priority");
                queue.priority = 0;
            }
        }
    }

    // YARN keeps the list of labels elsewhere: those that queues name are there.
    void label_names() {
        for (const QueueConfig& queue : out_.config.queues) {
            for (const auto& [label, capacity] : queue.capacity) {
                if (label != kNoLabel) {
                    out_.config.labels.emplace(label, true);
                }
            }
            for (const std::string& label : queue.labels.value_or(std::vector<std::string>{})) {
                if (label != "*") {
                    out_.config.labels.emplace(label, true);
                }
            }
            if (!queue.label_default.empty()) {
                out_.config.labels.emplace(queue.label_default, true);
            }
        }
    }

    YarnMigration out_;
    std::map<std::string, std::string> children_;
    RuleTexts rules_;
    std::map<std::string, std::string> orders_;  // by queue: of those below it
};

// GET.

std::string yarn_text(const Name& name, const std::string& text) {
    switch (name.form) {
        case Form::Share:
            return text.ends_with('%') && !text.starts_with('[') ? text.substr(0, text.size() - 1)
                                                                 : text;
        case Form::Fraction: {
            std::int64_t percent = 0;
            return parse_number(text, percent) ? thousandths_text(percent * 10) : text;
        }
        case Form::Labels:
            return text == "none" ? " " : text;
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

void queue_properties(const QueueConfig& queue, std::vector<YarnProperty>& out) {
    const std::string prefix = std::string(kPrefix) + queue.path + ".";
    const QueueCapacity capacity =
        queue.capacity.contains(kNoLabel) ? queue.capacity.at(kNoLabel) : QueueCapacity{};
    const std::string guaranteed = shares_text(capacity.guaranteed, kRestOfGuaranteed);
    out.emplace_back(prefix + "capacity",
                     queue.path == "root" ? "100" : yarn_text(kQueueNames[0], guaranteed));
    out.emplace_back(prefix + "maximum-capacity",
                     yarn_text(kQueueNames[1], shares_text(capacity.maximum, kRestOfMaximum)));
    const auto settings = settings_of(queue);
    for (const auto& [name, text] : settings) {
        std::string label;
        if (cut(name, "labels.", label)) {
            const std::size_t dot = label.rfind('.');
            const bool max = label.substr(dot + 1) == "capacity_max";
            out.emplace_back(prefix + "accessible-node-labels." + label.substr(0, dot) +
                                 (max ? ".maximum-capacity" : ".capacity"),
                             yarn_text(kQueueNames[0], text));
        } else if (cut(name, "user_weight.", label)) {
            out.emplace_back(prefix + "user-settings." + label + ".weight", text);
        } else if (cut(name, "lifetime_", label)) {
            const auto& lifetime = label == "max" ? queue.lifetime_max : queue.lifetime_default;
            out.emplace_back(
                prefix + (label == "max" ? "maximum" : "default") + "-application-lifetime",
                std::to_string(lifetime->milliseconds() / 1000));
        } else if (name == "container_max") {
            out.emplace_back(prefix + "maximum-allocation-mb",
                             std::to_string(queue.container_max->memory_mib));
            out.emplace_back(prefix + "maximum-allocation-vcores",
                             std::to_string(queue.container_max->vcores));
        } else if (name != "capacity" && name != "capacity_max" &&
                   (name != "order" || queue.path != "root")) {
            const auto found = std::ranges::find(kQueueNames, name, &Name::ours);
            if (found != std::end(kQueueNames)) {
                out.emplace_back(prefix + std::string(found->yarn), yarn_text(*found, text));
            }
        }
    }
}

// PUT.

class Apply {
public:
    explicit Apply(SchedulerConfig config) : config_(std::move(config)) {}

    Result<SchedulerConfig> run(const YarnUpdate& update) {
        for (const std::string& path : update.remove) {
            remove(path);
        }
        for (const YarnUpdate::Queue& queue : update.add) {
            if (find_queue(config_, queue.path) != nullptr) {
                problem(queue.path, "it is there already; write it as update-queue");
                continue;
            }
            config_.queues.push_back(queue_config(queue.path));
            set(queue);
        }
        for (const YarnUpdate::Queue& queue : update.update) {
            if (queue.path == "root") {
                root_of(config_);
            }
            if (find_queue(config_, queue.path) == nullptr) {
                problem(queue.path, "there is no such queue; write it as add-queue");
                continue;
            }
            set(queue);
        }
        for (const auto& [name, value] : update.global) {
            set_global(name, value);
        }
        set_rules();
        if (!problems_.empty()) {
            return wrong(join(problems_, "\n"));
        }
        return std::move(config_);
    }

private:
    void problem(const std::string& queue, const std::string& what) {
        problems_.push_back("queue " + queue + ": " + what);
    }

    void remove(const std::string& path) {
        const std::size_t before = config_.queues.size();
        std::erase_if(config_.queues, [&](const QueueConfig& queue) {
            return queue.path == path || queue.path.starts_with(path + ".");
        });
        if (config_.queues.size() == before) {
            problem(path, "there is no such queue to remove");
        }
    }

    void set(const YarnUpdate::Queue& queue) {
        QueueConfig& config = *find_queue(config_, queue.path);
        for (const auto& [key, value] : queue.parameters) {
            if (key == "queues") {
                continue;  // follows from the paths
            }
            if (orders_queues(key, value) && set_order(queue.path, value)) {
                continue;
            }
            if (const Status status = set_queue(config, key, value); !status) {
                problem(queue.path,
                        (status.error().message.starts_with("unknown") ? "" : key + ": ") +
                            status.error().message);
            }
        }
    }

    void set_global(const std::string& name, const std::string& value) {
        std::vector<std::string_view> names;
        for (const Name& global : kGlobalNames) {
            if (global.yarn == name) {
                note(name, Migrate::set_global(config_, global, value));
                return;
            }
            names.push_back(global.yarn);
        }
        std::string rest;
        if (cut(name, kPrefix, rest)) {
            if (rules_.take(rest, value)) {
                return;
            }
            if (const std::string of_user = setting_of_user(rest); !of_user.empty()) {
                note(name, set_setting(config_, of_user, std::string(trim(value))));
                return;
            }
            const auto root = std::ranges::find(kRootNames, rest, &Name::yarn);
            if (root != std::end(kRootNames)) {
                note(name, Migrate::set_root(config_, *root, value));
                return;
            }
        }
        problems_.push_back("unknown key '" + name + "'" + did_you_mean(name, names));
    }

    // False: it is a leaf, which has no queues to order.
    bool set_order(const std::string& path, const std::string& order) {
        const bool by_priority = order == kByPriority;
        if (path == "root") {
            config_.queue_priorities = by_priority;
        } else if (!is_parent(config_, path)) {
            return false;
        } else if (config_.queue_priorities != by_priority) {
            problem(path, "ordering-policy: one order of queues holds for the whole tree; write '" +
                              order + "' for root");
        }
        return true;
    }

    void set_rules() {
        if (!rules_.any()) {
            return;
        }
        const std::string format = rules_.format.value_or(rules_.is_json() ? "json" : "legacy");
        const bool as_json = format == "json";
        if (!as_json && format != "legacy") {
            problems_.push_back("mapping-rule-format: '" + format +
                                "' was found; write json or legacy");
            return;
        }
        const auto& text = as_json ? rules_.json : rules_.mappings;
        if (!text || (as_json ? rules_.mappings : rules_.json)) {
            problems_.push_back(
                "placement rules: write mapping-rule-format json with mapping-rule-json, or legacy "
                "with queue-mappings; an empty text takes all rules away");
            return;
        }
        YarnRules read = as_json ? rules_from_json(*text) : rules_from_mappings(*text);
        for (const std::string& rule : read.problems) {
            problems_.push_back((as_json ? "mapping-rule-json: " : "queue-mappings: ") + rule);
        }
        config_.rules = std::move(read.rules);
    }

    void note(const std::string& name, const Status& status) {
        if (!status) {
            problems_.push_back(name + ": " + status.error().message);
        }
    }

    SchedulerConfig config_;
    RuleTexts rules_;
    std::vector<std::string> problems_;
};

}  // namespace

YarnMigration scheduler_from_yarn(const std::vector<YarnProperty>& properties) {
    return Migrate().run(properties);
}

std::vector<YarnProperty> yarn_properties(const SchedulerConfig& config) {
    std::vector<YarnProperty> out;
    std::map<std::string, std::string> children;
    for (const QueueConfig& queue : config.queues) {
        if (queue.path != "root") {
            std::string& list = children[std::string(parent_path(queue.path))];
            list +=
                (list.empty() ? "" : ",") + queue.path.substr(parent_path(queue.path).size() + 1);
        }
    }
    for (const auto& [parent, list] : children) {
        out.emplace_back(std::string(kPrefix) + parent + ".queues", list);
    }
    for (const QueueConfig& queue : config.queues) {
        queue_properties(queue, out);
    }
    for (const auto& [name, text] : settings_of(config)) {
        const auto found = std::ranges::find(kGlobalNames, name, &Name::ours);
        if (found != std::end(kGlobalNames) && found->form != Form::Milliseconds) {
            out.emplace_back(found->yarn, yarn_text(*found, text));
        }
    }
    const std::string prefix(kPrefix);
    out.emplace_back(prefix + "root.ordering-policy",
                     config.queue_priorities ? kByPriority : kByShare);
    for (const auto& [user, count] : config.applications_parallel_max_by_user) {
        out.emplace_back(prefix + "user." + user + ".max-parallel-apps", std::to_string(count));
    }
    if (!config.rules.empty()) {
        out.emplace_back(prefix + "mapping-rule-format", "json");
        out.emplace_back(prefix + "mapping-rule-json", rules_json(config.rules));
    }
    if (config.preemption.enabled) {
        out.emplace_back(std::string(kPreemption) + "monitoring_interval",
                         std::to_string(config.preemption.interval.milliseconds()));
        out.emplace_back(std::string(kPreemption) + "max_wait_before_kill",
                         std::to_string(config.preemption.grace.milliseconds()));
    }
    return out;
}

Result<SchedulerConfig> apply_yarn_update(SchedulerConfig config, const YarnUpdate& update) {
    return Apply(std::move(config)).run(update);
}

}  // namespace heddle::wire
