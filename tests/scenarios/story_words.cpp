#include "tests/scenarios/story_words.h"

#include <gtest/gtest.h>

#include "common/base/strings.h"

namespace heddle::rm::test {

std::optional<Duration> time_of(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(seconds(std::stoll(text)));
}

Resource size_of(const std::string& memory, const std::string& vcores,
                 const std::map<std::string, std::string>& keys) {
    Resource size{std::stoll(memory), std::stoll(vcores)};
    if (const auto named = keys.find("resources"); named != keys.end()) {
        for (const std::string_view part : split(named->second, ',')) {
            const std::size_t colon = part.find(':');
            size.named.set(part.substr(0, colon), std::stoll(std::string(part.substr(colon + 1))));
        }
    }
    return size;
}

std::map<std::string, std::string> attributes_of(const std::string& text) {
    std::map<std::string, std::string> attributes;
    for (const std::string& part : texts_of(text)) {
        attributes[part.substr(0, part.find(':'))] = part.substr(part.find(':') + 1);
    }
    return attributes;
}

ChangeAttributes::Kind kind_of_change(const std::string& word) {
    EXPECT_TRUE(word == "replace" || word == "add" || word == "remove") << word;
    return word == "replace" ? ChangeAttributes::Kind::Replace
           : word == "add"   ? ChangeAttributes::Kind::Add
                             : ChangeAttributes::Kind::Remove;
}

std::vector<NodeAttributes> mappings_of(const Words& words) {
    std::vector<NodeAttributes> nodes;
    for (std::size_t i = 2; i < words.size(); ++i) {
        const std::size_t colon = words[i].find(':');
        NodeAttributes one{{words[i].substr(0, colon)}, {}};
        for (const std::string& part : texts_of(words[i].substr(colon + 1))) {
            const std::size_t equals = std::min(part.find('='), part.size());
            one.attributes[part.substr(0, equals)] =
                equals == part.size() ? "" : part.substr(equals + 1);
        }
        nodes.push_back(std::move(one));
    }
    return nodes;
}

Words texts_of(const std::string& list) {
    Words texts;
    if (!list.empty()) {
        for (const std::string_view part : split(list, ',')) {
            texts.emplace_back(part);
        }
    }
    return texts;
}

ApplicationId application(const std::string& name) {
    return {1'700'000'000'000, std::stoll(name.substr(3))};
}

ContainerId container(const std::string& name) {
    const auto parts = split(name, '.');
    ContainerId id;
    id.attempt = {application(std::string(parts[0])), 1};
    id.epoch = 1;
    EXPECT_GE(parts.size(), 3U);
    EXPECT_TRUE(parse_number(parts[1], id.attempt.number));
    if (parts.size() == 4) {
        EXPECT_TRUE(parse_number(parts[2].substr(1), id.epoch));
    }
    EXPECT_TRUE(parse_number(parts.back(), id.sequence));
    return id;
}

ApplicationSubmission submission_of(const Words& words) {
    ApplicationSubmission submission;
    submission.kind = words[1] == "command" ? ApplicationKind::Command
                      : words[1] == "rdd"   ? ApplicationKind::Rdd
                                            : ApplicationKind::Master;
    submission.unmanaged = words[1] == "outside";
    submission.master.argv = {"program"};
    auto keys = keys_of(words, 4);
    submission.master_size = size_of(words[2], words[3], keys);
    submission.user = keys["user"].empty() ? "alice" : keys["user"];
    submission.queue = keys["queue"];
    submission.tags = texts_of(keys["tags"]);
    submission.label = keys["label"];
    submission.master_label = keys["master-label"];
    submission.attempts_max = keys["attempts"].empty() ? 2 : std::stoi(keys["attempts"]);
    submission.priority = keys["priority"].empty() ? 0 : std::stoi(keys["priority"]);
    submission.failures_validity = time_of(keys["validity"]);
    submission.lifetime = time_of(keys["lifetime"]);
    submission.pending_max = time_of(keys["pending"]);
    submission.keep_containers = keys.contains("keep");
    submission.master_blacklist = keys["blacklist"] != "off";
    if (!keys["blacklist"].empty() && submission.master_blacklist) {
        submission.master_blacklist_below = std::stoi(keys["blacklist"]) * 10;
    }
    return submission;
}

Ask ask_of(const Words& words) {
    auto keys = keys_of(words, 3);
    Ask ask;
    ask.id = std::stoi(words[2]);
    ask.launch_template = 1;
    ask.count = std::stoi(keys.at("count"));
    ask.size = size_of(keys.at("memory"), keys.at("vcores"), keys);
    ask.generation = keys["generation"].empty() ? 0 : std::stoi(keys["generation"]);
    ask.priority = keys["priority"].empty() ? 0 : std::stoi(keys["priority"]);
    ask.hold = keys.contains("hold");
    ask.execution =
        keys.contains("opportunistic") ? ExecutionType::Opportunistic : ExecutionType::Guaranteed;
    ask.enforce_execution = keys.contains("enforce");
    ask.label = keys["label"];
    ask.gang = keys["gang"].empty() ? 0 : std::stoi(keys["gang"]);
    ask.gang_min = keys["min"].empty() ? 0 : std::stoi(keys["min"]);
    ask.gang_deadline = time_of(keys["deadline"]).value_or(Duration{});
    ask.tags = texts_of(keys["tags"]);
    ask.constraint = keys["constraint"];
    if (!keys["racks"].empty()) {
        for (const std::string_view rack : split(keys["racks"], ',')) {
            ask.racks.emplace_back(rack);
        }
    }
    ask.relax_locality = !keys.contains("strict");
    if (!keys["nodes"].empty()) {
        for (const std::string_view node : split(keys["nodes"], ',')) {
            ask.nodes.push_back({std::string(node)});
        }
    }
    return ask;
}

}  // namespace heddle::rm::test
