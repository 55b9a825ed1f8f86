#include "resourcemanager/shell/front.h"

#include <algorithm>

#include "common/base/clock.h"
#include "common/base/strings.h"
#include "common/net/credential.h"
#include "common/net/host_check.h"
#include "common/wire/xml.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kMasterMessageMax = 32U << 20U;

net::HttpResponse refuse(int status, ErrorCode code, const std::string& message) {
    net::HttpResponse response = error_response({code, message});
    response.status = status;
    return response;
}

net::HttpResponse unauthenticated() {
    net::HttpResponse response = error_response(
        {ErrorCode::Unauthenticated,
         "a valid token is needed: 'Authorization: Bearer <token>', or the token as the password "
         "of HTTP Basic; it is in the file that endpoint.json calls token_file"});
    // Not Basic: a browser would ask for a password in a dialog of its own.
    response.headers.add("WWW-Authenticate", "Bearer realm=\"heddle\"");
    return response;
}

bool is_json(std::string_view content_type) {
    return to_lower(trim(content_type.substr(0, content_type.find(';')))) == "application/json";
}

net::HttpResponse method_not_allowed(const Match& match) {
    net::HttpResponse response = refuse(405, ErrorCode::InvalidArgument, "method not allowed here");
    std::vector<std::string> allowed = match.allowed;
    if (std::ranges::find(allowed, "GET") != allowed.end()) {
        allowed.emplace_back("HEAD");
    }
    response.headers.add("Allow", join(allowed, ", "));
    return response;
}

// Which of the doors are passed before a body is read. Nothing: all of them.
std::optional<net::HttpResponse> refuse_origin(const net::HttpRequest& head,
                                               const std::vector<std::string>& host_names) {
    const std::string_view host = head.headers.get("Host");
    if (!net::host_allowed(host, host_names)) {
        return refuse(421, ErrorCode::PermissionDenied,
                      "this server does not answer for the host '" + std::string(host) +
                          "'; names are allowed in auth.host_names");
    }
    const std::string* origin = head.headers.find("Origin");
    if (origin != nullptr && !net::origin_matches(*origin, host)) {
        return refuse(403, ErrorCode::PermissionDenied, "requests from other sites are refused");
    }
    return std::nullopt;
}

// YARN's paths answer in XML when asked to: made here, so that routes know one form only.
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

}  // namespace

net::Admission Front::admit(const net::HttpRequest& head) {
    parts_.metrics.count_request();
    net::Admission admission = decide(head);
    if (auto* refused = std::get_if<net::HttpResponse>(&admission)) {
        answer_as_asked(head.headers.get("Accept"), head.path, *refused);
    }
    return admission;
}

net::Admission Front::decide(const net::HttpRequest& head) {
    if (auto refused = refuse_origin(head, parts_.host_names)) {
        return std::move(*refused);
    }
    const Match match = parts_.router.match(head.method, head.segments);
    const bool is_public = match.route != nullptr && match.route->permission == Permission::Public;
    if (match.route != nullptr && match.route->permission == Permission::Master) {
        const auto token = net::presented_credential(head.headers);
        if (!token || !parts_.tokens.knows(*token)) {
            return unauthenticated();
        }
        if (!head.wants_web_socket) {
            return refuse(400, ErrorCode::InvalidArgument, "a WebSocket is expected here");
        }
        return net::AcceptWebSocket{{kMasterMessageMax, 64U << 20U, seconds(20)}};
    }
    const auto who = parts_.auth.authenticate(head, wall_now());
    if (!is_public && !who) {
        return unauthenticated();
    }
    if (match.allowed.empty()) {
        return error_response({ErrorCode::NotFound, "no such path: " + head.path});
    }
    if (match.route == nullptr) {
        return method_not_allowed(match);
    }
    if (match.route->permission == Permission::Write && !who->may_write()) {
        return unauthenticated();
    }
    if (!is_public && parts_.access.enabled() && !who->operates && !open_to_users(*match.route)) {
        return refuse(403, ErrorCode::PermissionDenied,
                      "User " + who->user + " does not operate this cluster; " + head.path +
                          " is for those who hold its token");
    }
    const bool by_cookie = who && who->kind == Principal::Kind::Cookie;
    if (by_cookie && !head.reads_only() && !head.headers.has("Origin")) {
        return refuse(403, ErrorCode::PermissionDenied, "a page that writes must say its Origin");
    }
    switch (match.route->body) {
        case Body::Nothing:
            return net::BodyInMemory{1024};
        case Body::Json:
        case Body::Submission:
            if (!is_json(head.headers.get("Content-Type"))) {
                return refuse(415, ErrorCode::InvalidArgument,
                              "the body must be JSON: send 'Content-Type: application/json'");
            }
            return net::BodyInMemory{match.route->body == Body::Json ? kJsonBytesMax
                                                                     : kSubmissionBytesMax};
        case Body::Document: {
            // None of these is sent by a page of another site without asking first.
            const std::string_view type = head.headers.get("Content-Type");
            if (!is_json(type) && !type.starts_with("application/xml") &&
                !type.starts_with("application/toml")) {
                return refuse(415, ErrorCode::InvalidArgument,
                              "say what the body is: send 'Content-Type: application/toml', "
                              "application/json or application/xml");
            }
            return net::BodyInMemory{kDocumentBytesMax};
        }
        case Body::Artifact:
            return parts_.artifacts.admit(match.parameters.front());
        case Body::WebSocket:
            break;
    }
    return refuse(400, ErrorCode::InvalidArgument, "a WebSocket is not expected here");
}

void Front::handle(net::HttpRequest request, net::Responder responder) {
    Match match = parts_.router.match(request.method, request.segments);
    if (match.route == nullptr) {
        responder.send(error_response({ErrorCode::NotFound, "no such path: " + request.path}));
        return;
    }
    auto who = parts_.auth.authenticate(request, wall_now());
    responder.change_with([accept = std::string(request.headers.get("Accept")),
                           path = request.path](net::HttpResponse& response) {
        answer_as_asked(accept, path, response);
    });
    Call call{std::move(request), std::move(match.parameters), who.value_or(Principal{})};
    match.route->handler(std::move(call), std::move(responder));
}

void Front::on_web_socket(net::HttpRequest head, net::WebSocketPtr socket) {
    parts_.on_master_socket(std::move(head), std::move(socket));
}

}  // namespace heddle::rm
