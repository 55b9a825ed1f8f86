#pragma once

// Dates as YARN's REST writes them: "2026-11-24T18:05:00.000+0000".

#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.h"

namespace heddle {

/// In UTC, with milliseconds.
std::string iso_time(WallTime time);

/// With or without a fraction; the zone is Z, +hhmm or +hh:mm. Nothing: not of this form, or no
/// such day or hour.
std::optional<WallTime> parse_iso_time(std::string_view text);

}  // namespace heddle
