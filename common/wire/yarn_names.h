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

// As long as any setting may be.
inline constexpr std::string_view kNeverRemoved = "3650d";

// How a value is written there and here.
enum class Form {
    Same,
    Share,     // "40" is a percentage
    Unless,    // -1 means none
    Fraction,  // 0.1 is 10
    Seconds,   // -1 and 0 mean none
    Removal,   // false: never, whatever the time; true leaves the time as it is
    Milliseconds,
    Labels,  // a blank is the empty list
    Order,
    NodeOrder,
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
    {"ordering-policy.fair.enable-size-based-weight", "size_based_weight"},
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
    {"auto-queue-creation-v2.queue-expiration-time", "auto_creation.idle_removal", Form::Seconds},
    {"auto-queue-creation-v2.queue-auto-removal.enable", "auto_creation.idle_removal",
     Form::Removal},
    {"acl_application_max_priority", "application_priority_limits"},
    {"auto-create-child-queue.enabled", "auto_creation.enabled"},
    {"multi-node-sorting.policy", "node_order", Form::NodeOrder},
};

// Of a queue on the nodes of one label, behind accessible-node-labels.NAME. and labels.NAME.
inline constexpr Name kLabelNames[] = {
    {"capacity", "capacity", Form::Share},
    {"maximum-capacity", "capacity_max", Form::Share},
    {"maximum-am-resource-percent", "masters_percent_max", Form::Fraction},
};

// Of all queues, or of the whole scheduler. On root when `ours` begins so.
inline constexpr Name kGlobalNames[] = {
    {"yarn.scheduler.capacity.queue-mappings-override.enable", "override_specified_queue"},
    {"yarn.scheduler.capacity.user.max-parallel-apps", "applications_parallel_max_per_user"},
    {"yarn.scheduler.capacity.workflow-priority-mappings", "workflow_priorities"},
    {"yarn.scheduler.capacity.workflow-priority-mappings-override.enable",
     "workflow_priorities_override"},
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
    {"yarn.resourcemanager.monitor.capacity.preemption.natural_termination_factor",
     "preemption.natural_termination_percent", Form::Fraction},
    {"yarn.resourcemanager.monitor.capacity.preemption.intra-queue-preemption.minimum-threshold",
     "preemption.intra_queue_threshold_percent", Form::Fraction},
    {"yarn.resourcemanager.monitor.capacity.preemption.intra-queue-preemption.max-allowable-limit",
     "preemption.intra_queue_percent_max", Form::Fraction},
    {"yarn.resourcemanager.monitor.capacity.preemption.intra-queue-preemption.enabled",
     "preemption.intra_queue"},
    {"yarn.resourcemanager.monitor.capacity.preemption.intra-queue-preemption.preemption-order-"
     "policy",
     "preemption.intra_queue_order"},
    {"yarn.scheduler.capacity.lazy-preemption-enabled", "preemption.lazy"},
};
inline constexpr Name kRootNames[] = {
    {"maximum-applications", "applications_max"},
    {"maximum-am-resource-percent", "masters_percent_max", Form::Fraction},
    {"minimum-user-limit-percent", "user_limit_percent_min"},
    {"user-limit-factor", "user_limit_factor", Form::Unless},
    {"max-parallel-apps", "applications_parallel_max"},
    {"auto-queue-creation-v2.maximum-queue-depth", "auto_creation.depth_max"},
    {"auto-queue-creation-v2.queue-expiration-time", "auto_creation.idle_removal", Form::Seconds},
    {"multi-node-sorting.policy", "node_order", Form::NodeOrder},
};

// What clusters have in their files and nothing here corresponds to: the end of the name, and why.
struct Without {
    std::string_view yarn;
    std::string_view why;
};
inline constexpr Without kWithout[] = {
    {"yarn.resourcemanager.resource-profiles.enabled",
     "there are no resource profiles: an ask says its memory, vcores and other resources itself; "
     "write the sizes of resource-profiles.json where they are asked for"},
    {"yarn.resourcemanager.resource-profiles.source-file",
     "there are no resource profiles; write their sizes where they are asked for"},
    {".reservable", "capacity cannot be reserved for a time to come"},
    {".multi-node-sorting.policy.names",
     "policies are not defined here: a queue's node_order is spread or pack"},
    {".sorting-interval.ms", "nodes are always in order"},
    {".multi-node-placement-enabled", "all nodes are always looked at"},
    {".schedule-asynchronously.enable", "containers are placed as soon as there is room, always"},
    {".per-node-heartbeat.multiple-assignments-enabled", "placing does not wait for heartbeats"},
    {".per-node-heartbeat.maximum-container-assignments", "placing does not wait for heartbeats"},
    {".per-node-heartbeat.maximum-offswitch-assignments", "placing does not wait for heartbeats"},
    {".legacy-queue-mode.enabled", "weights, percentages and amounts may always be mixed"},
    {".application.fail-fast", "an application whose queue is gone is never lost"},
};

// The order of queues, as parents say it.
inline constexpr std::string_view kByShare = "utilization";
inline constexpr std::string_view kByPriority = "priority-utilization";

/// Our text for a value of theirs, and the other way round. `so_far`: the queue's own settings,
/// since two of theirs may be one of ours; null: it is of no queue.
Result<std::string> our_text(const Name& name, const std::string& text, const QueueConfig* so_far);
std::string yarn_text(const Name& name, const std::string& text);

/// Sets what YARN calls `key` below "yarn.scheduler.capacity.PATH.". Errors: InvalidArgument, also
/// of unknown keys, with the nearest one.
Status set_queue(QueueConfig& queue, const std::string& key, const std::string& value);
Status set_global(SchedulerConfig& config, const Name& name, const std::string& value);
Status set_root(SchedulerConfig& config, const Name& name, const std::string& value);
const Name* root_name(std::string_view key);

/// Why the property of this full name has no counterpart here, or empty.
std::string why_without(std::string_view name);
/// What is different from what the value says, or empty.
std::string note_on(std::string_view key, const std::string& value);

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
