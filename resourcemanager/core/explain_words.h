#pragma once

// The words that explanations are made of: amounts, counts and times as people read them.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/resource.h"
#include "common/base/time.h"

namespace heddle::rm {

/// "512 MiB", "8 GiB", "5.2 GiB" (never more than there is).
std::string memory_text(std::int64_t mebibytes);
/// "8 GiB, 2 vcores"
std::string size_text(const Resource& size);
/// "8 GiB", "2 vcores", "8 GiB and 2 vcores": the dimensions that are not zero.
std::string parts_text(const Resource& size);
/// "1 container", "1,200 containers"
std::string count_text(std::int64_t count, std::string_view noun);
/// "less than a second", "40 s", "4 min", "3 h"
std::string time_text(Duration time);

/// " on nodes labelled gpu"; of no label, nothing.
std::string on_label(std::string_view label);

}  // namespace heddle::rm
