// What every Hadoop daemon answers beside its REST: /isActive, by which load balancers find the
// active manager, /conf with the settings that hold, and /jmx with figures in JMX's shape, for
// monitoring that reads those.

#include <algorithm>
#include <string>

#include "common/base/strings.h"
#include "common/wire/xml.h"
#include "common/wire/yarn_scheduler.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

constexpr const char* kManagerBean = "Hadoop:service=ResourceManager,name=";

std::vector<wire::YarnProperty> properties_of(const Services& services) {
    std::vector<wire::YarnProperty> properties =
        wire::yarn_properties(services.board.view()->scheduler->back()->config);
    std::string address = services.server.url();
    address.erase(0, address.find("//") == std::string::npos ? 0 : address.find("//") + 2);
    properties.emplace_back("yarn.resourcemanager.webapp.address", std::move(address));
    properties.emplace_back("yarn.acl.enable", services.access.enabled() ? "true" : "false");
    return properties;
}

std::string conf_json(const std::vector<wire::YarnProperty>& properties) {
    wire::JsonWriter json;
    json.begin_object().key("properties").begin_array();
    for (const auto& [name, value] : properties) {
        json.begin_object().member("key", name).member("value", value);
        json.member("isFinal", false).member("resource", "heddle").end_object();
    }
    json.end_array().end_object();
    return std::move(json).take();
}

Result<net::HttpResponse> conf_xml(const std::vector<wire::YarnProperty>& properties) {
    wire::JsonWriter json;
    json.begin_object().key("configuration").begin_object().key("property").begin_array();
    for (const auto& [name, value] : properties) {
        json.begin_object().member("name", name).member("value", value);
        json.member("final", false).member("source", "heddle").end_object();
    }
    json.end_array().end_object().end_object();
    TRY(std::string text, wire::xml_of(std::move(json).take(), "configuration"));
    net::HttpResponse response = net::HttpResponse::text(200, std::move(text));
    response.headers.set("Content-Type", std::string(wire::kXmlType));
    return response;
}

// XML unless JSON is asked for, as Hadoop does it.
Result<net::HttpResponse> conf(const Services& services, const Call& call) {
    const std::string format = call.query("format");
    if (!format.empty() && format != "json" && format != "xml") {
        return Error{ErrorCode::InvalidArgument, "Bad format: " + format + "; write json or xml"};
    }
    std::vector<wire::YarnProperty> properties = properties_of(services);
    if (const std::string name = call.query("name"); !name.empty()) {
        std::erase_if(properties, [&](const auto& property) { return property.first != name; });
        if (properties.empty()) {
            return Error{ErrorCode::NotFound, "Property " + name + " not found"};
        }
    }
    const bool accepted =
        call.request.headers.get("Accept").find("application/json") != std::string_view::npos;
    if (format == "json" || (format.empty() && accepted)) {
        return net::HttpResponse::json(200, conf_json(properties));
    }
    return conf_xml(properties);
}

// Beans.

std::int64_t count_of(const ClusterView& cluster, NodeState state) {
    const auto it = cluster.nodes.find(state);
    return it == cluster.nodes.end() ? 0 : it->second;
}

void write_cluster_bean(wire::JsonWriter& json, const View& view) {
    const ClusterView& cluster = view.cluster;
    json.member("modelerType", "ClusterMetrics").member("tag.Context", "yarn");
    json.member("NumActiveNMs", count_of(cluster, NodeState::Running));
    json.member("NumDecommissioningNMs", count_of(cluster, NodeState::Decommissioning));
    json.member("NumDecommissionedNMs", count_of(cluster, NodeState::Decommissioned));
    json.member("NumLostNMs", count_of(cluster, NodeState::Lost));
    json.member("NumUnhealthyNMs", count_of(cluster, NodeState::Unhealthy));
    json.member("NumRebootedNMs", count_of(cluster, NodeState::Rebooted));
    json.member("NumShutdownNMs", count_of(cluster, NodeState::Shutdown));
    json.member("CapabilityMB", cluster.total.memory_mib);
    json.member("CapabilityVirtualCores", cluster.total.vcores);
}

// As YARN names them: "PendingResource.yarn.io/gpu".
void write_named(wire::JsonWriter& json, const char* prefix, const Resource& amount) {
    for (const NamedCounts::Entry& entry : amount.named.entries()) {
        json.member(prefix + yarn_resource_name(entry.name), entry.count);
    }
}

void write_queue_bean(wire::JsonWriter& json, const QueueView& queue) {
    json.member("modelerType", "QueueMetrics,q0=" + queue.path).member("tag.Context", "yarn");
    json.member("tag.Queue", queue.path);
    json.member("AppsRunning", queue.applications_active);
    json.member("AppsPending", queue.applications_pending);
    json.member("AllocatedMB", queue.used.memory_mib);
    json.member("AllocatedVCores", queue.used.vcores);
    json.member("AllocatedContainers", queue.containers);
    json.member("PendingMB", queue.pending.memory_mib);
    json.member("PendingVCores", queue.pending.vcores);
    json.member("PendingContainers", queue.containers_pending);
    json.member("ReservedMB", queue.reserved.memory_mib);
    json.member("ReservedVCores", queue.reserved.vcores);
    json.member("ReservedContainers", queue.containers_reserved);
    write_named(json, "AllocatedResource.", queue.used);
    write_named(json, "PendingResource.", queue.pending);
    write_named(json, "ReservedResource.", queue.reserved);
}

// Only of the whole cluster, as it is counted over the queues.
void write_root_bean(wire::JsonWriter& json, const View& view) {
    const ClusterView& cluster = view.cluster;
    const Resource available = cluster.total - cluster.allocated;
    json.member("AppsSubmitted", cluster.applications_submitted);
    json.member("AppsCompleted", cluster.applications_completed);
    json.member("AppsFailed", cluster.applications_failed);
    json.member("AppsKilled", cluster.applications_killed);
    json.member("AvailableMB", available.memory_mib);
    json.member("AvailableVCores", available.vcores);
    write_named(json, "AvailableResource.", available);
}

// YARN names the queues from root downwards: q0=root,q1=etl,q2=daily.
std::string queue_bean_name(const std::string& path) {
    std::string name = std::string(kManagerBean) + "QueueMetrics";
    int level = 0;
    for (const std::string_view part : split(path, '.')) {
        name += ",q" + std::to_string(level++) + "=" + std::string(part);
    }
    return name;
}

// As JMX's names: "*" stands for any number of letters.
bool matches(std::string_view pattern, std::string_view name) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) {
        return pattern == name;
    }
    if (!name.starts_with(pattern.substr(0, star))) {
        return false;
    }
    const std::string_view rest = pattern.substr(star + 1);
    for (std::size_t at = star; at <= name.size(); ++at) {
        if (matches(rest, name.substr(at))) {
            return true;
        }
    }
    return false;
}

Result<net::HttpResponse> jmx(const Services& services, const Call& call) {
    const std::string wanted = call.query("qry");
    if (std::ranges::count(wanted, '*') > 4) {
        return Error{ErrorCode::InvalidArgument, "qry has more than 4 times *; name fewer beans"};
    }
    const auto view = services.board.view();
    wire::JsonWriter json;
    json.begin_object().key("beans").begin_array();
    const auto bean = [&](const std::string& name, const auto& write) {
        if (wanted.empty() || matches(wanted, name)) {
            json.begin_object().member("name", name);
            write();
            json.end_object();
        }
    };
    bean(std::string(kManagerBean) + "RMInfo",
         [&] { json.member("modelerType", "ResourceManager").member("State", "active"); });
    bean(std::string(kManagerBean) + "ClusterMetrics", [&] { write_cluster_bean(json, *view); });
    view->queues.for_each([&](const std::string& path, const auto& queue) {
        bean(queue_bean_name(path), [&] {
            write_queue_bean(json, *queue);
            if (path == "root") {
                write_root_bean(json, *view);
            }
        });
        return true;
    });
    json.end_array().end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

}  // namespace

void add_hadoop_routes(Router& router, Services& services) {
    router.get("/isActive", Permission::Public, [](const Call&) {
        return Result<net::HttpResponse>(net::HttpResponse::text(200, "I am Active!"));
    });
    router.get("/conf", Permission::Read,
               [&services](const Call& call) { return conf(services, call); });
    router.get("/jmx", Permission::Read,
               [&services](const Call& call) { return jmx(services, call); });
}

}  // namespace heddle::rm
