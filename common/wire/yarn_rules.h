#pragma once

// YARN's two ways to write placement rules: queue-mappings ("u:alice:root.etl,g:ml:root.ml") and
// the JSON of its rule engine. Here they are one list.

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/model/queue.h"

namespace heddle::wire {

struct YarnRules {
    std::vector<PlacementRule> rules;
    std::vector<std::string> problems;  // of the others: which, and what is wrong with it
};

/// The rules that can be read, and what is wrong with the others.
YarnRules rules_from_mappings(std::string_view text);
YarnRules rules_from_json(std::string_view text);

/// The text of mapping-rule-json.
std::string rules_json(const std::vector<PlacementRule>& rules);

}  // namespace heddle::wire
