#include "common/wire/yarn_rules.h"

#include <algorithm>
#include <utility>

#include "common/base/strings.h"
#include "common/model/queue_settings.h"
#include "common/wire/json.h"

namespace heddle::wire {
namespace {

struct Member {
    const char* yarn;
    const char* setting;
    const char* unsaid = nullptr;  // what YARN wants to read where the setting says nothing
};
constexpr Member kMembers[] = {{"type", "type", "user"},          {"matches", "matches", "*"},
                               {"policy", "policy", "specified"}, {"parentQueue", "parent"},
                               {"customPlacement", "custom"},     {"fallbackResult", "fallback"}};
// With setDefaultQueue, in place of customPlacement.
constexpr const char* kDefaultQueue = "value";

Error wrong(std::string message) {
    return {ErrorCode::InvalidArgument, std::move(message)};
}

Result<PlacementRule> rule_from_mapping(const std::string& mapping) {
    const std::vector<std::string_view> parts = split(mapping, ':');
    PlacementRule rule;
    rule.policy = PlacementRule::Policy::Custom;
    rule.create = true;
    std::string_view queue;
    if (parts.size() == 3 && (parts[0] == "u" || parts[0] == "g")) {
        rule.type = parts[0] == "u" ? PlacementRule::Matches::User : PlacementRule::Matches::Group;
        rule.matches = parts[1] == "%user" ? "*" : std::string(parts[1]);
        queue = parts[2];
    } else if (parts.size() == 2) {
        rule.type = PlacementRule::Matches::Application;
        rule.matches = parts[0] == "%application" ? "*" : std::string(parts[0]);
        queue = parts[1];
    } else {
        return wrong("a mapping is u:USER:QUEUE, g:GROUP:QUEUE or APPLICATION:QUEUE");
    }
    rule.custom = std::string(trim(queue));
    if (!rule.custom.starts_with("root")) {
        rule.custom = "root." + rule.custom;
    }
    return rule;
}

Status unknown_members(const Json& json) {
    std::vector<std::string_view> names = {"create", kDefaultQueue};
    for (const Member& member : kMembers) {
        names.emplace_back(member.yarn);
    }
    for (const JsonMember& member : *json.object()) {
        if (std::ranges::find(names, member.key) == names.end()) {
            return wrong("unknown member '" + member.key + "'" + did_you_mean(member.key, names));
        }
    }
    return {};
}

Result<PlacementRule> rule_from_json(const Json& json) {
    if (!json.is_object()) {
        return wrong("it is no object; write {\"type\", \"matches\", \"policy\", ...}");
    }
    TRY(unknown_members(json));
    PlacementRule rule;
    for (const Member& member : kMembers) {
        TRY(const std::string text, json.string_or(member.yarn, ""));
        if (const Status status = set_setting(rule, member.setting, text); !status) {
            return wrong(std::string(member.yarn) + ": " + status.error().message);
        }
    }
    TRY(rule.create, json.boolean_or("create", false));
    TRY(const std::string queue, json.string_or(kDefaultQueue, ""));
    if (rule.policy == PlacementRule::Policy::SetDefaultQueue) {
        rule.custom = queue.empty() ? rule.custom : queue;
        if (rule.custom.empty()) {
            return wrong(
                "its policy is setDefaultQueue and value is missing; write the queue there");
        }
    } else if (!queue.empty()) {
        return wrong("value is '" + queue + "', which only setDefaultQueue takes; leave it out");
    }
    if (!rule.parent.empty() && !rule.parent.starts_with("root")) {
        rule.parent = "root." + rule.parent;
    }
    return rule;
}

}  // namespace

YarnRules rules_from_mappings(std::string_view text) {
    YarnRules out;
    for (const std::string_view part : split(text, ',')) {
        const std::string mapping(trim(part));
        if (mapping.empty()) {
            continue;
        }
        if (auto rule = rule_from_mapping(mapping)) {
            out.rules.push_back(std::move(rule).value());
        } else {
            out.problems.push_back(mapping + ": " + rule.error().message);
        }
    }
    return out;
}

YarnRules rules_from_json(std::string_view text) {
    YarnRules out;
    if (trim(text).empty()) {
        return out;
    }
    const auto json = parse_json(text);
    const Json* rules = json.ok() ? json->find("rules") : nullptr;
    if (rules == nullptr || rules->array() == nullptr) {
        out.problems.push_back(json.ok() ? "it has no list 'rules'" : json.error().message);
        return out;
    }
    std::size_t number = 0;
    for (const Json& one : *rules->array()) {
        number += 1;
        if (auto rule = rule_from_json(one)) {
            out.rules.push_back(std::move(rule).value());
        } else {
            out.problems.push_back("rule " + std::to_string(number) + ": " + rule.error().message);
        }
    }
    return out;
}

std::string rules_json(const std::vector<PlacementRule>& rules) {
    JsonWriter json;
    json.begin_object().key("rules").begin_array();
    for (const PlacementRule& rule : rules) {
        json.begin_object();
        const std::vector<SettingText> settings = settings_of(rule);
        for (const Member& member : kMembers) {
            const auto found = std::ranges::find(settings, member.setting, &SettingText::first);
            const bool is_default = rule.policy == PlacementRule::Policy::SetDefaultQueue &&
                                    std::string_view(member.setting) == "custom";
            if (found != settings.end()) {
                json.member(is_default ? kDefaultQueue : member.yarn, found->second);
            } else if (member.unsaid != nullptr) {
                json.member(member.yarn, member.unsaid);
            }
        }
        json.member("create", rule.create).end_object();
    }
    json.end_array().end_object();
    return std::move(json).take();
}

}  // namespace heddle::wire
