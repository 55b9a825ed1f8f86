// Attributes of nodes: what operators set, and who has which. YARN has this in its administration
// protocol only; the words of the bodies are taken from there.

#include <map>
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

// Answers are written on the thread of all connections: what one may ask for is bounded.
constexpr std::size_t kNamesMax = 100;
constexpr std::size_t kPairsMax = 100'000;

Result<std::set<std::string>> listed(const Call& call, const char* name) {
    std::set<std::string> words;
    const std::string list = call.query_list(name);
    for (const std::string_view part : split(list, ',')) {
        if (!trim(part).empty()) {
            words.emplace(trim(part));
        }
    }
    if (words.size() > kNamesMax) {
        return Error{ErrorCode::InvalidArgument,
                     std::to_string(words.size()) + " " + name + " are asked for, and at most " +
                         std::to_string(kNamesMax) + " are answered at once; ask for fewer"};
    }
    return words;
}

Error too_many_pairs() {
    return {ErrorCode::InvalidArgument,
            "the answer would have more than " + std::to_string(kPairsMax) +
                " pairs of a node and an attribute; name some with nodes= or attributes="};
}

// {"nodeToAttributes": [{"node", "nodeAttributeInfo": [...]}]}
Result<net::HttpResponse> get_by_node(const Services& services, const Call& call) {
    const auto view = services.board.view();
    TRY(const std::set<std::string> wanted, listed(call, "nodes"));
    JsonWriter json;
    json.begin_object().key("nodeToAttributes").begin_array();
    std::size_t pairs = 0;
    const auto write = [&](const NodeView& node) {
        pairs += node.info.attributes.size();
        json.begin_object().member("node", node.info.id.name).key("nodeAttributeInfo");
        json.begin_array();
        write_attributes(json, node.info.attributes);
        json.end_array().end_object();
    };
    for (const std::string& id : wanted) {
        TRY(const auto node, find_node(*view, id));
        write(*node);
    }
    if (wanted.empty()) {
        view->nodes.for_each([&](const NodeId&, const std::shared_ptr<const NodeView>& node) {
            write(*node);
            return pairs <= kPairsMax;
        });
    }
    if (pairs > kPairsMax) {
        return too_many_pairs();
    }
    json.end_array().end_object();
    return net::HttpResponse::json(200, std::move(json).take());
}

// An attribute and, if only that counts, its value.
using Wanted = std::pair<std::string, std::optional<std::string>>;
// Node and value, both of the view.
using NodesOfAttribute = std::vector<std::pair<const std::string*, const std::string*>>;

// "os", "rm.yarn.io/os", "os=linux".
Result<std::map<Wanted, NodesOfAttribute>> wanted_attributes(const Call& call) {
    TRY(const std::set<std::string> words, listed(call, "attributes"));
    std::map<Wanted, NodesOfAttribute> wanted;
    for (const std::string& text : words) {
        const std::size_t equals = text.find('=');
        wanted[{text.substr(0, equals), equals == std::string::npos
                                            ? std::nullopt
                                            : std::optional(text.substr(equals + 1))}];
    }
    return wanted;
}

// In one walk over the nodes, which ends when there is too much. Nothing wanted: all attributes,
// under their full names. The result is how many pairs were found.
std::size_t find_nodes(const View& view, std::map<Wanted, NodesOfAttribute>& wanted) {
    const bool all = wanted.empty();
    std::size_t pairs = 0;
    view.nodes.for_each([&](const NodeId&, const std::shared_ptr<const NodeView>& node) {
        for (const auto& [name, value] : node->info.attributes) {
            if (all && split_attribute(name).has_value()) {
                wanted[{name, std::nullopt}].emplace_back(&node->info.id.name, &value);
                ++pairs;
            }
            for (const auto& one : {Wanted{name, std::nullopt}, Wanted{name, value}}) {
                if (const auto it = wanted.find(one); !all && it != wanted.end()) {
                    it->second.emplace_back(&node->info.id.name, &value);
                    ++pairs;
                }
            }
        }
        return pairs <= kPairsMax;
    });
    return pairs;
}

// {"attributesToNodes": [{"attribute", "nodes": [{"node", "value"}]}]}
Result<net::HttpResponse> get_by_attribute(const Services& services, const Call& call) {
    const auto view = services.board.view();
    TRY(auto wanted, wanted_attributes(call));
    if (find_nodes(*view, wanted) > kPairsMax) {
        return too_many_pairs();
    }
    JsonWriter json;
    json.begin_object().key("attributesToNodes").begin_array();
    for (const auto& [attribute, nodes] : wanted) {
        json.begin_object().member("attribute", attribute.first).key("nodes").begin_array();
        for (const auto& [node, value] : nodes) {
            json.begin_object().member("node", *node).member("value", *value).end_object();
        }
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
