#include "client/rmctl/nodes.h"

#include <algorithm>

#include "client/rmctl/answers.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/output.h"
#include "client/rmctl/server.h"
#include "common/base/clock.h"
#include "common/base/display.h"
#include "common/base/strings.h"
#include "common/config/settings.h"
#include "common/model/node.h"
#include "common/net/http_message.h"
#include "common/wire/json.h"

namespace heddle::rmctl {
namespace {

constexpr const char* kNodes = "/ws/v1/cluster/nodes";
constexpr const char* kDecisions = "/heddle/v1/nodes";

// The manager lists only nodes that count for scheduling unless states are named. Here the lost
// ones are of most interest.
std::string nodes_target(const std::vector<std::string>& states) {
    std::vector<std::string> wanted = states;
    if (wanted.empty()) {
        for (const NodeState state : {NodeState::New, NodeState::Running, NodeState::Unhealthy,
                                      NodeState::Decommissioning, NodeState::Decommissioned,
                                      NodeState::Lost, NodeState::Rebooted, NodeState::Shutdown}) {
            wanted.emplace_back(to_string(state));
        }
    }
    return std::string(kNodes) + "?states=" + net::percent_encode(join(wanted, ","));
}

// What the manager reports of its health; a node that is not there any more has none.
std::string health_of(const NodeAnswer& node) {
    return node.health.empty() && node.state == to_string(NodeState::Running) ? "healthy"
                                                                              : node.health;
}

std::string heard(const NodeAnswer& node) {
    return human_age(node.heard_ms, wall_now().milliseconds);
}

Table node_table(const std::vector<NodeAnswer>& nodes) {
    Table table;
    table.columns = {{"ID", Align::Left, true, 0},           {"STATE", Align::Left, false, 0},
                     {"ADDRESS", Align::Left, true, 4},      {"CONTAINERS", Align::Right, false, 2},
                     {"MEMORY MiB", Align::Right, false, 0}, {"VCORES", Align::Right, false, 0},
                     {"HEARD", Align::Right, false, 1},      {"VERSION", Align::Left, false, 5},
                     {"HEALTH", Align::Left, true, 3}};
    for (const NodeAnswer& node : nodes) {
        table.rows.push_back({node.id, node.state, node.http_address,
                              std::to_string(node.containers),
                              ratio(node.memory_used_mib, node.memory_free_mib),
                              ratio(node.vcores_used, node.vcores_free), heard(node), node.version,
                              health_of(node)});
    }
    return table;
}

std::string percent_text(double percent) {
    return std::to_string(static_cast<int>(percent + 0.5)) + " %";
}

// What of the machine is busy, whoever uses it.
std::string utilisation_of(const NodeAnswer& node) {
    return "memory " + std::to_string(node.memory_measured_mib) + " MiB (" +
           percent_text(node.memory_percent) + "; containers " +
           std::to_string(node.memory_measured_containers_mib) + " MiB), CPU " +
           percent_text(node.vcores_percent);
}

std::string or_none(const std::vector<std::string>& values) {
    return values.empty() ? "none" : join(values, ", ");
}

void print_node(const NodeAnswer& node) {
    const bool here = node.state == to_string(NodeState::Running) ||
                      node.state == to_string(NodeState::Unhealthy) ||
                      node.state == to_string(NodeState::Decommissioning);
    print_fields({
        {"ID", node.id},
        {"State", node.state},
        {"Health", without_controls(health_of(node))},
        {"Last heard", human_time(node.heard_ms) + " (" + heard(node) + ")"},
        {"Rack", node.rack},
        {"Address", node.http_address},
        {"Memory", ratio(node.memory_used_mib, node.memory_free_mib) + " MiB promised"},
        {"Vcores", ratio(node.vcores_used, node.vcores_free) + " promised"},
        {"Other resources", node.named.empty() ? std::string() : join(node.named, ", ")},
        {"Utilisation", here ? utilisation_of(node) : std::string()},
        {"Containers", std::to_string(node.containers)},
        {"Labels", or_none(node.labels)},
        {"Isolation", or_none(node.isolation)},
        {"Version", node.version},
    });
}

// "node-1" for "node-1:8042": people leave the port out.
Result<std::string> full_node_id(Server& server, const std::string& id) {
    TRY(const std::string body, server.get(nodes_target({}), "the list of nodes"));
    TRY(const auto nodes, read_nodes(body));
    std::vector<std::string_view> known;
    for (const NodeAnswer& node : nodes) {
        if (node.id == id || node.host == id || node.id.substr(0, node.id.find(':')) == id) {
            return node.id;
        }
        known.emplace_back(node.id);
    }
    return Error{ErrorCode::NotFound, "no node '" + id + "'" + did_you_mean(id, known) +
                                          "; see them with: rmctl node list"};
}

std::string path_of(const char* root, const std::string& id, const std::string& what) {
    return std::string(root) + "/" + net::percent_encode(id) + "/" + what;
}

// Where `what` is the end of a path below `root`; `done` is told of the node.
Result<int> decide(const Options& options, const std::string& id, const char* root,
                   const std::string& what, const std::string& body, const std::string& done) {
    TRY(Server server, Server::find(options));
    TRY(const std::string full, full_node_id(server, id));
    TRY(const std::string answer, server.post(path_of(root, full, what), body, "node " + full));
    if (options.output == OutputForm::Json) {
        print_json(answer.empty() ? "{}" : answer);
    } else if (options.output == OutputForm::Name) {
        print(full + "\n");
    } else {
        hint(options, "node " + full + " " + done);
    }
    return kExitDone;
}

}  // namespace

Result<int> node_drain(const Options& options, const std::string& id, const std::string& timeout) {
    std::string what = "drain";
    std::string when = "when nothing runs on it any more";
    if (!timeout.empty()) {
        TRY(config::parse_duration(timeout));
        what += "?timeout=" + net::percent_encode(timeout);
        when += ", or in " + timeout;
    }
    return decide(options, id, kDecisions, what, "",
                  "takes no more containers, and is decommissioned " + when);
}

Result<int> node_recommission(const Options& options, const std::string& id) {
    return decide(options, id, kDecisions, "recommission", "", "is in service again");
}

Result<int> node_label(const Options& options, const std::string& id, const std::string& label) {
    return decide(options, id, kNodes, "replace-labels?labels=" + net::percent_encode(label), "",
                  label.empty() ? "has no label now" : "has the label " + label + " now");
}

Result<int> node_update_resource(const Options& options, const std::string& id,
                                 const NodeSize& size) {
    std::int64_t timeout_ms = -1;
    if (!size.timeout.empty()) {
        TRY(const Duration timeout, config::parse_duration(size.timeout));
        timeout_ms = timeout.milliseconds();
    }
    const std::string memory = std::to_string(size.memory_mib);
    const std::string vcores = std::to_string(size.vcores);
    return decide(options, id, kNodes, "resource",
                  "{\"resource\":{\"memory\":" + memory + ",\"vCores\":" + vcores +
                      "},\"overCommitTimeout\":" + std::to_string(timeout_ms) + "}",
                  "has " + memory + " MiB and " + vcores + " vcores now");
}

Result<int> node_list(const Options& options, const std::vector<std::string>& states) {
    TRY(Server server, Server::find(options));
    TRY(const std::string body, server.get(nodes_target(states), "the list of nodes"));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    TRY(const auto nodes, read_nodes(body));
    if (options.output == OutputForm::Name) {
        for (const NodeAnswer& node : nodes) {
            print(node.id + "\n");
        }
    } else if (nodes.empty()) {
        hint(options, states.empty() ? "No nodes" : "No node is " + join(states, " or "));
    } else {
        print_table(options, node_table(nodes));
    }
    return kExitDone;
}

Result<int> node_get(const Options& options, const std::string& id) {
    TRY(Server server, Server::find(options));
    TRY(const std::string full, full_node_id(server, id));
    TRY(const std::string body,
        server.get(std::string(kNodes) + "/" + net::percent_encode(full), "node " + full));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    TRY(const NodeAnswer node, read_node(body));
    if (options.output == OutputForm::Name) {
        print(node.id + "\n");
    } else {
        print_node(node);
    }
    return kExitDone;
}

Result<int> queue_list(const Options& options) {
    TRY(Server server, Server::find(options));
    TRY(const std::string body, server.get("/ws/v1/cluster/scheduler", "the queues"));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    TRY(const auto queues, read_queues(body));
    Table table;
    table.columns = {{"QUEUE", Align::Left, true, 0},        {"STATE", Align::Left, false, 0},
                     {"CAPACITY", Align::Right, false, 2},   {"USED", Align::Right, false, 0},
                     {"RUNNING", Align::Right, false, 0},    {"PENDING", Align::Right, false, 0},
                     {"MEMORY MiB", Align::Right, false, 1}, {"VCORES", Align::Right, false, 1}};
    for (const QueueAnswer& queue : queues) {
        if (options.output == OutputForm::Name) {
            print(queue.path + "\n");
            continue;
        }
        table.rows.push_back({std::string(2 * queue.depth, ' ') + queue.path, queue.state,
                              std::to_string(static_cast<int>(queue.capacity + 0.5)) + " %",
                              std::to_string(static_cast<int>(queue.used + 0.5)) + " %",
                              std::to_string(queue.applications_running),
                              std::to_string(queue.applications_pending),
                              std::to_string(queue.memory_mib), std::to_string(queue.vcores)});
    }
    if (options.output != OutputForm::Name) {
        print_table(options, table);
    }
    return kExitDone;
}

Result<int> queue_state(const Options& options, const std::string& name, const std::string& state) {
    TRY(Server server, Server::find(options));
    TRY(const std::string body, server.get("/ws/v1/cluster/scheduler", "the queues"));
    TRY(const auto queues, read_queues(body));
    std::vector<std::string> matches;
    std::vector<std::string_view> known;
    for (const QueueAnswer& queue : queues) {
        if (queue.path == name || queue.path.ends_with("." + name)) {
            matches.push_back(queue.path);
        }
        known.emplace_back(queue.path);
    }
    if (std::ranges::find(matches, name) != matches.end()) {
        matches = {name};
    }
    if (matches.size() != 1) {
        return Error{matches.empty() ? ErrorCode::NotFound : ErrorCode::InvalidArgument,
                     matches.empty() ? "no queue '" + name + "'" + did_you_mean(name, known) +
                                           "; see them with: rmctl queue list"
                                     : "'" + name + "' means several queues: " +
                                           join(matches, ", ") + "; write the path"};
    }
    wire::JsonWriter json;
    json.begin_object().key("update-queue").begin_object().member("queue-name", matches[0]);
    json.key("params").begin_object().key("entry").begin_array().begin_object();
    json.member("key", "state").member("value", state).end_object().end_array().end_object();
    json.end_object().end_object();
    TRY(server.put("/ws/v1/cluster/scheduler-conf", json.text(), "queue " + matches[0]));
    hint(options, matches[0] + " is " + state);
    return kExitDone;
}

}  // namespace heddle::rmctl
