#pragma once

// Text that holds JSON objects one after another, or one array of them, cut into its objects.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/wire/json.h"

namespace heddle::simulator {

/// Calls `take` for each object with the line on which it begins; its error gets that line in
/// front. Errors: InvalidArgument with the line.
Status each_object(std::string_view text, const std::function<Status(const wire::Json&)>& take);

Error at_line(std::size_t line, const std::string& what);

}  // namespace heddle::simulator
