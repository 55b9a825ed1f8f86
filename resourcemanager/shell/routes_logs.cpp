// Container logs by container id: the browser and the tools talk to the manager only, which passes
// them on from the node agent.

#include <algorithm>

#include "common/net/http_message.h"
#include "common/wire/http_status.h"
#include "resourcemanager/shell/proxy.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

constexpr Duration kListDeadline = seconds(10);
constexpr Duration kFileDeadline = seconds(600);

struct Agent {
    net::Endpoint endpoint;
    NodeId node;
};

std::optional<NodeId> place_of(const Services& services, const View& view, const ContainerId& id) {
    if (const auto container = view.containers.find(id)) {
        return container->node;
    }
    if (const auto app = view.applications.find(id.attempt.application)) {
        for (const AttemptView& attempt : app->attempts) {
            if (attempt.master_container == id) {
                return attempt.master_node;
            }
        }
    }
    return services.board.place_of(id);
}

Result<Agent> agent_of(const Services& services, const Call& call) {
    const std::string& container = call.parameters[0];
    TRY(const ContainerId id, parse_container_id(container));
    TRY(may_on_application(services, call, AppRight::View, id.attempt.application));
    const auto view = services.board.view();
    const auto place = place_of(services, *view, id);
    const auto node = place ? view->nodes.find(*place) : nullptr;
    if (!node) {
        return Error{ErrorCode::NotFound, "no container " + container + " is known on any node"};
    }
    return Agent{
        net::Endpoint::tcp(node->info.address, static_cast<std::uint16_t>(node->info.http_port)),
        *place};
}

// {"containerLogsInfo":[{"containerLogInfo":[{fileName,fileSize,lastModifiedTime}]}]}, with or
// without the lists, as {"files":[{name,size,modified}]}.
Result<std::string> file_list(const std::string& container, const std::string& node,
                              std::string_view body) {
    TRY(const wire::Json json, wire::parse_json(body));
    const wire::Json* info = json.find("containerLogsInfo");
    if (info != nullptr && info->array() != nullptr) {
        info = info->array()->empty() ? nullptr : &info->array()->front();
    }
    const wire::Json* files = info == nullptr ? nullptr : info->find("containerLogInfo");
    wire::JsonWriter out;
    out.begin_object().member("container", container).member("node", node);
    out.key("files").begin_array();
    if (files != nullptr && files->array() != nullptr) {
        for (const wire::Json& file : *files->array()) {
            TRY(const std::string name, file.string_or("fileName", ""));
            out.begin_object().member("name", name);
            for (const auto& [theirs, ours] :
                 {std::pair{"fileSize", "size"}, std::pair{"lastModifiedTime", "modified"}}) {
                if (const auto number = file.integer_or(theirs, 0)) {
                    out.member(ours, *number);
                }
            }
            out.end_object();
        }
    }
    out.end_array().end_object();
    return std::move(out).take();
}

void list_files(const Services& services, const Call& call, net::Responder responder) {
    const std::string container = call.parameters[0];
    const auto agent = agent_of(services, call);
    if (!agent) {
        responder.send(error_response(agent.error()));
        return;
    }
    net::ClientRequest request;
    request.target = "/ws/v1/node/containers/" + container + "/logs";
    request.headers.add("Authorization", "Bearer " + services.cluster_token);
    net::ClientOptions options;
    options.connect_timeout = seconds(3);
    options.deadline = kListDeadline;
    // Shared by this exchange's callback and itself: dropping it would cancel the exchange.
    const auto exchange = std::make_shared<net::HttpExchangePtr>();
    const auto waiting = std::make_shared<net::Responder>(std::move(responder));
    *exchange = net::fetch(
        services.loop, agent->endpoint, std::move(request), options,
        [exchange, waiting, container, node = agent->node.name](Result<net::ClientResponse> got) {
            exchange->reset();
            if (!got) {
                waiting->send(error_response(
                    {ErrorCode::Unavailable,
                     "the node agent " + node + " does not answer: " + got.error().message}));
                return;
            }
            if (!got->success()) {
                waiting->send(error_response(wire::error_of(got->status, got->body)));
                return;
            }
            auto files = file_list(container, node, got->body);
            answer(*waiting, files.ok() ? Result<net::HttpResponse>(
                                              net::HttpResponse::json(200, *std::move(files)))
                                        : Result<net::HttpResponse>(files.error()));
        });
}

void read_file(const Services& services, const Call& call, net::Responder responder) {
    const std::string container = call.parameters[0];
    const auto agent = agent_of(services, call);
    if (!agent) {
        responder.send(error_response(agent.error()));
        return;
    }
    std::string target =
        "/ws/v1/node/containers/" + container + "/logs/" + net::percent_encode(call.parameters[1]);
    char separator = '?';
    const bool follow = call.query("follow") == "true" && call.request.method != "HEAD";
    for (const char* name : {"offset", "limit", "tail", "follow", "size"}) {
        const std::string value = call.query(name);
        if (!value.empty() && (follow || std::string_view(name) != "follow")) {
            target += separator + std::string(name) + "=" + net::percent_encode(value);
            separator = '&';
        }
    }
    pass_on(services.loop,
            {agent->endpoint,
             std::move(target),
             services.cluster_token,
             follow ? Duration{0} : kFileDeadline,
             "the node agent " + agent->node.name,
             {"Content-Type", "X-Log-Offset", "X-Log-Size"}},
            std::move(responder));
}

}  // namespace

void add_log_routes(Router& router, Services& services) {
    router.add({"GET", "/heddle/v1/containers/{id}/logs", Permission::Read, Body::Nothing,
                [&services](const Call& call, net::Responder responder) {
                    list_files(services, call, std::move(responder));
                }});
    router.add({"GET", "/heddle/v1/containers/{id}/logs/{file}", Permission::Read, Body::Nothing,
                [&services](const Call& call, net::Responder responder) {
                    read_file(services, call, std::move(responder));
                }});
}

}  // namespace heddle::rm
