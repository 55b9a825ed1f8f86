// What operators decide about nodes, and the labels of nodes: YARN's paths and shapes, and our own
// for draining, which YARN reads from files.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/config/settings.h"
#include "common/wire/codec.h"
#include "resourcemanager/shell/body.h"
#include "resourcemanager/shell/services.h"
#include "resourcemanager/shell/submission.h"

namespace heddle::rm {
namespace {

using wire::Json;
using wire::JsonWriter;

constexpr const char* kDefaultPartition = "<DEFAULT_PARTITION>";

using Labels = std::map<std::string, bool>;  // true: exclusive

const Labels& labels_of(const View& view) {
    return view.scheduler->back()->config.labels;
}

void log_decision(const Call& call, const std::string& node, const std::string& what) {
    log::info("an operator decides about a node",
              {{"node", node}, {"what", what}, {"user", call.who.user}});
}

// A node as it is after a change: its state and what it has.
net::HttpResponse node_response(const NodeChangeAnswer& now) {
    JsonWriter json;
    json.begin_object().member("id", now.info.id.name).member("state", to_string(now.state));
    json.key("nodeLabels").begin_array();
    if (!now.info.label.empty()) {
        json.value(now.info.label);
    }
    json.end_array();
    write_resource(json.key("totalResource"), now.info.total);
    json.end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

using Asked = decltype(Request::what);
using Write = std::function<net::HttpResponse(const NodeChangeAnswer&)>;

// Asks the core what `parse` makes of the call and of the node that it names.
void decide(const Services& services, const Call& call, net::Responder responder,
            Result<Asked> (*parse)(const Call&, const NodeView&), const Write& write) {
    const auto node = find_node(*services.board.view(), call.parameters[0]);
    auto what = node ? parse(call, **node) : Result<Asked>(node.error());
    if (!what) {
        responder.send(error_response(what.error()));
        return;
    }
    log_decision(call, (*node)->info.id.name, call.request.path);
    services.core.ask(std::move(*what),
                      [waiting = std::make_shared<net::Responder>(std::move(responder)),
                       write](Result<Answer> answer) {
                          waiting->send(answer.ok() ? write(std::get<NodeChangeAnswer>(*answer))
                                                    : error_response(answer.error()));
                      });
}

Result<Asked> parse_drain(const Call& call, const NodeView& node) {
    DrainNode drain{node.info.id, {}};
    if (const std::string timeout = call.query("timeout"); !timeout.empty()) {
        const auto time = config::parse_duration(timeout);
        if (!time) {
            return Error{ErrorCode::InvalidArgument, "timeout: " + time.error().message};
        }
        drain.timeout = *time;
    }
    return Asked(std::move(drain));
}

Result<Asked> parse_recommission(const Call&, const NodeView& node) {
    return Asked(RecommissionNode{node.info.id});
}

// {"resource": {"memory", "vCores"}, "overCommitTimeout"}, in milliseconds; below 0, or left out:
// never.
Result<Asked> parse_resize(const Call& call, const NodeView& node) {
    TRY(const Json body, body_of(call.request.body, "resourceOption"));
    const Json* resource = body.find("resource");
    if (resource == nullptr || !resource->is_object()) {
        return Error{ErrorCode::InvalidArgument,
                     "say what the node has: {\"resource\":{\"memory\":8192,\"vCores\":8},"
                     "\"overCommitTimeout\":-1}"};
    }
    Resource total{node.info.total.memory_mib, node.info.total.vcores};
    TRY(total.memory_mib, resource->integer_or("memory", total.memory_mib));
    TRY(total.vcores, resource->integer_or("vCores", total.vcores));
    TRY(read_informations(*resource, total));
    if (total.memory_mib > wire::kMemoryMibMax || total.vcores > wire::kVcoresMax) {
        return Error{ErrorCode::InvalidArgument,
                     "a node has at most " + std::to_string(wire::kMemoryMibMax) + " MiB and " +
                         std::to_string(wire::kVcoresMax) + " vCores, not " + to_string(total)};
    }
    ResizeNode resize{node.info.id, total.memory_mib, total.vcores, {}, {}};
    if (resource->find("resourceInformations") != nullptr) {
        resize.named = total.named;
    }
    TRY(const std::int64_t timeout, body.integer_or("overCommitTimeout", -1));
    constexpr std::int64_t kTimeoutMax = INT32_MAX;
    if (timeout > kTimeoutMax) {
        return Error{ErrorCode::InvalidArgument,
                     "overCommitTimeout is at most " + std::to_string(kTimeoutMax) +
                         " ms, and below 0 it is never over; found " + std::to_string(timeout)};
    }
    if (timeout >= 0) {
        resize.overcommit_timeout = milliseconds(timeout);
    }
    return Asked(std::move(resize));
}

// A node has one label or none; YARN's lists take any number.
Result<std::string> one_label(const std::vector<std::string>& labels) {
    if (labels.size() > 1) {
        return Error{ErrorCode::InvalidArgument, "a node has one label at most; " +
                                                     std::to_string(labels.size()) +
                                                     " are given: " + join(labels, ", ")};
    }
    return labels.empty() ? std::string() : labels.front();
}

// The `labels` of the query, which may be there several times.
std::vector<std::string> names_in(const Call& call) {
    std::vector<std::string> names;
    const std::string asked = call.query_list("labels");
    for (const std::string_view part : split(asked, ',')) {
        if (!trim(part).empty()) {
            names.emplace_back(trim(part));
        }
    }
    return names;
}

// "; there are: gpu, ssd"
std::string known_text(const Labels& labels) {
    std::vector<std::string> names;
    for (const auto& [name, exclusive] : labels) {
        names.push_back(name);
    }
    return names.empty() ? "; there are none" : "; there are: " + join(names, ", ");
}

Result<Asked> parse_relabel(const Call& call, const NodeView& node) {
    TRY(std::string label, one_label(names_in(call)));
    return Asked(RelabelNode{node.info.id, std::move(label)});
}

// {"nodeToLabels": [{"nodeId": "node-1", "labels": ["ssd"]}]}. One object, and one label, may stand
// without its list, as YARN's clients write them.
std::vector<Json> as_list(const Json* value) {
    if (value == nullptr) {
        return {};
    }
    return value->array() != nullptr ? *value->array() : std::vector<Json>{*value};
}

Result<std::vector<RelabelNode>> parse_mapping(const View& view, const std::string& body) {
    TRY(const Json json, body_of(body, "nodeToLabelsInfo"));
    std::vector<RelabelNode> all;
    for (const Json& entry : as_list(json.find("nodeToLabels"))) {
        TRY(const std::string id, entry.string_or("nodeId", ""));
        TRY(const auto node, find_node(view, id));
        std::vector<std::string> labels;
        for (const Json& label : as_list(entry.find("labels"))) {
            if (label.string() == nullptr) {
                return Error{ErrorCode::InvalidArgument, "labels of " + id + " are texts"};
            }
            labels.push_back(*label.string());
        }
        TRY(std::string label, one_label(labels));
        all.push_back({node->info.id, std::move(label)});
    }
    if (all.empty()) {
        return Error{
            ErrorCode::InvalidArgument,
            "name the nodes: {\"nodeToLabels\":[{\"nodeId\":\"node-1\",\"labels\":[\"ssd\"]"
            "}]}"};
    }
    return all;
}

void replace_mapping(const Services& services, const Call& call, net::Responder responder) {
    if (const Status by_hand = labels_by_hand(services); !by_hand) {
        responder.send(error_response(by_hand.error()));
        return;
    }
    auto all = parse_mapping(*services.board.view(), call.request.body);
    if (!all) {
        responder.send(error_response(all.error()));
        return;
    }
    for (const RelabelNode& relabel : *all) {
        log_decision(call, relabel.node.name, "label " + relabel.label);
    }
    services.core.ask(RelabelNodes{std::move(*all)},
                      [waiting = std::make_shared<net::Responder>(std::move(responder))](
                          const Result<Answer>& answer) {
                          waiting->send(answer.ok() ? net::HttpResponse::json(200, "")
                                                    : error_response(answer.error()));
                      });
}

// The list of labels belongs to the scheduler's configuration, and changes with a version of it.

Status add_labels(const Call& call, Labels& labels) {
    TRY(const Json json, body_of(call.request.body, "nodeLabelsInfo"));
    const std::vector<Json> entries = as_list(json.find("nodeLabelInfo"));
    if (entries.empty()) {
        return Error{ErrorCode::InvalidArgument,
                     "name the labels: {\"nodeLabelInfo\":[{\"name\":\"ssd\",\"exclusivity\":"
                     "true}]}"};
    }
    for (const Json& entry : entries) {
        TRY(const std::string name, entry.string_or("name", ""));
        TRY(const bool exclusive, entry.boolean_or("exclusivity", true));
        const auto [known, added] = labels.emplace(name, exclusive);
        if (!added && known->second != exclusive) {
            return Error{ErrorCode::InvalidArgument,
                         "Exclusivity cannot be modified for an existing label with : '" + name +
                             "'; remove it first"};
        }
    }
    return {};
}

Status remove_labels(const Call& call, Labels& labels) {
    const std::vector<std::string> names = names_in(call);
    if (names.empty()) {
        return Error{ErrorCode::InvalidArgument, "name the labels: ?labels=ssd,gpu"};
    }
    for (const std::string& name : names) {
        if (labels.erase(name) == 0) {
            return Error{ErrorCode::InvalidArgument,
                         "there is no node label '" + name + "'" + known_text(labels)};
        }
    }
    return {};
}

void change_labels(const Services& services, const Call& call, net::Responder responder,
                   Status (*change)(const Call&, Labels&)) {
    const auto view = services.board.view();
    ReplaceScheduler replace;
    replace.config = view->scheduler->back()->config;
    if (const Status changed = change(call, replace.config.labels); !changed) {
        responder.send(error_response(changed.error()));
        return;
    }
    replace.expected_version = replace.config.version;
    replace.by = call.who.user;
    replace.note = "node labels";
    log::info("scheduler configuration", {{"user", call.who.user}, {"what", call.request.path}});
    services.core.ask(std::move(replace), [waiting = std::make_shared<net::Responder>(std::move(
                                               responder))](const Result<Answer>& answer) {
        waiting->send(answer.ok() ? net::HttpResponse::json(200, "")
                                  : error_response(answer.error()));
    });
}

// What is read. A label that the configuration does not know, and a node has, is exclusive.

struct Partition {
    Resource total;
    std::int64_t active = 0;
    std::vector<std::string> nodes;
};

std::map<std::string, Partition> partitions_of(const View& view) {
    std::map<std::string, Partition> partitions;
    for (const auto& [name, exclusive] : labels_of(view)) {
        partitions[name];
    }
    view.nodes.for_each([&](const NodeId& id, const std::shared_ptr<const NodeView>& node) {
        Partition& partition = partitions[node->info.label];
        partition.nodes.push_back(id.name);
        if (node->state == NodeState::Running) {
            partition.total += node->info.total;
            ++partition.active;
        }
        return true;
    });
    return partitions;
}

void write_partition(JsonWriter& json, const Partition& partition) {
    json.key("partitionInfo").begin_object();
    write_resource(json.key("resourceAvailable"), partition.total);
    json.end_object();
}

// `partition`: null: without what its nodes have.
void write_label(JsonWriter& json, const View& view, const std::string& name,
                 const Partition* partition) {
    const auto known = labels_of(view).find(name);
    json.begin_object().member("name", name.empty() ? kDefaultPartition : name);
    json.member("exclusivity", known == labels_of(view).end() || known->second);
    if (partition != nullptr) {
        write_partition(json, *partition);
    }
    json.end_object();
}

Result<net::HttpResponse> get_labels(const Services& services, const Call&) {
    const auto view = services.board.view();
    JsonWriter json;
    json.begin_object().key("nodeLabelInfo").begin_array();
    for (const auto& [name, partition] : partitions_of(*view)) {
        if (!name.empty()) {
            write_label(json, *view, name, nullptr);
        }
    }
    json.end_array().end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

Result<net::HttpResponse> get_manager_labels(const Services& services, const Call&) {
    const auto view = services.board.view();
    auto partitions = partitions_of(*view);
    partitions[""];
    JsonWriter json;
    json.begin_object().key("nodeLabelInfo").begin_array();
    for (const auto& [name, partition] : partitions) {
        const auto known = labels_of(*view).find(name);
        json.begin_object().member("name", name.empty() ? kDefaultPartition : name);
        json.member("exclusivity", known == labels_of(*view).end() || known->second);
        write_partition(json, partition);
        json.member("activeNMs", partition.active).end_object();
    }
    json.end_array().end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

void write_labels_of(JsonWriter& json, const View& view, const NodeInfo& info,
                     const Partition* partition) {
    json.begin_object().key("nodeLabelInfo").begin_array();
    if (!info.label.empty()) {
        write_label(json, view, info.label, partition);
    }
    json.end_array().end_object();
}

Result<net::HttpResponse> get_labels_of(const Services& services, const Call& call) {
    const auto view = services.board.view();
    TRY(const auto node, find_node(*view, call.parameters[0]));
    JsonWriter json;
    write_labels_of(json, *view, node->info, nullptr);
    return net::HttpResponse::json(200, std::move(json).take());
}

Result<net::HttpResponse> get_node_to_labels(const Services& services, const Call&) {
    const auto view = services.board.view();
    const auto partitions = partitions_of(*view);
    JsonWriter json;
    json.begin_object().key("nodeToLabels").begin_object().key("entry").begin_array();
    view->nodes.for_each([&](const NodeId& id, const std::shared_ptr<const NodeView>& node) {
        json.begin_object().member("key", id.name).key("value");
        write_labels_of(json, *view, node->info, &partitions.at(node->info.label));
        json.end_object();
        return true;
    });
    json.end_array().end_object().end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

Result<net::HttpResponse> get_label_mappings(const Services& services, const Call& call) {
    const auto view = services.board.view();
    const std::vector<std::string> wanted = names_in(call);
    JsonWriter json;
    json.begin_object().key("labelsToNodes").begin_object().key("entry").begin_array();
    for (const auto& [name, partition] : partitions_of(*view)) {
        const bool shown = wanted.empty() || std::ranges::find(wanted, name) != wanted.end();
        if (name.empty() || !shown) {
            continue;
        }
        json.begin_object().key("key");
        write_label(json, *view, name, &partition);
        json.key("value").begin_object().key("nodes").begin_array();
        for (const std::string& node : partition.nodes) {
            json.value(node);
        }
        json.end_array();
        write_partition(json, partition);
        json.end_object().end_object();
    }
    json.end_array().end_object().end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

// Of every node on record, however it stands there.
void refresh_topology(const Services& services, const Call& call, net::Responder responder) {
    std::vector<std::string> nodes;
    services.board.view()->nodes.for_each([&](const NodeId& id, const auto&) {
        nodes.push_back(id.name);
        return true;
    });
    log::info("an operator has the topology read again", {{"user", call.who.user}});
    services.refresh_topology(std::move(nodes),
                              [waiting = std::make_shared<net::Responder>(std::move(responder))](
                                  const Result<TopologyReport>& report) {
                                  if (!report) {
                                      waiting->send(error_response(report.error()));
                                      return;
                                  }
                                  waiting->send(wrapped_json("topology", [&](JsonWriter& json) {
                                      json.begin_object().member("machinesInFile", report->in_file);
                                      json.member("machinesAsked", report->asked);
                                      json.member("machinesAnswered", report->answered);
                                      json.member("failure", report->failure).end_object();
                                  }));
                              });
}

net::HttpResponse resource_response(const NodeChangeAnswer& now) {
    return wrapped_json("resourceInfo",
                        [&](JsonWriter& json) { write_resource(json, now.info.total); });
}

net::HttpResponse empty_response(const NodeChangeAnswer&) {
    return net::HttpResponse::json(200, "");
}

}  // namespace

void add_node_routes(Router& router, Services& services) {
    const auto get = [&](const char* path,
                         Result<net::HttpResponse> (*handler)(const Services&, const Call&)) {
        router.get(path, Permission::Read,
                   [&services, handler](const Call& call) { return handler(services, call); });
    };
    get("/ws/v1/cluster/get-node-labels", get_labels);
    get("/ws/v1/cluster/get-rm-node-labels", get_manager_labels);
    get("/ws/v1/cluster/get-node-to-labels", get_node_to_labels);
    get("/ws/v1/cluster/label-mappings", get_label_mappings);
    get("/ws/v1/cluster/nodes/{id}/get-labels", get_labels_of);
    const auto post = [&](const char* path, Body body,
                          Result<Asked> (*parse)(const Call&, const NodeView&),
                          net::HttpResponse (*write)(const NodeChangeAnswer&)) {
        router.add({"POST", path, Permission::Write, body,
                    [&services, parse, write](const Call& call, net::Responder responder) {
                        decide(services, call, std::move(responder), parse, write);
                    }});
    };
    post("/heddle/v1/nodes/{id}/drain", Body::Nothing, parse_drain, node_response);
    post("/heddle/v1/nodes/{id}/recommission", Body::Nothing, parse_recommission, node_response);
    post("/ws/v1/cluster/nodes/{id}/resource", Body::Json, parse_resize, resource_response);
    router.add({"POST", "/ws/v1/cluster/nodes/{id}/replace-labels", Permission::Write,
                Body::Nothing, [&services](const Call& call, net::Responder responder) {
                    if (const Status by_hand = labels_by_hand(services); !by_hand) {
                        responder.send(error_response(by_hand.error()));
                        return;
                    }
                    decide(services, call, std::move(responder), parse_relabel, empty_response);
                }});
    router.add({"POST", "/heddle/v1/topology/refresh", Permission::Write, Body::Nothing,
                [&services](const Call& call, net::Responder responder) {
                    refresh_topology(services, call, std::move(responder));
                }});
    router.add({"POST", "/ws/v1/cluster/replace-node-to-labels", Permission::Write, Body::Json,
                [&services](const Call& call, net::Responder responder) {
                    replace_mapping(services, call, std::move(responder));
                }});
    const auto labels = [&](const char* path, Body body, Status (*change)(const Call&, Labels&)) {
        router.add({"POST", path, Permission::Write, body,
                    [&services, change](const Call& call, net::Responder responder) {
                        change_labels(services, call, std::move(responder), change);
                    }});
    };
    labels("/ws/v1/cluster/add-node-labels", Body::Json, add_labels);
    labels("/ws/v1/cluster/remove-node-labels", Body::Nothing, remove_labels);
}

}  // namespace heddle::rm
