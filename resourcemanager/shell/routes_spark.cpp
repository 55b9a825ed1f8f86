// Spark's monitoring REST: the list from our own books, the rest from the application's driver.

#include <algorithm>

#include "common/base/service.h"
#include "common/base/strings.h"
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

Result<net::HttpResponse> one(const Services& services, const Call& call) {
    const auto view = services.board.view();
    TRY(const auto app, find_application(*view, call.parameters[0]));
    wire::JsonWriter json;
    write_spark_application(json, *view, *app);
    return net::HttpResponse::json(200, std::move(json).take());
}

void ask_driver(const Services& services, const Call& call, net::Responder responder) {
    const auto view = services.board.view();
    const auto app = find_application(*view, call.parameters[0]);
    const auto driver =
        app ? driver_of(*view, **app, services.tokens) : Result<DriverAddress>(app.error());
    if (!driver) {
        responder.send(error_response(driver.error()));
        return;
    }
    pass_on(services.loop,
            {driver->endpoint,
             call.request.target,
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
    router.get("/api/v1/applications", Permission::Read,
               [&services](const Call& call) { return list(services, call); });
    router.get("/api/v1/applications/{id}", Permission::Read,
               [&services](const Call& call) { return one(services, call); });
    router.add({"GET", "/api/v1/applications/{id}/{*}", Permission::Read, Body::Nothing,
                [&services](const Call& call, net::Responder responder) {
                    ask_driver(services, call, std::move(responder));
                }});
}

}  // namespace heddle::rm
