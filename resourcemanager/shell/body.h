#pragma once

// Bodies of YARN's requests: clients write the object with or without the name of its class around
// it.

#include <string_view>

#include "common/base/result.h"
#include "common/wire/json.h"

namespace heddle::rm {

/// The object of that name, or the body itself if there is none.
Result<wire::Json> body_of(std::string_view text, std::string_view root);

}  // namespace heddle::rm
