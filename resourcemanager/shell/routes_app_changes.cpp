// What clients change of applications that live: queue, priority, lifetime. And what they order:
// signals to containers, and the end of an attempt.

#include <algorithm>
#include <array>
#include <memory>

#include "common/base/clock.h"
#include "common/base/iso_time.h"
#include "common/base/log.h"
#include "resourcemanager/shell/body.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

constexpr const char* kLifetime = "LIFETIME";
constexpr const char* kUnlimited = "UNLIMITED";

// Asks the core, and answers with what `write` makes of the change.
template <typename Write>
void ask_core(const Services& services, decltype(Request::what) what, net::Responder responder,
              Write write) {
    services.core.ask(
        std::move(what), [waiting = std::make_shared<net::Responder>(std::move(responder)),
                          write](Result<Answer> answer) {
            waiting->send(answer.ok() ? write(*answer) : error_response(answer.error()));
        });
}

void log_change(const char* what, const Call& call, const std::string& to) {
    log::info(what, {{"object", call.parameters[0]},
                     {"to", to},
                     {"user", call.who.user},
                     {"peer", call.request.peer.text()}});
}

std::string last_part(const std::string& queue) {
    return queue.substr(queue.rfind('.') + 1);
}

net::HttpResponse queue_response(const std::string& path) {
    return net::HttpResponse::json(200, "{\"queue\":" + wire::quote_json(last_part(path)) + "}");
}

net::HttpResponse priority_response(std::int32_t priority) {
    return net::HttpResponse::json(200, "{\"priority\":" + std::to_string(priority) + "}");
}

net::HttpResponse timeout_response(WallTime expires) {
    return wrapped_json("timeout",
                        [&](wire::JsonWriter& json) { write_timeout(json, expires, wall_now()); });
}

Result<net::HttpResponse> get_queue(const Services& services, const Call& call) {
    TRY(const auto app, visible_application(services, *services.board.view(), call));
    return queue_response(app->submission->queue);
}

Result<net::HttpResponse> get_priority(const Services& services, const Call& call) {
    TRY(const auto app, visible_application(services, *services.board.view(), call));
    return priority_response(app->submission->priority);
}

Result<net::HttpResponse> get_timeouts(const Services& services, const Call& call) {
    TRY(const auto app, visible_application(services, *services.board.view(), call));
    return wrapped_json("timeouts", [&](wire::JsonWriter& json) {
        json.begin_object().key("timeout").begin_array();
        write_timeout(json, app->expires, wall_now());
        json.end_array().end_object();
    });
}

Status check_timeout_type(const std::string& type) {
    if (type != kLifetime) {
        return Error{ErrorCode::InvalidArgument,
                     "there is no timeout '" + type + "'; the only one is LIFETIME"};
    }
    return {};
}

Result<net::HttpResponse> get_timeout(const Services& services, const Call& call) {
    TRY(const auto app, visible_application(services, *services.board.view(), call));
    TRY(check_timeout_type(call.parameters[1]));
    return timeout_response(app->expires);
}

Result<MoveApplication> parse_move(const Call& call) {
    MoveApplication move;
    TRY(move.application, parse_application_id(call.parameters[0]));
    TRY(const wire::Json body, body_of(call.request.body, "appqueue"));
    TRY(move.queue, body.string_or("queue", ""));
    if (move.queue.empty()) {
        return Error{ErrorCode::InvalidArgument, "name the queue: {\"queue\":\"root.default\"}"};
    }
    return move;
}

Result<ChangePriority> parse_priority(const Call& call) {
    ChangePriority change;
    TRY(change.application, parse_application_id(call.parameters[0]));
    TRY(const wire::Json body, body_of(call.request.body, "applicationpriority"));
    if (body.find("priority") == nullptr) {
        return Error{ErrorCode::InvalidArgument, "give a priority: {\"priority\":5}"};
    }
    TRY(const std::int64_t priority, body.integer_or("priority", 0));
    // What does not fit the field is refused by the core with the maximum that holds.
    change.priority =
        static_cast<std::int32_t>(std::clamp<std::int64_t>(priority, INT32_MIN, INT32_MAX));
    return change;
}

Result<ChangeLifetime> parse_lifetime(const Call& call) {
    ChangeLifetime change;
    TRY(change.application, parse_application_id(call.parameters[0]));
    TRY(const wire::Json body, body_of(call.request.body, "timeout"));
    TRY(const std::string type, body.string_or("type", ""));
    TRY(const std::string expiry, body.string_or("expiryTime", ""));
    if (type.empty() || expiry.empty()) {
        return Error{ErrorCode::InvalidArgument, "Timeout type or ExpiryTime is null."};
    }
    TRY(check_timeout_type(type));
    if (expiry == kUnlimited) {
        return change;
    }
    const auto time = parse_iso_time(expiry);
    if (!time || time->milliseconds <= 0) {
        return Error{ErrorCode::InvalidArgument,
                     "Expire time is not in ISO8601 format: '" + expiry +
                         "'; write it as yyyy-MM-dd'T'HH:mm:ss.SSSZ, for example "
                         "2026-11-24T18:05:00.000+0000, or UNLIMITED"};
    }
    change.expires = *time;
    return change;
}

template <typename What>
Status may_change(const Services& services, const Call& call, const What& what) {
    return may_on_application(services, call, AppRight::Modify, what.application);
}

template <typename What>
void add_who(const Services&, const Call&, What&) {}

// Who moves an application submits it to the other queue, whose lists the core asks.
void add_who(const Services& services, const Call& call, MoveApplication& move) {
    if (services.access.enabled() && !call.who.operates) {
        move.user = call.who.user;
        move.groups = services.groups(call.who.user);
    }
}

void add_who(const Services& services, const Call& call, ChangePriority& change) {
    change.user = call.who.user;
    change.groups = services.groups(call.who.user);
}

// `parse` gives what to ask the core for, `write` the answer from what then holds.
template <typename What, typename Write>
void change(const Services& services, const Call& call, net::Responder responder,
            Result<What> (*parse)(const Call&), Write write) {
    auto what = parse(call);
    const Status may = what.ok() ? may_change(services, call, *what) : Status(what.error());
    if (!may) {
        responder.send(error_response(may.error()));
        return;
    }
    add_who(services, call, *what);
    log_change("change of an application", call, call.request.body.substr(0, 200));
    ask_core(services, std::move(*what), std::move(responder),
             [write](const Answer& answer) { return write(std::get<ChangeAnswer>(answer)); });
}

struct SignalName {
    std::string_view name;
    SignalKind kind;
};
constexpr std::array<SignalName, 3> kSignals = {{{"OUTPUT_THREAD_DUMP", SignalKind::ThreadDump},
                                                 {"GRACEFUL_SHUTDOWN", SignalKind::Terminate},
                                                 {"FORCEFUL_SHUTDOWN", SignalKind::Kill}}};

Result<SignalContainer> parse_signal(const Call& call) {
    const auto signal = std::ranges::find(kSignals, call.parameters[1], &SignalName::name);
    if (signal == kSignals.end()) {
        return Error{ErrorCode::InvalidArgument,
                     "Invalid command: " + call.parameters[1] +
                         "; there are OUTPUT_THREAD_DUMP, GRACEFUL_SHUTDOWN, FORCEFUL_SHUTDOWN"};
    }
    const auto id = parse_container_id(call.parameters[0]);
    if (!id) {
        return Error{ErrorCode::Internal, id.error().message};  // 500, as YARN
    }
    return SignalContainer{*id, signal->kind};
}

void signal_container(const Services& services, const Call& call, net::Responder responder) {
    const auto what = parse_signal(call);
    const Status may = what.ok() ? may_on_application(services, call, AppRight::Modify,
                                                      what->container.attempt.application)
                                 : Status(what.error());
    if (!may) {
        responder.send(error_response(may.error()));
        return;
    }
    log_change("signal to a container", call, call.parameters[1]);
    ask_core(services, *what, std::move(responder),
             [](const Answer&) { return net::HttpResponse::json(200, ""); });
}

void fail_attempt(const Services& services, const Call& call, net::Responder responder) {
    const auto id = parse_attempt_id(call.parameters[0]);
    const Status may = id.ok()
                           ? may_on_application(services, call, AppRight::Modify, id->application)
                           : Status(id.error());
    if (!may) {
        responder.send(error_response(may.error()));
        return;
    }
    log_change("an attempt is failed", call, "FAILED");
    ask_core(services, FailAttempt{*id, "failed by user " + call.who.user}, std::move(responder),
             [](const Answer&) { return net::HttpResponse::json(200, "{}"); });
}

}  // namespace

void write_timeout(wire::JsonWriter& json, WallTime expires, WallTime now) {
    const bool limited = expires.milliseconds != 0;
    json.begin_object().member("type", kLifetime);
    json.member("expiryTime", limited ? iso_time(expires) : std::string(kUnlimited));
    json.member("remainingTimeInSeconds",
                limited
                    ? std::max<std::int64_t>(0, (expires.milliseconds - now.milliseconds) / 1000)
                    : std::int64_t{-1});
    json.end_object();
}

void add_app_change_routes(Router& router, Services& services) {
    const auto get = [&](const char* path,
                         Result<net::HttpResponse> (*handler)(const Services&, const Call&)) {
        router.get(path, Permission::Read,
                   [&services, handler](const Call& call) { return handler(services, call); });
    };
    get("/ws/v1/cluster/apps/{id}/queue", get_queue);
    get("/ws/v1/cluster/apps/{id}/priority", get_priority);
    get("/ws/v1/cluster/apps/{id}/timeouts", get_timeouts);
    get("/ws/v1/cluster/apps/{id}/timeouts/{type}", get_timeout);
    router.add({"PUT", "/ws/v1/cluster/apps/{id}/queue", Permission::Write, Body::Json,
                [&services](const Call& call, net::Responder responder) {
                    change(services, call, std::move(responder), parse_move,
                           [](const ChangeAnswer& now) { return queue_response(now.queue); });
                }});
    router.add({"PUT", "/ws/v1/cluster/apps/{id}/priority", Permission::Write, Body::Json,
                [&services](const Call& call, net::Responder responder) {
                    change(services, call, std::move(responder), parse_priority,
                           [](const ChangeAnswer& now) { return priority_response(now.priority); });
                }});
    router.add({"PUT", "/ws/v1/cluster/apps/{id}/timeout", Permission::Write, Body::Json,
                [&services](const Call& call, net::Responder responder) {
                    change(services, call, std::move(responder), parse_lifetime,
                           [](const ChangeAnswer& now) { return timeout_response(now.expires); });
                }});
    router.add({"POST", "/ws/v1/cluster/containers/{id}/signal/{command}", Permission::Write,
                Body::Nothing, [&services](const Call& call, net::Responder responder) {
                    signal_container(services, call, std::move(responder));
                }});
    router.add({"POST", "/heddle/v1/attempts/{id}/fail", Permission::Write, Body::Nothing,
                [&services](const Call& call, net::Responder responder) {
                    fail_attempt(services, call, std::move(responder));
                }});
}

}  // namespace heddle::rm
