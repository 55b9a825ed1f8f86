// Cluster info, metrics, nodes and the queue tree.

#include <algorithm>
#include <set>

#include "common/base/strings.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

Result<std::set<std::string>> states_asked(const Call& call) {
    constexpr std::array<NodeState, 8> kStates = {NodeState::New,
                                                  NodeState::Running,
                                                  NodeState::Unhealthy,
                                                  NodeState::Decommissioning,
                                                  NodeState::Decommissioned,
                                                  NodeState::Lost,
                                                  NodeState::Rebooted,
                                                  NodeState::Shutdown};
    std::set<std::string> states;
    const std::string asked = call.query_list("states");  // the parts are views into it
    for (const std::string_view part : split(asked, ',')) {
        if (trim(part).empty()) {
            continue;
        }
        const auto known = std::ranges::find_if(kStates, [&](NodeState state) {
            return to_lower(to_string(state)) == to_lower(trim(part));
        });
        if (known == kStates.end()) {
            // YARN's words, for those who look for them.
            return Error{ErrorCode::InvalidArgument,
                         "No enum constant org.apache.hadoop.yarn.api.records.NodeState." +
                             std::string(trim(part)) +
                             "; there are NEW, RUNNING, UNHEALTHY, DECOMMISSIONED, LOST, REBOOTED, "
                             "DECOMMISSIONING, SHUTDOWN"};
        }
        states.insert(std::string(to_string(*known)));
    }
    return states;
}

// As YARN: without `states`, nodes that are gone are left out.
bool shown(const NodeView& node, const std::set<std::string>& states) {
    if (!states.empty()) {
        return states.contains(std::string(to_string(node.state)));
    }
    return node.state != NodeState::Decommissioned && node.state != NodeState::Lost &&
           node.state != NodeState::Rebooted && node.state != NodeState::Shutdown;
}

Result<net::HttpResponse> list_nodes(const Services& services, const Call& call) {
    TRY(const std::set<std::string> states, states_asked(call));
    const auto view = services.board.view();
    return wrapped_json("nodes", [&](wire::JsonWriter& json) {
        json.begin_object();
        bool any = false;
        view->nodes.for_each([&](const NodeId&, const std::shared_ptr<const NodeView>& node) {
            if (shown(*node, states)) {
                if (!any) {
                    json.key("node").begin_array();
                    any = true;
                }
                write_node(json, *node);
            }
            return true;
        });
        if (any) {
            json.end_array();
        }
        json.end_object();
    });
}

Result<net::HttpResponse> one_node(const Services& services, const Call& call) {
    TRY(const auto node, find_node(*services.board.view(), call.parameters[0]));
    return wrapped_json("node", [&](wire::JsonWriter& json) { write_node(json, *node); });
}

Result<net::HttpResponse> user_info(const Services&, const Call& call) {
    return wrapped_json("clusterUserInfo", [&](wire::JsonWriter& json) {
        json.begin_object().member("rmLoginUser", process_user());
        json.member("requestedUser", call.who.user).end_object();
    });
}

}  // namespace

// YARN's node ids are host:port; ours are names, and either is taken.
Result<std::shared_ptr<const NodeView>> find_node(const View& view, const std::string& id) {
    auto node = view.nodes.find(NodeId{id});
    if (!node) {
        view.nodes.for_each([&](const NodeId&, const std::shared_ptr<const NodeView>& other) {
            if (http_address(other->info) == id) {
                node = other;
            }
            return node == nullptr;
        });
    }
    if (!node) {
        return Error{ErrorCode::NotFound, "nodeId, " + id + ", is not found"};
    }
    return node;
}

void add_cluster_routes(Router& router, Services& services) {
    const auto view_route = [&](const char* path, const char* root,
                                void (*write)(wire::JsonWriter&, const View&)) {
        router.get(path, Permission::Read, [&services, root, write](const Call&) {
            const auto view = services.board.view();
            return Result<net::HttpResponse>(
                wrapped_json(root, [&](wire::JsonWriter& json) { write(json, *view); }));
        });
    };
    view_route("/ws/v1/cluster", "clusterInfo", write_cluster_info);
    view_route("/ws/v1/cluster/info", "clusterInfo", write_cluster_info);
    const auto load_route = [&](const char* path, const char* root,
                                void (*write)(wire::JsonWriter&, const View&, const ManagerLoad&)) {
        router.get(path, Permission::Read, [&services, root, write](const Call&) {
            const auto view = services.board.view();
            const ManagerLoad load{services.core.waiting(), services.board.grants_per_second(),
                                   services.core.busy_percent()};
            return Result<net::HttpResponse>(
                wrapped_json(root, [&](wire::JsonWriter& json) { write(json, *view, load); }));
        });
    };
    load_route("/ws/v1/cluster/metrics", "clusterMetrics", write_cluster_metrics);
    load_route("/ws/v1/cluster/scheduler-overview", "scheduler", write_scheduler_overview);
    router.get("/ws/v1/cluster/scheduler", Permission::Read, [&services](const Call&) {
        const auto view = services.board.view();
        return Result<net::HttpResponse>(wrapped_json("scheduler", [&](wire::JsonWriter& json) {
            write_scheduler(json, *view, services.access.enabled());
        }));
    });
    router.get("/ws/v1/cluster/userinfo", Permission::Read,
               [&services](const Call& call) { return user_info(services, call); });
    router.get("/ws/v1/cluster/nodes", Permission::Read,
               [&services](const Call& call) { return list_nodes(services, call); });
    router.get("/ws/v1/cluster/nodes/{id}", Permission::Read,
               [&services](const Call& call) { return one_node(services, call); });
    // The probe by which YARN's clients find the active manager.
    router.get("/cluster", Permission::Read, [](const Call&) {
        return Result<net::HttpResponse>(net::HttpResponse::text(200, "Heddle\n"));
    });
}

}  // namespace heddle::rm
