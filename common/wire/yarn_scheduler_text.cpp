// What comes in the names of capacity-scheduler.xml, as text: the file, and the bodies of
// scheduler-conf in JSON and XML. What the names mean is in yarn_names.h.

#include <algorithm>
#include <pugixml.hpp>
#include <string>
#include <utility>

#include "common/base/strings.h"
#include "common/wire/json.h"
#include "common/wire/yarn_scheduler.h"

namespace heddle::wire {
namespace {

Error wrong(std::string message) {
    return {ErrorCode::InvalidArgument, std::move(message)};
}

std::string text_of(const Json& json) {
    if (const std::string* text = json.string()) {
        return *text;
    }
    return std::move(JsonWriter().value(json)).take();
}

Error nameless() {
    return wrong(
        "a queue to add or update has no 'queue-name'; write its full path, such as root.a");
}

// A list, or its only element in place of it.
std::vector<const Json*> elements(const Json* json) {
    std::vector<const Json*> out;
    if (json != nullptr && json->array() != nullptr) {
        for (const Json& one : *json->array()) {
            out.push_back(&one);
        }
    } else if (json != nullptr) {
        out.push_back(json);
    }
    return out;
}

Result<std::vector<YarnProperty>> entries(const Json* json) {
    std::vector<YarnProperty> out;
    if (json == nullptr) {
        return out;
    }
    for (const Json* one : elements(json->find("entry"))) {
        const Json* key = one->find("key");
        const Json* value = one->find("value");
        if (key == nullptr || key->string() == nullptr) {
            return wrong(
                "an entry has no key; write {\"entry\": [{\"key\": ..., \"value\": ...}]}");
        }
        out.emplace_back(*key->string(), value == nullptr ? "" : text_of(*value));
    }
    return out;
}

Result<std::vector<YarnUpdate::Queue>> update_queues(const Json* json) {
    std::vector<YarnUpdate::Queue> out;
    for (const Json* one : elements(json)) {
        YarnUpdate::Queue queue;
        if (one->object() == nullptr) {
            return wrong("'" + text_of(*one) +
                         "' was found where a queue is to be added or updated; write "
                         "{\"queue-name\": ..., \"params\": {\"entry\": [...]}}");
        }
        TRY(queue.path, one->string_or("queue-name", ""));
        if (queue.path.empty()) {
            return nameless();
        }
        TRY(queue.parameters, entries(one->find("params")));
        out.push_back(std::move(queue));
    }
    return out;
}

Result<std::vector<YarnProperty>> xml_entries(const pugi::xml_node& node) {
    std::vector<YarnProperty> out;
    for (const pugi::xml_node& entry : node.children("entry")) {
        if (trim(entry.child("key").text().as_string()).empty()) {
            return wrong(
                "an entry has no key; write <entry><key>...</key><value>...</value></entry>");
        }
        out.emplace_back(entry.child("key").text().as_string(),
                         entry.child("value").text().as_string());
    }
    return out;
}

Result<pugi::xml_document> parse_xml(std::string_view text) {
    pugi::xml_document document;
    const pugi::xml_parse_result result = document.load_buffer(text.data(), text.size());
    if (!result) {
        const auto line =
            std::ranges::count(text.substr(0, static_cast<std::size_t>(result.offset)), '\n') + 1;
        return wrong("line " + std::to_string(line) + ": " + result.description());
    }
    return document;
}

Result<YarnUpdate> parse_xml_update(std::string_view body) {
    TRY(const pugi::xml_document document, parse_xml(body));
    const pugi::xml_node root = document.child("sched-conf");
    if (!root) {
        return wrong("the root element is '" + std::string(document.first_child().name()) +
                     "'; write <sched-conf>");
    }
    YarnUpdate update;
    for (const pugi::xml_node& node : root.children()) {
        const std::string_view name = node.name();
        if (name == "remove-queue") {
            update.remove.emplace_back(trim(node.text().as_string()));
        } else if (name == "add-queue" || name == "update-queue") {
            YarnUpdate::Queue queue;
            queue.path = trim(node.child("queue-name").text().as_string());
            if (queue.path.empty()) {
                return nameless();
            }
            TRY(queue.parameters, xml_entries(node.child("params")));
            (name == "add-queue" ? update.add : update.update).push_back(std::move(queue));
        } else if (name == "global-updates") {
            TRY(update.global, xml_entries(node));
        } else {
            return wrong("unknown element '" + std::string(name) +
                         "'; there are add-queue, update-queue, remove-queue and global-updates");
        }
    }
    return update;
}

}  // namespace

Result<std::vector<YarnProperty>> parse_yarn_xml(std::string_view text) {
    TRY(const pugi::xml_document document, parse_xml(text));
    const pugi::xml_node root = document.child("configuration");
    if (!root) {
        return wrong("the root element is '" + std::string(document.first_child().name()) +
                     "', not 'configuration'; is it a Hadoop configuration file?");
    }
    std::vector<YarnProperty> properties;
    for (const pugi::xml_node& property : root.children("property")) {
        properties.emplace_back(trim(property.child("name").text().as_string()),
                                property.child("value").text().as_string());
    }
    return properties;
}

Result<YarnUpdate> parse_yarn_update(std::string_view body) {
    if (trim(body).starts_with('<')) {
        return parse_xml_update(body);
    }
    TRY(const Json json, parse_json(body));
    const Json* root = json.find("sched-conf") != nullptr ? json.find("sched-conf") : &json;
    if (root->object() == nullptr) {
        return wrong(
            "the body is no object; write {\"update-queue\": [{\"queue-name\": ..., \"params\": "
            "{\"entry\": [{\"key\": ..., \"value\": ...}]}}]}");
    }
    constexpr std::string_view kKnown[] = {"add-queue", "update-queue", "remove-queue",
                                           "global-updates", "subClusterId"};
    for (const JsonMember& member : *root->object()) {
        if (std::ranges::find(kKnown, member.key) == std::end(kKnown)) {
            return wrong("unknown member '" + member.key + "'" + did_you_mean(member.key, kKnown));
        }
    }
    YarnUpdate update;
    for (const Json* one : elements(root->find("remove-queue"))) {
        if (one->string() == nullptr) {
            return wrong("'" + text_of(*one) +
                         "' was found in remove-queue; write paths of queues, as texts");
        }
        update.remove.push_back(*one->string());
    }
    TRY(update.add, update_queues(root->find("add-queue")));
    TRY(update.update, update_queues(root->find("update-queue")));
    TRY(update.global, entries(root->find("global-updates")));
    return update;
}

}  // namespace heddle::wire
