#pragma once

// The table of routes. Default deny: what is not in the table is refused, and each entry states
// which permission it needs and what body it takes.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/net/http_server.h"
#include "resourcemanager/shell/auth.h"

namespace heddle::rm {

enum class Permission {
    Public,  // no credential: liveness, and the dashboard's files, which hold no data
    Read,
    Write,
    Master,  // the token of an application's current attempt
};

enum class Body {
    Nothing,
    Json,        // at most kJsonBytesMax, with the JSON content type
    Document,    // JSON, XML or TOML by its content type, at most kDocumentBytesMax
    Submission,  // as Json, at most kSubmissionBytesMax
    Artifact,    // streamed to a file
    WebSocket,
};
constexpr std::size_t kJsonBytesMax = 1U << 20U;
constexpr std::size_t kDocumentBytesMax = 4U << 20U;
constexpr std::size_t kSubmissionBytesMax = 256U << 10U;

/// One request on its way to a handler.
struct Call {
    net::HttpRequest request;
    std::vector<std::string> parameters;  // what {name} in the pattern stood for, in order
    Principal who;

    /// The query value of that name, or empty.
    std::string query(std::string_view name) const {
        const std::string* value = request.find_query(name);
        return value == nullptr ? std::string() : *value;
    }

    /// All query values of that name, joined by commas: YARN's lists may be sent either way.
    std::string query_list(std::string_view name) const {
        std::string list;
        for (const auto& [key, value] : request.query) {
            if (key == name) {
                list += (list.empty() ? "" : ",") + value;
            }
        }
        return list;
    }
};

using Handler = std::function<void(Call call, net::Responder responder)>;
/// A handler that answers at once; an Error is answered in YARN's shape.
using Answering = std::function<Result<net::HttpResponse>(const Call& call)>;

struct Route {
    std::string method;
    std::string pattern;  // "/ws/v1/cluster/apps/{id}"; a last "{*}" takes one or more segments
    Permission permission = Permission::Write;
    Body body = Body::Nothing;
    Handler handler;
};

struct Match {
    const Route* route = nullptr;  // null: no route for the method, or for the path
    std::vector<std::string> parameters;
    std::vector<std::string> allowed;  // the methods of this path; empty: no such path
};

class Router {
public:
    void add(Route route);
    void get(std::string pattern, Permission permission, Answering answering);

    /// HEAD finds GET's route.
    Match match(std::string_view method, const std::vector<std::string>& segments) const;

    const std::vector<Route>& routes() const { return routes_; }

private:
    std::vector<Route> routes_;
    std::vector<std::vector<std::string>> patterns_;  // split, one per route
};

/// Whether those who do not operate the cluster may call it, with access lists on: its handler asks
/// the lists itself, or tells what every user may know. Default: no.
bool open_to_users(const Route& route);

/// An error in the shape that YARN's clients know.
net::HttpResponse error_response(const Error& error);

/// Answers `result`, or its error.
void answer(net::Responder& responder, Result<net::HttpResponse> result);

}  // namespace heddle::rm
