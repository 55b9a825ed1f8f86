// The configuration in YARN's names, as GET /scheduler-conf shows it.

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/strings.h"
#include "common/model/queue_check.h"
#include "common/model/queue_settings.h"
#include "common/model/share_text.h"
#include "common/wire/yarn_names.h"
#include "common/wire/yarn_rules.h"
#include "common/wire/yarn_scheduler.h"

namespace heddle::wire {
namespace {

using Properties = std::vector<YarnProperty>;

void label_property(const std::string& prefix, const std::string& rest, const std::string& text,
                    Properties& out) {
    const std::size_t dot = rest.rfind('.');
    const auto name = std::ranges::find(kLabelNames, rest.substr(dot + 1), &Name::ours);
    if (name != std::end(kLabelNames)) {
        out.emplace_back(prefix + "accessible-node-labels." + rest.substr(0, dot) + "." +
                             std::string(name->yarn),
                         yarn_text(*name, text));
    }
}

// The whole comes first: the two numbers leave what it says of other resources.
void largest_container(const std::string& prefix, const Resource& most, Properties& out) {
    if (!most.named.entries().empty()) {
        out.emplace_back(prefix + "maximum-allocation", resource_text(most));
    }
    out.emplace_back(prefix + "maximum-allocation-mb", std::to_string(most.memory_mib));
    out.emplace_back(prefix + "maximum-allocation-vcores", std::to_string(most.vcores));
}

void setting_property(const std::string& prefix, const QueueConfig& queue,
                      const SettingText& setting, Properties& out) {
    const auto& [name, text] = setting;
    std::string rest;
    if (cut(name, "labels.", rest)) {
        label_property(prefix, rest, text, out);
    } else if (cut(name, "user_weight.", rest)) {
        out.emplace_back(prefix + "user-settings." + rest + ".weight", text);
    } else if (name == "container_max") {
        largest_container(prefix, *queue.container_max, out);
    } else if (name == "auto_creation.idle_removal" && text == kNeverRemoved) {
        out.emplace_back(prefix + "auto-queue-creation-v2.queue-auto-removal.enable", "false");
    } else if (name == "queue_order") {
        out.emplace_back(prefix + "ordering-policy", text);
    } else if (const auto found = std::ranges::find(kQueueNames, name, &Name::ours);
               found != std::end(kQueueNames)) {
        out.emplace_back(prefix + std::string(found->yarn), yarn_text(*found, text));
    }
}

void template_properties(const std::string& prefix, const std::string& side,
                         const std::map<std::string, std::string>& settings, Properties& out) {
    for (auto& [name, value] : yarn_template(settings)) {
        out.emplace_back(prefix + "auto-queue-creation-v2." + side + "." + name, std::move(value));
    }
}

void queue_properties(const QueueConfig& queue, bool is_leaf, Properties& out) {
    const std::string prefix = std::string(kPrefix) + queue.path + ".";
    const QueueCapacity capacity =
        queue.capacity.contains(kNoLabel) ? queue.capacity.at(kNoLabel) : QueueCapacity{};
    const std::string guaranteed = shares_text(capacity.guaranteed, kRestOfGuaranteed);
    out.emplace_back(prefix + "capacity",
                     queue.path == "root" ? "100" : yarn_text(kQueueNames[0], guaranteed));
    out.emplace_back(prefix + "maximum-capacity",
                     yarn_text(kQueueNames[1], shares_text(capacity.maximum, kRestOfMaximum)));
    for (const SettingText& setting : settings_of(queue)) {
        const std::string& name = setting.first;
        const bool of_other_kind = name == "order" ? !is_leaf : name == "queue_order" && is_leaf;
        if (name != "capacity" && name != "capacity_max" && !of_other_kind) {
            setting_property(prefix, queue, setting, out);
        }
    }
    template_properties(prefix, "leaf-template", queue.auto_creation.leaf_template, out);
    template_properties(prefix, "parent-template", queue.auto_creation.parent_template, out);
}

// Also those that are there only because queues below them are.
void child_lists(const SchedulerConfig& config, Properties& out) {
    std::map<std::string, std::vector<std::string>, std::less<>> children;
    for (const QueueConfig& queue : config.queues) {
        for (std::string_view at = queue.path; at != "root" && !at.empty(); at = parent_path(at)) {
            const std::string_view parent = parent_path(at);
            std::vector<std::string>& list = children[std::string(parent)];
            const std::string name(at.substr(std::min(parent.size() + 1, at.size())));
            if (std::ranges::find(list, name) == list.end()) {
                list.push_back(name);
            }
        }
    }
    for (const auto& [parent, list] : children) {
        out.emplace_back(std::string(kPrefix) + parent + ".queues", join(list, ","));
    }
}

void global_properties(const SchedulerConfig& config, Properties& out) {
    for (const auto& [name, text] : settings_of(config)) {
        const auto found = std::ranges::find(kGlobalNames, name, &Name::ours);
        if (found != std::end(kGlobalNames) && found->form != Form::Milliseconds) {
            out.emplace_back(found->yarn, yarn_text(*found, text));
        }
    }
    const PreemptionConfig& preemption = config.preemption;
    const std::pair<const char*, Duration PreemptionConfig::*> times[] = {
        {"monitoring_interval", &PreemptionConfig::interval},
        {"max_wait_before_kill", &PreemptionConfig::grace}};
    for (const auto& [name, time] : times) {
        if (preemption.enabled || preemption.*time != PreemptionConfig{}.*time) {
            out.emplace_back(std::string(kPreemption) + name,
                             std::to_string((preemption.*time).milliseconds()));
        }
    }
}

}  // namespace

std::vector<YarnProperty> yarn_template(const std::map<std::string, std::string>& settings) {
    QueueConfig scratch = queue_config("root.template");
    for (const auto& [name, text] : settings) {
        (void)set_setting(scratch, name, text);  // checked with the configuration
    }
    Properties out;
    for (const SettingText& setting : settings_of(scratch)) {
        setting_property("", scratch, setting, out);
    }
    return out;
}

std::vector<YarnProperty> yarn_properties(const SchedulerConfig& config) {
    Properties out;
    child_lists(config, out);
    const QueueConfig* root = nullptr;
    for (const QueueConfig& queue : config.queues) {
        root = queue.path == "root" ? &queue : root;
        queue_properties(queue, !is_parent(config, queue.path), out);
    }
    global_properties(config, out);
    const std::string prefix(kPrefix);
    if (root == nullptr || !root->queue_order) {
        out.emplace_back(prefix + "root.ordering-policy",
                         config.queue_priorities ? kByPriority : kByShare);
    }
    for (const auto& [user, count] : config.applications_parallel_max_by_user) {
        out.emplace_back(prefix + "user." + user + ".max-parallel-apps", std::to_string(count));
    }
    if (!config.rules.empty()) {
        out.emplace_back(prefix + "mapping-rule-format", "json");
        out.emplace_back(prefix + "mapping-rule-json", rules_json(config.rules));
    }
    return out;
}

}  // namespace heddle::wire
