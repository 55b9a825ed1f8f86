#include "client/rmctl/nodes.h"

#include <algorithm>

#include "client/rmctl/amounts.h"
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
                     {kOtherColumn, Align::Left, false, 0},  {"HEARD", Align::Right, false, 1},
                     {"VERSION", Align::Left, false, 5},     {"HEALTH", Align::Left, true, 3}};
    for (const NodeAnswer& node : nodes) {
        table.rows.push_back({node.id, node.state, node.http_address,
                              std::to_string(node.containers),
                              ratio(node.used.memory_mib, node.total.memory_mib),
                              ratio(node.used.vcores, node.total.vcores),
                              join(named_ratios(node.used.named, node.total.named), ", "),
                              heard(node), node.version, health_of(node)});
    }
    leave_out_empty(table, kOtherColumn);
    return table;
}

// What of the machine is busy, whoever uses it.
std::string utilisation_of(const NodeAnswer& node) {
    return "memory " + std::to_string(node.memory_measured_mib) + " MiB (" +
           percent_text(node.memory_percent) + "; containers " +
           std::to_string(node.memory_measured_containers_mib) + " MiB), CPU " +
           percent_text(node.vcores_percent);
}

// Containers that run or wait there until the node has room to spare.
std::string opportunistic_of(const NodeAnswer& node) {
    if (node.opportunistic_running + node.opportunistic_queued == 0) {
        return {};
    }
    return std::to_string(node.opportunistic_running) + " running, " +
           std::to_string(node.opportunistic_queued) + " queued";
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
        {"Memory", ratio(node.used.memory_mib, node.total.memory_mib) + " MiB promised"},
        {"Vcores", ratio(node.used.vcores, node.total.vcores) + " promised"},
        {"Other resources", join(named_ratios(node.used.named, node.total.named), ", ")},
        {"Utilisation", here ? utilisation_of(node) : std::string()},
        {"Containers", std::to_string(node.containers)},
        {"Opportunistic", opportunistic_of(node)},
        {"Labels", or_none(node.labels)},
        {"Attributes", without_controls(join(node.attributes, ", "))},
        {"Tags", without_controls(join(node.tags, ", "))},
        {"Isolation", or_none(node.isolation)},
        {"Version", node.version},
    });
}

// "node-1" for "node-1:8042": people leave the port out.
Result<NodeAnswer> node_meant(Server& server, const std::string& id) {
    TRY(const std::string body, server.get(nodes_target({}), "the list of nodes"));
    TRY(const auto nodes, read_nodes(body));
    std::vector<std::string_view> known;
    for (const NodeAnswer& node : nodes) {
        if (node.id == id || node.host == id || node.id.substr(0, node.id.find(':')) == id) {
            return node;
        }
        known.emplace_back(node.id);
    }
    return Error{ErrorCode::NotFound, "no node '" + id + "'" + did_you_mean(id, known) +
                                          "; see them with: rmctl node list"};
}

Result<std::string> full_node_id(Server& server, const std::string& id) {
    TRY(const NodeAnswer node, node_meant(server, id));
    return node.id;
}

std::string path_of(const char* root, const std::string& id, const std::string& what) {
    return std::string(root) + "/" + net::percent_encode(id) + "/" + what;
}

// POSTs a decision about the node `full`; `done` is told of it.
Result<int> decide(const Options& options, Server& server, const std::string& full,
                   const std::string& target, const std::string& body, const std::string& done) {
    TRY(const std::string answer, server.post(target, body, "node " + full));
    if (options.output == OutputForm::Json) {
        print_json(answer.empty() ? "{}" : answer);
    } else if (options.output == OutputForm::Name) {
        print(full + "\n");
    } else {
        hint(options, "node " + full + " " + done);
    }
    return kExitDone;
}

// Where `what` is the end of a path below `root`.
Result<int> decide(const Options& options, const std::string& id, const char* root,
                   const std::string& what, const std::string& body, const std::string& done) {
    TRY(Server server, Server::find(options));
    TRY(const std::string full, full_node_id(server, id));
    return decide(options, server, full, path_of(root, full, what), body, done);
}

}  // namespace

Result<AmountChange> asked_size(const NodeSize& size) {
    if (size.amount.find('=') == std::string::npos) {
        return parse_amount("memory=" + size.amount +
                            (size.vcores.empty() ? "" : ",vcores=" + size.vcores));
    }
    if (!size.vcores.empty()) {
        return Error{ErrorCode::InvalidArgument, "'" + size.vcores + "' behind '" + size.amount +
                                                     "': write it as another part of that"};
    }
    return parse_amount(size.amount);
}

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
    TRY(const AmountChange change, asked_size(size));
    std::int64_t timeout_ms = -1;
    if (!size.timeout.empty()) {
        TRY(const Duration timeout, config::parse_duration(size.timeout));
        timeout_ms = timeout.milliseconds();
    }
    TRY(Server server, Server::find(options));
    TRY(const NodeAnswer node, node_meant(server, id));
    const Resource total = changed(node.total, change);
    wire::JsonWriter json;
    write_change(json.begin_object().key("resource"), change, total);
    json.member("overCommitTimeout", timeout_ms).end_object();
    return decide(options, server, node.id, path_of(kNodes, node.id, "resource"), json.text(),
                  "has " + to_string(total) + " now");
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

}  // namespace heddle::rmctl
