#include "common/wire/xml.h"

#include <algorithm>
#include <array>
#include <limits>

#include "common/base/check.h"
#include "common/base/quality.h"
#include "common/wire/json.h"

namespace heddle::wire {
namespace {

struct Root {
    std::string_view last;  // of the path
    std::string_view element;
};
constexpr std::array<Root, 15> kRoots = {{{"state", "appstate"},
                                          {"new-application", "NewApplication"},
                                          {"queue", "appqueue"},
                                          {"priority", "applicationpriority"},
                                          {"containers", "containers"},
                                          {"get-labels", "nodeLabelsInfo"},
                                          {"get-node-labels", "nodeLabelsInfo"},
                                          {"get-rm-node-labels", "nodeLabelsInfo"},
                                          {"get-node-to-labels", "nodeToLabelsInfo"},
                                          {"label-mappings", "labelsToNodesInfo"},
                                          {"scheduler-conf", "configuration"},
                                          {"validate", "configuration"},
                                          {"version", "configversion"},
                                          {"access", "rmQueueAclInfo"},
                                          {"logs", "containerLogsInfoes"}}};

// Objects that are alone in an answer and are yet inside its root.
constexpr std::array<std::string_view, 2> kNoRoots = {"nodeToLabels", "labelsToNodes"};

void append_text(std::string& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto byte = static_cast<unsigned char>(c);
        // XML 1.0 has no way to write control characters, U+FFFE and U+FFFF.
        const bool no_character =
            text.substr(i, 3) == "\xEF\xBF\xBE" || text.substr(i, 3) == "\xEF\xBF\xBF";
        if (c == '&') {
            out += "&amp;";
        } else if (c == '<') {
            out += "&lt;";
        } else if (c == '>') {
            out += "&gt;";
        } else if (c == '"') {
            out += "&quot;";
        } else if (c == '\r') {
            out += "&#13;";  // else a reader takes it for a line feed
        } else if (no_character) {
            out += "\xEF\xBF\xBD";
            i += 2;
        } else if (byte < 0x20 && c != '\n' && c != '\t') {
            out += "\xEF\xBF\xBD";
        } else {
            out += c;
        }
    }
}

// Keys of answers are names already; one that is not must not break the document.
std::string element_name(std::string_view key) {
    std::string name;
    for (const char c : key) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        const bool later = (c >= '0' && c <= '9') || c == '-' || c == '.';
        if (name.empty() && later) {
            name += '_';
        }
        name += letter || later ? c : '_';
    }
    return name.empty() ? "_" : name;
}

// The kind of a scheduler or queue is an attribute in YARN's XML and a member in its JSON.
const std::string* type_of(const Json& value) {
    const Json* type = value.find("type");
    const std::string* text = type == nullptr ? nullptr : type->string();
    return text != nullptr && text->starts_with("capacityScheduler") ? text : nullptr;
}

void append_content(std::string& out, const Json& value);

void append_element(std::string& out, std::string_view key, const Json& value) {
    if (const Json::Array* list = value.array()) {
        for (const Json& item : *list) {
            append_element(out, key, item);
        }
        return;
    }
    if (value.is_null()) {
        return;
    }
    const std::string name = element_name(key);
    out += "<" + name;
    if (const std::string* type = type_of(value)) {
        if (name == "schedulerInfo") {
            out += " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
        }
        out += " xsi:type=\"";
        append_text(out, *type);
        out += '"';
    }
    const std::size_t open = out.size();
    out += '>';
    append_content(out, value);
    if (out.size() == open + 1) {
        out.insert(open, "/");
        return;
    }
    out += "</" + name + ">";
}

void append_content(std::string& out, const Json& value) {
    if (const Json::Object* members = value.object()) {
        const bool typed = type_of(value) != nullptr;
        for (const JsonMember& member : *members) {
            if (!typed || member.key != "type") {
                append_element(out, member.key, member.value);
            }
        }
    } else if (const std::string* text = value.string()) {
        append_text(out, *text);
    } else {
        out += JsonWriter().value(value).text();  // numbers and booleans are written alike
    }
}

}  // namespace

bool prefers_xml(std::string_view accept) {
    const auto xml = quality_of(accept, "application/xml");
    if (!xml || *xml == 0) {
        return false;
    }
    if (const auto json = quality_of(accept, "application/json")) {
        return *xml > *json;
    }
    auto others = quality_of(accept, "application/*");
    others = others ? others : quality_of(accept, "*/*");
    return *xml >= others.value_or(0);
}

std::string_view xml_root(std::string_view path) {
    const std::string_view last = path.substr(path.rfind('/') + 1);
    for (const Root& root : kRoots) {
        if (root.last == last) {
            return root.element;
        }
    }
    // One of a list, by its id.
    const std::string_view list =
        path.substr(0, path.size() - std::min(path.size(), last.size() + 1));
    if (list.ends_with("/appattempts")) {
        return "appAttempt";
    }
    return list.ends_with("/containers") ? "container" : "response";
}

std::optional<std::string> asked_as_xml(std::string_view accept, std::string_view path,
                                        std::string_view content_type, std::string_view body) {
    if (body.empty() || !path.starts_with("/ws/v1/") ||
        !content_type.starts_with("application/json") || !prefers_xml(accept)) {
        return std::nullopt;
    }
    Result<std::string> document = xml_of(body, xml_root(path));
    if (!document) {
        return std::nullopt;  // too deep for the reader of JSON: then the answer stays JSON
    }
    return std::move(document).value();
}

Result<std::string> xml_of(std::string_view json, std::string_view root) {
    JsonLimits limits;
    limits.bytes = limits.values = std::numeric_limits<std::size_t>::max();
    TRY(const Json tree, parse_json(json, limits));
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
    const Json::Object* members = tree.object();
    const Json* named = tree.find(root);
    const bool one =
        members != nullptr && members->size() == 1 && members->front().value.is_object();
    if (one && std::ranges::find(kNoRoots, members->front().key) == kNoRoots.end()) {
        append_element(out, members->front().key, members->front().value);
    } else if (named != nullptr && named->is_object()) {
        append_element(out, root, *named);
    } else {
        append_element(out, root, tree);
    }
    return out;
}

}  // namespace heddle::wire
