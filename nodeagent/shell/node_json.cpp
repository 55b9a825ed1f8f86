// JSON shapes of /ws/v1/node.

#include "nodeagent/shell/node_json.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <set>

#include "common/base/service.h"
#include "common/wire/json.h"

namespace heddle::node {

namespace {

/// YARN's code of a container that has not ended.
constexpr int kExitInvalid = -1000;

std::string_view yarn_state(const Container& container) {
    switch (container.phase_reported) {
        case ContainerPhase::Localising:
            return "LOCALIZING";
        case ContainerPhase::Ready:
            return "SCHEDULED";
        case ContainerPhase::Running:
            return "RUNNING";
        case ContainerPhase::Stopping:
            return "KILLING";
        case ContainerPhase::Done:
            return "DONE";
    }
    return "";
}

struct ApplicationFacts {
    std::string user;
    bool live = false;
    std::vector<std::string> containers;

    std::string_view state() const { return live ? "RUNNING" : "FINISHED"; }
};

std::map<ApplicationId, ApplicationFacts> applications(const NodeAgent& agent) {
    std::map<ApplicationId, ApplicationFacts> all;
    for (const auto& [id, container] : agent.containers().containers()) {
        ApplicationFacts& facts = all[id.attempt.application];
        facts.user = container.record.order.user;
        facts.live = facts.live || container.record.state != ContainerState::Done;
        facts.containers.push_back(to_string(id));
    }
    return all;
}

void write_application(wire::JsonWriter& json, const ApplicationId& id,
                       const ApplicationFacts& facts) {
    json.begin_object().member("id", to_string(id)).member("state", facts.state());
    json.member("user", facts.user).key("containerids").begin_array();
    for (const std::string& container : facts.containers) {
        json.value(container);
    }
    json.end_array().end_object();
}

void write_container(wire::JsonWriter& json, const Container& container, const NodeAgent& agent,
                     const NodeFacts& facts, const NodePaths& paths) {
    const ContainerRecord& record = container.record;
    const std::string id = to_string(container.id());
    json.begin_object().member("id", id).member("state", yarn_state(container));
    json.member("exitCode", record.exit ? record.exit->code : kExitInvalid);
    json.member("diagnostics", record.exit ? record.exit->message : std::string());
    json.member("user", record.order.user);
    json.member("totalMemoryNeededMB", container.size_held.memory_mib);
    json.member("totalVCoresNeeded", container.size_held.vcores);
    json.member("executionType", to_string(record.order.execution));
    json.member("containerLogsLink", "http://" + facts.address + ":" +
                                         std::to_string(facts.http_port) +
                                         "/ws/v1/node/containers/" + id + "/logs");
    json.member("nodeId", agent.config().info.id.name).key("containerLogFiles").begin_array();
    for (const LogFile& file : list_logs(paths, container.id())) {
        json.value(file.name);
    }
    json.end_array().end_object();
}

std::string yarn_date(WallTime time) {
    const std::time_t seconds = static_cast<std::time_t>(time.milliseconds / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    const std::size_t size =
        std::strftime(text.data(), text.size(), "%a %b %d %H:%M:%S +0000 %Y", &parts);
    return std::string(text.data(), size);
}

}  // namespace

bool is_application_state(std::string_view text) {
    constexpr std::array<std::string_view, 6> kStates = {"NEW",
                                                         "INITING",
                                                         "RUNNING",
                                                         "FINISHING_CONTAINERS_WAIT",
                                                         "APPLICATION_RESOURCES_CLEANINGUP",
                                                         "FINISHED"};
    return std::ranges::find(kStates, text) != kStates.end();
}

std::string node_info_json(const NodeAgent& agent, const NodeFacts& facts) {
    const std::string text(version());
    const Resource& total = agent.config().info.total;
    wire::JsonWriter json;
    json.begin_object().key("nodeInfo").begin_object();
    json.member("healthReport", agent.usage().health);
    json.member("totalVmemAllocatedContainersMB", total.memory_mib);
    json.member("totalPmemAllocatedContainersMB", total.memory_mib);
    json.member("totalVCoresAllocatedContainers", total.vcores);
    json.member("vmemCheckEnabled", false).member("pmemCheckEnabled", false);
    json.member("lastNodeUpdateTime", facts.last_update.milliseconds);
    std::string types = "memory-mb (unit=Mi), vcores";
    for (const NamedCounts::Entry& entry : total.named.entries()) {
        types += ", " + yarn_resource_name(entry.name);
    }
    json.member("resourceTypes", types);
    json.member("nodeHealthy", agent.usage().health.empty());
    for (const char* kind : {"nodeManager", "hadoop"}) {
        json.member(std::string(kind) + "Version", text);
        json.member(std::string(kind) + "BuildVersion", "Heddle " + text);
        json.member(std::string(kind) + "VersionBuiltOn", "");
    }
    json.member("id", agent.config().info.id.name);
    json.member("nodeHostName", agent.config().info.id.name);
    json.member("nmStartupTime", facts.started.milliseconds);
    return std::move(json.end_object().end_object()).take();
}

std::string applications_json(const NodeAgent& agent, const ApplicationFilter& filter) {
    wire::JsonWriter json;
    json.begin_object().key("apps").begin_object();
    bool any = false;
    for (const auto& [id, facts] : applications(agent)) {
        if ((!filter.state.empty() && filter.state != facts.state()) ||
            (!filter.user.empty() && filter.user != facts.user)) {
            continue;
        }
        if (!any) {
            json.key("app").begin_array();
            any = true;
        }
        write_application(json, id, facts);
    }
    if (any) {
        json.end_array();
    }
    return std::move(json.end_object().end_object()).take();
}

std::optional<std::string> application_json(const NodeAgent& agent, const ApplicationId& id) {
    const auto all = applications(agent);
    const auto it = all.find(id);
    if (it == all.end()) {
        return std::nullopt;
    }
    wire::JsonWriter json;
    json.begin_object().key("app");
    write_application(json, id, it->second);
    return std::move(json.end_object()).take();
}

std::string containers_json(const NodeAgent& agent, const NodeFacts& facts,
                            const NodePaths& paths) {
    wire::JsonWriter json;
    json.begin_object().key("containers").begin_object();
    const auto& containers = agent.containers().containers();
    if (!containers.empty()) {
        json.key("container").begin_array();
        for (const auto& [id, container] : containers) {
            write_container(json, container, agent, facts, paths);
        }
        json.end_array();
    }
    return std::move(json.end_object().end_object()).take();
}

std::string container_json(const Container& container, const NodeAgent& agent,
                           const NodeFacts& facts, const NodePaths& paths) {
    wire::JsonWriter json;
    json.begin_object().key("container");
    write_container(json, container, agent, facts, paths);
    return std::move(json.end_object()).take();
}

std::string logs_json(const NodeAgent& agent, const ContainerId& id,
                      const std::vector<LogFile>& files) {
    wire::JsonWriter json;
    json.begin_object().key("containerLogsInfo").begin_array().begin_object();
    json.key("containerLogInfo").begin_array();
    for (const LogFile& file : files) {
        json.begin_object().member("fileName", file.name).member("fileSize", file.size);
        json.member("lastModifiedTime", yarn_date(file.modified)).end_object();
    }
    json.end_array().member("logAggregationType", "LOCAL");
    json.member("containerId", to_string(id)).member("nodeId", agent.config().info.id.name);
    return std::move(json.end_object().end_array().end_object()).take();
}

std::string metrics_text(const NodeAgent& agent) {
    std::map<std::string_view, int> by_state;
    for (const ContainerState state :
         {ContainerState::Saving, ContainerState::Localising, ContainerState::Ready,
          ContainerState::Starting, ContainerState::Running, ContainerState::Stopping,
          ContainerState::Done}) {
        by_state[to_string(state)] = 0;
    }
    for (const auto& [id, container] : agent.containers().containers()) {
        ++by_state[to_string(container.record.state)];
    }
    std::string text = "# TYPE heddle_node_containers gauge\n";
    for (const auto& [state, count] : by_state) {
        text += "heddle_node_containers{state=\"" + std::string(state) + "\"} " +
                std::to_string(count) + "\n";
    }
    const auto line = [&](const char* name, const char* type, auto value) {
        text += std::string("# TYPE ") + name + " " + type + "\n" + name + " " +
                std::to_string(value) + "\n";
    };
    const Resource& total = agent.config().info.total;
    const Resource& used = agent.containers().used();
    line("heddle_node_memory_mib", "gauge", total.memory_mib);
    line("heddle_node_memory_used_mib", "gauge", used.memory_mib);
    line("heddle_node_vcores", "gauge", total.vcores);
    line("heddle_node_vcores_used", "gauge", used.vcores);
    line("heddle_node_registered", "gauge", agent.link().registered() ? 1 : 0);
    line("heddle_node_healthy", "gauge", agent.usage().health.empty() ? 1 : 0);
    line("heddle_node_cache_bytes", "gauge", agent.cache().bytes());
    line("heddle_node_cache_files", "gauge", agent.cache().files());
    const NodeCounters& counters = agent.counters();
    line("heddle_node_cache_dropped_total", "counter", counters.artifacts_dropped);
    line("heddle_node_containers_started_total", "counter", counters.started);
    line("heddle_node_containers_ended_total", "counter", counters.ended);
    line("heddle_node_connects_total", "counter", counters.connects);
    line("heddle_node_stale_connection_total", "counter", counters.stale_connection);
    line("heddle_node_stale_session_total", "counter", counters.stale_session);
    line("heddle_node_stale_epoch_total", "counter", counters.stale_epoch);
    line("heddle_node_stale_orders_total", "counter", counters.stale_orders);
    line("heddle_node_doubled_starts_total", "counter", counters.doubled_starts);
    line("heddle_node_unknown_stops_total", "counter", counters.unknown_stops);
    line("heddle_node_orders_dropped_total", "counter", counters.orders_dropped);
    line("heddle_node_late_inputs_total", "counter", counters.late_inputs);
    line("heddle_node_over_capacity_total", "counter", counters.over_capacity);
    return text;
}

}  // namespace heddle::node
