#include "client/rmctl/attributes.h"

#include <algorithm>
#include <string_view>

#include "client/rmctl/exit_code.h"
#include "client/rmctl/json_fields.h"
#include "client/rmctl/output.h"
#include "client/rmctl/server.h"
#include "client/rmctl/verbs.h"
#include "common/base/strings.h"
#include "common/net/http_message.h"

namespace heddle::rmctl {
namespace {

using wire::Json;

constexpr const char* kByNode = "/heddle/v1/node-attributes";
constexpr const char* kByName = "/heddle/v1/attributes-to-nodes";

Table table_of_attributes() {
    Table table;
    table.columns = {{"NODE", Align::Left, true, 0},
                     {"ATTRIBUTE", Align::Left, true, 0},
                     {"VALUE", Align::Left, true, 0}};
    return table;
}

// ":os=linux,tier": a value may be left out.
Status write_attributes(wire::JsonWriter& json, std::string_view list, const std::string& mapping) {
    if (trim(list).empty()) {
        return {};
    }
    for (const std::string_view part : split(list, ',')) {
        const std::size_t equals = std::min(part.find('='), part.size());
        const std::string_view name = trim(part.substr(0, equals));
        if (name.empty()) {
            return Error{ErrorCode::InvalidArgument,
                         "'" + mapping + "': write NODE:NAME=VALUE,NAME=VALUE"};
        }
        json.begin_object().member("name", name);
        json.member("value", equals == part.size() ? "" : trim(part.substr(equals + 1)));
        json.end_object();
    }
    return {};
}

std::string query_of(const char* name, const std::vector<std::string>& words) {
    return words.empty() ? std::string()
                         : std::string("?") + name + "=" + net::percent_encode(join(words, ","));
}

std::string nodes_of(const AttributeChange& change) {
    std::vector<std::string> nodes;
    for (const std::string& mapping : change.mappings) {
        nodes.push_back(mapping.substr(0, mapping.find(':')));
    }
    return (nodes.size() == 1 ? "node " : "nodes ") + join(nodes, ", ");
}

}  // namespace

Result<std::string> attribute_body(const AttributeChange& change) {
    wire::JsonWriter json;
    json.begin_object().member("operation", change.operation);
    json.member("failOnUnknownNodes", !change.leave_out_unknown);
    json.key("nodesToAttributes").begin_array();
    for (const std::string& mapping : change.mappings) {
        const std::size_t colon = mapping.find(':');
        if (colon == 0 || colon == std::string::npos) {
            return Error{ErrorCode::InvalidArgument,
                         "'" + mapping + "': write NODE:NAME=VALUE,NAME=VALUE"};
        }
        json.begin_object().member("node", mapping.substr(0, colon)).key("nodeAttributes");
        json.begin_array();
        TRY(write_attributes(json, std::string_view(mapping).substr(colon + 1), mapping));
        json.end_array().end_object();
    }
    json.end_array().end_object();
    return std::move(json).take();
}

Result<int> node_attribute_change(const Options& options, const AttributeChange& change) {
    TRY(const std::string body, attribute_body(change));
    TRY(Server server, Server::find(options));
    TRY(const std::string answer, server.post(kByNode, body, nodes_of(change)));
    if (options.output == OutputForm::Json) {
        print_json(answer);
        return kExitDone;
    }
    TRY(const Json json, fields::parse(answer));
    std::string unknown;
    for (const Json& node : fields::list(json, "", "unknownNodes")) {
        unknown += (unknown.empty() ? "" : ", ") + (node.string() == nullptr ? "" : *node.string());
    }
    hint(options, "attributes of " + nodes_of(change) + " changed" +
                      (unknown.empty() ? "" : "; left out, not known: " + unknown));
    return kExitDone;
}

Table attributes_by_node(const Json& json) {
    Table table = table_of_attributes();
    for (const Json& node : fields::list(json, "", "nodeToAttributes")) {
        for (const Json& one : fields::list(node, "", "nodeAttributeInfo")) {
            table.rows.push_back({fields::text(node, "node"),
                                  fields::text(one, "prefix") + "/" + fields::text(one, "name"),
                                  fields::text(one, "value")});
        }
    }
    return table;
}

Table attributes_by_name(const Json& json) {
    Table table = table_of_attributes();
    for (const Json& one : fields::list(json, "", "attributesToNodes")) {
        for (const Json& node : fields::list(one, "", "nodes")) {
            table.rows.push_back({fields::text(node, "node"), fields::text(one, "attribute"),
                                  fields::text(node, "value")});
        }
    }
    return table;
}

Result<int> node_attribute_list(const Options& options, const std::vector<std::string>& nodes,
                                const std::vector<std::string>& attributes) {
    const bool by_name = !attributes.empty();
    if (by_name && !nodes.empty()) {
        return Error{ErrorCode::InvalidArgument,
                     "name nodes, or attributes with --attribute: not both"};
    }
    const std::string target =
        by_name ? kByName + query_of("attributes", attributes) : kByNode + query_of("nodes", nodes);
    return shown(options, target, "the attributes of nodes", [&](const Json& json) {
        return print_rows(options, by_name ? attributes_by_name(json) : attributes_by_node(json),
                          by_name ? "No node has it" : "There are no attributes");
    });
}

}  // namespace heddle::rmctl
