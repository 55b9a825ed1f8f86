// The queue tree in the shape of YARN's capacity scheduler. Queues share by arrival (FIFO) and may
// each use the whole cluster, so capacities are equal shares and maxima are 100 %.

#include <map>

#include "resourcemanager/shell/json_views.h"

namespace heddle::rm {
namespace {

double percent(const Resource& part, const Resource& whole) {
    return whole.memory_mib > 0 ? 100.0 * static_cast<double>(part.memory_mib) /
                                      static_cast<double>(whole.memory_mib)
                                : 0.0;
}

// What one user's applications that are not over have in one queue.
struct UserUse {
    Resource used;
    Resource used_by_masters;
    Resource pending;
    std::int64_t applications_active = 0;
    std::int64_t applications_pending = 0;
};
using UserUses = std::map<std::string, UserUse>;  // by name

struct Scene {
    const View& view;
    double leaf_share = 100.0;              // of one leaf queue, in per cent
    std::map<std::string, UserUses> users;  // by queue path
};

void write_capacity_vector(wire::JsonWriter& json, double share) {
    const std::string text = std::move(wire::JsonWriter().value(share)).take() + "%";
    json.key("queueCapacityVectorInfo").begin_object();
    json.member("configuredCapacityVector", "[memory-mb=" + text + ",vcores=" + text + "]");
    json.key("capacityVectorEntries").begin_array();
    for (const char* name : {"memory-mb", "vcores"}) {
        json.begin_object().member("resourceName", name);
        json.member("resourceValue", text).end_object();
    }
    json.end_array().end_object();
}

Resource share_of(const Scene& scene, double share) {
    const Resource& total = scene.view.cluster.total;
    return {static_cast<std::int64_t>(static_cast<double>(total.memory_mib) * share / 100),
            static_cast<std::int64_t>(static_cast<double>(total.vcores) * share / 100)};
}

void write_partitions(wire::JsonWriter& json, const Scene& scene, const QueueView& queue,
                      double share) {
    const double used = percent(queue.used, scene.view.cluster.total);
    json.key("capacities").begin_object().key("queueCapacitiesByPartition").begin_array();
    json.begin_object().member("partitionName", "");
    write_capacity_vector(json, share);
    json.member("capacity", share).member("usedCapacity", share > 0 ? used * 100 / share : 0.0);
    json.member("maxCapacity", 100.0).member("absoluteCapacity", share);
    json.member("absoluteUsedCapacity", used).member("absoluteMaxCapacity", 100.0);
    json.member("maxAMLimitPercentage", 100.0).member("weight", -1.0);
    json.member("normalizedWeight", 0.0);
    write_resource(json.key("configuredMinResource"), {});
    write_resource(json.key("configuredMaxResource"), {});
    write_resource(json.key("effectiveMinResource"), share_of(scene, share));
    write_resource(json.key("effectiveMaxResource"), scene.view.cluster.total);
    json.end_object().end_array().end_object();
}

// Of a queue or of a user in it; there is one partition, without a name.
void write_usage(wire::JsonWriter& json, const Scene& scene, const Resource& used,
                 const Resource& pending, const Resource& masters) {
    json.key("resources").begin_object().key("resourceUsagesByPartition").begin_array();
    json.begin_object().member("partitionName", "");
    write_resource(json.key("used"), used);
    write_resource(json.key("reserved"), {});
    write_resource(json.key("pending"), pending);
    write_resource(json.key("amUsed"), masters);
    write_resource(json.key("amLimit"), scene.view.cluster.total);
    write_resource(json.key("userAmLimit"), scene.view.cluster.total);
    json.end_object().end_array().end_object();
}

void write_acls(wire::JsonWriter& json) {
    json.key("queueAcls").begin_object().key("queueAcl").begin_array();
    for (const char* type : {"ADMINISTER_QUEUE", "APPLICATION_MAX_PRIORITY", "SUBMIT_APP"}) {
        json.begin_object().member("accessType", type).member("accessControlList", "*");
        json.end_object();
    }
    json.end_array().end_object();
}

void write_policy(wire::JsonWriter& json, bool leaf) {
    json.member("queuePriority", 0);
    json.member("orderingPolicyInfo", leaf ? "fifo" : "utilization");
    json.member("mode", "percentage").member("queueType", leaf ? "leaf" : "parent");
    json.member("creationMethod", "static").member("autoCreationEligibility", "off");
    for (const char* name : {"autoQueueTemplateProperties", "autoQueueParentTemplateProperties",
                             "autoQueueLeafTemplateProperties"}) {
        json.key(name).begin_object().end_object();
    }
}

void write_capacities(wire::JsonWriter& json, const Scene& scene, const QueueView& queue,
                      double share) {
    const double used = percent(queue.used, scene.view.cluster.total);
    json.member("queuePath", queue.path).member("capacity", share);
    json.member("usedCapacity", share > 0 ? used * 100 / share : 0.0);
    json.member("maxCapacity", 100.0).member("absoluteCapacity", share);
    json.member("absoluteMaxCapacity", 100.0).member("absoluteUsedCapacity", used);
    json.member("weight", -1.0).member("normalizedWeight", 0.0);
    json.member("numApplications", queue.applications_pending + queue.applications_active);
    json.member("maxParallelApps", INT32_MAX).member("queueName", queue.name);
    json.member("isAbsoluteResource", false).member("state", "RUNNING");
}

void write_users(wire::JsonWriter& json, const Scene& scene, const QueueView& queue) {
    json.key("users").begin_object();
    const auto found = scene.users.find(queue.path);
    if (found != scene.users.end()) {
        json.key("user").begin_array();
        for (const auto& [name, use] : found->second) {
            json.begin_object().member("username", name);
            write_resource(json.key("resourcesUsed"), use.used);
            json.member("numPendingApplications", use.applications_pending);
            json.member("numActiveApplications", use.applications_active);
            write_resource(json.key("AMResourceUsed"), use.used_by_masters);
            write_resource(json.key("userResourceLimit"), scene.view.cluster.total);
            write_usage(json, scene, use.used, use.pending, use.used_by_masters);
            json.member("userWeight", 1.0).member("isActive", use.pending != Resource{});
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
}

void write_leaf_limits(wire::JsonWriter& json, const Scene& scene, const QueueView& queue) {
    const Resource& total = scene.view.cluster.total;
    json.member("numActiveApplications", queue.applications_active);
    json.member("numPendingApplications", queue.applications_pending);
    json.member("numContainers", queue.containers);
    json.member("maxApplications", 10000).member("maxApplicationsPerUser", 10000);
    json.member("userLimit", 100.0);
    write_users(json, scene, queue);
    json.member("userLimitFactor", 1.0).member("configuredMaxAMResourceLimit", 1.0);
    write_resource(json.key("AMResourceLimit"), total);
    write_resource(json.key("usedAMResource"), queue.used_by_masters);
    write_resource(json.key("userAMResourceLimit"), total);
    json.member("preemptionDisabled", queue.preemption_disabled);
    json.member("intraQueuePreemptionDisabled", true);
    json.member("defaultPriority", 0).member("isAutoCreatedLeafQueue", false);
    json.member("maxApplicationLifetime", -1).member("defaultApplicationLifetime", -1);
}

void write_queue(wire::JsonWriter& json, const Scene& scene, const QueueView& queue);

void write_children(wire::JsonWriter& json, const Scene& scene, const std::string& parent) {
    json.key("queues").begin_object().key("queue").begin_array();
    for (const auto& [path, queue] : scene.view.queues) {
        if (queue.parent == parent && !queue.parent.empty()) {
            write_queue(json, scene, queue);
        }
    }
    json.end_array().end_object();
}

void write_queue(wire::JsonWriter& json, const Scene& scene, const QueueView& queue) {
    const double share = queue.leaf ? scene.leaf_share : 100.0;
    json.begin_object();
    if (queue.leaf) {
        json.member("type", "capacitySchedulerLeafQueueInfo");
    }
    write_capacities(json, scene, queue, share);
    if (!queue.leaf) {
        write_children(json, scene, queue.path);
    }
    write_resource(json.key("resourcesUsed"), queue.used);
    json.member("hideReservationQueues", false);
    json.key("nodeLabels").begin_array().value("*").end_array();
    json.member("allocatedContainers", queue.containers).member("reservedContainers", 0);
    json.member("pendingContainers", queue.containers_pending);
    write_partitions(json, scene, queue, share);
    write_usage(json, scene, queue.used, queue.pending, queue.used_by_masters);
    write_resource(json.key("minEffectiveCapacity"), share_of(scene, share));
    write_resource(json.key("maxEffectiveCapacity"), scene.view.cluster.total);
    write_resource(json.key("maximumAllocation"), scene.view.cluster.size_max);
    write_acls(json);
    json.member("autoCreateChildQueueEnabled", false);
    json.key("leafQueueTemplate").begin_object().end_object();
    write_policy(json, queue.leaf);
    if (queue.leaf) {
        write_leaf_limits(json, scene, queue);
    }
    json.end_object();
}

void add_use(UserUse& use, const ApplicationView& app) {
    use.used += app.allocated;
    use.used_by_masters += used_by_master(app);
    use.pending += pending_of(app);
    ++(to_string(app.state) == "RUNNING" ? use.applications_active : use.applications_pending);
}

Scene scene_of(const View& view) {
    std::int64_t leaves = 0;
    for (const auto& [path, queue] : view.queues) {
        leaves += queue.leaf ? 1 : 0;
    }
    Scene scene{view, leaves > 0 ? 100.0 / static_cast<double>(leaves) : 100.0, {}};
    view.applications.for_each(
        [&](const ApplicationId&, const std::shared_ptr<const ApplicationView>& app) {
            if (!is_final(app->state)) {
                add_use(scene.users[app->submission->queue][app->submission->user], *app);
            }
            return true;
        });
    return scene;
}

// Nothing is recorded of single operations: what YARN shows when there has been none.
void write_health(wire::JsonWriter& json, WallTime last_run) {
    json.key("health").begin_object().member("lastrun", last_run.milliseconds);
    json.key("operationsInfo").begin_array();
    for (const char* operation :
         {"last-allocation", "last-release", "last-preemption", "last-reservation"}) {
        json.begin_object().member("operation", operation).member("nodeId", "N/A");
        json.member("containerId", "N/A").member("queue", "N/A").end_object();
    }
    json.end_array().key("lastRunDetails").begin_array();
    for (const char* operation : {"releases", "allocations", "reservations"}) {
        json.begin_object().member("operation", operation).member("count", 0);
        write_resource(json.key("resources"), {});
        json.end_object();
    }
    json.end_array().end_object();
}

}  // namespace

void write_scheduler(wire::JsonWriter& json, const View& view) {
    const Scene scene = scene_of(view);
    QueueView root;
    if (const auto found = view.queues.find("root"); found != view.queues.end()) {
        root = found->second;
    } else {
        root.path = root.name = "root";
        root.leaf = false;
    }
    const double used = percent(root.used, view.cluster.total);
    json.begin_object().key("schedulerInfo").begin_object();
    json.member("type", "capacityScheduler").member("capacity", 100.0);
    json.member("usedCapacity", used).member("maxCapacity", 100.0);
    json.member("weight", -1.0).member("normalizedWeight", 0.0);
    write_capacity_vector(json, 100.0);
    json.member("queueName", "root").member("queuePath", "root");
    json.member("maxParallelApps", INT32_MAX).member("isAbsoluteResource", false);
    write_children(json, scene, "root");
    write_partitions(json, scene, root, 100.0);
    write_health(json, view.as_of);
    write_resource(json.key("maximumAllocation"), view.cluster.size_max);
    write_acls(json);
    write_policy(json, false);
    json.end_object().end_object();
}

void write_scheduler_overview(wire::JsonWriter& json, const View& view) {
    json.begin_object().member("schedulerType", "Capacity Scheduler");
    json.member("schedulingResourceType", "[memory-mb (unit=Mi), vcores]");
    write_resource(json.key("minimumAllocation"), {1, 1});
    write_resource(json.key("maximumAllocation"), view.cluster.size_max);
    json.member("applicationPriority", 0).member("schedulerBusy", 0);
    json.member("rmDispatcherEventQueueSize", 0).member("schedulerDispatcherEventQueueSize", 0);
    json.end_object();
}

}  // namespace heddle::rm
