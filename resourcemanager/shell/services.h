#pragma once

// What routes work with. The daemon owns all of it.

#include <functional>
#include <optional>

#include "common/net/event_loop.h"
#include "common/store/store.h"
#include "resourcemanager/shell/access.h"
#include "resourcemanager/shell/artifact_store.h"
#include "resourcemanager/shell/auth.h"
#include "resourcemanager/shell/core_thread.h"
#include "resourcemanager/shell/event_hub.h"
#include "resourcemanager/shell/json_views.h"
#include "resourcemanager/shell/label_finder.h"
#include "resourcemanager/shell/metrics.h"
#include "resourcemanager/shell/router.h"
#include "resourcemanager/shell/scheduler_log.h"
#include "resourcemanager/shell/token_book.h"
#include "resourcemanager/shell/topology.h"
#include "resourcemanager/shell/view_board.h"

namespace heddle::rm {

struct Services {
    net::EventLoop& loop;
    CoreDoor& core;
    ViewBoard& board;
    Authenticator& auth;
    TokenBook& tokens;
    ArtifactStore& artifacts;
    EventHub& hub;
    Metrics& metrics;
    const ServerInfo& server;
    std::string cluster_token;  // what node agents accept
    std::string ui_dir;
    std::function<std::string()> metrics_page;
    const AccessPolicy& access;
    /// Of a user, the primary one first.
    std::function<std::vector<std::string>(const std::string&)> groups;
    SchedulerLog& scheduler_log;
    /// What the files of the daemon say of the scheduler now.
    std::function<Result<SchedulerConfig>()> configured_scheduler;
    /// The system is asked anew who is in which group.
    std::function<void()> forget_groups;
    /// File and script are asked anew where the nodes stand. Answers on any thread.
    std::function<void(std::vector<std::string> nodes, OnTopology)> refresh_topology;
    /// Why nothing can be saved now; nothing when it can.
    std::function<std::optional<std::string>()> saving_trouble = {};
    /// Null: no program says which labels nodes have.
    LabelFinder* labels = nullptr;
};

// One per family of paths; each adds its routes.
void add_cluster_routes(Router& router, Services& services);
void add_hadoop_routes(Router& router, Services& services);
void add_hadoop_daemon_routes(Router& router, Services& services);
void add_node_routes(Router& router, Services& services);
void add_attribute_routes(Router& router, Services& services);
void add_label_script_routes(Router& router, Services& services);
void add_app_routes(Router& router, Services& services);
void add_app_list_routes(Router& router, Services& services);
void add_app_change_routes(Router& router, Services& services);
void add_access_routes(Router& router, Services& services);
void add_unsupported_routes(Router& router);
void add_spark_routes(Router& router, Services& services);
void add_heddle_routes(Router& router, Services& services);
void add_scheduler_routes(Router& router, Services& services);
void add_explain_routes(Router& router, Services& services);
void add_preemption_routes(Router& router, Services& services);
void add_reservation_routes(Router& router, Services& services);
void add_log_routes(Router& router, Services& services);
void add_artifact_routes(Router& router, Services& services);
void add_daemon_routes(Router& router, Services& services);
void add_page_routes(Router& router, Services& services);
void add_tracking_routes(Router& router, Services& services);

/// All of the above: the whole table.
void add_routes(Router& router, Services& services);

/// A body that `write` fills, as {"<root>": ...}.
template <typename Write>
net::HttpResponse wrapped_json(std::string_view root, Write&& write) {
    wire::JsonWriter json;
    json.begin_object().key(root);
    write(json);
    json.end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

// What a path names. Errors: InvalidArgument, NotFound.
Result<std::shared_ptr<const NodeView>> find_node(const View& view, const std::string& id);
Result<std::shared_ptr<const ApplicationView>> find_application(const View& view,
                                                                std::string_view id);
/// The application that the call's first parameter names, if the caller may see it. Errors: as
/// find_application, PermissionDenied.
Result<std::shared_ptr<const ApplicationView>> visible_application(const Services& services,
                                                                   const View& view,
                                                                   const Call& call);
/// Errors: PermissionDenied; NotFound when it is not known and access lists are on.
Status may_on_application(const Services& services, const Call& call, AppRight right,
                          const ApplicationId& id);
/// Whether operators may say which labels nodes have. Errors: Unsupported (a program does).
Status labels_by_hand(const Services& services);
Result<const AttemptView*> find_attempt(const ApplicationView& app, std::string_view id);

}  // namespace heddle::rm
