// The configuration in YARN's names, as GET /scheduler-conf shows it.

#include <algorithm>
#include <map>
#include <utility>

#include "common/model/queue_settings.h"
#include "common/model/share_text.h"
#include "common/wire/yarn_names.h"
#include "common/wire/yarn_rules.h"
#include "common/wire/yarn_scheduler.h"

namespace heddle::wire {
namespace {

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

}  // namespace

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

}  // namespace heddle::wire
