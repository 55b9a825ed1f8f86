// clusterInfo, clusterMetrics and nodes.

#include "common/base/service.h"
#include "resourcemanager/shell/json_views.h"

namespace heddle::rm {
namespace {

std::int64_t count_of(const ClusterView& cluster, NodeState state) {
    const auto found = cluster.nodes.find(state);
    return found == cluster.nodes.end() ? 0 : found->second;
}

std::int64_t percent(std::int64_t part, std::int64_t whole) {
    return whole > 0 ? part * 100 / whole : 0;
}

void write_resource_information(wire::JsonWriter& json, std::string_view name,
                                std::string_view units, std::int64_t value) {
    json.begin_object();
    json.key("attributes").begin_object().end_object();
    json.member("maximumAllocation", INT64_MAX).member("minimumAllocation", 0);
    json.member("name", name).member("resourceType", "COUNTABLE");
    json.member("units", units).member("value", value).end_object();
}

void write_attribute(wire::JsonWriter& json, std::string_view prefix, std::string_view name,
                     const std::string& value) {
    json.begin_object().member("prefix", prefix).member("name", name);
    json.member("type", "STRING").member("value", value).end_object();
}

void write_partition_totals(wire::JsonWriter& json, const ClusterView& cluster) {
    write_resource(json.key("totalUsedResourcesAcrossPartition"), cluster.allocated);
    write_resource(json.key("totalClusterResourcesAcrossPartition"), cluster.total);
    write_resource(json.key("totalReservedResourcesAcrossPartition"), cluster.reserved);
    write_resource(json.key("totalPendingResourcesAcrossPartition"), cluster.pending);  // our own
    json.member("totalAllocatedContainersAcrossPartition", cluster.containers_allocated);
    json.member("crossPartitionMetricsAvailable", true);
}

}  // namespace

void write_resource(wire::JsonWriter& json, const Resource& resource) {
    json.begin_object();
    json.member("memory", resource.memory_mib).member("vCores", resource.vcores);
    json.key("resourceInformations").begin_object().key("resourceInformation").begin_array();
    write_resource_information(json, "memory-mb", "Mi", resource.memory_mib);
    write_resource_information(json, "vcores", "", resource.vcores);
    for (const NamedCounts::Entry& entry : resource.named.entries()) {
        write_resource_information(json, yarn_resource_name(entry.name), "", entry.count);
    }
    json.end_array().end_object().end_object();
}

void write_cluster_info(wire::JsonWriter& json, const View& view) {
    const std::string build = "Heddle " + std::string(heddle::version());
    json.begin_object();
    json.member("id", view.cluster.cluster_timestamp);
    json.member("startedOn", view.cluster.started.milliseconds);
    json.member("state", "STARTED").member("haState", "ACTIVE");
    json.member("rmStateStoreName", "sqlite");
    json.member("resourceManagerVersion", version());
    json.member("resourceManagerBuildVersion", build);
    json.member("resourceManagerVersionBuiltOn", "");
    json.member("hadoopVersion", version()).member("hadoopBuildVersion", build);
    json.member("hadoopVersionBuiltOn", "");
    json.member("haZooKeeperConnectionState", "ResourceManager HA is not enabled.");
    json.end_object();
}

void write_cluster_metrics(wire::JsonWriter& json, const View& view, const ManagerLoad& load) {
    const ClusterView& cluster = view.cluster;
    // As in YARN what is reserved is not available, so that all three together are the total.
    const Resource free = cluster.total - cluster.allocated - cluster.reserved;
    const Resource available{std::max<std::int64_t>(free.memory_mib, 0),
                             std::max<std::int64_t>(free.vcores, 0)};
    std::int64_t utilized_mib = 0;
    double utilized_vcores = 0;
    std::int64_t nodes = 0;
    view.nodes.for_each([&](const NodeId&, const std::shared_ptr<const NodeView>& node) {
        utilized_mib += node->usage.memory_used_mib;
        utilized_vcores += node->usage.cpu_vcores;
        ++nodes;
        return true;
    });
    const auto busy_vcores = static_cast<std::int64_t>(utilized_vcores);
    json.begin_object();
    json.member("appsSubmitted", cluster.applications_submitted);
    json.member("appsCompleted", cluster.applications_completed);
    json.member("appsPending", cluster.applications_pending);
    json.member("appsRunning", cluster.applications_running);
    json.member("appsFailed", cluster.applications_failed);
    json.member("appsKilled", cluster.applications_killed);
    json.member("reservedMB", cluster.reserved.memory_mib)
        .member("availableMB", available.memory_mib);
    json.member("allocatedMB", cluster.allocated.memory_mib);
    json.member("pendingMB", cluster.pending.memory_mib);
    json.member("reservedVirtualCores", cluster.reserved.vcores);
    json.member("availableVirtualCores", available.vcores);
    json.member("allocatedVirtualCores", cluster.allocated.vcores);
    json.member("pendingVirtualCores", cluster.pending.vcores);
    json.member("containersAllocated", cluster.containers_allocated);
    json.member("containersReserved", cluster.containers_reserved);
    json.member("containersPending", cluster.containers_pending);
    json.member("totalMB", cluster.total.memory_mib).member("utilizedMB", utilized_mib);
    json.member("totalVirtualCores", cluster.total.vcores);
    json.member("utilizedVirtualCores", busy_vcores);
    json.member("utilizedMBPercent", percent(utilized_mib, cluster.total.memory_mib));
    json.member("utilizedVirtualCoresPercent", percent(busy_vcores, cluster.total.vcores));
    json.member("rmSchedulerBusyPercent", load.busy_percent).member("totalNodes", nodes);
    json.member("lostNodes", count_of(cluster, NodeState::Lost));
    json.member("unhealthyNodes", count_of(cluster, NodeState::Unhealthy));
    json.member("decommissioningNodes", count_of(cluster, NodeState::Decommissioning));
    json.member("decommissionedNodes", count_of(cluster, NodeState::Decommissioned));
    json.member("rebootedNodes", count_of(cluster, NodeState::Rebooted));
    json.member("activeNodes", count_of(cluster, NodeState::Running));
    json.member("shutdownNodes", count_of(cluster, NodeState::Shutdown));
    json.member("containerAssignedPerSecond", load.grants_per_second);
    write_partition_totals(json, cluster);
    // One queue feeds the manager and its scheduler.
    json.member("rmEventQueueSize", load.events_waiting);
    json.member("schedulerEventQueueSize", load.events_waiting);
    json.end_object();
}

std::string http_address(const NodeInfo& info) {
    const bool v6 = info.address.find(':') != std::string::npos;
    return (v6 ? "[" + info.address + "]" : info.address) + ":" + std::to_string(info.http_port);
}

void write_attributes(wire::JsonWriter& json, const Attributes& attributes) {
    for (const auto& [text, value] : attributes) {
        if (const auto parts = split_attribute(text)) {  // else it is there in full as well
            write_attribute(json, parts->first, parts->second, value);
        }
    }
}

void write_node(wire::JsonWriter& json, const NodeView& node) {
    const Resource available = node.info.total - node.used;
    json.begin_object();
    json.member("rack", node.info.rack).member("state", to_string(node.state));
    json.member("id", node.info.id.name).member("nodeHostName", node.info.id.name);
    json.member("nodeHTTPAddress", http_address(node.info));
    json.member("lastHealthUpdate", node.heard.milliseconds);
    json.member("version", node.info.version).member("healthReport", node.usage.health);
    json.member("numContainers", node.containers);
    json.member("usedMemoryMB", node.used.memory_mib);
    json.member("availMemoryMB", available.memory_mib);
    json.member("usedVirtualCores", node.used.vcores);
    json.member("availableVirtualCores", available.vcores);
    json.member("reservedMemoryMB", node.reserved.memory_mib);  // not in YARN's
    json.member("reservedVirtualCores", node.reserved.vcores);
    json.member("memUtilization", percent(node.usage.memory_used_mib, node.info.total.memory_mib));
    json.member("cpuUtilization", percent(static_cast<std::int64_t>(node.usage.cpu_vcores * 100),
                                          node.info.total.vcores * 100));
    const OpportunisticUse& opportunistic = node.opportunistic;
    json.member("numRunningOpportContainers", opportunistic.running);
    json.member("usedMemoryOpportGB", opportunistic.used.memory_mib / 1024);
    json.member("usedVirtualCoresOpport", opportunistic.used.vcores);
    json.member("numQueuedContainers", opportunistic.queued);
    json.key("nodeLabels").begin_array();
    if (!node.info.label.empty()) {
        json.value(node.info.label);
    }
    json.end_array();
    json.key("allocationTags").begin_object();
    if (!node.tags.empty()) {
        json.key("allocationTagInfo").begin_array();
        for (const auto& [tag, count] : node.tags) {
            json.begin_object().member("allocationTag", tag).member("allocationsCount", count);
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
    // 0 as in YARN where nobody measures it: virtual memory, and what containers use of processors.
    json.key("resourceUtilization").begin_object();
    json.member("nodePhysicalMemoryMB", node.usage.memory_used_mib);
    json.member("nodeVirtualMemoryMB", 0);
    json.member("nodeCPUUsage", node.usage.cpu_vcores);
    json.member("aggregatedContainersPhysicalMemoryMB", node.usage.containers_memory_mib);
    json.member("aggregatedContainersVirtualMemoryMB", 0);
    json.member("containersCPUUsage", 0).end_object();
    write_resource(json.key("usedResource"), node.used);
    write_resource(json.key("availableResource"), available);
    write_resource(json.key("totalResource"), node.info.total);
    json.key("nodeAttributesInfo").begin_object();
    if (!node.info.isolation.empty() || !node.info.attributes.empty()) {
        json.key("nodeAttributeInfo").begin_array();
        for (const std::string& layer : node.info.isolation) {
            write_attribute(json, "heddle/isolation", layer, "true");
        }
        write_attributes(json, node.info.attributes);
        json.end_array();
    }
    json.end_object().end_object();
}

}  // namespace heddle::rm
