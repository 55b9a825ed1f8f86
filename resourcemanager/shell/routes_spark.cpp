// Spark's monitoring REST: the list from our own books, the rest from the application's driver.

#include <algorithm>

#include "common/base/service.h"
#include "common/base/strings.h"
#include "common/wire/http_status.h"
#include "resourcemanager/shell/proxy.h"
#include "resourcemanager/shell/services.h"
#include "resourcemanager/shell/spark_time.h"

namespace heddle::rm {
namespace {

constexpr Duration kDriverDeadline = seconds(30);

struct SparkFilter {
    std::optional<bool> completed;
    WallTime started_min{INT64_MIN};
    WallTime started_max{INT64_MAX};
    WallTime ended_min{INT64_MIN};
    WallTime ended_max{INT64_MAX};
    std::int64_t limit = INT64_MAX;
};

Status read_date(const Call& call, const char* name, WallTime& out) {
    const std::string text = call.query(name);
    if (text.empty()) {
        return {};
    }
    const auto time = parse_spark_time(text);
    if (!time) {
        return Error{ErrorCode::InvalidArgument,
                     std::string(name) +
                         " must look like 2015-02-03T16:42:40.000GMT or "
                         "2015-02-03, not '" +
                         text + "'"};
    }
    out = *time;
    return {};
}

Result<SparkFilter> parse_filter(const Call& call) {
    SparkFilter filter;
    const std::string status = call.query("status");
    if (status == "completed" || status == "running") {
        filter.completed = status == "completed";
    } else if (!status.empty()) {
        return Error{ErrorCode::InvalidArgument, "status is completed or running"};
    }
    TRY(read_date(call, "minDate", filter.started_min));
    TRY(read_date(call, "maxDate", filter.started_max));
    TRY(read_date(call, "minEndDate", filter.ended_min));
    TRY(read_date(call, "maxEndDate", filter.ended_max));
    const std::string limit = call.query("limit");
    if (!limit.empty() && !parse_number(limit, filter.limit)) {
        return Error{ErrorCode::InvalidArgument, "limit must be a number"};
    }
    return filter;
}

bool accepts(const SparkFilter& filter, const ApplicationView& app) {
    const bool over = is_final(app.state);
    if (app.submission->kind != ApplicationKind::Rdd || app.attempts.empty() ||
        (filter.completed && *filter.completed != over)) {
        return false;
    }
    const WallTime end = over ? app.finished : WallTime{INT64_MAX};
    return app.submitted >= filter.started_min && app.submitted <= filter.started_max &&
           end >= filter.ended_min && (end <= filter.ended_max || !over);
}

Result<net::HttpResponse> list(const Services& services, const Call& call) {
    TRY(const SparkFilter filter, parse_filter(call));
    const auto view = services.board.view();
    std::vector<std::shared_ptr<const ApplicationView>> chosen;
    view->applications.for_each(
        [&](const ApplicationId&, const std::shared_ptr<const ApplicationView>& app) {
            if (accepts(filter, *app)) {
                chosen.push_back(app);
            }
            return true;
        });
    wire::JsonWriter json;
    json.begin_array();
    std::int64_t left = filter.limit;
    for (auto app = chosen.rbegin(); app != chosen.rend() && left > 0; ++app, --left) {
        write_spark_application(json, *view, **app);
    }
    json.end_array();
    return net::HttpResponse::json(200, std::move(json).take());
}

// Errors under /api/v1 are plain words, as Spark's server answers them.
net::HttpResponse plain_error(const Error& error) {
    net::HttpResponse response =
        net::HttpResponse::text(wire::http_status(error.code), error.message);
    if (error.code == ErrorCode::Unavailable) {
        response.headers.add("Retry-After", "1");
    }
    return response;
}

Result<std::shared_ptr<const ApplicationView>> find_spark(const View& view, const std::string& id) {
    const auto parsed = parse_application_id(id);
    auto app = parsed ? view.applications.find(*parsed) : nullptr;
    if (!app) {
        return Error{ErrorCode::NotFound, "unknown app: " + id};
    }
    return app;
}

Result<net::HttpResponse> one(const Services& services, const Call& call) {
    const auto view = services.board.view();
    TRY(const auto app, find_spark(*view, call.parameters[0]));
    wire::JsonWriter json;
    write_spark_application(json, *view, *app);
    return net::HttpResponse::json(200, std::move(json).take());
}

// The target of a request without the attempt that its path names.
std::string without_attempt(const Call& call) {
    std::string target = "/api/v1/applications/" + net::percent_encode(call.parameters[0]);
    for (std::size_t i = 2; i < call.parameters.size(); ++i) {
        target += "/" + net::percent_encode(call.parameters[i]);
    }
    const std::size_t query = call.request.target.find('?');
    return query == std::string::npos ? target : target + call.request.target.substr(query);
}

// /applications/[id]/[attempt]/... : in cluster mode Spark's clients name the attempt.
struct BelowApplication {
    std::shared_ptr<const ApplicationView> app;  // shared with the view
    std::int32_t attempt = 0;                    // 0: not named
    std::string target;                          // for the driver; empty: the attempt itself
};

Result<BelowApplication> resolve(const View& view, const Call& call) {
    BelowApplication found;
    TRY(found.app, find_spark(view, call.parameters[0]));
    found.target = call.request.target;
    if (!parse_number(call.parameters[1], found.attempt)) {
        return found;
    }
    const auto& attempts = found.app->attempts;
    const bool known = std::ranges::any_of(
        attempts, [&](const AttemptView& one) { return one.id.number == found.attempt; });
    if (!known) {
        return Error{ErrorCode::NotFound,
                     "unknown app " + call.parameters[0] + ", attempt " + call.parameters[1]};
    }
    if (call.parameters.size() == 2) {
        found.target.clear();
        return found;
    }
    if (attempts.back().id.number != found.attempt) {
        return Error{ErrorCode::NotFound, "attempt " + call.parameters[1] + " of " +
                                              call.parameters[0] +
                                              " is over; history is not in this version"};
    }
    found.target = without_attempt(call);
    return found;
}

void below(const Services& services, const Call& call, net::Responder responder) {
    const auto view = services.board.view();
    auto found = resolve(*view, call);
    if (!found) {
        responder.send(plain_error(found.error()));
        return;
    }
    if (found->target.empty()) {
        wire::JsonWriter json;
        write_spark_application(json, *view, *found->app, found->attempt);
        responder.send(net::HttpResponse::json(200, std::move(json).take()));
        return;
    }
    const auto driver = driver_of(*view, *found->app, services.tokens);
    if (!driver) {
        responder.send(plain_error(driver.error()));
        return;
    }
    pass_on(services.loop,
            {driver->endpoint,
             found->target,
             driver->token,
             kDriverDeadline,
             "the driver of " + call.parameters[0],
             {"Content-Type"}},
            std::move(responder));
}

}  // namespace

void add_spark_routes(Router& router, Services& services) {
    router.get("/api/v1/version", Permission::Read, [](const Call&) {
        return Result<net::HttpResponse>(
            net::HttpResponse::json(200, "{\"spark\":" + wire::quote_json(version()) + "}"));
    });
    const auto get = [&](const char* path,
                         Result<net::HttpResponse> (*handler)(const Services&, const Call&)) {
        router.get(path, Permission::Read, [&services, handler](const Call& call) {
            auto answer = handler(services, call);
            return answer ? std::move(answer) : Result(plain_error(answer.error()));
        });
    };
    get("/api/v1/applications", list);
    get("/api/v1/applications/{id}", one);
    router.add({"GET", "/api/v1/applications/{id}/{*}", Permission::Read, Body::Nothing,
                [&services](const Call& call, net::Responder responder) {
                    below(services, call, std::move(responder));
                }});
}

}  // namespace heddle::rm
