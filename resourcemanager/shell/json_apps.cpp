// Applications, attempts, containers, and Spark's list of applications.

#include <algorithm>

#include "common/base/service.h"
#include "common/base/strings.h"
#include "resourcemanager/core/queue_terms.h"
#include "resourcemanager/shell/json_views.h"
#include "resourcemanager/shell/spark_time.h"
#include "resourcemanager/shell/tracking.h"

namespace heddle::rm {
namespace {

std::int64_t elapsed(WallTime from, WallTime to, WallTime now) {
    if (from.milliseconds == 0) {
        return 0;
    }
    const WallTime end = to.milliseconds == 0 ? now : to;
    return std::max<std::int64_t>(0, end.milliseconds - from.milliseconds);
}

double share(const Resource& part, const Resource& whole) {
    return whole.memory_mib > 0 ? 100.0 * static_cast<double>(part.memory_mib) /
                                      static_cast<double>(whole.memory_mib)
                                : 0.0;
}

std::string last_part(const std::string& queue) {
    return queue.substr(queue.rfind('.') + 1);
}

std::string tracking_ui(const ApplicationView& app) {
    if (is_final(app.state)) {
        return "History";
    }
    return app.tracking_url.empty() ? "UNASSIGNED" : "ApplicationMaster";
}

// The dashboard's page of the container's logs: what YARN's amContainerLogs is for.
std::string logs_link(const ServerInfo& server, const ContainerId& container) {
    return server.url() + "/containers/" + to_string(container) + "/logs";
}

std::string node_http_address(const View& view, const NodeId& id) {
    const auto node = view.nodes.find(id);
    return node ? http_address(node->info) : "";
}

void write_where_master_is(wire::JsonWriter& json, const View& view, const ApplicationView& app,
                           const ServerInfo& server) {
    if (app.attempts.empty()) {
        return;
    }
    const AttemptView& attempt = app.attempts.back();
    if (attempt.master_container) {
        json.member("amContainerLogs", logs_link(server, *attempt.master_container));
        json.member("amHostHttpAddress", node_http_address(view, attempt.master_node));
        json.member("masterNodeId", attempt.master_node.name);
    }
    if (attempt.rpc_port != 0) {
        json.member("amRPCAddress", attempt.host + ":" + std::to_string(attempt.rpc_port));
    }
}

void write_request(wire::JsonWriter& json, const PendingView& pending, const std::string& where,
                   bool relax) {
    json.begin_object();
    json.member("priority", pending.priority).member("allocationRequestId", pending.ask);
    json.member("resourceName", where);
    write_resource(json.key("capability"), pending.size);
    json.member("numContainers", pending.count).member("relaxLocality", relax);
    json.member("nodeLabelExpression", pending.label);
    json.key("executionTypeRequest").begin_object();
    json.member("executionType", to_string(pending.execution));
    json.member("enforceExecutionType", pending.enforce_execution).end_object();
    if (!pending.constraint.empty()) {
        json.member("placementConstraint", pending.constraint);
    }
    if (!pending.tags.empty()) {
        json.key("allocationTags").begin_array();
        for (const std::string& tag : pending.tags) {
            json.value(tag);
        }
        json.end_array();
    }
    json.end_object();
}

void write_requests(wire::JsonWriter& json, const ApplicationView& app) {
    json.key("resourceRequests").begin_array();
    for (const PendingView& pending : app.pending) {
        for (const NodeId& node : pending.nodes) {
            write_request(json, pending, node.name, pending.relax_locality);
        }
        for (const std::string& rack : pending.racks) {
            write_request(json, pending, rack, pending.relax_locality);
        }
        write_request(json, pending, "*", pending.nodes.empty() || pending.relax_locality);
    }
    json.end_array();
}

void write_entry(wire::JsonWriter& json, const std::string& name, std::int64_t value) {
    json.begin_object().member("key", name).member("value", std::to_string(value)).end_object();
}

void write_seconds_map(wire::JsonWriter& json, std::string_view name, std::int64_t memory,
                       std::int64_t vcores, const NamedCounts& named) {
    json.key(name).begin_object().key("entry").begin_array();
    write_entry(json, "memory-mb", memory);
    write_entry(json, "vcores", vcores);
    for (const NamedCounts::Entry& entry : named.entries()) {
        write_entry(json, yarn_resource_name(entry.name), entry.count);
    }
    json.end_array().end_object();
}

double queue_share(const View& view, const ApplicationView& app) {
    const auto queue = view.queues.find(app.submission->queue);
    return queue && queue->terms ? share(app.allocated, queue->terms->unlabelled().guaranteed)
                                 : 0.0;
}

// Empty while nothing was taken back, as in YARN.
void write_preempted_map(wire::JsonWriter& json, const Preempted& preempted) {
    if (preempted.containers + preempted.masters == 0) {
        json.key("preemptedResourceSecondsMap").begin_object().end_object();
        return;
    }
    write_seconds_map(json, "preemptedResourceSecondsMap", preempted.memory_mib_seconds,
                      preempted.vcore_seconds, preempted.named_seconds);
}

// As YARN only while the scheduler knows the application.
void write_resource_info(wire::JsonWriter& json, const ApplicationView& app) {
    json.key("resourceInfo").begin_object().key("resourceUsagesByPartition").begin_array();
    for (const PartitionUse& use : partitions_of(app)) {
        json.begin_object().member("partitionName", use.label);
        write_resource(json.key("used"), use.used);
        write_resource(json.key("reserved"), use.reserved);
        write_resource(json.key("pending"), use.pending);
        write_resource(json.key("amUsed"), use.used_by_masters);
        json.end_object();
    }
    json.end_array().end_object();
}

// As YARN joins them.
std::string names_of(const std::vector<NodeId>& nodes) {
    std::string names;
    for (const NodeId& node : nodes) {
        names += (names.empty() ? "" : ", ") + node.name;
    }
    return names;
}

void write_timeouts(wire::JsonWriter& json, const View& view, const ApplicationView& app) {
    json.key("timeouts").begin_object().key("timeout").begin_array();
    write_timeout(json, app.expires, view.as_of);
    json.end_array().end_object();
}

void write_use(wire::JsonWriter& json, const View& view, const ApplicationView& app) {
    const bool over = is_final(app.state);
    json.member("allocatedMB", over ? -1 : app.allocated.memory_mib);
    json.member("allocatedVCores", over ? -1 : app.allocated.vcores);
    json.member("reservedMB", over ? -1 : app.reserved.memory_mib);
    json.member("reservedVCores", over ? -1 : app.reserved.vcores);
    json.member("runningContainers", over ? -1 : app.running_containers);
    json.member("memorySeconds", app.memory_mib_seconds);
    json.member("vcoreSeconds", app.vcore_seconds);
    json.member("queueUsagePercentage", over ? 0.0 : queue_share(view, app));
    json.member("clusterUsagePercentage", over ? 0.0 : share(app.allocated, view.cluster.total));
    write_seconds_map(json, "resourceSecondsMap", app.memory_mib_seconds, app.vcore_seconds,
                      app.named_seconds);
    json.member("preemptedResourceMB", app.preempted.size.memory_mib);
    json.member("preemptedResourceVCores", app.preempted.size.vcores);
    json.member("numNonAMContainerPreempted", app.preempted.containers);
    json.member("numAMContainerPreempted", app.preempted.masters);
    json.member("preemptedMemorySeconds", app.preempted.memory_mib_seconds);
    json.member("preemptedVcoreSeconds", app.preempted.vcore_seconds);
    write_preempted_map(json, app.preempted);
}

// What is said of one that has not started: why.
std::string diagnostics_of(const ApplicationView& app) {
    const bool starting = app.state == AppState::Submitted || app.state == AppState::Accepted;
    return starting && app.diagnostics.empty() && app.waiting ? app.waiting->headline
                                                              : app.diagnostics;
}

}  // namespace

// That leads others: as the queue counts it.
Resource used_by_master(const ApplicationView& app) {
    const bool holds = app.submission->kind != ApplicationKind::Command && !app.attempts.empty() &&
                       app.attempts.back().master_container && !is_final(app.attempts.back().state);
    return holds ? app.submission->master_size : Resource{};
}

Resource pending_of(const ApplicationView& app) {
    Resource sum;
    for (const PendingView& pending : app.pending) {
        sum += pending.size * pending.count;
    }
    return sum;
}

std::vector<PartitionUse> partitions_of(const ApplicationView& app) {
    if (!app.partitions.empty()) {
        return app.partitions;
    }
    return {{"", app.allocated, {}, used_by_master(app), app.reserved, pending_of(app)}};
}

void write_app(wire::JsonWriter& json, const View& view, const ApplicationView& app,
               const ServerInfo& server, const AppParts& parts) {
    const ApplicationSubmission& submission = *app.submission;
    const bool over = is_final(app.state);
    json.begin_object();
    json.member("id", to_string(submission.id)).member("user", submission.user);
    json.member("name", submission.name).member("queue", last_part(submission.queue));
    json.member("state", to_string(app.state));
    json.member("finalStatus", to_string(app.final_status));
    json.member("progress", over ? 100.0 : static_cast<double>(app.progress_percent));
    json.member("trackingUI", tracking_ui(app));
    json.member("trackingUrl", tracking_url(server, app, app.tracking_url));
    json.member("diagnostics", diagnostics_of(app));
    json.member("clusterId", view.cluster.cluster_timestamp);
    json.member("applicationType", submission.type);
    json.member("applicationTags", join(submission.tags, ","));
    json.member("priority", submission.priority);
    json.member("startedTime", app.submitted.milliseconds);
    json.member("launchTime", app.launched.milliseconds);
    json.member("finishedTime", app.finished.milliseconds);
    json.member("elapsedTime", elapsed(app.submitted, app.finished, view.as_of));
    write_where_master_is(json, view, app, server);
    write_use(json, view, app);
    if (parts.requests && !app.pending.empty()) {
        write_requests(json, app);
    }
    json.member("logAggregationStatus", "DISABLED");
    json.member("unmanagedApplication", submission.unmanaged);
    if (parts.label && !submission.label.empty()) {
        json.member("appNodeLabelExpression", submission.label);
    }
    if (parts.master_label && !submission.unmanaged) {
        json.member("amNodeLabelExpression",
                    submission.master_label.empty() ? submission.label : submission.master_label);
    }
    if (parts.resources && !over) {
        write_resource_info(json, app);
    }
    if (parts.timeouts) {
        write_timeouts(json, view, app);
    }
    json.end_object();
}

void write_attempt(wire::JsonWriter& json, const View& view, const AttemptView& attempt,
                   const ServerInfo& server) {
    json.begin_object();
    json.member("id", attempt.id.number).member("startTime", attempt.started.milliseconds);
    json.member("finishedTime", attempt.finished.milliseconds);
    if (attempt.master_container) {
        json.member("containerId", to_string(*attempt.master_container));
        json.member("nodeHttpAddress", node_http_address(view, attempt.master_node));
        json.member("nodeId", attempt.master_node.name);
        json.member("logsLink", logs_link(server, *attempt.master_container));
    }
    json.member("blacklistedNodes", names_of(attempt.blacklist));
    json.member("nodesBlacklistedBySystem", names_of(attempt.kept_off));
    json.member("appAttemptId", to_string(attempt.id));
    json.member("exportPorts", "").member("appAttemptState", to_string(attempt.state));
    json.member("diagnosticsInfo", attempt.diagnostics);
    json.end_object();
}

void write_single_attempt(wire::JsonWriter& json, const ApplicationView& app,
                          const AttemptView& attempt, const ServerInfo& server) {
    json.begin_object();
    json.member("appAttemptId", to_string(attempt.id)).member("host", attempt.host);
    json.member("rpcPort", attempt.rpc_port);
    json.member("trackingUrl", tracking_url(server, app, attempt.tracking_url));
    json.member("originalTrackingUrl", attempt.tracking_url);
    json.member("diagnosticsInfo", attempt.diagnostics);
    json.member("appAttemptState", to_string(attempt.state));
    if (attempt.master_container) {
        json.member("amContainerId", to_string(*attempt.master_container));
    }
    json.member("startedTime", attempt.started.milliseconds);
    json.member("finishedTime", attempt.finished.milliseconds).end_object();
}

void write_container(wire::JsonWriter& json, const View& view, const ContainerView& container,
                     const ServerInfo& server) {
    const WallTime finished = container.exit ? container.exit->finished : WallTime{};
    const bool queued = container.phase == ContainerPhase::Ready &&
                        container.execution == ExecutionType::Opportunistic;
    const bool fresh = queued || container.phase == ContainerPhase::Localising;
    const std::string state = container.exit ? "COMPLETE" : fresh ? "NEW" : "RUNNING";
    json.begin_object();
    json.member("containerId", to_string(container.id));
    json.member("allocatedMB", container.size.memory_mib);
    json.member("allocatedVCores", container.size.vcores);
    json.member("assignedNodeId", container.node.name).member("priority", container.priority);
    json.member("startedTime", container.allocated.milliseconds);
    json.member("finishedTime", finished.milliseconds);
    json.member("elapsedTime", elapsed(container.allocated, finished, view.as_of));
    json.member("diagnosticsInfo", container.exit ? container.exit->message : std::string());
    json.member("logUrl", logs_link(server, container.id));
    json.member("containerExitStatus", container.exit ? container.exit->code : 0);
    json.member("containerState", state);
    json.member("nodeHttpAddress", node_http_address(view, container.node));
    json.member("nodeId", container.node.name);
    json.key("allocatedResources").begin_array();
    write_entry(json, "memory-mb", container.size.memory_mib);
    write_entry(json, "vcores", container.size.vcores);
    for (const NamedCounts::Entry& entry : container.size.named.entries()) {
        write_entry(json, yarn_resource_name(entry.name), entry.count);
    }
    json.end_array();
    json.member("exposedPorts", "").end_object();
}

void write_spark_application(wire::JsonWriter& json, const View& view, const ApplicationView& app,
                             std::int32_t only) {
    const ApplicationSubmission& submission = *app.submission;
    const bool over = is_final(app.state);
    json.begin_object();
    json.member("id", to_string(submission.id)).member("name", submission.name);
    json.key("attempts").begin_array();
    for (auto attempt = app.attempts.rbegin(); attempt != app.attempts.rend(); ++attempt) {
        if (only != 0 && attempt->id.number != only) {
            continue;
        }
        const bool last = attempt == app.attempts.rbegin();
        const WallTime end = attempt->finished.milliseconds != 0 ? attempt->finished
                             : over && last                      ? app.finished
                                                                 : WallTime{};
        const WallTime updated = end.milliseconds != 0 ? end : view.as_of;
        json.begin_object();
        json.member("attemptId", std::to_string(attempt->id.number));
        json.member("startTime", spark_time(attempt->started));
        json.member("endTime", spark_time(end));
        json.member("lastUpdated", spark_time(updated));
        json.member("duration", elapsed(attempt->started, end, view.as_of));
        json.member("sparkUser", submission.user).member("completed", end.milliseconds != 0);
        json.member("appSparkVersion", version());
        json.member("startTimeEpoch", attempt->started.milliseconds);
        json.member("endTimeEpoch", end.milliseconds == 0 ? -1 : end.milliseconds);
        json.member("lastUpdatedEpoch", updated.milliseconds).end_object();
    }
    json.end_array().end_object();
}

}  // namespace heddle::rm
