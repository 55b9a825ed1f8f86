#pragma once

// Who is in which group, as the configuration says it for some users, and the system for the
// others.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace heddle::rm {

/// By user; the first group is the primary one.
using StaticGroups = std::map<std::string, std::vector<std::string>>;

/// "ada=staff,ops;bob=dev;eve=": as Hadoop's hadoop.user.group.static.mapping.overrides. A user may
/// be given no group. Errors: InvalidArgument saying what is wrong with which entry.
Result<StaticGroups> parse_static_groups(std::string_view text);

}  // namespace heddle::rm
