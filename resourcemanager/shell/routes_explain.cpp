// Why applications wait: asked of the core at the moment of the request. Our own form, the same as
// YARN's scheduler activities, and how many wait for what.

#include <memory>

#include "common/base/clock.h"
#include "common/base/strings.h"
#include "resourcemanager/shell/json_explanations.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

constexpr std::int32_t kActivitiesMax = 500;
constexpr std::int64_t kListedDefault = 100;
constexpr std::int64_t kListedMax = 10'000;

// The responder is shared by the callback and nobody else: std::function wants copies.
template <typename T, typename Write>
void ask_core(const Services& services, CoreDoor::Question question, net::Responder responder,
              std::string root, Write write) {
    services.core.ask(
        std::move(question),
        [waiting = std::make_shared<net::Responder>(std::move(responder)), root = std::move(root),
         write = std::move(write)](Result<Answer> answer) {
            if (!answer) {
                waiting->send(error_response(answer.error()));
                return;
            }
            const T& given = std::get<T>(*answer);
            waiting->send(wrapped_json(root, [&](wire::JsonWriter& json) { write(json, given); }));
        });
}

Result<std::optional<std::int32_t>> ask_number(const Call& call) {
    const std::string text = call.query("ask");
    if (text.empty()) {
        return std::optional<std::int32_t>();
    }
    std::int32_t number = 0;
    if (!parse_number(text, number)) {
        return Error{ErrorCode::InvalidArgument, "ask is the number of an ask, not '" + text +
                                                     "'; 0 is the master's container"};
    }
    return std::optional(number);
}

void explain_app(const Services& services, const Call& call, net::Responder responder) {
    const auto view = services.board.view();
    const auto app = visible_application(services, *view, call);
    const auto ask = ask_number(call);
    if (!app || !ask) {
        responder.send(error_response(!app ? app.error() : ask.error()));
        return;
    }
    ask_core<Explanation>(services, ExplainApplication{(*app)->submission->id, *ask},
                          std::move(responder), "explanation", write_explanation);
}

Result<std::int64_t> number_of(const Call& call, const char* name, std::int64_t otherwise,
                               std::int64_t max) {
    const std::string text = call.query(name);
    std::int64_t number = otherwise;
    if (!text.empty() && (!parse_number(text, number) || number < 1 || number > max)) {
        return Error{ErrorCode::InvalidArgument, std::string(name) + " is a number from 1 to " +
                                                     std::to_string(max) + ", not '" + text + "'"};
    }
    return number;
}

// How many wait for what, and the first of them.
Result<net::HttpResponse> list_waiting(const Services& services, const Call& call) {
    TRY(const std::int64_t limit, number_of(call, "limit", kListedDefault, kListedMax));
    const std::string code = call.query("reason");
    const std::optional<Reason> reason = parse_reason(code);
    if (!code.empty() && !reason.has_value()) {
        std::vector<std::string_view> codes;
        for (const ReasonInfo& info : all_reasons()) {
            codes.push_back(info.code);
        }
        return Error{ErrorCode::InvalidArgument,
                     "no reason '" + code + "'" + did_you_mean(code, codes)};
    }
    const auto view = services.board.view();
    return wrapped_json("waiting", [&](wire::JsonWriter& json) {
        json.begin_object().key("reasons").begin_array();
        for (const auto& [each, applications] : view->cluster.waiting) {
            json.begin_object();
            write_reason(json, each);
            json.member("applications", applications).end_object();
        }
        json.end_array().key("applications").begin_array();
        std::int64_t left = limit;
        view->applications.for_each([&](const ApplicationId& id, const auto& app) {
            if (app->waiting.has_value() && (!reason || app->waiting->reason == *reason) &&
                services.access.may(call.who, AppRight::View, *app->submission)) {
                json.begin_object().member("application", to_string(id));
                json.member("reason", to_string(app->waiting->reason));
                json.member("headline", app->waiting->headline).end_object();
                --left;
            }
            return left > 0;
        });
        json.end_array().end_object();
    });
}

// YARN's.

Status check_group_by(const Call& call) {
    const std::string text = call.query("groupBy");
    if (!text.empty() && to_lower(text) != "diagnostic") {
        return Error{ErrorCode::InvalidArgument,
                     "Got invalid groupBy: " + text + ", valid groupBy types: [DIAGNOSTIC]"};
    }
    return {};
}

Result<std::vector<std::int64_t>> numbers_of(const Call& call, const char* name) {
    std::vector<std::int64_t> numbers;
    const std::string text = call.query_list(name);
    for (const std::string_view part : split(text, ',')) {
        if (trim(part).empty()) {
            continue;
        }
        std::int64_t number = 0;
        if (!parse_number(trim(part), number)) {
            return Error{ErrorCode::InvalidArgument,
                         std::string(name) + " are numbers, separated by commas, not '" +
                             std::string(part) + "'"};
        }
        numbers.push_back(number);
    }
    return numbers;
}

struct ActivityQuery {
    ActivityFilter filter;
    bool get = false;  // false: only to be recorded, which is always done
};

Result<ActivityQuery> parse_activity_query(const Call& call) {
    TRY(check_group_by(call));
    ActivityQuery query;
    TRY(query.filter.priorities, numbers_of(call, "requestPriorities"));
    TRY(query.filter.asks, numbers_of(call, "allocationRequestIds"));
    TRY(number_of(call, "maxTime", 1, INT32_MAX));
    TRY(number_of(call, "limit", 1, INT32_MAX));
    const std::string actions = to_lower(call.query_list("actions"));
    query.get = actions.empty();
    for (const std::string_view part : split(actions, ',')) {
        const std::string_view action = trim(part);
        if (!action.empty() && action != "get" && action != "refresh") {
            return Error{ErrorCode::InvalidArgument, "Got invalid action: " + std::string(action) +
                                                         ", valid actions: [REFRESH, GET]"};
        }
        query.get = query.get || action == "get";
    }
    return query;
}

void app_activities(const Services& services, const Call& call, net::Responder responder) {
    const auto view = services.board.view();
    const auto app = visible_application(services, *view, call);
    const auto query = parse_activity_query(call);
    if (!app || !query) {
        responder.send(error_response(!app ? app.error() : query.error()));
        return;
    }
    const ApplicationId id = (*app)->submission->id;
    if (!query->get) {
        responder.send(wrapped_json("appActivities", [&](wire::JsonWriter& json) {
            json.begin_object().member("applicationId", to_string(id));
            json.member("diagnostic", "Successfully received action: refresh");
            json.member("timestamp", wall_now().milliseconds);
            json.member("dateTime", java_date(wall_now())).end_object();
        }));
        return;
    }
    ask_core<Explanation>(
        services, ExplainApplication{id, {}}, std::move(responder), "appActivities",
        [filter = query->filter](wire::JsonWriter& json, const Explanation& given) {
            write_app_activities(json, given, filter, wall_now());
        });
}

// Those that the asking user may see.
Explanations visible(const Services& services, const Principal& who, const Explanations& all) {
    const auto view = services.board.view();
    Explanations shown;
    for (const Explanation& explanation : all) {
        const auto app = view->applications.find(explanation.application);
        if (app != nullptr && services.access.may(who, AppRight::View, *app->submission)) {
            shown.push_back(explanation);
        }
    }
    return shown;
}

void activities(const Services& services, const Call& call, net::Responder responder) {
    const auto view = services.board.view();
    const std::string node = call.query("nodeId");
    if (const Status status = check_group_by(call); !status) {
        responder.send(error_response(status.error()));
        return;
    }
    if (!node.empty() && view->nodes.find(NodeId{node}) == nullptr) {
        responder.send(
            error_response({ErrorCode::NotFound, "node with id: " + node + " not found"}));
        return;
    }
    ask_core<Explanations>(
        services, ExplainWaiting{kActivitiesMax}, std::move(responder), "activities",
        [&services, node, who = call.who](wire::JsonWriter& json, const Explanations& given) {
            write_activities(json, visible(services, who, given), node, wall_now());
        });
}

void bulk_activities(const Services& services, const Call& call, net::Responder responder) {
    const Status group = check_group_by(call);
    const auto count = number_of(call, "activitiesCount", kActivitiesMax, kActivitiesMax);
    if (!group || !count) {
        responder.send(error_response(!group ? group.error() : count.error()));
        return;
    }
    ask_core<Explanations>(
        services, ExplainWaiting{kActivitiesMax}, std::move(responder), "bulkActivities",
        [&services, who = call.who](wire::JsonWriter& json, const Explanations& given) {
            json.begin_object().key("activities").begin_array();
            write_activities(json, visible(services, who, given), "", wall_now());
            json.end_array().end_object();
        });
}

}  // namespace

void add_explain_routes(Router& router, Services& services) {
    const auto add = [&](const char* path,
                         void (*handler)(const Services&, const Call&, net::Responder)) {
        router.add({"GET", path, Permission::Read, Body::Nothing,
                    [&services, handler](const Call& call, net::Responder responder) {
                        handler(services, call, std::move(responder));
                    }});
    };
    add("/heddle/v1/apps/{id}/explain", explain_app);
    add("/ws/v1/cluster/scheduler/app-activities/{id}", app_activities);
    add("/ws/v1/cluster/scheduler/activities", activities);
    add("/ws/v1/cluster/scheduler/bulk-activities", bulk_activities);
    router.get("/heddle/v1/waiting", Permission::Read,
               [&services](const Call& call) { return list_waiting(services, call); });
}

}  // namespace heddle::rm
