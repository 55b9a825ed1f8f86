// Routes of the agent's REST.

#include "nodeagent/shell/routes.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/base/strings.h"
#include "common/net/credential.h"
#include "common/net/digest.h"
#include "common/net/host_check.h"
#include "common/wire/http_status.h"
#include "common/wire/xml.h"
#include "nodeagent/shell/log_follower.h"

namespace heddle::node {

namespace {

constexpr std::size_t kBodyMax = 1024;  // nothing here takes one

net::HttpResponse error_response(const Error& error) {
    return net::HttpResponse::json(wire::http_status(error.code), wire::remote_exception(error));
}

net::HttpResponse refuse(int status, ErrorCode code, const std::string& message) {
    net::HttpResponse response = error_response({code, message});
    response.status = status;
    return response;
}

net::HttpResponse json_response(std::string body) {
    net::HttpResponse response = net::HttpResponse::json(200, std::move(body));
    response.headers.set("Content-Type", "application/json; charset=utf-8");
    response.headers.set("X-Content-Type-Options", "nosniff");
    return response;
}

bool matches(std::string_view pattern, const std::vector<std::string>& segments) {
    const auto parts = split(pattern.substr(1), '/');
    return parts.size() == segments.size() &&
           std::equal(parts.begin(), parts.end(), segments.begin(),
                      [](std::string_view part, const std::string& segment) {
                          return part == "*" || part == segment;
                      });
}

const Routes::Route* find_route(const net::HttpRequest& head) {
    const auto table = Routes::table();
    const auto it = std::ranges::find_if(
        table, [&](const auto& route) { return matches(route.pattern, head.segments); });
    return it == table.end() ? nullptr : &*it;
}

/// Which bytes of a log are asked for: offset and limit, the last `tail` bytes, or YARN's size
/// (negative: the tail).
struct LogRange {
    std::uint64_t offset = 0;
    std::uint64_t limit = UINT64_MAX;
};

Result<LogRange> range_of(const net::HttpRequest& request, std::uint64_t file_size) {
    LogRange range;
    const auto bad = [](std::string_view name, const std::string& value) {
        return Error{ErrorCode::InvalidArgument,
                     std::string(name) + "='" + value + "' is not a number of bytes"};
    };
    if (const std::string* text = request.find_query("size")) {
        const bool tail = text->starts_with('-');
        std::uint64_t bytes = 0;
        if (!parse_number(std::string_view(*text).substr(tail ? 1 : 0), bytes)) {
            return bad("size", *text);
        }
        range.limit = bytes;
        range.offset = tail && bytes < file_size ? file_size - bytes : 0;
    }
    if (const std::string* text = request.find_query("tail")) {
        std::uint64_t bytes = 0;
        if (!parse_number(*text, bytes)) {
            return bad("tail", *text);
        }
        range.offset = bytes < file_size ? file_size - bytes : 0;
    }
    if (const std::string* text = request.find_query("offset")) {
        if (!parse_number(*text, range.offset)) {
            return bad("offset", *text);
        }
    }
    if (const std::string* text = request.find_query("limit")) {
        if (!parse_number(*text, range.limit)) {
            return bad("limit", *text);
        }
    }
    range.offset = std::min(range.offset, file_size);
    range.limit = std::min(range.limit, file_size - range.offset);
    return range;
}

void answer_as_asked(std::string_view accept, std::string_view path, net::HttpResponse& response) {
    std::string* body = std::get_if<std::string>(&response.body);
    if (body == nullptr) {
        return;
    }
    if (auto xml = wire::asked_as_xml(accept, path, response.headers.get("Content-Type"), *body)) {
        *body = std::move(*xml);
        response.headers.set("Content-Type", std::string(wire::kXmlType));
    }
}

std::string media_type(const net::HttpRequest& request) {
    const std::string* format = request.find_query("format");
    return format != nullptr && *format == "octet-stream" ? "application/octet-stream"
                                                          : "text/plain; charset=utf-8";
}

}  // namespace

std::span<const Routes::Route> Routes::table() {
    static constexpr Route kRoutes[] = {
        {"/ws/v1/node", Access::Token, &Routes::info},
        {"/ws/v1/node/info", Access::Token, &Routes::info},
        {"/ws/v1/node/apps", Access::Token, &Routes::apps},
        {"/ws/v1/node/apps/*", Access::Token, &Routes::app},
        {"/ws/v1/node/containers", Access::Token, &Routes::containers},
        {"/ws/v1/node/containers/*", Access::Token, &Routes::container},
        {"/ws/v1/node/containers/*/logs", Access::Token, &Routes::logs},
        {"/ws/v1/node/containers/*/logs/*", Access::Token, &Routes::container_log},
        {"/ws/v1/node/containerlogs/*/*", Access::Token, &Routes::log_by_short_path},
        {"/metrics", Access::Token, &Routes::metrics},
        {"/healthz", Access::Public, &Routes::health},
        {"/readyz", Access::Public, &Routes::readiness},
    };
    return kRoutes;
}

net::Admission Routes::admit(const net::HttpRequest& head) {
    net::Admission admission = decide(head);
    if (auto* refused = std::get_if<net::HttpResponse>(&admission)) {
        answer_as_asked(head.headers.get("Accept"), head.path, *refused);
    }
    return admission;
}

net::Admission Routes::decide(const net::HttpRequest& head) const {
    const std::string_view host = head.headers.get("Host");
    if (!net::host_allowed(host, parts_.host_names)) {
        return refuse(421, ErrorCode::PermissionDenied,
                      "this server does not answer for the host '" + std::string(host) +
                          "'; names are allowed in auth.host_names");
    }
    if (head.headers.has("Origin")) {
        return refuse(403, ErrorCode::PermissionDenied,
                      "browsers see logs through the resource manager");
    }
    const Route* route = find_route(head);
    const bool is_public = route != nullptr && route->access == Access::Public;
    if (!is_public && !authenticated(head)) {
        net::HttpResponse response =
            refuse(401, ErrorCode::Unauthenticated,
                   "a valid token is needed: 'Authorization: Bearer <token>', or the token as the "
                   "password of HTTP Basic");
        response.headers.add("WWW-Authenticate", "Bearer realm=\"heddle\"");
        return response;
    }
    if (route == nullptr) {
        return error_response({ErrorCode::NotFound, "no such path: " + head.path});
    }
    if (!head.reads_only()) {
        net::HttpResponse response =
            refuse(405, ErrorCode::InvalidArgument, "method not allowed here");
        response.headers.add("Allow", "GET, HEAD");
        return response;
    }
    return net::BodyInMemory{kBodyMax};
}

bool Routes::authenticated(const net::HttpRequest& head) const {
    const auto credential = net::presented_credential(head.headers);
    if (!credential) {
        return parts_.anonymous_read && head.path.starts_with("/ws/v1/");
    }
    return net::constant_time_equal(*credential, parts_.token);
}

void Routes::handle(net::HttpRequest request, net::Responder responder) {
    const Route* route = find_route(request);
    responder.change_with([accept = std::string(request.headers.get("Accept")),
                           path = request.path](net::HttpResponse& response) {
        answer_as_asked(accept, path, response);
    });
    (this->*route->handle)(request, std::move(responder));
}

const Container* Routes::find_container(std::string_view id) const {
    const auto parsed = parse_container_id(id);
    const auto& all = agent_->containers().containers();
    const auto it = parsed ? all.find(*parsed) : all.end();
    return it == all.end() ? nullptr : &it->second;
}

void Routes::info(const net::HttpRequest& request, net::Responder responder) {
    (void)request;
    responder.send(json_response(node_info_json(*agent_, parts_.facts)));
}

void Routes::apps(const net::HttpRequest& request, net::Responder responder) {
    const std::string* state = request.find_query("state");
    const std::string* user = request.find_query("user");
    if (user != nullptr && user->empty()) {
        responder.send(error_response({ErrorCode::InvalidArgument,
                                       "Error: You must specify a non-empty string for the user"}));
        return;
    }
    if (state != nullptr && !state->empty() && !is_application_state(*state)) {
        responder.send(error_response(
            {ErrorCode::InvalidArgument,
             "No enum constant org.apache.hadoop.yarn.server.nodemanager.containermanager."
             "application.ApplicationState." +
                 *state +
                 "; there are NEW, INITING, RUNNING, FINISHING_CONTAINERS_WAIT, "
                 "APPLICATION_RESOURCES_CLEANINGUP, FINISHED"}));
        return;
    }
    responder.send(json_response(applications_json(
        *agent_, {state == nullptr ? "" : *state, user == nullptr ? "" : *user})));
}

void Routes::app(const net::HttpRequest& request, net::Responder responder) {
    const auto id = parse_application_id(request.segments.back());
    const auto json = id ? application_json(*agent_, *id) : std::nullopt;
    responder.send(json
                       ? json_response(*json)
                       : error_response({ErrorCode::NotFound,
                                         "app with id " + request.segments.back() + " not found"}));
}

void Routes::containers(const net::HttpRequest& request, net::Responder responder) {
    (void)request;
    responder.send(json_response(containers_json(*agent_, parts_.facts, parts_.paths)));
}

namespace {

net::HttpResponse no_container(std::string_view id) {
    return error_response(
        {ErrorCode::NotFound, "container with id, " + std::string(id) + ", not found"});
}

}  // namespace

void Routes::container(const net::HttpRequest& request, net::Responder responder) {
    const Container* found = find_container(request.segments.back());
    responder.send(found == nullptr ? no_container(request.segments.back())
                                    : json_response(container_json(*found, *agent_, parts_.facts,
                                                                   parts_.paths)));
}

void Routes::logs(const net::HttpRequest& request, net::Responder responder) {
    const Container* found = find_container(request.segments[4]);
    responder.send(
        found == nullptr
            ? no_container(request.segments[4])
            : json_response(logs_json(*agent_, found->id(), list_logs(parts_.paths, found->id()))));
}

void Routes::container_log(const net::HttpRequest& request, net::Responder responder) {
    send_log(request, std::move(responder), request.segments[4], request.segments[6]);
}

void Routes::log_by_short_path(const net::HttpRequest& request, net::Responder responder) {
    send_log(request, std::move(responder), request.segments[4], request.segments[5]);
}

void Routes::send_log(const net::HttpRequest& request, net::Responder responder,
                      std::string_view container, const std::string& file) {
    const Container* found = find_container(container);
    if (found == nullptr) {
        responder.send(no_container(container));
        return;
    }
    const ContainerId id = found->id();
    auto log = open_log(parts_.paths, id, file);
    const auto range = log ? range_of(request, log->size) : Result<LogRange>(Error(log.error()));
    if (!range) {
        responder.send(error_response(range.error()));
        return;
    }
    net::Headers headers{{"Content-Type", media_type(request)},
                         {"X-Content-Type-Options", "nosniff"},
                         {"Cache-Control", "no-store"},
                         {"X-Log-Offset", std::to_string(range->offset)},
                         {"X-Log-Size", std::to_string(log->size)}};
    const std::string* follow = request.find_query("follow");
    if (follow == nullptr || *follow != "true" || request.method == "HEAD") {
        responder.send({200, std::move(headers),
                        net::DescriptorRange{log->descriptor, range->offset, range->limit}});
        return;
    }
    Follow how;
    how.offset = range->offset;
    how.reopen = [paths = parts_.paths, id, file] { return open_log(paths, id, file); };
    how.ended = [&agent = *agent_, id] {
        const auto& all = agent.containers().containers();
        const auto it = all.find(id);
        return it == all.end() || it->second.record.state == ContainerState::Done;
    };
    follow_log(parts_.loop, responder.stream(200, std::move(headers)), std::move(log).value(),
               std::move(how));
}

void Routes::metrics(const net::HttpRequest& request, net::Responder responder) {
    (void)request;
    responder.send({200,
                    {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
                    metrics_text(*agent_)});
}

void Routes::health(const net::HttpRequest& request, net::Responder responder) {
    (void)request;
    responder.send(net::HttpResponse::text(200, "ok\n"));
}

void Routes::readiness(const net::HttpRequest& request, net::Responder responder) {
    (void)request;
    const bool ready = agent_->link().registered();
    responder.send(ready ? net::HttpResponse::text(200, "ok\n")
                         : net::HttpResponse::text(503, "not registered with the manager\n"));
}

}  // namespace heddle::node
