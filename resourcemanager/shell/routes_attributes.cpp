// Attributes of nodes: what operators set, and who has which. YARN has this in its administration
// protocol only; the words of the bodies are taken from there.

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/model/node_attributes.h"
#include "common/wire/codec.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

using wire::Json;
using wire::JsonWriter;

constexpr const char* kBodySample =
    "{\"operation\":\"ADD\",\"nodesToAttributes\":[{\"node\":\"node-1\",\"nodeAttributes\":"
    "[{\"name\":\"os\",\"value\":\"linux\"}]}]}";

struct Change {
    ChangeAttributes what;
    std::vector<std::string> left_out;  // nodes that nobody knows
};

Result<ChangeAttributes::Kind> kind_of(const Json& body) {
    TRY(const std::string text, body.string_or("operation", ""));
    const std::string operation = to_lower(text);
    if (operation == "replace") {
        return ChangeAttributes::Kind::Replace;
    }
    if (operation == "add") {
        return ChangeAttributes::Kind::Add;
    }
    if (operation == "remove") {
        return ChangeAttributes::Kind::Remove;
    }
    return Error{ErrorCode::InvalidArgument, "operation is REPLACE, ADD or REMOVE, not '" + text +
                                                 "'; write " + std::string(kBodySample)};
}

Result<const Json::Array*> array_in(const Json& json, const char* key) {
    static const Json::Array none;
    const Json* found = json.find(key);
    if (found == nullptr) {
        return &none;
    }
    if (found->array() == nullptr) {
        return Error{ErrorCode::InvalidArgument,
                     std::string(key) + " is a list; write " + kBodySample};
    }
    return found->array();
}

Status read_attribute(const Json& json, Attributes& into) {
    TRY(std::string name, json.string_or("name", ""));
    TRY(const std::string prefix, json.string_or("prefix", ""));
    TRY(const std::string type, json.string_or("type", "STRING"));
    TRY(std::string value, json.string_or("value", ""));
    if (type != "STRING") {
        return Error{ErrorCode::InvalidArgument,
                     "attribute '" + name + "': the only type is STRING, not '" + type + "'"};
    }
    if (!prefix.empty()) {
        name.insert(0, prefix + "/");
    }
    if (!into.emplace(name, std::move(value)).second) {
        return Error{ErrorCode::InvalidArgument, "attribute '" + name + "' is named twice"};
    }
    return {};
}

Result<Change> parse_change(const View& view, const std::string& text) {
    TRY(const Json body, wire::parse_json(text));
    Change change;
    TRY(change.what.kind, kind_of(body));
    TRY(const bool fail_on_unknown, body.boolean_or("failOnUnknownNodes", true));
    TRY(const Json::Array* nodes, array_in(body, "nodesToAttributes"));
    for (const Json& entry : *nodes) {
        TRY(const std::string id, entry.string_or("node", ""));
        NodeAttributes one;
        TRY(const Json::Array* attributes, array_in(entry, "nodeAttributes"));
        for (const Json& attribute : *attributes) {
            TRY(read_attribute(attribute, one.attributes));
        }
        const auto node = find_node(view, id);
        if (!node && !fail_on_unknown) {
            change.left_out.push_back(id);
            continue;
        }
        TRY(const auto known, node);
        one.node = known->info.id;
        change.what.nodes.push_back(std::move(one));
    }
    if (nodes->empty()) {
        return Error{ErrorCode::InvalidArgument, "name the nodes: " + std::string(kBodySample)};
    }
    return change;
}

net::HttpResponse changed_response(const std::vector<std::string>& left_out) {
    JsonWriter json;
    json.begin_object().key("unknownNodes").begin_array();
    for (const std::string& node : left_out) {
        json.value(node);
    }
    json.end_array().end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

void change_attributes(const Services& services, const Call& call, net::Responder responder) {
    auto change = parse_change(*services.board.view(), call.request.body);
    if (!change) {
        responder.send(error_response(change.error()));
        return;
    }
    for (const NodeAttributes& one : change->what.nodes) {
        std::vector<std::string> names;
        for (const auto& [name, value] : one.attributes) {
            names.push_back(name);
        }
        log::info("an operator decides about a node", {{"node", one.node.name},
                                                       {"what", "attributes " + join(names, ",")},
                                                       {"user", call.who.user}});
    }
    services.core.ask(std::move(change->what),
                      [waiting = std::make_shared<net::Responder>(std::move(responder)),
                       left_out = std::move(change->left_out)](const Result<Answer>& answer) {
                          waiting->send(answer.ok() ? changed_response(left_out)
                                                    : error_response(answer.error()));
                      });
}

std::vector<std::string> listed(const Call& call, const char* name) {
    std::vector<std::string> words;
    const std::string list = call.query_list(name);
    for (const std::string_view part : split(list, ',')) {
        if (!trim(part).empty()) {
            words.emplace_back(trim(part));
        }
    }
    return words;
}

// {"nodeToAttributes": [{"node", "nodeAttributeInfo": [...]}]}
Result<net::HttpResponse> get_by_node(const Services& services, const Call& call) {
    const auto view = services.board.view();
    JsonWriter json;
    json.begin_object().key("nodeToAttributes").begin_array();
    const auto write = [&](const NodeView& node) {
        json.begin_object().member("node", node.info.id.name).key("nodeAttributeInfo");
        json.begin_array();
        write_attributes(json, node.info.attributes);
        json.end_array().end_object();
    };
    const std::vector<std::string> wanted = listed(call, "nodes");
    for (const std::string& id : wanted) {
        TRY(const auto node, find_node(*view, id));
        write(*node);
    }
    if (wanted.empty()) {
        view->nodes.for_each([&](const NodeId&, const std::shared_ptr<const NodeView>& node) {
            write(*node);
            return true;
        });
    }
    json.end_array().end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

// "os", "rm.yarn.io/os", "os=linux".
struct Wanted {
    std::string name;
    std::optional<std::string> value;
};

std::vector<Wanted> wanted_attributes(const Call& call, const View& view) {
    std::vector<Wanted> wanted;
    for (const std::string& text : listed(call, "attributes")) {
        const std::size_t equals = text.find('=');
        wanted.push_back({text.substr(0, equals), equals == std::string::npos
                                                      ? std::nullopt
                                                      : std::optional(text.substr(equals + 1))});
    }
    if (!wanted.empty()) {
        return wanted;
    }
    std::set<std::string> all;
    view.nodes.for_each([&](const NodeId&, const std::shared_ptr<const NodeView>& node) {
        for (const auto& [name, value] : node->info.attributes) {
            if (split_attribute(name).has_value()) {
                all.insert(name);
            }
        }
        return true;
    });
    for (const std::string& name : all) {
        wanted.push_back({name, std::nullopt});
    }
    return wanted;
}

// {"attributesToNodes": [{"attribute", "nodes": [{"node", "value"}]}]}
Result<net::HttpResponse> get_by_attribute(const Services& services, const Call& call) {
    const auto view = services.board.view();
    JsonWriter json;
    json.begin_object().key("attributesToNodes").begin_array();
    for (const Wanted& wanted : wanted_attributes(call, *view)) {
        json.begin_object().member("attribute", wanted.name).key("nodes").begin_array();
        view->nodes.for_each([&](const NodeId& id, const std::shared_ptr<const NodeView>& node) {
            const auto found = node->info.attributes.find(wanted.name);
            if (found != node->info.attributes.end() &&
                wanted.value.value_or(found->second) == found->second) {
                json.begin_object().member("node", id.name).member("value", found->second);
                json.end_object();
            }
            return true;
        });
        json.end_array().end_object();
    }
    json.end_array().end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

}  // namespace

void add_attribute_routes(Router& router, Services& services) {
    router.get("/heddle/v1/node-attributes", Permission::Read,
               [&services](const Call& call) { return get_by_node(services, call); });
    router.get("/heddle/v1/attributes-to-nodes", Permission::Read,
               [&services](const Call& call) { return get_by_attribute(services, call); });
    router.add({"POST", "/heddle/v1/node-attributes", Permission::Write, Body::Json,
                [&services](const Call& call, net::Responder responder) {
                    change_attributes(services, call, std::move(responder));
                }});
}

}  // namespace heddle::rm
