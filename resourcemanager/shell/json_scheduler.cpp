// The queue tree in the shape of YARN's capacity scheduler: what is configured, what it comes to on
// the nodes that are there, and what holds for applications and users.

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/model/priority_limit.h"
#include "common/model/share_text.h"
#include "common/wire/yarn_scheduler.h"
#include "resourcemanager/core/queue_terms.h"
#include "resourcemanager/core/shares.h"
#include "resourcemanager/shell/json_views.h"

namespace heddle::rm {
namespace {

constexpr double kThousandths = 1000.0;

double ratio(std::int64_t part, std::int64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

// Of the resource that is used most, as queues are compared.
double percent(const Resource& part, const Resource& whole) {
    double largest =
        std::max(ratio(part.memory_mib, whole.memory_mib), ratio(part.vcores, whole.vcores));
    for (const NamedCounts::Entry& entry : part.named.entries()) {
        largest = std::max(largest, ratio(entry.count, whole.named.get(entry.name)));
    }
    return 100.0 * largest;
}

// What one user's applications that are not over have in one queue.
struct UserUse {
    Resource used;
    Resource used_by_masters;
    Resource pending;
    std::map<std::string, PartitionUse> partitions;  // by label
    std::int64_t applications_active = 0;
    std::int64_t applications_pending = 0;
};
using UserUses = std::map<std::string, UserUse>;  // by name

struct Scene {
    const View& view;
    bool access_lists = false;
    std::map<std::string, UserUses> users;                          // by queue path
    std::map<std::string, std::vector<const QueueView*>> children;  // by the parent's path
    std::map<std::string, const QueueConfig*> configured;           // by path
};

// A queue's shares in per cent, as configured where that is exact: of memory otherwise.
struct Figures {
    double capacity = 100.0;  // of what the parent is owed
    double maximum = 100.0;   // of what the parent may use
    double absolute = 100.0;
    double absolute_maximum = 100.0;
    double weight = -1.0;  // YARN's: shares otherwise
    double normalized_weight = 0.0;
};

using FiguresByLabel = std::map<std::string, Figures>;

const QueueTerms& terms_of(const QueueView& queue) {
    static const QueueTerms none;
    return queue.terms == nullptr ? none : *queue.terms;
}

double capacity_of(const PartitionTerms& terms) {
    const Share& share = terms.capacity.guaranteed.all;
    if (terms.weights.has_value()) {
        return 100.0 * ratio(share.value, *terms.weights);
    }
    if (share.kind == Share::Kind::Percent && !terms.absolute_siblings) {
        return static_cast<double>(share.value) / kThousandths;
    }
    return 100.0 * ratio(terms.guaranteed.memory_mib, terms.of_parent.memory_mib);
}

double maximum_of(const PartitionTerms& terms) {
    const Share& share = terms.capacity.maximum.all;
    if (share.kind == Share::Kind::Absolute) {
        return 100.0 * ratio(terms.maximum.memory_mib, terms.maximum_of_parent.memory_mib);
    }
    return share.kind == Share::Kind::Percent ? static_cast<double>(share.value) / kThousandths
                                              : 100.0;
}

Figures figures_of(const PartitionTerms& terms, const Figures& parent) {
    Figures figures;
    figures.maximum = maximum_of(terms);
    figures.absolute_maximum = parent.absolute_maximum * figures.maximum / 100.0;
    figures.capacity = capacity_of(terms);
    figures.absolute =
        std::min(parent.absolute * figures.capacity / 100.0, figures.absolute_maximum);
    const Share& share = terms.capacity.guaranteed.all;
    if (share.kind == Share::Kind::Weight) {
        figures.weight = static_cast<double>(share.value) / kThousandths;
        figures.normalized_weight = figures.capacity / 100.0;
    }
    return figures;
}

// Of all labels that the queue may use.
FiguresByLabel figures_of(const QueueView& queue, const FiguresByLabel& parent) {
    FiguresByLabel figures;
    for (const PartitionTerms& terms : terms_of(queue).partitions) {
        const auto above = parent.find(terms.label);
        figures[terms.label] = figures_of(terms, above == parent.end() ? Figures{} : above->second);
    }
    return figures;
}

std::string text_of(const Share& share) {
    const double value = static_cast<double>(share.value) /
                         (share.kind == Share::Kind::Absolute ? 1.0 : kThousandths);
    const char* unit = share.kind == Share::Kind::Percent  ? "%"
                       : share.kind == Share::Kind::Weight ? "w"
                                                           : "";
    return std::move(wire::JsonWriter().value(value)).take() + unit;
}

// By YARN's names, "memory-mb" and "vcores" first.
std::vector<std::pair<std::string, Share>> by_yarn_name(const ShareVector& shares) {
    const auto of = [&](const char* name) {
        const auto found = shares.by_resource.find(name);
        return found == shares.by_resource.end() ? shares.all : found->second;
    };
    std::vector<std::pair<std::string, Share>> all = {{"memory-mb", of("memory")},
                                                      {"vcores", of("vcores")}};
    for (const auto& [name, share] : shares.by_resource) {
        if (name != "memory" && name != "vcores") {
            all.emplace_back(yarn_resource_name(name), share);
        }
    }
    return all;
}

// Root has all there is, whatever is configured.
ShareVector shares_of(const QueueView& queue) {
    return queue.parent.empty() ? ShareVector{{Share::Kind::Percent, 100'000}, {}}
                                : terms_of(queue).unlabelled().capacity.guaranteed;
}

ShareVector shares_of(const QueueView& queue, const PartitionTerms& terms) {
    return queue.parent.empty() ? shares_of(queue) : terms.capacity.guaranteed;
}

void write_capacity_vector(wire::JsonWriter& json, const ShareVector& configured) {
    const auto shares = by_yarn_name(configured);
    std::string whole;
    for (const auto& [name, share] : shares) {
        whole += (whole.empty() ? "" : ",") + name + "=" + text_of(share);
    }
    json.key("queueCapacityVectorInfo").begin_object();
    json.member("configuredCapacityVector", "[" + whole + "]");
    json.key("capacityVectorEntries").begin_array();
    for (const auto& [name, share] : shares) {
        json.begin_object().member("resourceName", name);
        json.member("resourceValue", text_of(share)).end_object();
    }
    json.end_array().end_object();
}

// What is stated in amounts; the rest follows from shares.
Resource amounts_in(const ShareVector& shares) {
    const auto of = [&](const char* name) {
        const auto found = shares.by_resource.find(name);
        const Share& share = found == shares.by_resource.end() ? shares.all : found->second;
        return share.kind == Share::Kind::Absolute ? share.value : 0;
    };
    Resource amounts{of("memory"), of("vcores"), {}};
    for (const auto& [name, share] : shares.by_resource) {
        if (name != "memory" && name != "vcores" && share.kind == Share::Kind::Absolute) {
            amounts.named.set(name, share.value);
        }
    }
    return amounts;
}

// What the queue has on the nodes of one label. Without labels: all that it has.
PartitionUse use_of(const QueueView& queue, const std::string& label) {
    if (queue.partitions.empty()) {
        return {"", queue.used, {}, queue.used_by_masters, queue.reserved, queue.pending};
    }
    const auto found = std::ranges::find(queue.partitions, label, &PartitionUse::label);
    return found == queue.partitions.end() ? PartitionUse{label, {}, {}, {}, {}, {}} : *found;
}

void write_partition(wire::JsonWriter& json, const QueueView& queue, const PartitionTerms& terms,
                     const Figures& figures) {
    const PartitionUse use = use_of(queue, terms.label);
    json.begin_object().member("partitionName", terms.label);
    write_capacity_vector(json, shares_of(queue, terms));
    json.member("capacity", figures.capacity);
    json.member("usedCapacity", percent(use.used, terms.guaranteed));
    json.member("maxCapacity", figures.maximum).member("absoluteCapacity", figures.absolute);
    json.member("absoluteUsedCapacity", percent(use.used, terms.total));
    json.member("absoluteMaxCapacity", figures.absolute_maximum);
    json.member("maxAMLimitPercentage", static_cast<double>(terms_of(queue).masters_percent_max));
    json.member("weight", figures.weight).member("normalizedWeight", figures.normalized_weight);
    write_resource(json.key("configuredMinResource"), amounts_in(shares_of(queue, terms)));
    write_resource(json.key("configuredMaxResource"), amounts_in(terms.capacity.maximum));
    write_resource(json.key("effectiveMinResource"), terms.guaranteed);
    write_resource(json.key("effectiveMaxResource"), terms.maximum);
    json.end_object();
}

void write_partitions(wire::JsonWriter& json, const QueueView& queue,
                      const FiguresByLabel& figures) {
    json.key("capacities").begin_object().key("queueCapacitiesByPartition").begin_array();
    for (const PartitionTerms& terms : terms_of(queue).partitions) {
        write_partition(json, queue, terms, figures.at(terms.label));
    }
    json.end_array().end_object();
}

void write_use(wire::JsonWriter& json, const PartitionUse& use, const Resource& masters_max,
               const Resource& user_masters_max) {
    json.begin_object().member("partitionName", use.label);
    write_resource(json.key("used"), use.used);
    write_resource(json.key("reserved"), use.reserved);
    write_resource(json.key("pending"), use.pending);
    write_resource(json.key("amUsed"), use.used_by_masters);
    write_resource(json.key("amLimit"), masters_max);
    write_resource(json.key("userAmLimit"), user_masters_max);
    json.end_object();
}

// What masters of a user with this weight may use of a leaf, as things are. Of other queues: as
// much as all masters.
Resource user_masters_max(const QueueView& queue, const PartitionTerms& terms,
                          std::int64_t weight) {
    if (!queue.leaf) {
        return terms.masters_max;
    }
    const Resource most =
        terms.label.empty() ? queue.user_masters_max : use_of(queue, terms.label).user_masters_max;
    return least(scaled(most, weight), terms.masters_max);
}

void write_usage(wire::JsonWriter& json, const QueueView& queue) {
    json.key("resources").begin_object().key("resourceUsagesByPartition").begin_array();
    for (const PartitionTerms& terms : terms_of(queue).partitions) {
        write_use(json, use_of(queue, terms.label), terms.masters_max,
                  user_masters_max(queue, terms, 1000));
    }
    json.end_array().end_object();
}

// The queue's own list in YARN's form: nobody is one blank.
std::string list_of(const Scene& scene, const QueueView& queue, AccessList QueueConfig::*list) {
    const auto found = scene.configured.find(queue.path);
    const std::string text =
        found == scene.configured.end() ? std::string() : access_text(found->second->*list);
    return !scene.access_lists ? "*" : text.empty() ? " " : text;
}

void write_acls(wire::JsonWriter& json, const Scene& scene, const QueueView& queue) {
    // Limits of priorities hold whether access lists are asked or not.
    const std::vector<PriorityLimit>& limits = terms_of(queue).priority_limits;
    const std::pair<const char*, std::string> lists[] = {
        {"ADMINISTER_QUEUE", list_of(scene, queue, &QueueConfig::administer)},
        {"APPLICATION_MAX_PRIORITY", limits.empty() ? "*" : priority_limits_text(limits)},
        {"SUBMIT_APP", list_of(scene, queue, &QueueConfig::submit)}};
    json.key("queueAcls").begin_object().key("queueAcl").begin_array();
    for (const auto& [type, list] : lists) {
        json.begin_object().member("accessType", type).member("accessControlList", list);
        json.end_object();
    }
    json.end_array().end_object();
}

const char* mode_of(const QueueView& queue) {
    switch (shares_of(queue).all.kind) {
        case Share::Kind::Weight:
            return "weight";
        case Share::Kind::Absolute:
            return "absolute";
        case Share::Kind::Percent:
            break;
    }
    return "percentage";
}

void write_template(wire::JsonWriter& json, const char* key,
                    const std::map<std::string, std::string>& settings) {
    json.key(key).begin_object();
    if (!settings.empty()) {
        json.key("property").begin_array();
        for (const auto& [name, value] : wire::yarn_template(settings)) {
            json.begin_object().member("name", name).member("value", value).end_object();
        }
        json.end_array();
    }
    json.end_object();
}

void write_policy(wire::JsonWriter& json, const Scene& scene, const QueueView& queue) {
    const QueueTerms& terms = terms_of(queue);
    const bool priorities = terms.queue_order == QueueOrder::Priority;
    json.member("queuePriority", terms.priority);
    json.member("orderingPolicyInfo", !queue.leaf
                                          ? priorities ? "priority-utilization" : "utilization"
                                      : terms.order == LeafOrder::Fair ? "fair"
                                                                       : "fifo");
    json.member("mode", mode_of(queue)).member("queueType", queue.leaf ? "leaf" : "parent");
    json.member("creationMethod", terms.created ? "dynamicFlexible" : "static");
    json.member("autoCreationEligibility", terms.creates_queues ? "flexible" : "off");
    if (!terms.label_default.empty()) {  // as YARN, which leaves out what nobody states
        json.member("defaultNodeLabelExpression", terms.label_default);
    }
    const auto configured = scene.configured.find(queue.path);
    static const AutoCreation kNone;
    const AutoCreation& creation =
        configured == scene.configured.end() ? kNone : configured->second->auto_creation;
    write_template(json, "autoQueueTemplateProperties", {});
    write_template(json, "autoQueueParentTemplateProperties", creation.parent_template);
    write_template(json, "autoQueueLeafTemplateProperties", creation.leaf_template);
}

// As in YARN a queue that stops is draining until its last application is over.
const char* state_of(const QueueView& queue) {
    const QueueState state = terms_of(queue).state;
    if (state == QueueState::Running) {
        return "RUNNING";
    }
    const bool empty = queue.applications_pending + queue.applications_active == 0;
    return state == QueueState::Stopped && empty ? "STOPPED" : "DRAINING";
}

std::int32_t parallel_max(const QueueView& queue) {
    return terms_of(queue).applications_parallel_max.value_or(INT32_MAX);
}

// As in YARN, of the nodes without a label.
void write_capacities(wire::JsonWriter& json, const QueueView& queue, const Figures& figures) {
    json.member("queuePath", queue.path).member("capacity", figures.capacity);
    const PartitionTerms& terms = terms_of(queue).unlabelled();
    const Resource used = use_of(queue, "").used;
    json.member("usedCapacity", percent(used, terms.guaranteed));
    json.member("maxCapacity", figures.maximum).member("absoluteCapacity", figures.absolute);
    json.member("absoluteMaxCapacity", figures.absolute_maximum);
    json.member("absoluteUsedCapacity", percent(used, terms.total));
    json.member("weight", figures.weight).member("normalizedWeight", figures.normalized_weight);
    json.member("numApplications", queue.applications_pending + queue.applications_active);
    json.member("maxParallelApps", parallel_max(queue)).member("queueName", queue.name);
    json.member("isAbsoluteResource", shares_of(queue).all.kind == Share::Kind::Absolute);
    json.member("state", state_of(queue));
}

// While others want room; the factor binds always.
Resource user_limit(const QueueView& queue, std::int64_t weight) {
    const QueueTerms& terms = terms_of(queue);
    Resource limit = least(scaled(queue.user_share, weight), terms.unlabelled().maximum);
    if (terms.user_limit_factor.has_value()) {
        limit = least(
            limit, scaled(scaled(terms.unlabelled().guaranteed, *terms.user_limit_factor), weight));
    }
    return limit;
}

void write_user(wire::JsonWriter& json, const QueueView& queue, const std::string& name,
                const UserUse& use) {
    const QueueTerms& terms = terms_of(queue);
    const auto found = terms.user_weights.find(name);
    const std::int64_t weight = found == terms.user_weights.end() ? 1000 : found->second;
    json.begin_object().member("username", name);
    write_resource(json.key("resourcesUsed"), use.used);
    json.member("numPendingApplications", use.applications_pending);
    json.member("numActiveApplications", use.applications_active);
    write_resource(json.key("AMResourceUsed"), use.used_by_masters);
    write_resource(json.key("userResourceLimit"), user_limit(queue, weight));
    json.key("resources").begin_object().key("resourceUsagesByPartition").begin_array();
    for (const PartitionTerms& partition : terms.partitions) {
        const auto part = use.partitions.find(partition.label);
        write_use(json,
                  part == use.partitions.end() ? PartitionUse{partition.label, {}, {}, {}, {}, {}}
                                               : part->second,
                  partition.masters_max, user_masters_max(queue, partition, weight));
    }
    json.end_array().end_object();
    json.member("userWeight", static_cast<double>(weight) / kThousandths);
    json.member("isActive", use.pending != Resource{}).end_object();
}

void write_users(wire::JsonWriter& json, const Scene& scene, const QueueView& queue) {
    json.key("users").begin_object();
    const auto found = scene.users.find(queue.path);
    if (found != scene.users.end()) {
        json.key("user").begin_array();
        for (const auto& [name, use] : found->second) {
            write_user(json, queue, name, use);
        }
        json.end_array();
    }
    json.end_object();
}

// Of applications whose submission says nothing, never more than the longest; -1: without end.
std::int64_t lifetime_seconds(const std::optional<Duration>& lifetime,
                              const std::optional<Duration>& longest) {
    const std::optional<Duration>& shown = lifetime.has_value() ? lifetime : longest;
    if (!shown.has_value()) {
        return -1;
    }
    return std::min(*shown, longest.value_or(*shown)).milliseconds() / 1000;
}

void write_leaf_limits(wire::JsonWriter& json, const Scene& scene, const QueueView& queue) {
    const QueueTerms& terms = terms_of(queue);
    json.member("numActiveApplications", queue.applications_active);
    json.member("numPendingApplications", queue.applications_pending);
    json.member("numContainers", queue.containers);
    json.member("maxApplications", terms.applications_max);
    json.member("maxApplicationsPerUser", terms.applications_max);  // any user may have all of them
    json.member("userLimit", static_cast<double>(terms.user_limit_percent_min));
    write_users(json, scene, queue);
    json.member("userLimitFactor",
                terms.user_limit_factor.has_value()
                    ? static_cast<double>(*terms.user_limit_factor) / kThousandths
                    : -1.0);  // YARN's: none
    json.member("configuredMaxAMResourceLimit",
                static_cast<double>(terms.masters_percent_max) / 100.0);
    write_resource(json.key("AMResourceLimit"), terms.unlabelled().masters_max);
    write_resource(json.key("usedAMResource"), queue.used_by_masters);
    write_resource(json.key("userAMResourceLimit"),
                   user_masters_max(queue, terms.unlabelled(), 1000));
    json.member("preemptionDisabled", queue.preemption_disabled);
    json.member("intraQueuePreemptionDisabled", !terms.preempted_inside);
    json.member("defaultPriority", terms.application_priority_default);
    json.member("isAutoCreatedLeafQueue", terms.created);
    json.member("maxApplicationLifetime", lifetime_seconds(terms.lifetime_max, terms.lifetime_max));
    json.member("defaultApplicationLifetime",
                lifetime_seconds(terms.lifetime_default, terms.lifetime_max));
}

// What the bound leaves out has none.
Resource within(const Resource& amount, Resource bound) {
    for (const NamedCounts::Entry& entry : amount.named.entries()) {
        if (bound.named.get(entry.name) == 0) {
            bound.named.set(entry.name, entry.count);
        }
    }
    return least(amount, bound);
}

// The largest container: of the queue, of the cluster, and of its nodes.
Resource largest_container(const View& view, const QueueView& queue) {
    Resource largest = view.cluster.size_max;
    if (!view.scheduler->empty()) {
        const auto& of_cluster = view.scheduler->back()->config.container_max;
        largest = of_cluster.has_value() ? within(largest, *of_cluster) : largest;
    }
    const auto& of_queue = terms_of(queue).container_max;
    return of_queue.has_value() ? within(largest, *of_queue) : largest;
}

void write_queue(wire::JsonWriter& json, const Scene& scene, const QueueView& queue,
                 const FiguresByLabel& parent);

void write_children(wire::JsonWriter& json, const Scene& scene, const QueueView& queue,
                    const FiguresByLabel& figures) {
    json.key("queues").begin_object().key("queue").begin_array();
    const auto found = scene.children.find(queue.path);
    if (found != scene.children.end()) {
        for (const QueueView* child : found->second) {
            write_queue(json, scene, *child, figures);
        }
    }
    json.end_array().end_object();
}

void write_queue(wire::JsonWriter& json, const Scene& scene, const QueueView& queue,
                 const FiguresByLabel& parent) {
    const FiguresByLabel figures = figures_of(queue, parent);
    const QueueTerms& terms = terms_of(queue);
    json.begin_object();
    if (queue.leaf) {
        json.member("type", "capacitySchedulerLeafQueueInfo");
    }
    write_capacities(json, queue, figures.at(""));
    if (!queue.leaf) {
        write_children(json, scene, queue, figures);
    }
    write_resource(json.key("resourcesUsed"), queue.used);
    json.member("hideReservationQueues", false);
    json.key("nodeLabels").begin_array();
    for (const std::string& label : terms.labels) {
        json.value(label);
    }
    json.end_array();
    json.member("allocatedContainers", queue.containers)
        .member("reservedContainers", queue.containers_reserved);
    json.member("pendingContainers", queue.containers_pending);
    write_partitions(json, queue, figures);
    write_usage(json, queue);
    write_resource(json.key("minEffectiveCapacity"), terms.unlabelled().guaranteed);
    write_resource(json.key("maxEffectiveCapacity"), terms.unlabelled().maximum);
    write_resource(json.key("maximumAllocation"), largest_container(scene.view, queue));
    write_acls(json, scene, queue);
    json.member("autoCreateChildQueueEnabled", terms.creates_queues);
    json.key("leafQueueTemplate").begin_object().end_object();
    write_policy(json, scene, queue);
    if (queue.leaf) {
        write_leaf_limits(json, scene, queue);
    }
    json.end_object();
}

void add_use(UserUse& use, const ApplicationView& app) {
    use.used += app.allocated;
    use.used_by_masters += used_by_master(app);
    use.pending += pending_of(app);
    for (const PartitionUse& part : partitions_of(app)) {
        PartitionUse& sum = use.partitions.try_emplace(part.label).first->second;
        sum.label = part.label;
        sum.used += part.used;
        sum.used_by_masters += part.used_by_masters;
        sum.reserved += part.reserved;
        sum.pending += part.pending;
    }
    ++(to_string(app.state) == "RUNNING" ? use.applications_active : use.applications_pending);
}

Scene scene_of(const View& view, bool access_lists) {
    Scene scene{view, access_lists, {}, {}, {}};
    if (!view.scheduler->empty()) {
        for (const QueueConfig& queue : view.scheduler->back()->config.queues) {
            scene.configured[queue.path] = &queue;
        }
    }
    view.queues.for_each([&](const std::string&, const auto& queue) {
        if (!queue->parent.empty()) {
            scene.children[queue->parent].push_back(queue.get());
        }
        return true;
    });
    view.applications.for_each(
        [&](const ApplicationId&, const std::shared_ptr<const ApplicationView>& app) {
            if (!is_final(app->state)) {
                add_use(scene.users[app->submission->queue][app->submission->user], *app);
            }
            return true;
        });
    return scene;
}

void write_operation(wire::JsonWriter& json, const char* name, const LastOperation& last) {
    const bool none = last.at.milliseconds == 0;
    json.begin_object().member("operation", name);
    json.member("nodeId", none ? "N/A" : last.node.name);
    json.member("containerId", last.container ? to_string(*last.container) : "N/A");
    json.member("queue", none ? "N/A" : last.queue);
    if (!none) {
        json.member("time", last.at.milliseconds);  // not in YARN's
    }
    json.end_object();
}

void write_sum(wire::JsonWriter& json, const char* name, const OperationSum& sum) {
    json.begin_object().member("operation", name).member("count", sum.count);
    write_resource(json.key("resources"), sum.size);
    json.end_object();
}

void write_health(wire::JsonWriter& json, const View& view) {
    const SchedulerHealth& health = view.cluster.health;
    json.key("health").begin_object().member("lastrun", health.run.milliseconds);
    json.key("operationsInfo").begin_array();
    write_operation(json, "last-allocation", health.allocation);
    write_operation(json, "last-release", health.release);
    write_operation(json, "last-preemption", health.preemption);
    write_operation(json, "last-reservation", health.reservation);
    json.end_array().key("lastRunDetails").begin_array();
    write_sum(json, "releases", health.releases);
    write_sum(json, "allocations", health.allocations);
    write_sum(json, "reservations", health.reservations);
    json.end_array().end_object();
}

}  // namespace

void write_scheduler(wire::JsonWriter& json, const View& view, bool access_lists) {
    const Scene scene = scene_of(view, access_lists);
    QueueView root;
    if (const auto found = view.queues.find("root")) {
        root = *found;
    } else {
        root.path = root.name = "root";
        root.leaf = false;
    }
    const Figures whole;
    FiguresByLabel figures;
    for (const PartitionTerms& terms : terms_of(root).partitions) {
        figures[terms.label] = whole;
    }
    json.begin_object().key("schedulerInfo").begin_object();
    json.member("type", "capacityScheduler").member("capacity", whole.capacity);
    json.member("usedCapacity", percent(use_of(root, "").used, terms_of(root).unlabelled().total));
    json.member("maxCapacity", whole.maximum);
    json.member("weight", whole.weight).member("normalizedWeight", whole.normalized_weight);
    write_capacity_vector(json, shares_of(root));
    json.member("queueName", "root").member("queuePath", "root");
    json.member("maxParallelApps", parallel_max(root)).member("isAbsoluteResource", false);
    write_children(json, scene, root, figures);
    write_partitions(json, root, figures);
    write_health(json, view);
    write_resource(json.key("maximumAllocation"), largest_container(scene.view, root));
    write_acls(json, scene, root);
    write_policy(json, scene, root);
    json.end_object().end_object();
}

void write_scheduler_overview(wire::JsonWriter& json, const View& view, const ManagerLoad& load) {
    static const SchedulerConfig kBuiltIn;
    const SchedulerConfig& config =
        view.scheduler->empty() ? kBuiltIn : view.scheduler->back()->config;
    std::string types = "memory-mb (unit=Mi), vcores";
    for (const NamedCounts::Entry& entry : view.cluster.total.named.entries()) {
        types += ", " + yarn_resource_name(entry.name);
    }
    json.begin_object().member("schedulerType", "Capacity Scheduler");
    json.member("schedulingResourceType", "[" + types + "]");
    write_resource(json.key("minimumAllocation"), config.container_min);
    write_resource(json.key("maximumAllocation"), largest_container(view, {}));
    json.member("applicationPriority", config.application_priority_max)
        .member("schedulerBusy", load.busy_percent);
    json.member("rmDispatcherEventQueueSize", load.events_waiting);
    json.member("schedulerDispatcherEventQueueSize", load.events_waiting);
    json.end_object();
}

}  // namespace heddle::rm
