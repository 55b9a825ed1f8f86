#pragma once

// The names of an application's settings, for whoever reads them (the driver) and whoever can find
// a typing error before anything is sent (rmctl).

#include <string_view>

#include "common/base/result.h"

namespace heddle::rdd {

/// Our name for `name`: itself, or what one of Spark's names that mean the same stands for.
std::string_view setting_name(std::string_view name);

/// Unknown names are left to whoever knows them, for example a program's own.
bool is_setting(std::string_view name);

/// Errors: InvalidArgument for a name that is none of ours but so near to one that it must be a
/// typing error, with the nearest.
Status check_setting_name(std::string_view name);

}  // namespace heddle::rdd
