// Reading applications: lists, one, attempts, containers, statistics.

#include <map>

#include "common/base/strings.h"
#include "resourcemanager/shell/app_filter.h"
#include "resourcemanager/shell/app_page.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

// Newest first, as YARN's pages show them; `limit` keeps the newest.
Result<net::HttpResponse> list_apps(const Services& services, const Call& call) {
    TRY(const AppFilter filter, parse_app_filter(call));
    TRY(const AppPage page, parse_app_page(call, filter.limit));
    const auto view = services.board.view();
    std::vector<AppRef> chosen;
    view->applications.for_each([&](const ApplicationId&, const AppRef& app) {
        if (filter.accepts(*app) &&
            services.access.may(call.who, AppRight::View, *app->submission)) {
            chosen.push_back(app);
        }
        return true;
    });
    const std::size_t found = chosen.size();
    const std::vector<AppRef> shown = page.cut(std::move(chosen), filter.limit, view->as_of);
    wire::JsonWriter json;
    json.begin_object().key("apps").begin_object();
    if (!shown.empty()) {
        json.key("app").begin_array();
        for (const AppRef& app : shown) {
            if (page.fields.empty()) {
                write_app(json, *view, *app, services.server, filter.parts);
                continue;
            }
            wire::JsonWriter whole;
            write_app(whole, *view, *app, services.server, filter.parts);
            TRY(const std::string part, chosen_fields(std::move(whole).take(), page.fields));
            json.raw(part);
        }
        json.end_array();
    }
    json.end_object().end_object();
    net::HttpResponse response = net::HttpResponse::json(200, std::move(json).take());
    response.headers.add("X-Total-Count", std::to_string(found));
    return response;
}

Result<net::HttpResponse> one_app(const Services& services, const Call& call) {
    const auto view = services.board.view();
    TRY(const auto app, visible_application(services, *view, call));
    TRY(const AppParts parts, parse_deselects(call.query_list("deSelects")));
    return wrapped_json("app", [&](wire::JsonWriter& json) {
        write_app(json, *view, *app, services.server, parts);
    });
}

Result<net::HttpResponse> list_attempts(const Services& services, const Call& call) {
    const auto view = services.board.view();
    TRY(const auto app, visible_application(services, *view, call));
    return wrapped_json("appAttempts", [&](wire::JsonWriter& json) {
        json.begin_object();
        if (!app->attempts.empty()) {
            json.key("appAttempt").begin_array();
            for (const AttemptView& attempt : app->attempts) {
                write_attempt(json, *view, attempt, services.server);
            }
            json.end_array();
        }
        json.end_object();
    });
}

Result<net::HttpResponse> one_attempt(const Services& services, const Call& call) {
    const auto view = services.board.view();
    TRY(const auto app, visible_application(services, *view, call));
    TRY(const AttemptView* const attempt, find_attempt(*app, call.parameters[1]));
    wire::JsonWriter json;  // as the one container below: YARN's JSON drops the root here
    write_single_attempt(json, *app, *attempt, services.server);
    return net::HttpResponse::json(200, std::move(json).take());
}

// Both shapes in one answer: `container` as real answers have it, `containers.container` as
// documented.
Result<net::HttpResponse> list_containers(const Services& services, const Call& call) {
    const auto view = services.board.view();
    TRY(const auto app, visible_application(services, *view, call));
    TRY(const AttemptView* const attempt, find_attempt(*app, call.parameters[1]));
    wire::JsonWriter list;
    list.begin_array();
    // A container that was kept from an attempt before is shown with the one that has it.
    view->containers.for_each_from(
        ContainerId{{app->submission->id, 0}, 0, 0},
        [&](const ContainerId& id, const std::shared_ptr<const ContainerView>& container) {
            if (id.attempt.application != app->submission->id) {
                return false;
            }
            if (container->key.attempt == attempt->id) {
                write_container(list, *view, *container, services.server);
            }
            return true;
        });
    list.end_array();
    wire::JsonWriter json;
    json.begin_object().key("container").raw(list.text());
    json.key("containers").begin_object().key("container").raw(list.text()).end_object();
    json.end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

Result<net::HttpResponse> one_container(const Services& services, const Call& call) {
    const auto view = services.board.view();
    TRY(const auto app, visible_application(services, *view, call));
    TRY(const AttemptView* const attempt, find_attempt(*app, call.parameters[1]));
    TRY(const ContainerId id, parse_container_id(call.parameters[2]));
    const auto container = view->containers.find(id);
    if (!container || container->key.attempt != attempt->id) {
        return Error{ErrorCode::NotFound,
                     "container with id: " + call.parameters[2] + " not found"};
    }
    wire::JsonWriter json;
    write_container(json, *view, *container, services.server);
    return net::HttpResponse::json(200, std::move(json).take());
}

Result<net::HttpResponse> statistics(const Services& services, const Call& call) {
    TRY(std::set<std::string> states, parse_app_states(call.query_list("states")));
    if (states.empty()) {
        states = {"NEW",     "NEW_SAVING", "SUBMITTED", "ACCEPTED",
                  "RUNNING", "FINISHED",   "FAILED",    "KILLED"};
    }
    const std::string type = to_lower(trim(call.query_list("applicationTypes")));
    if (type.find(',') != std::string::npos) {
        return Error{ErrorCode::InvalidArgument, "at most one application type can be counted"};
    }
    std::map<std::string, std::int64_t> counts;
    services.board.view()->applications.for_each(
        [&](const ApplicationId&, const std::shared_ptr<const ApplicationView>& app) {
            if ((type.empty() || to_lower(app->submission->type) == type) &&
                services.access.may(call.who, AppRight::View, *app->submission)) {
                ++counts[std::string(to_string(app->state))];
            }
            return true;
        });
    return wrapped_json("appStatInfo", [&](wire::JsonWriter& json) {
        json.begin_object().key("statItem").begin_array();
        for (const std::string& state : states) {
            json.begin_object().member("state", state);
            json.member("type", type.empty() ? "*" : type).member("count", counts[state]);
            json.end_object();
        }
        json.end_array().end_object();
    });
}

}  // namespace

Result<std::shared_ptr<const ApplicationView>> find_application(const View& view,
                                                                std::string_view id) {
    TRY(const ApplicationId parsed, parse_application_id(id));
    auto app = view.applications.find(parsed);
    if (!app) {
        return Error{ErrorCode::NotFound, "app with id: " + std::string(id) + " not found"};
    }
    return app;
}

Result<const AttemptView*> find_attempt(const ApplicationView& app, std::string_view id) {
    TRY(const AttemptId parsed, parse_attempt_id(id));
    for (const AttemptView& attempt : app.attempts) {
        if (attempt.id == parsed) {
            return &attempt;
        }
    }
    return Error{ErrorCode::NotFound, "app attempt with id: " + std::string(id) + " not found"};
}

void add_app_list_routes(Router& router, Services& services) {
    const auto add = [&](const char* path,
                         Result<net::HttpResponse> (*handler)(const Services&, const Call&)) {
        router.get(path, Permission::Read,
                   [&services, handler](const Call& call) { return handler(services, call); });
    };
    add("/ws/v1/cluster/apps", list_apps);
    add("/ws/v1/cluster/appstatistics", statistics);
    add("/ws/v1/cluster/apps/{id}", one_app);
    add("/ws/v1/cluster/apps/{id}/appattempts", list_attempts);
    add("/ws/v1/cluster/apps/{id}/appattempts/{attempt}", one_attempt);
    add("/ws/v1/cluster/apps/{id}/appattempts/{attempt}/containers", list_containers);
    add("/ws/v1/cluster/apps/{id}/appattempts/{attempt}/containers/{container}", one_container);
}

}  // namespace heddle::rm
