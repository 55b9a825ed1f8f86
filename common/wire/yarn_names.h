#pragma once

// How YARN and we name and write the settings of the scheduler: the tables that reading a file,
// changes over REST and showing them share. Of this folder's yarn_*.cpp alone.

#include <optional>
#include <string>
#include <string_view>

#include "common/base/resource.h"
#include "common/base/result.h"
#include "common/model/queue.h"

namespace heddle::wire {

inline constexpr std::string_view kPrefix = "yarn.scheduler.capacity.";
inline constexpr std::string_view kPreemption = "yarn.resourcemanager.monitor.capacity.preemption.";

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

inline constexpr Name kQueueNames[] = {
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
inline constexpr Name kGlobalNames[] = {
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
inline constexpr Name kRootNames[] = {
    {"maximum-applications", "applications_max"},
    {"maximum-am-resource-percent", "masters_percent_max", Form::Fraction},
    {"minimum-user-limit-percent", "user_limit_percent_min"},
    {"user-limit-factor", "user_limit_factor", Form::Unless},
    {"max-parallel-apps", "applications_parallel_max"},
    {"auto-queue-creation-v2.maximum-queue-depth", "auto_creation.depth_max"},
};

// The order of queues, as parents say it there. Here it is one for the whole tree.
inline constexpr std::string_view kByShare = "utilization";
inline constexpr std::string_view kByPriority = "priority-utilization";

/// Our text for a value of theirs, and the other way round. `container_max`: of the queue, so far.
Result<std::string> our_text(const Name& name, const std::string& text,
                             const std::optional<Resource>& container_max);
std::string yarn_text(const Name& name, const std::string& text);

/// Sets what YARN calls `key` below "yarn.scheduler.capacity.PATH.". Errors: InvalidArgument, also
/// of unknown keys, with the nearest one.
Status set_queue(QueueConfig& queue, const std::string& key, const std::string& value);
Status set_global(SchedulerConfig& config, const Name& name, const std::string& value);
Status set_root(SchedulerConfig& config, const Name& name, const std::string& value);
const Name* root_name(std::string_view key);

/// True: `text` begins with `prefix`, and `rest` is what follows.
bool cut(const std::string& text, std::string_view prefix, std::string& rest);
/// Ours for user.NAME.max-parallel-apps, or empty; names may have dots.
std::string setting_of_user(const std::string& key);
/// It is the order of the queues below, and not that of a leaf's applications.
bool orders_queues(const std::string& key, const std::string& value);

QueueConfig* find_queue(SchedulerConfig& config, std::string_view path);
/// Made when it is not there.
QueueConfig& root_of(SchedulerConfig& config);
/// Empty: of root.
std::string_view parent_path(std::string_view path);

/// Placement rules, in either of the two ways in which they are written.
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

}  // namespace heddle::wire
