#pragma once

// Attributes of nodes: what a node says of itself ("java": "11") and what operators have set for
// it. As in YARN a full name has a prefix that says who named it: nm.yarn.io/java the node, and
// rm.yarn.io/java the operators. Where only the name is written, both are meant, and what operators
// have set comes first.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/result.h"

namespace heddle {

constexpr std::string_view kAttributePrefixNode = "nm.yarn.io";
constexpr std::string_view kAttributePrefixManager = "rm.yarn.io";
constexpr std::size_t kAttributeBytesMax = 255;  // of a name, and of a value

using Attributes = std::map<std::string, std::string>;

/// What holds of a node: each attribute under its full name, and under its name alone. What a node
/// says under another prefix than its own does not count.
Attributes attributes_in_force(const Attributes& said, const Attributes& set);

/// Prefix and name of a full name; none: it is a name alone.
std::optional<std::pair<std::string_view, std::string_view>> split_attribute(std::string_view name);

/// The name without `prefix`, which may stand before it. Errors: InvalidArgument (another prefix,
/// or no name as constraints can write it).
Result<std::string> attribute_named(std::string_view text, std::string_view prefix);

/// Errors: InvalidArgument: no constraint could name such a value. An empty one is good.
Status check_attribute_value(std::string_view name, std::string_view value);

}  // namespace heddle
