// Our own paths: event stream, one-time codes, artifacts, and what every daemon answers.

#include "common/base/clock.h"
#include "common/base/strings.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

Result<std::set<std::string>> parse_topics(const std::string& text) {
    std::set<std::string> topics;
    for (const std::string_view part : split(text, ',')) {
        const std::string topic(trim(part));
        const bool known = topic == "cluster" || topic == "nodes" || topic == "apps";
        const std::size_t colon = topic.find(':');
        const std::string kind = topic.substr(0, colon);
        const bool of_app = colon != std::string::npos && (kind == "app" || kind == "jobs");
        if (of_app) {
            TRY(parse_application_id(std::string_view(topic).substr(colon + 1)));
        }
        if (!known && !of_app) {
            return Error{
                ErrorCode::InvalidArgument,
                "topics are cluster, nodes, apps, app:ID and jobs:ID, not '" + topic + "'"};
        }
        topics.insert(topic);
    }
    return topics;
}

// Of single applications only those that may be seen.
Status may_listen(const Services& services, const Call& call, const std::set<std::string>& topics) {
    for (const std::string& topic : topics) {
        if (const std::size_t colon = topic.find(':'); colon != std::string::npos) {
            TRY(const ApplicationId id, parse_application_id(topic.substr(colon + 1)));
            TRY(may_on_application(services, call, AppRight::View, id));
        }
    }
    return {};
}

void open_stream(Services& services, const Call& call, net::Responder responder) {
    auto topics = parse_topics(call.query("topics"));
    if (!topics) {
        responder.send(error_response(topics.error()));
        return;
    }
    if (const Status may = may_listen(services, call, *topics); !may) {
        responder.send(error_response(may.error()));
        return;
    }
    services.hub.add_client(
        std::move(*topics), std::string(call.request.headers.get("Last-Event-ID")),
        [&access = services.access, who = call.who](const ApplicationSubmission& app) {
            return access.may(who, AppRight::View, app);
        },
        std::move(responder));
}

net::HttpResponse new_code(Services& services) {
    wire::JsonWriter json;
    json.begin_object().member("code", services.auth.new_code(wall_now()));
    json.member("expiresInSeconds", Authenticator::kCodeLifeMs / 1000).end_object();
    net::HttpResponse response = net::HttpResponse::json(200, std::move(json).take());
    response.headers.add("Cache-Control", "no-store");
    return response;
}

}  // namespace

void add_heddle_routes(Router& router, Services& services) {
    router.add({"GET", "/heddle/v1/stream", Permission::Read, Body::Nothing,
                [&services](const Call& call, net::Responder responder) {
                    open_stream(services, call, std::move(responder));
                }});
    router.add({"POST", "/heddle/v1/codes", Permission::Write, Body::Nothing,
                [&services](const Call&, net::Responder responder) {
                    responder.send(new_code(services));
                }});
    // The upgrade itself is admitted by the front; a plain GET never comes this far.
    router.add({"GET", "/heddle/v1/masters", Permission::Master, Body::WebSocket,
                [](const Call&, net::Responder responder) {
                    responder.send(error_response(
                        {ErrorCode::InvalidArgument, "a WebSocket is expected here"}));
                }});
}

void add_artifact_routes(Router& router, Services& services) {
    router.add({"PUT", "/heddle/v1/artifacts/{sha256}", Permission::Write, Body::Artifact,
                [&services](const Call& call, net::Responder responder) {
                    if (!call.request.upload) {
                        responder.send(error_response(
                            {ErrorCode::InvalidArgument, "the artifact's bytes are missing"}));
                        return;
                    }
                    services.artifacts.keep(call.parameters[0], *call.request.upload,
                                            std::move(responder));
                }});
    router.get("/heddle/v1/artifacts/{sha256}", Permission::Read, [&services](const Call& call) {
        return services.artifacts.find(call.parameters[0]);
    });
}

void add_daemon_routes(Router& router, Services& services) {
    router.get("/healthz", Permission::Public, [](const Call&) {
        return Result<net::HttpResponse>(net::HttpResponse::text(200, "ok\n"));
    });
    router.get("/readyz", Permission::Public, [&services](const Call&) {
        if (!services.board.published()) {
            return Result<net::HttpResponse>(net::HttpResponse::text(503, "starting\n"));
        }
        const auto trouble = services.saving_trouble();
        return Result<net::HttpResponse>(
            trouble ? net::HttpResponse::text(503, "not ready: " + *trouble + "\n")
                    : net::HttpResponse::text(200, "ready\n"));
    });
}

void add_routes(Router& router, Services& services) {
    add_cluster_routes(router, services);
    add_hadoop_routes(router, services);
    add_hadoop_daemon_routes(router, services);
    add_node_routes(router, services);
    add_attribute_routes(router, services);
    add_label_script_routes(router, services);
    add_app_list_routes(router, services);
    add_app_routes(router, services);
    add_app_change_routes(router, services);
    add_access_routes(router, services);
    add_unsupported_routes(router);
    add_spark_routes(router, services);
    add_heddle_routes(router, services);
    add_scheduler_routes(router, services);
    add_explain_routes(router, services);
    add_preemption_routes(router, services);
    add_reservation_routes(router, services);
    add_log_routes(router, services);
    add_artifact_routes(router, services);
    add_daemon_routes(router, services);
    add_page_routes(router, services);
    add_tracking_routes(router, services);
}

}  // namespace heddle::rm
