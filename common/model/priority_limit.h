#pragma once

// Which priorities users may give their applications in a queue, as one line of text in YARN's
// form: "[user=alice,bob group=ops max_priority=9 default_priority=4] [user=* max_priority=2]".

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/model/queue.h"

namespace heddle {

constexpr std::size_t kPriorityLimitsMax = 100;  // of a queue

/// Errors: InvalidArgument, with the form.
Result<std::vector<PriorityLimit>> parse_priority_limits(std::string_view text);
std::string priority_limits_text(const std::vector<PriorityLimit>& limits);

/// The one that names the user and allows most; null: none names the user.
const PriorityLimit* limit_of(const std::vector<PriorityLimit>& limits, const std::string& user,
                              const std::vector<std::string>& groups);

}  // namespace heddle
