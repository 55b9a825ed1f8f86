#include "client/rmctl/nodes.h"

#include "client/rmctl/answers.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/output.h"
#include "client/rmctl/server.h"
#include "common/base/strings.h"
#include "common/net/http_message.h"

namespace heddle::rmctl {
namespace {

constexpr const char* kNodes = "/ws/v1/cluster/nodes";

Table node_table(const std::vector<NodeAnswer>& nodes) {
    Table table;
    table.columns = {{"ID", Align::Left, true},           {"STATE", Align::Left, false},
                     {"HTTP", Align::Left, true},         {"CONTAINERS", Align::Right, false},
                     {"MEMORY MiB", Align::Right, false}, {"VCORES", Align::Right, false},
                     {"VERSION", Align::Left, false},     {"HEALTH", Align::Left, true}};
    for (const NodeAnswer& node : nodes) {
        table.rows.push_back(
            {node.id, node.state, node.http_address, std::to_string(node.containers),
             ratio(node.memory_used_mib, node.memory_free_mib),
             ratio(node.vcores_used, node.vcores_free), node.version, node.health});
    }
    return table;
}

// "node-1" for "node-1:8042": people leave the port out.
Result<std::string> full_node_id(Server& server, const std::string& id) {
    TRY(const std::string body, server.get(kNodes, "the list of nodes"));
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

}  // namespace

Result<int> node_list(const Options& options, const std::vector<std::string>& states) {
    TRY(Server server, Server::find(options));
    std::string target = kNodes;
    if (!states.empty()) {
        target += "?states=" + net::percent_encode(join(states, ","));
    }
    TRY(const std::string body, server.get(target, "the list of nodes"));
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
        hint(options, "No nodes");
    } else {
        print_table(node_table(nodes));
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
        print_table(node_table({node}));
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
    table.columns = {{"QUEUE", Align::Left, true},        {"STATE", Align::Left, false},
                     {"CAPACITY", Align::Right, false},   {"USED", Align::Right, false},
                     {"RUNNING", Align::Right, false},    {"PENDING", Align::Right, false},
                     {"MEMORY MiB", Align::Right, false}, {"VCORES", Align::Right, false}};
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
    if (options.output == OutputForm::Table) {
        print_table(table);
    }
    return kExitDone;
}

}  // namespace heddle::rmctl
