// Why applications wait: asked of the core at the moment of the request. Our own form, the same as
// YARN's scheduler activities, and how many wait for what.

#include <memory>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/strings.h"
#include "resourcemanager/shell/json_explanations.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

constexpr std::int32_t kActivitiesMax = 500;
constexpr std::int64_t kListedDefault = 100;
constexpr std::int64_t kListedMax = 10'000;

// The answer is written by the thread of the HTTP server: the core has others to serve. The
// responder is shared by the callback and nobody else: std::function wants copies.
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
            waiting->send_made([root, write, given = std::get<T>(std::move(*answer))] {
                return wrapped_json(root, [&](wire::JsonWriter& json) { write(json, given); });
            });
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

Result<bool> grouped(const Call& call) {
    const std::string text = call.query("groupBy");
    if (!text.empty() && to_lower(text) != "diagnostic") {
        return Error{ErrorCode::InvalidArgument,
                     "Got invalid groupBy: " + text + ", valid groupBy types: [DIAGNOSTIC]"};
    }
    return !text.empty();
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
    bool get = false;        // false: only to be recorded, which is always done
    bool each_node = false;  // an allocation for each
    std::size_t limit = SIZE_MAX;
};

// YARN's default is false, with an allocation for every heartbeat of a node. Here all nodes are
// looked at at once, so that the summary is what there is; one for each node is made when asked.
Result<bool> each_node_asked(const Call& call) {
    const std::string text = to_lower(call.query("summarize"));
    if (!text.empty() && text != "true" && text != "false") {
        return Error{ErrorCode::InvalidArgument,
                     "summarize is true or false, not '" + call.query("summarize") + "'"};
    }
    return text == "false";
}

Result<ActivityQuery> parse_activity_query(const Call& call) {
    ActivityQuery query;
    TRY(query.filter.grouped, grouped(call));
    TRY(query.each_node, each_node_asked(call));
    TRY(query.filter.priorities, numbers_of(call, "requestPriorities"));
    TRY(query.filter.asks, numbers_of(call, "allocationRequestIds"));
    TRY(number_of(call, "maxTime", 1, INT32_MAX));
    TRY(const std::int64_t limit, number_of(call, "limit", INT32_MAX, INT32_MAX));
    query.limit = static_cast<std::size_t>(limit);
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
    ask_core<Explanation>(services, ExplainApplication{id, {}, {true, {}}}, std::move(responder),
                          "appActivities",
                          [query = *query](wire::JsonWriter& json, const Explanation& given) {
                              write_app_activities(json, given, query.filter, wall_now(),
                                                   query.each_node, query.limit);
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
    const std::string asked = call.query("nodeId");
    const auto group = grouped(call);
    if (!group) {
        responder.send(error_response(group.error()));
        return;
    }
    ActivityFilter filter;
    filter.grouped = *group;
    std::string label;
    NodesInQuestion nodes{asked.empty(), {}};
    if (!asked.empty()) {
        const auto node = find_node(*view, asked);
        if (!node) {
            responder.send(
                error_response({ErrorCode::NotFound, "node with id: " + asked + " not found"}));
            return;
        }
        filter.node = (*node)->info.id;
        label = (*node)->info.label;
        nodes.named = {*filter.node};
    }
    ask_core<Explanations>(services, ExplainWaiting{kActivitiesMax, std::move(nodes)},
                           std::move(responder), "activities",
                           [&services, filter, label, who = call.who](wire::JsonWriter& json,
                                                                      const Explanations& given) {
                               write_activities(json, visible(services, who, given), filter, label,
                                                wall_now());
                           });
}

// The first nodes that take containers, with their labels.
std::vector<std::pair<NodeId, std::string>> nodes_to_show(const View& view, std::int64_t count) {
    std::vector<std::pair<NodeId, std::string>> nodes;
    view.nodes.for_each([&](const NodeId& id, const std::shared_ptr<const NodeView>& node) {
        if (node->state == NodeState::Running) {
            nodes.emplace_back(id, node->info.label);
        }
        return std::ssize(nodes) < count;
    });
    return nodes;
}

// YARN's: of so many nodes, as they come by. Without a node there is one for all.
void bulk_activities(const Services& services, const Call& call, net::Responder responder) {
    const auto group = grouped(call);
    const auto count = number_of(call, "activitiesCount", kActivitiesMax, kActivitiesMax);
    if (!group || !count) {
        responder.send(error_response(!group ? group.error() : count.error()));
        return;
    }
    const auto nodes = nodes_to_show(*services.board.view(), *count);
    NodesInQuestion question;
    for (const auto& [id, label] : nodes) {
        question.named.push_back(id);
    }
    ask_core<Explanations>(services, ExplainWaiting{kActivitiesMax, std::move(question)},
                           std::move(responder), "bulkActivities",
                           [&services, nodes, grouped = *group, who = call.who](
                               wire::JsonWriter& json, const Explanations& given) {
                               const Explanations shown = visible(services, who, given);
                               ActivityFilter filter;
                               filter.grouped = grouped;
                               json.begin_object().key("activities").begin_array();
                               std::size_t left = most_nodes(shown.size());
                               for (const auto& [id, label] : nodes) {
                                   if (left-- == 0) {
                                       break;
                                   }
                                   filter.node = id;
                                   write_activities(json, shown, filter, label, wall_now());
                               }
                               if (nodes.empty()) {
                                   write_activities(json, shown, filter, "", wall_now());
                               }
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
