#include "client/rmctl/answers.h"

#include <algorithm>

#include "client/rmctl/amounts.h"
#include "client/rmctl/json_fields.h"
#include "common/model/node_attributes.h"
#include "common/wire/json.h"

namespace heddle::rmctl {
namespace {

using namespace fields;
using wire::Json;

std::vector<std::string> texts(const Json& json, std::string_view key) {
    std::vector<std::string> found;
    const Json* values = json.find(key);
    if (values == nullptr || values->array() == nullptr) {
        return found;
    }
    for (const Json& value : *values->array()) {
        if (value.string() != nullptr) {
            found.push_back(*value.string());
        }
    }
    return found;
}

Result<Json> member(const Json& json, std::string_view key) {
    const Json* found = json.find(key);
    if (found == nullptr) {
        return Error{ErrorCode::DataLoss, "the server's answer has no '" + std::string(key) + "'"};
    }
    return *found;
}

// ".../container_1_2_3_4/user" -> the container's id.
std::string container_in(std::string_view url) {
    const auto begin = url.find("container_");
    if (begin == std::string_view::npos) {
        return {};
    }
    const std::string_view rest = url.substr(begin);
    return std::string(rest.substr(0, rest.find_first_of("/?")));
}

std::vector<BlockerAnswer> blockers_of(const Json& json) {
    std::vector<BlockerAnswer> blockers;
    for (const Json& entry : list(json, "", "blockers")) {
        BlockerAnswer blocker;
        blocker.reason = text(entry, "reason");
        blocker.sentence = text(entry, "sentence");
        for (const Json& holder : list(entry, "", "holders")) {
            const std::string amount = amount_text(holder, "amount");
            blocker.holders.push_back(text(holder, "application") +
                                      (amount.empty() ? "" : "  " + amount));
        }
        for (const Json& rejected : list(entry, "", "rejected")) {
            blocker.rejected.push_back(std::to_string(number(rejected, "nodes")) + " " +
                                       text(rejected, "what"));
        }
        blockers.push_back(std::move(blocker));
    }
    return blockers;
}

// On nodes of whatever label.
Resource held_by(const Json& app) {
    Resource held;
    for (const Json& part : list(app, "resourceInfo", "resourceUsagesByPartition")) {
        held += amount_at(part, "used");
    }
    held.memory_mib = number(app, "allocatedMB");
    held.vcores = number(app, "allocatedVCores");
    return held;
}

std::string expiry_of(const Json& app) {
    for (const Json& timeout : list(app, "timeouts", "timeout")) {
        if (const std::string time = text(timeout, "expiryTime"); time != "UNLIMITED") {
            return time;
        }
    }
    return {};
}

ApplicationAnswer application_of(const Json& json) {
    ApplicationAnswer app;
    app.id = text(json, "id");
    app.name = text(json, "name");
    app.user = text(json, "user");
    app.queue = text(json, "queue");
    app.type = text(json, "applicationType");
    app.state = text(json, "state");
    app.final_status = text(json, "finalStatus");
    app.diagnostics = text(json, "diagnostics");
    app.tracking_url = text(json, "trackingUrl");
    app.master_node = text(json, "masterNodeId");
    app.master_container = container_in(text(json, "amContainerLogs"));
    app.progress = real(json, "progress");
    app.started_ms = number(json, "startedTime");
    app.elapsed_ms = number(json, "elapsedTime");
    app.running_containers = number(json, "runningContainers");
    app.held = held_by(json);
    app.priority = number(json, "priority");
    app.tags = text(json, "applicationTags");
    app.label = text(json, "appNodeLabelExpression");
    app.master_label = text(json, "amNodeLabelExpression");
    app.expires = expiry_of(json);
    return app;
}

void read_attributes(const Json& json, NodeAnswer& node) {
    for (const Json& attribute : list(json, "nodeAttributesInfo", "nodeAttributeInfo")) {
        const std::string name = text(attribute, "name");
        const std::string prefix = text(attribute, "prefix");
        if (prefix == "heddle/isolation") {
            node.isolation.push_back(name);
        } else {
            node.attributes.push_back((prefix == kAttributePrefixNode ? "" : prefix + "/") + name +
                                      "=" + text(attribute, "value"));
        }
    }
    for (const Json& tag : list(json, "allocationTags", "allocationTagInfo")) {
        node.tags.push_back(text(tag, "allocationTag") + " " +
                            std::to_string(number(tag, "allocationsCount")));
    }
}

NodeAnswer node_of(const Json& json) {
    NodeAnswer node;
    node.id = text(json, "id");
    node.host = text(json, "nodeHostName");
    node.http_address = text(json, "nodeHTTPAddress");
    node.state = text(json, "state");
    node.health = text(json, "healthReport");
    node.version = text(json, "version");
    node.rack = text(json, "rack");
    node.labels = texts(json, "nodeLabels");
    read_attributes(json, node);
    node.heard_ms = number(json, "lastHealthUpdate");
    node.containers = number(json, "numContainers");
    node.opportunistic_running = number(json, "numRunningOpportContainers");
    node.opportunistic_queued = number(json, "numQueuedContainers");
    node.used = amount_at(json, "usedResource");
    node.used.memory_mib = number(json, "usedMemoryMB");
    node.used.vcores = number(json, "usedVirtualCores");
    node.total = amount_at(json, "totalResource");
    node.total.memory_mib = node.used.memory_mib + number(json, "availMemoryMB");
    node.total.vcores = node.used.vcores + number(json, "availableVirtualCores");
    node.memory_percent = real(json, "memUtilization");
    node.vcores_percent = real(json, "cpuUtilization");
    if (const Json* measured = json.find("resourceUtilization")) {
        node.memory_measured_mib = number(*measured, "nodePhysicalMemoryMB");
        node.memory_measured_containers_mib =
            number(*measured, "aggregatedContainersPhysicalMemoryMB");
        node.vcores_measured = real(*measured, "nodeCPUUsage");
    }
    return node;
}

// As in YARN, parents do not say how many applications they have, nor the root what it holds.
void add_child(const Json& parent, const QueueAnswer& child, QueueAnswer& out) {
    if (parent.find("numActiveApplications") == nullptr) {
        out.applications_running += child.applications_running;
        out.applications_pending += child.applications_pending;
    }
    if (parent.find("resourcesUsed") == nullptr) {
        out.held += child.held;
    }
}

void add_queues(const Json& json, std::size_t depth, std::vector<QueueAnswer>& out) {
    QueueAnswer queue;
    queue.path = text(json, "queuePath");
    if (queue.path.empty()) {
        queue.path = text(json, "queueName");
    }
    queue.state = text(json, "state");
    queue.capacity = real(json, "capacity");
    queue.used = real(json, "usedCapacity");
    queue.applications_running = number(json, "numActiveApplications");
    queue.applications_pending = number(json, "numPendingApplications");
    queue.held = amount_at(json, "resourcesUsed");
    queue.depth = depth;
    const std::size_t at = out.size();
    out.push_back(std::move(queue));
    for (const Json& child : list(json, "queues", "queue")) {
        const std::size_t place = out.size();
        add_queues(child, depth + 1, out);
        add_child(json, out[place], out[at]);
    }
}

}  // namespace

Result<std::vector<ApplicationAnswer>> read_applications(std::string_view body) {
    TRY(const Json json, parse(body));
    std::vector<ApplicationAnswer> found;
    for (const Json& entry : list(json, "apps", "app")) {
        found.push_back(application_of(entry));
    }
    return found;
}

Result<ApplicationAnswer> read_application(std::string_view body) {
    TRY(const Json json, parse(body));
    TRY(const Json app, member(json, "app"));
    return application_of(app);
}

Result<ExplanationAnswer> read_explanation(std::string_view body) {
    TRY(const Json json, parse(body));
    TRY(const Json explanation, member(json, "explanation"));
    ExplanationAnswer answer;
    answer.application = text(explanation, "application");
    answer.headline = text(explanation, "headline");
    answer.reason = text(explanation, "reason");
    answer.blockers = blockers_of(explanation);
    answer.asks_count = number(explanation, "asksCount");
    for (const Json& entry : list(explanation, "", "asks")) {
        AskReasonAnswer ask;
        ask.ask = number(entry, "ask");
        ask.containers = number(entry, "containers");
        ask.size = amount_at(entry, "size");
        if (const Json* ahead = entry.find("ahead")) {
            ask.ahead_containers = number(*ahead, "containers");
            ask.ahead_applications = number(*ahead, "applications");
        }
        ask.never = entry.boolean_or("never", false).ok() && *entry.boolean_or("never", false);
        ask.blockers = blockers_of(entry);
        if (const Json* estimate = entry.find("estimate")) {
            ask.estimate = text(*estimate, "sentence");
        }
        ask.next_step = text(entry, "nextStep");
        answer.asks.push_back(std::move(ask));
    }
    for (const Json& entry : list(explanation, "", "promotions")) {
        answer.promotions.push_back(
            {text(entry, "container"), text(entry, "node"), blockers_of(entry)});
    }
    return answer;
}

Result<std::vector<NodeAnswer>> read_nodes(std::string_view body) {
    TRY(const Json json, parse(body));
    std::vector<NodeAnswer> found;
    for (const Json& entry : list(json, "nodes", "node")) {
        found.push_back(node_of(entry));
    }
    return found;
}

Result<NodeAnswer> read_node(std::string_view body) {
    TRY(const Json json, parse(body));
    TRY(const Json node, member(json, "node"));
    return node_of(node);
}

Result<std::vector<QueueAnswer>> read_queues(std::string_view body) {
    TRY(const Json json, parse(body));
    TRY(const Json scheduler, member(json, "scheduler"));
    TRY(const Json root, member(scheduler, "schedulerInfo"));
    std::vector<QueueAnswer> found;
    add_queues(root, 0, found);
    // As in YARN, the root's own entry says nothing of its state: it runs while a queue below does.
    if (found[0].state.empty()) {
        const bool runs = std::any_of(found.begin(), found.end(), [](const QueueAnswer& queue) {
            return queue.state == "RUNNING";
        });
        found[0].state = runs ? "RUNNING" : "STOPPED";
    }
    return found;
}

Result<ConfigAnswer> read_config(std::string_view body) {
    TRY(const Json json, parse(body));
    ConfigAnswer answer;
    TRY(answer.version, json.integer_or("version", 0));
    if (const Json* lines = json.find("lines"); lines != nullptr && lines->array() != nullptr) {
        for (const Json& line : *lines->array()) {
            answer.lines.push_back(line.string() == nullptr ? "" : *line.string());
        }
    }
    if (const Json* queues = json.find("queues"); queues != nullptr && queues->array() != nullptr) {
        for (const Json& queue : *queues->array()) {
            answer.queues.push_back(
                {text(queue, "path"), amount_at(queue, "guaranteed"), amount_at(queue, "maximum")});
            const Json* labels = queue.find("labels");
            if (labels == nullptr || labels->array() == nullptr) {
                continue;
            }
            for (const Json& one : *labels->array()) {
                answer.queues.push_back({text(queue, "path"), amount_at(one, "guaranteed"),
                                         amount_at(one, "maximum"), text(one, "label")});
            }
        }
    }
    return answer;
}

Result<std::vector<ConfigVersionAnswer>> read_config_versions(std::string_view body) {
    TRY(const Json json, parse(body));
    std::vector<ConfigVersionAnswer> found;
    const Json* versions = json.find("versions");
    if (versions != nullptr && versions->array() != nullptr) {
        for (const Json& entry : *versions->array()) {
            ConfigVersionAnswer version;
            TRY(version.version, entry.integer_or("version", 0));
            TRY(version.changed_ms, entry.integer_or("changed", 0));
            TRY(version.changes, entry.integer_or("changes", -1));
            version.by = text(entry, "by");
            version.note = text(entry, "note");
            found.push_back(std::move(version));
        }
    }
    return found;
}

Result<std::vector<AttemptAnswer>> read_attempts(std::string_view body) {
    TRY(const Json json, parse(body));
    std::vector<AttemptAnswer> found;
    for (const Json& entry : list(json, "appAttempts", "appAttempt")) {
        found.push_back({text(entry, "appAttemptId"), text(entry, "appAttemptState"),
                         text(entry, "containerId")});
    }
    return found;
}

Result<std::vector<ContainerAnswer>> read_containers(std::string_view body) {
    TRY(const Json json, parse(body));
    std::vector<Json> entries = list(json, "containers", "container");
    if (entries.empty()) {
        entries = list(json, "", "container");
    }
    std::vector<ContainerAnswer> found;
    for (const Json& entry : entries) {
        found.push_back({text(entry, "containerId"), text(entry, "containerState"),
                         text(entry, "assignedNodeId")});
    }
    return found;
}

Result<std::vector<LogFileAnswer>> read_log_files(std::string_view body) {
    TRY(const Json json, parse(body));
    std::vector<LogFileAnswer> found;
    for (const Json& entry : list(json, "", "files")) {
        found.push_back({text(entry, "name"), number(entry, "size")});
    }
    return found;
}

Result<std::vector<StageAnswer>> read_stages(std::string_view body) {
    TRY(const Json json, parse(body));
    const Json::Array* entries = json.array();
    std::vector<StageAnswer> found;
    for (const Json& entry : entries != nullptr ? *entries : Json::Array{}) {
        StageAnswer stage;
        stage.id = number(entry, "stageId");
        stage.name = text(entry, "name");
        stage.status = text(entry, "status");
        stage.tasks = number(entry, "numTasks");
        stage.tasks_complete = number(entry, "numCompleteTasks");
        stage.tasks_active = number(entry, "numActiveTasks");
        stage.tasks_failed = number(entry, "numFailedTasks");
        found.push_back(std::move(stage));
    }
    return found;
}

Result<ClusterAnswer> read_cluster(std::string_view body) {
    TRY(const Json json, parse(body));
    TRY(const Json info, member(json, "clusterInfo"));
    return ClusterAnswer{text(info, "resourceManagerVersion"), text(info, "state"),
                         number(info, "startedOn")};
}

Result<NewApplicationAnswer> read_new_application(std::string_view body) {
    TRY(const Json json, parse(body));
    TRY(const Json size, member(json, "maximum-resource-capability"));
    return NewApplicationAnswer{text(json, "application-id"), number(size, "memory"),
                                number(size, "vCores")};
}

Result<std::string> read_text_field(std::string_view body, std::string_view field) {
    TRY(const Json json, parse(body));
    TRY(const Json value, member(json, field));
    if (value.string() == nullptr) {
        return Error{ErrorCode::DataLoss, "'" + std::string(field) + "' is no text"};
    }
    return *value.string();
}

}  // namespace heddle::rmctl
