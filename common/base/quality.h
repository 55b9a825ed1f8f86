#pragma once

// The preference lists of HTTP, such as "gzip;q=0.5, br, *;q=0" in Accept-Encoding and Accept.

#include <optional>
#include <string_view>

namespace heddle {

/// How much `item` is wanted, in thousandths; 0: refused. nullopt: the list does not name it
/// ("*" is a name like any other). Names compare without case; a `q` that is no number counts as 0,
/// since who sends it cannot have meant "gladly".
std::optional<int> quality_of(std::string_view list, std::string_view item);

}  // namespace heddle
