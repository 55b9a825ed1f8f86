// Submitting and ending applications, and what YARN's clients read and write of one.

#include <algorithm>
#include <memory>

#include "common/base/log.h"
#include "resourcemanager/shell/services.h"
#include "resourcemanager/shell/submission.h"

namespace heddle::rm {
namespace {

// Answers that come back from the core. The responder is shared by the callback and nobody else:
// std::function wants copies.
std::shared_ptr<net::Responder> shared(net::Responder responder) {
    return std::make_shared<net::Responder>(std::move(responder));
}

void new_application(const Services& services, net::Responder responder) {
    services.core.ask(
        NewApplication{}, [waiting = shared(std::move(responder))](Result<Answer> answer) {
            if (!answer) {
                waiting->send(error_response(answer.error()));
                return;
            }
            const auto& given = std::get<NewApplicationAnswer>(*answer);
            wire::JsonWriter json;
            json.begin_object().member("application-id", to_string(given.application));
            write_resource(json.key("maximum-resource-capability"), given.size_max);
            json.end_object();
            waiting->send(net::HttpResponse::json(200, std::move(json).take()));
        });
}

net::HttpResponse accepted(const std::string& location, std::string body) {
    net::HttpResponse response = net::HttpResponse::json(202, std::move(body));
    response.headers.add("Location", location);
    return response;
}

// Rules and limits may name them.
bool groups_matter(const SchedulerConfig& config) {
    return !config.rules.empty() ||
           std::ranges::any_of(config.queues, [](const QueueConfig& queue) {
               return !queue.priority_limits.empty() ||
                      queue.auto_creation.leaf_template.contains("application_priority_limits");
           });
}

void submit(const Services& services, const Call& call, net::Responder responder) {
    auto submission = parse_submission(call.request.body);
    if (!submission) {
        responder.send(error_response(submission.error()));
        return;
    }
    submission->user = call.who.user;
    log::info("submission", {{"application", to_string(submission->id)},
                             {"user", submission->user},
                             {"kind", std::string(to_string(submission->kind))},
                             {"peer", call.request.peer.text()}});
    // Rules may choose the queue, so the core asks its lists.
    const auto view = services.board.view();
    const bool rules = !view->scheduler->empty() && groups_matter(view->scheduler->back()->config);
    const bool lists = services.access.enabled() && !call.who.operates;
    std::vector<std::string> groups;
    if (rules || lists) {
        groups = services.groups(submission->user);
    }
    services.core.ask(SubmitApplication{std::move(*submission), std::move(groups), lists},
                      [waiting = shared(std::move(responder)),
                       base = services.server.url()](Result<Answer> answer) {
                          if (!answer) {
                              waiting->send(error_response(answer.error()));
                              return;
                          }
                          const auto& given = std::get<SubmitAnswer>(*answer);
                          waiting->send(accepted(
                              base + "/ws/v1/cluster/apps/" + to_string(given.application), ""));
                      });
}

std::string state_body(AppState state) {
    return "{\"state\":" + wire::quote_json(to_string(state)) + "}";
}

Result<net::HttpResponse> get_state(const Services& services, const Call& call) {
    const auto view = services.board.view();
    TRY(const auto app, visible_application(services, *view, call));
    return net::HttpResponse::json(200, state_body(app->state));
}

struct TargetState {
    std::string state;
    std::string diagnostics;  // why, in the words of who asks
};

// With or without YARN's root element; its documentation has both.
Result<TargetState> parse_target_state(const std::string& body) {
    TRY(const wire::Json json, wire::parse_json(body));
    const wire::Json* context = &json;
    for (const char* root : {"appstate", "appState", "app"}) {
        if (const wire::Json* inner = json.find(root); inner != nullptr && inner->is_object()) {
            context = inner;
        }
    }
    TargetState target;
    TRY(target.state, context->string_or("state", ""));
    TRY(target.diagnostics, context->string_or("diagnostics", ""));
    return target;
}

// A state other than KILLED may only be the one that the application is in.
Result<net::HttpResponse> confirm_state(const Services& services, const Call& call,
                                        const std::string& state) {
    const auto view = services.board.view();
    TRY(const auto app, visible_application(services, *view, call));
    if (state != to_string(app->state)) {
        return Error{ErrorCode::InvalidArgument,
                     "Only 'KILLED' is allowed as a target state, not '" + state + "'."};
    }
    return net::HttpResponse::json(200, state_body(app->state));
}

void put_state(const Services& services, const Call& call, net::Responder responder) {
    const auto id = parse_application_id(call.parameters[0]);
    const auto target = parse_target_state(call.request.body);
    if (!id || !target) {
        responder.send(error_response(!id ? id.error() : target.error()));
        return;
    }
    if (target->state != "KILLED") {
        answer(responder, confirm_state(services, call, target->state));
        return;
    }
    if (const Status may = may_on_application(services, call, AppRight::Modify, *id); !may) {
        responder.send(error_response(may.error()));
        return;
    }
    log::info("kill", {{"application", to_string(*id)},
                       {"user", call.who.user},
                       {"peer", call.request.peer.text()}});
    services.core.ask(
        KillApplication{*id, "killed by user " + call.who.user +
                                 (target->diagnostics.empty() ? "" : ": " + target->diagnostics)},
        [waiting = shared(std::move(responder)), base = services.server.url(),
         id = *id](Result<Answer> answer) {
            if (!answer) {
                waiting->send(error_response(answer.error()));
                return;
            }
            const AppState state = std::get<KillAnswer>(*answer).state;
            if (is_final(state)) {
                waiting->send(net::HttpResponse::json(200, state_body(state)));
                return;
            }
            waiting->send(accepted(base + "/ws/v1/cluster/apps/" + to_string(id) + "/state",
                                   state_body(state)));
        });
}

// POST .../master-token: the driver of client mode proves that it may speak for its application.
void claim_master(const Services& services, const Call& call, net::Responder responder) {
    const auto view = services.board.view();
    const auto app = visible_application(services, *view, call);
    if (!app) {
        responder.send(error_response(app.error()));
        return;
    }
    if ((*app)->submission->user != call.who.user) {
        responder.send(error_response(
            {ErrorCode::PermissionDenied,
             "application " + call.parameters[0] + " belongs to " + (*app)->submission->user}));
        return;
    }
    services.core.ask(ClaimMaster{(*app)->submission->id},
                      [waiting = shared(std::move(responder))](Result<Answer> answer) {
                          if (!answer) {
                              waiting->send(error_response(answer.error()));
                              return;
                          }
                          const auto& given = std::get<MasterCredentials>(*answer);
                          wire::JsonWriter json;
                          json.begin_object().member("attempt", to_string(given.attempt));
                          json.member("token", given.token).end_object();
                          net::HttpResponse response =
                              net::HttpResponse::json(200, std::move(json).take());
                          response.headers.add("Cache-Control", "no-store");
                          waiting->send(std::move(response));
                      });
}

}  // namespace

void add_app_routes(Router& router, Services& services) {
    router.add({"POST", "/ws/v1/cluster/apps/new-application", Permission::Write, Body::Nothing,
                [&services](const Call&, net::Responder responder) {
                    new_application(services, std::move(responder));
                }});
    router.add({"POST", "/ws/v1/cluster/apps", Permission::Write, Body::Submission,
                [&services](const Call& call, net::Responder responder) {
                    submit(services, call, std::move(responder));
                }});
    router.add({"PUT", "/ws/v1/cluster/apps/{id}/state", Permission::Write, Body::Json,
                [&services](const Call& call, net::Responder responder) {
                    put_state(services, call, std::move(responder));
                }});
    router.add({"POST", "/heddle/v1/applications/{id}/master-token", Permission::Write,
                Body::Nothing, [&services](const Call& call, net::Responder responder) {
                    claim_master(services, call, std::move(responder));
                }});
    router.get("/ws/v1/cluster/apps/{id}/state", Permission::Read,
               [&services](const Call& call) { return get_state(services, call); });
}

}  // namespace heddle::rm
