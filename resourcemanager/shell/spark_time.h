#pragma once

// Dates as Spark's monitoring REST writes and reads them.

#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.h"

namespace heddle::rm {

/// "2015-02-03T16:42:40.000GMT"; one millisecond before 1970 for "not happened", as Spark does.
std::string spark_time(WallTime time);

/// "2015-02-03T16:42:40.000GMT" or "2015-02-03" (midnight GMT). Nothing: another form.
std::optional<WallTime> parse_spark_time(std::string_view text);

}  // namespace heddle::rm
