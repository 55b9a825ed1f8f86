#pragma once

// Durations as people write them in configuration.

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"

namespace heddle {

/// "250ms", "10s", "5m", "2h", "1d". Errors: InvalidArgument.
Result<Duration> parse_duration(std::string_view text);

/// In the largest unit that is exact: "90s", "2h". Requires that it is not negative.
std::string duration_text(Duration duration);

}  // namespace heddle
