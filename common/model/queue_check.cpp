#include "common/model/queue_check.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "common/base/int128.h"
#include "common/base/strings.h"
#include "common/model/queue_settings.h"
#include "common/model/share_text.h"
#include "common/model/workflow_priority.h"

namespace heddle {
namespace {

// What the largest size says nothing of has no limit there.
bool within_largest(const Resource& size, const Resource& largest) {
    return size.memory_mib <= largest.memory_mib && size.vcores <= largest.vcores &&
           std::ranges::all_of(largest.named.entries(), [&](const NamedCounts::Entry& one) {
               return size.named.get(one.name) <= one.count;
           });
}

constexpr std::int64_t kWhole = 100'000;  // thousandths of a percent
constexpr std::int64_t kWeightMax = 1'000'000'000;
constexpr std::int64_t kAmountMax = std::int64_t{1} << 40;
constexpr std::int32_t kApplicationsMax = 1'000'000;
constexpr Duration kLongest = seconds(std::int64_t{10} * 365 * 86'400);

constexpr std::array<std::string_view, 6> kVariables = {
    "%application", "%user", "%primary_group", "%secondary_group", "%default", "%specified"};

std::string quoted(std::string_view text) {
    return "'" + std::string(text.substr(0, 80)) + (text.size() > 80 ? "...'" : "'");
}

std::string_view parent_path(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

bool name_like(std::string_view name) {
    constexpr std::string_view kForbidden = " ,.\"'[]{}()%/\\=;:*<>|&#";
    return !name.empty() && name.size() <= 128 && std::ranges::all_of(name, [&](char c) {
        return static_cast<unsigned char>(c) > 0x20 && c != 0x7f &&
               kForbidden.find(c) == std::string_view::npos;
    });
}

// "": a path of a queue.
std::string path_mistake(std::string_view path) {
    if (path != "root" && !path.starts_with("root.")) {
        return "its path begins with " + quoted(path.substr(0, path.find('.'))) +
               "; write it from root, for example root." + std::string(path.substr(0, 40));
    }
    const auto parts = split(path, '.');
    if (path.size() > kQueuePathMax || parts.size() > kQueueDepthMax) {
        return "its path has " + std::to_string(parts.size()) + " levels and " +
               std::to_string(path.size()) + " characters; at most " +
               std::to_string(kQueueDepthMax) + " levels and " + std::to_string(kQueuePathMax) +
               " characters are taken";
    }
    for (const std::string_view part : parts) {
        if (!name_like(part)) {
            return "a part of its path is " + quoted(part) +
                   "; use letters, digits, '-' and '_', at least one and at most 128";
        }
    }
    return "";
}

class Check {
public:
    explicit Check(const SchedulerConfig& config) : config_(config) {}

    std::vector<Mistake> run() {
        tree();
        for (const QueueConfig& queue : config_.queues) {
            at_ = {queue.path, 0, ""};
            if (sound_.contains(queue.path)) {
                one_queue(queue);
            }
        }
        for (const auto& [parent, children] : children_) {
            siblings(parent, children);
        }
        for (std::size_t i = 0; i < config_.rules.size(); ++i) {
            at_ = {"", i + 1, ""};
            one_rule(config_.rules[i]);
        }
        at_ = {};
        globals();
        return std::move(mistakes_);
    }

private:
    void wrong(std::string what) { mistakes_.push_back({at_.queue, at_.rule, std::move(what)}); }

    template <typename T>
    void within(const char* name, const T& value, T low, T high) {
        if (value < low || value > high) {
            wrong(std::string(name) + " is " + std::to_string(value) + "; write a number from " +
                  std::to_string(low) + " to " + std::to_string(high));
        }
    }
    template <typename T>
    void within(const char* name, const std::optional<T>& value, T low, T high) {
        if (value) {
            within(name, *value, low, high);
        }
    }
    void thousandths(const std::string& name, std::int64_t value, std::int64_t low,
                     std::int64_t high) {
        if (value < low || value > high) {
            wrong(name + " is " + thousandths_text(std::max<std::int64_t>(value, 0)) +
                  "; write a number from " + thousandths_text(low) + " to " +
                  thousandths_text(high));
        }
    }
    void lasting(const char* name, const std::optional<Duration>& value, Duration low) {
        if (value && (*value < low || *value > kLongest)) {
            wrong(std::string(name) + " is " + std::to_string(value->milliseconds()) +
                  " ms; write a duration from " + std::to_string(low.milliseconds()) +
                  " ms to 10 years");
        }
    }

    void tree() {
        std::set<std::string_view> seen;
        if (config_.queues.size() > kQueuesMax) {
            wrong(std::to_string(config_.queues.size()) + " queues are configured; at most " +
                  std::to_string(kQueuesMax) + " are taken");
        }
        for (const QueueConfig& queue : config_.queues) {
            at_ = {queue.path, 0, ""};
            if (const std::string mistake = path_mistake(queue.path); !mistake.empty()) {
                wrong(mistake);
                continue;
            }
            if (!seen.insert(queue.path).second) {
                wrong("it is named twice; keep one of the two");
                continue;
            }
            sound_[queue.path] = &queue;
            for (std::string_view path = queue.path; !path.empty(); path = parent_path(path)) {
                const std::string_view parent = parent_path(path);
                if (!parent.empty() && paths_.insert(std::string(path)).second) {
                    children_[std::string(parent)].emplace_back(path);
                }
            }
        }
        at_ = {};
        if (children_.empty()) {
            wrong("no queue is configured below root; name one, for example root.default");
        }
    }

    bool exists(const std::string& path) const { return path == "root" || paths_.contains(path); }
    bool leaf(const std::string& path) const {
        return exists(path) && path != "root" && !children_.contains(path) && !creates(path);
    }
    bool creates(const std::string& path) const {
        const auto found = sound_.find(path);
        return found != sound_.end() && found->second->auto_creation.enabled;
    }
    // Somewhere above `path` queues may come into being.
    bool may_come(std::string_view path) const {
        for (path = parent_path(path); !path.empty(); path = parent_path(path)) {
            if (exists(std::string(path))) {
                return creates(std::string(path));
            }
        }
        return false;
    }

    void one_queue(const QueueConfig& queue) {
        for (const auto& [label, capacity] : queue.capacity) {
            one_capacity(queue, label, capacity);
            if (!usable(queue, label)) {
                wrong("labels." + label +
                      ".capacity is given, and it may not use that label; add " + quoted(label) +
                      " to its labels_usable, or leave the capacity out");
            }
        }
        if (queue.labels) {
            for (const std::string& label : *queue.labels) {
                if (label != "*") {
                    known_label(label, "labels_usable names");
                }
            }
        }
        if (!queue.label_default.empty()) {
            known_label(queue.label_default, "label_default is");
            if (!usable(queue, queue.label_default)) {
                wrong("label_default is " + quoted(queue.label_default) +
                      ", which labels_usable does not name; add it there");
            }
        }
        within("priority", queue.priority, -1'000'000, 1'000'000);
        within("application_priority_default", queue.application_priority_default, 0,
               std::max(config_.application_priority_max, 0));
        for (const PriorityLimit& limit : queue.priority_limits) {
            const std::int32_t most = std::max(config_.application_priority_max, 0);
            within("max_priority in application_priority_limits", limit.most, 0, most);
            within("default_priority in application_priority_limits", limit.otherwise, 0,
                   std::clamp(limit.most, 0, most));
        }
        within("user_limit_percent_min", queue.user_limit_percent_min, 1, 100);
        if (queue.user_limit_factor) {
            thousandths("user_limit_factor", *queue.user_limit_factor, 1, kWeightMax);
        }
        for (const auto& [user, weight] : queue.user_weights) {
            thousandths("the weight of user " + quoted(user), weight, 1, kWeightMax);
        }
        within("applications_max", queue.applications_max, 1, kApplicationsMax);
        within("applications_parallel_max", queue.applications_parallel_max, 1, kApplicationsMax);
        within("masters_percent_max", queue.masters_percent_max, 1, 100);
        for (const auto& [label, percent] : queue.masters_percent_by_label) {
            known_label(label, "a masters_percent_max is given for label");
            within(("labels." + label + ".masters_percent_max").c_str(), percent, 1, 100);
        }
        container_limits(queue.container_max);
        lasting("lifetime_default", queue.lifetime_default, milliseconds(1));
        lasting("lifetime_max", queue.lifetime_max, milliseconds(1));
        lasting("pending_max", queue.pending_max, milliseconds(1));
        if (queue.lifetime_default && queue.lifetime_max &&
            *queue.lifetime_default > *queue.lifetime_max) {
            wrong("lifetime_default is longer than lifetime_max; shorten it, or raise the limit");
        }
        creation(queue);
    }

    void container_limits(const std::optional<Resource>& max) {
        if (!max) {
            return;
        }
        if (!within_largest(config_.container_min, *max)) {
            wrong("container_max is " + resource_text(*max) + ", less than container_min (" +
                  resource_text(config_.container_min) + "); raise it");
        }
        if (max->memory_mib > kAmountMax || max->vcores > kAmountMax) {
            wrong("container_max is " + resource_text(*max) + "; at most " +
                  std::to_string(kAmountMax) + " of each are taken");
        }
    }

    // Labels are inherited downwards; root's own are all.
    bool usable(const QueueConfig& queue, const std::string& label) const {
        for (std::string_view path = queue.path; label != kNoLabel && !path.empty();
             path = parent_path(path)) {
            const auto found = path == queue.path ? sound_.end() : sound_.find(path);
            const QueueConfig* at = path == queue.path      ? &queue
                                    : found == sound_.end() ? nullptr
                                                            : found->second;
            if (at != nullptr && at->labels) {
                return std::ranges::any_of(*at->labels, [&](const std::string& name) {
                    return name == "*" || name == label;
                });
            }
        }
        return true;
    }

    void known_label(const std::string& label, const std::string& where) {
        if (!config_.labels.contains(label)) {
            std::vector<std::string_view> names;
            for (const auto& [name, exclusive] : config_.labels) {
                names.push_back(name);
            }
            wrong(where + " " + quoted(label) + ", and there is no such label" +
                  did_you_mean(label, names) + "; add label." + label + " = \"exclusive\"");
        }
    }

    void one_capacity(const QueueConfig& queue, const std::string& label,
                      const QueueCapacity& capacity) {
        const std::string name = label == kNoLabel ? "" : "labels." + label + ".";
        if (label != kNoLabel) {
            known_label(label, "a capacity is given for label");
        }
        if (queue.path == "root" && (capacity.guaranteed.all.kind == Share::Kind::Absolute ||
                                     !capacity.guaranteed.by_resource.empty() ||
                                     capacity.maximum != QueueCapacity{}.maximum)) {
            wrong(name + "capacity is given for root, which has all of the cluster; leave it out");
            return;
        }
        each_share(name + "capacity", capacity.guaranteed, false);
        each_share(name + "capacity_max", capacity.maximum, true);
        for (const std::string& resource : resources_of(capacity)) {
            const Share& guaranteed = share_of(capacity.guaranteed, resource);
            const Share& maximum = share_of(capacity.maximum, resource);
            if (guaranteed.kind == maximum.kind && guaranteed.value > maximum.value &&
                !(guaranteed.kind == Share::Kind::Percent && guaranteed.value > kWhole)) {
                wrong(name + "capacity_max is " + share_text(maximum) + " of " + resource +
                      ", less than its capacity of " + share_text(guaranteed) +
                      "; raise the one or lower the other");
                break;
            }
        }
    }

    static const Share& share_of(const ShareVector& shares, const std::string& resource) {
        const auto found = shares.by_resource.find(resource);
        return found == shares.by_resource.end() ? shares.all : found->second;
    }
    static std::set<std::string> resources_of(const QueueCapacity& capacity) {
        std::set<std::string> names = {"memory", "vcores"};
        for (const ShareVector* shares : {&capacity.guaranteed, &capacity.maximum}) {
            for (const auto& [name, share] : shares->by_resource) {
                names.insert(name);
            }
        }
        return names;
    }

    void each_share(const std::string& name, const ShareVector& shares, bool maximum) {
        one_share(name, shares.all, maximum);
        for (const auto& [resource, share] : shares.by_resource) {
            if (resource.empty() || resource.size() > 64) {
                wrong(name + " names the resource " + quoted(resource) +
                      "; names have 1 to 64 characters");
            }
            one_share(name + " of " + resource, share, maximum);
        }
    }

    void one_share(const std::string& name, const Share& share, bool maximum) {
        if (share.value < 0) {
            wrong(name + " is negative; write a number of at least 0");
            return;
        }
        switch (share.kind) {
            case Share::Kind::Weight:
                if (maximum) {
                    wrong(name + " is " + share_text(share) +
                          ", a weight; write a percentage or an amount");
                } else if (share.value > kWeightMax) {
                    wrong(name + " is " + share_text(share) + "; weights go up to " +
                          thousandths_text(kWeightMax));
                }
                break;
            case Share::Kind::Percent:
                if (share.value > kWhole) {
                    wrong(name + " is " + share_text(share) + "; write at most 100%");
                }
                break;
            case Share::Kind::Absolute:
                if (share.value > kAmountMax) {
                    wrong(name + " is " + share_text(share) + "; amounts go up to " +
                          std::to_string(kAmountMax));
                }
                break;
        }
    }

    void creation(const QueueConfig& queue) {
        const AutoCreation& creation = queue.auto_creation;
        if (creation.enabled && queue.state == QueueState::Stopped) {
            wrong("auto_creation is enabled and the queue is stopped; do one of the two");
        }
        within("auto_creation.queues_max", creation.queues_max, 1,
               static_cast<std::int32_t>(kQueuesMax));
        within("auto_creation.depth_max", creation.depth_max, 1,
               static_cast<std::int32_t>(kQueueDepthMax));
        lasting("auto_creation.idle_removal", creation.idle_removal, milliseconds(1));
        templates("auto_creation.leaf_template", creation.leaf_template);
        templates("auto_creation.parent_template", creation.parent_template);
    }

    void templates(const std::string& name, const std::map<std::string, std::string>& settings) {
        QueueConfig scratch = queue_config(at_.queue + ".created");
        for (const auto& [setting, text] : settings) {
            if (const Status status = set_setting(scratch, setting, text); !status) {
                wrong(name + "." + setting + ": " + status.error().message);
            }
        }
        if (scratch.auto_creation != AutoCreation{}) {
            wrong(name + " sets auto_creation, which is that of the queue above; leave it out");
            scratch.auto_creation = {};
        }
        if (!settings.empty()) {
            const std::size_t before = mistakes_.size();
            one_queue(scratch);
            for (std::size_t i = before; i < mistakes_.size(); ++i) {
                mistakes_[i].what = name + ": " + mistakes_[i].what;
            }
        }
    }

    // What siblings ask for together.
    void siblings(const std::string& parent, const std::vector<std::string>& children) {
        at_ = {parent, 0, ""};
        std::map<std::string, std::set<std::string>> resources;  // by label
        std::vector<const QueueConfig*> configured;
        for (const std::string& child : children) {
            if (const auto found = sound_.find(child); found != sound_.end()) {
                configured.push_back(found->second);
                for (const auto& [label, capacity] : found->second->capacity) {
                    resources[label].merge(resources_of(capacity));
                }
            }
        }
        for (const auto& [label, names] : resources) {
            for (const std::string& resource : names) {
                if (!adds_up(parent, configured, label, resource)) {
                    break;  // of the other resources it is the same mistake, most often
                }
            }
        }
    }

    bool adds_up(const std::string& parent, const std::vector<const QueueConfig*>& children,
                 const std::string& label, const std::string& resource) {
        Int128 percent = 0;
        Int128 absolute = 0;
        for (const QueueConfig* child : children) {
            const auto capacity = child->capacity.find(label);
            if (capacity == child->capacity.end()) {
                continue;
            }
            const Share& share = share_of(capacity->second.guaranteed, resource);
            percent += share.kind == Share::Kind::Percent ? std::min(share.value, kWhole) : 0;
            absolute += share.kind == Share::Kind::Absolute ? share.value : 0;
        }
        const std::string on = label == kNoLabel ? "" : " on nodes labelled " + quoted(label);
        if (percent > kWhole) {
            wrong("the queues below it ask for " +
                  thousandths_text(static_cast<std::int64_t>(percent)) + "% of " + resource + on +
                  "; lower them to 100% together");
            return false;
        }
        const auto own = sound_.find(parent);
        const QueueCapacity* above = nullptr;
        if (own != sound_.end() && own->second->capacity.contains(label)) {
            above = &own->second->capacity.at(label);
        }
        if (above != nullptr) {
            const Share& share = share_of(above->guaranteed, resource);
            if (share.kind == Share::Kind::Absolute && absolute > share.value) {
                wrong("the queues below it ask for " +
                      std::to_string(static_cast<std::int64_t>(absolute)) + " of " + resource + on +
                      ", and it has " + share_text(share) + "; lower them or raise its own");
                return false;
            }
        }
        return true;
    }

    void one_rule(const PlacementRule& rule) {
        if (rule.matches.empty()) {
            wrong("it matches nobody; write matches = \"*\" or a name");
        }
        if (!rule.parent.empty() && !exists(rule.parent) && !may_come(rule.parent)) {
            wrong("its parent " + quoted(rule.parent) +
                  " is no queue; name one that is configured");
        } else if (!rule.parent.empty() && leaf(rule.parent)) {
            wrong("its parent " + quoted(rule.parent) +
                  " is a leaf; name a queue with queues below it, or enable auto_creation there");
        }
        const bool sets_default = rule.policy == PlacementRule::Policy::SetDefaultQueue;
        if (rule.policy != PlacementRule::Policy::Custom && !sets_default) {
            if (!rule.custom.empty()) {
                wrong("custom is given and the policy is another; write policy = \"custom\"");
            }
            return;
        }
        if (rule.custom.empty()) {
            wrong("its policy is " + std::string(sets_default ? "setDefaultQueue" : "custom") +
                  " and custom is missing; write a path such as root.users.%user");
            return;
        }
        for (std::size_t at = rule.custom.find('%'); at != std::string::npos;
             at = rule.custom.find('%', at + 1)) {
            const std::string_view rest = std::string_view(rule.custom).substr(at);
            if (std::ranges::none_of(kVariables, [&](std::string_view variable) {
                    return rest.starts_with(variable);
                })) {
                wrong("custom has " + quoted(rest.substr(0, rest.find('.'))) +
                      "; there are %application, %user, %primary_group, %secondary_group, "
                      "%default and %specified");
            }
        }
        const std::size_t variable = rule.custom.find('%');
        if (variable == std::string::npos && !leaf(rule.custom) && !may_come(rule.custom)) {
            wrong("custom is " + quoted(rule.custom) +
                  ", which is no leaf; name one, or enable "
                  "auto_creation above it");
        } else if (variable != std::string::npos) {
            custom_parent(std::string(parent_path(rule.custom.substr(0, variable))));
        }
    }

    // What stands before the first part with a variable.
    void custom_parent(std::string parent) {
        if (parent.empty()) {
            return;
        }
        if (parent != "root" && !parent.starts_with("root.")) {
            parent = "root." + parent;
        }
        if ((!exists(parent) && !may_come(parent)) || leaf(parent)) {
            wrong("custom begins with " + quoted(parent) + ", which " +
                  (leaf(parent) ? "is a leaf" : "is no queue") +
                  "; name a queue with queues below it, or enable auto_creation there");
        }
    }

    void workflows() {
        if (config_.workflow_priorities.size() > kWorkflowsMax) {
            wrong("workflow_priorities has " + std::to_string(config_.workflow_priorities.size()) +
                  " entries; at most " + std::to_string(kWorkflowsMax) + " are taken");
        }
        for (const WorkflowPriority& one : config_.workflow_priorities) {
            const std::string name =
                "workflow_priorities, entry " + quoted(one.workflow + ":" + one.queue) + ", ";
            if (!exists(one.queue) && !may_come(one.queue)) {
                wrong(name + "names a queue that is not there; write the full path of one");
            }
            within((name + "priority").c_str(), one.priority, 0,
                   std::max(config_.application_priority_max, 0));
        }
    }

    // The built-in one may be missing: then the first leaf takes its place.
    void default_queue() {
        const std::string& path = config_.queue_default;
        if (children_.empty() || path == SchedulerConfig().queue_default || leaf(path)) {
            return;
        }
        wrong("queue_default is " + quoted(path) + ", which " +
              (exists(path) ? "has queues below it or makes some" : "is no queue") +
              "; name a leaf that is configured, by its full path");
    }

    void globals() {
        if (config_.rules.size() > kRulesMax) {
            wrong(std::to_string(config_.rules.size()) + " rules are given; at most " +
                  std::to_string(kRulesMax) + " are taken");
        }
        if (config_.labels.size() > kLabelsMax) {
            wrong(std::to_string(config_.labels.size()) + " labels are given; at most " +
                  std::to_string(kLabelsMax) + " are taken");
        }
        for (const auto& [label, exclusive] : config_.labels) {
            if (!name_like(label) || label == "none") {
                wrong("a label is called " + quoted(label) +
                      "; use letters, digits, '-' and '_', and not the word none");
            }
        }
        default_queue();
        within("application_priority_max", config_.application_priority_max, 0, 1'000'000);
        lasting("locality_delay", config_.locality_delay, {});
        lasting("rack_locality_delay", config_.rack_locality_delay, {});
        if (config_.container_min.memory_mib < 1 || config_.container_min.vcores < 0) {
            wrong("container_min is " + resource_text(config_.container_min) +
                  "; write at least memory=1,vcores=0");
        }
        container_limits(config_.container_max);
        within("applications_parallel_max_per_user", config_.applications_parallel_max_per_user, 1,
               kApplicationsMax);
        for (const auto& [user, count] : config_.applications_parallel_max_by_user) {
            if (count < 1 || count > kApplicationsMax) {
                wrong("applications_parallel_max_by_user." + user + " is " + std::to_string(count) +
                      "; write a number from 1 to " + std::to_string(kApplicationsMax));
            }
        }
        lasting("preemption.grace", config_.preemption.grace, {});
        lasting("preemption.interval", config_.preemption.interval, milliseconds(100));
        within("preemption.round_percent_max", config_.preemption.round_percent_max, 1, 100);
        within("preemption.dead_zone_percent", config_.preemption.dead_zone_percent, 0, 1000);
        within("preemption.natural_termination_percent",
               config_.preemption.natural_termination_percent, 1, 100);
        within("preemption.intra_queue_threshold_percent",
               config_.preemption.intra_queue_threshold_percent, 0, 100);
        within("preemption.intra_queue_percent_max", config_.preemption.intra_queue_percent_max, 1,
               100);
        workflows();
        lasting("reservation_after", config_.reservations.after, {});
        lasting("reservation_timeout", config_.reservations.timeout, seconds(1));
        within("reservation_percent_max", config_.reservations.percent_max, 1, 100);
        within("reservations_per_application", config_.reservations.per_application, 1, 1000);
        within("reservations_per_queue", config_.reservations.per_queue, 1, 1000);
        within("opportunistic_per_application", config_.opportunistic.per_application, 1, 100'000);
        lasting("opportunistic_balance_interval", config_.opportunistic.balance_interval,
                milliseconds(100));
    }

    const SchedulerConfig& config_;
    Mistake at_;
    std::vector<Mistake> mistakes_;
    std::map<std::string, const QueueConfig*, std::less<>> sound_;  // by path
    std::set<std::string, std::less<>> paths_;                      // also of parents unnamed
    std::map<std::string, std::vector<std::string>> children_;      // paths, by their parent's
};

}  // namespace

std::string to_string(const Mistake& mistake) {
    if (!mistake.queue.empty()) {
        return "queue " + mistake.queue + ": " + mistake.what;
    }
    if (mistake.rule != 0) {
        return "rule " + std::to_string(mistake.rule) + ": " + mistake.what;
    }
    return mistake.what;
}

std::vector<Mistake> mistakes_of(const SchedulerConfig& config) {
    return Check(config).run();
}

Status check(const SchedulerConfig& config) {
    std::vector<std::string> lines;
    for (const Mistake& mistake : mistakes_of(config)) {
        lines.push_back(to_string(mistake));
    }
    if (lines.empty()) {
        return {};
    }
    return Error{ErrorCode::InvalidArgument, join(lines, "\n")};
}

Status check_queue_path(std::string_view path) {
    const std::string mistake = path_mistake(path);
    if (mistake.empty()) {
        return {};
    }
    return Error{ErrorCode::InvalidArgument, "queue " + quoted(path) + ": " + mistake};
}

std::string no_such_queue(std::string_view path) {
    return "no queue named '" + std::string(path) +
           "'; name one that is there (rmctl queue list shows them)";
}

bool is_parent(const SchedulerConfig& config, std::string_view path) {
    return path == "root" || std::ranges::any_of(config.queues, [&](const QueueConfig& queue) {
               return (queue.path == path && queue.auto_creation.enabled) ||
                      (queue.path.size() > path.size() && queue.path[path.size()] == '.' &&
                       queue.path.starts_with(path));
           });
}

}  // namespace heddle
