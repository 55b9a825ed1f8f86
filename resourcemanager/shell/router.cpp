#include "resourcemanager/shell/router.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/wire/http_status.h"

namespace heddle::rm {
namespace {

std::vector<std::string> split_pattern(std::string_view pattern) {
    std::vector<std::string> segments;
    for (const std::string_view part : split(pattern, '/')) {
        if (!part.empty()) {
            segments.emplace_back(part);
        }
    }
    return segments;
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments,
          std::vector<std::string>& parameters) {
    parameters.clear();
    const bool open_ended = !pattern.empty() && pattern.back() == "{*}";
    if (open_ended ? segments.size() < pattern.size() : segments.size() != pattern.size()) {
        return false;
    }
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i].starts_with('{')) {
            parameters.push_back(segments[i]);
        } else if (pattern[i] != segments[i]) {
            return false;
        }
    }
    if (open_ended) {
        parameters.insert(parameters.end(),
                          segments.begin() + static_cast<std::ptrdiff_t>(pattern.size()),
                          segments.end());
    }
    return true;
}

}  // namespace

void Router::add(Route route) {
    patterns_.push_back(split_pattern(route.pattern));
    routes_.push_back(std::move(route));
}

void Router::get(std::string pattern, Permission permission, Answering answering) {
    add({"GET", std::move(pattern), permission, Body::Nothing,
         [answering = std::move(answering)](Call call, net::Responder responder) {
             answer(responder, answering(call));
         }});
}

Match Router::match(std::string_view method, const std::vector<std::string>& segments) const {
    const std::string_view wanted = method == "HEAD" ? "GET" : method;
    Match match;
    std::vector<std::string> parameters;
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        if (!fits(patterns_[i], segments, parameters)) {
            continue;
        }
        match.allowed.push_back(routes_[i].method);
        if (match.route == nullptr && routes_[i].method == wanted) {
            match.route = &routes_[i];
            match.parameters = parameters;
        }
    }
    return match;
}

net::HttpResponse error_response(const Error& error) {
    net::HttpResponse response =
        net::HttpResponse::json(wire::http_status(error.code), wire::remote_exception(error));
    if (error.code == ErrorCode::Unavailable) {
        response.headers.add("Retry-After", "1");
    }
    return response;
}

void answer(net::Responder& responder, Result<net::HttpResponse> result) {
    responder.send(result.ok() ? std::move(result).value() : error_response(result.error()));
}

}  // namespace heddle::rm
