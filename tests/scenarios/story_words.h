#pragma once

// The words of a story as what they mean: names, sizes, submissions, asks.

#include <map>
#include <optional>
#include <string>

#include "common/model/application.h"
#include "common/model/master_protocol.h"
#include "resourcemanager/core/event.h"
#include "tests/scenarios/story_config.h"

namespace heddle::rm::test {

/// Seconds; empty: none.
std::optional<Duration> time_of(const std::string& text);
/// With the key resources=gpu:2,...
Resource size_of(const std::string& memory, const std::string& vcores,
                 const std::map<std::string, std::string>& keys);
std::map<std::string, std::string> attributes_of(const std::string& text);
ChangeAttributes::Kind kind_of_change(const std::string& word);
/// The words behind the second: "n1:os=linux,tier".
std::vector<NodeAttributes> mappings_of(const Words& words);
/// Parts between commas.
Words texts_of(const std::string& list);
/// "app1"
ApplicationId application(const std::string& name);
/// "app1.1.2", or "app1.1.e2.1" of a later life of the manager
ContainerId container(const std::string& name);
/// submit KIND MEMORY VCORES [key=value ...]; without an id.
ApplicationSubmission submission_of(const Words& words);
/// ask APP ID key=value ...
Ask ask_of(const Words& words);

}  // namespace heddle::rm::test
