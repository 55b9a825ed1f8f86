// Who may: what the other routes ask before they answer, and YARN's question about others.

#include <optional>
#include <string>
#include <vector>

#include "common/model/queue_check.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

Result<QueueRight> parse_queue_right(const std::string& text) {
    if (text.empty() || text == "SUBMIT_APPLICATIONS") {
        return QueueRight::Submit;
    }
    if (text == "ADMINISTER_QUEUE") {
        return QueueRight::Administer;
    }
    return Error{ErrorCode::InvalidArgument, "Specified queueAclType=" + text +
                                                 " is not a valid type, valid queue acl "
                                                 "types={SUBMIT_APPLICATIONS/ADMINISTER_QUEUE}"};
}

// The path of any queue, by path or by a last name that only one has.
std::optional<std::string> queue_path(const View& view, const std::string& name) {
    if (view.queues.find(name) != nullptr) {
        return name;
    }
    std::vector<std::string> found;
    view.queues.for_each([&](const std::string& path, const auto& queue) {
        if (queue->name == name) {
            found.push_back(path);
        }
        return found.size() < 2;
    });
    return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
}

// Only who administers the queue may ask about others.
Result<net::HttpResponse> queue_access(const Services& services, const Call& call) {
    const std::string& name = call.parameters[0];
    const std::string asked = call.query("user");
    const std::string user = asked.empty() ? call.who.user : asked;
    const auto path = queue_path(*services.board.view(), name);
    if (!path) {
        return Error{ErrorCode::NotFound, no_such_queue(name)};
    }
    if (!services.access.may(call.who, QueueRight::Administer, *path)) {
        return Error{ErrorCode::PermissionDenied, "User=" + call.who.user +
                                                      " doesn't haven access to queue=" + name +
                                                      " so it cannot check ACLs for other users."};
    }
    const std::string type = call.query("queue-acl-type");
    TRY(const QueueRight right, parse_queue_right(type));
    // Of the operators only the caller is known; others are users like any other.
    const Principal who{Principal::Kind::Socket, user, call.who.operates && user == call.who.user};
    const bool allowed = services.access.may(who, right, *path);
    wire::JsonWriter json;
    json.begin_object().member("allowed", allowed).member("user", user);
    json.member("diagnostics",
                allowed ? std::string()
                        : "User=" + user + " doesn't have access to queue=" + name +
                              " with acl-type=" + (type.empty() ? "SUBMIT_APPLICATIONS" : type));
    json.end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

// Users may ask about themselves.
Result<net::HttpResponse> user_groups(const Services& services, const Call& call) {
    const std::string& user = call.parameters[0];
    if (services.access.enabled() && !call.who.operates && !call.who.is(user)) {
        return Error{
            ErrorCode::PermissionDenied,
            "User " + call.who.user + " cannot see the groups of " + user + "; operators can"};
    }
    wire::JsonWriter json;
    json.begin_object().member("user", user).key("groups").begin_array();
    for (const std::string& group : services.groups(user)) {
        json.value(group);
    }
    json.end_array().end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

}  // namespace

Result<std::shared_ptr<const ApplicationView>> visible_application(const Services& services,
                                                                   const View& view,
                                                                   const Call& call) {
    TRY(auto app, find_application(view, call.parameters[0]));
    TRY(services.access.check(call.who, AppRight::View, *app->submission));
    return app;
}

Status may_on_application(const Services& services, const Call& call, AppRight right,
                          const ApplicationId& id) {
    if (!services.access.enabled() || call.who.operates) {
        return {};
    }
    const auto app = services.board.view()->applications.find(id);
    if (!app) {
        return Error{ErrorCode::NotFound, "app with id: " + to_string(id) + " not found"};
    }
    return services.access.check(call.who, right, *app->submission);
}

void add_access_routes(Router& router, Services& services) {
    router.get("/heddle/v1/users/{user}/groups", Permission::Read,
               [&services](const Call& call) { return user_groups(services, call); });
    router.add({"POST", "/heddle/v1/user-groups/refresh", Permission::Write, Body::Nothing,
                [&services](const Call&, net::Responder responder) {
                    services.forget_groups();
                    responder.send(net::HttpResponse::json(200, "{}"));
                }});
    router.get("/ws/v1/cluster/queues/{queue}/access", Permission::Read,
               [&services](const Call& call) { return queue_access(services, call); });
}

}  // namespace heddle::rm
