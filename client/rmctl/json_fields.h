#pragma once

// Fields of servers' answers. Servers may leave a field out or give it another type; what is shown
// is then empty or 0.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/wire/json.h"

namespace heddle::rmctl::fields {

/// Errors: DataLoss when it is no JSON.
Result<wire::Json> parse(std::string_view body);

std::string text(const wire::Json& json, std::string_view key);
std::int64_t number(const wire::Json& json, std::string_view key);
double real(const wire::Json& json, std::string_view key);
bool flag(const wire::Json& json, std::string_view key);

/// The member `inner` of the member `outer` (empty: of `json`): an array, one object in place of an
/// array, or nothing.
std::vector<wire::Json> list(const wire::Json& json, std::string_view outer,
                             std::string_view inner);

}  // namespace heddle::rmctl::fields
