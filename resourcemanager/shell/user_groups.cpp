#include "resourcemanager/shell/user_groups.h"

#include <algorithm>

#include "common/base/strings.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kGroupsMax = 4096;  // of one user, as of the system's

Error wrong(std::string_view entry, const std::string& why) {
    return {ErrorCode::InvalidArgument, "'" + std::string(entry) + "': " + why +
                                            "; write user=group,group;user=group, the primary "
                                            "group first"};
}

bool plain(std::string_view name) {
    return !name.empty() && name.find_first_of(" \t*=,;") == std::string_view::npos;
}

}  // namespace

Result<StaticGroups> parse_static_groups(std::string_view text) {
    StaticGroups all;
    for (const std::string_view part : split(text, ';')) {
        const std::string_view entry = trim(part);
        if (entry.empty()) {
            continue;
        }
        const std::size_t equals = entry.find('=');
        const std::string_view user = trim(entry.substr(0, equals));
        if (equals == std::string_view::npos || !plain(user)) {
            return wrong(entry, "no user before '='");
        }
        std::vector<std::string> groups;
        for (const std::string_view group : split(entry.substr(equals + 1), ',')) {
            const std::string name(trim(group));
            if (name.empty() && trim(entry.substr(equals + 1)).empty()) {
                break;  // none at all
            }
            if (!plain(name) || std::ranges::find(groups, name) != groups.end()) {
                return wrong(entry, "'" + name + "' is no name of a group, or stands there twice");
            }
            groups.push_back(name);
        }
        if (groups.size() > kGroupsMax) {
            return wrong(entry, "more than " + std::to_string(kGroupsMax) + " groups");
        }
        if (!all.emplace(user, std::move(groups)).second) {
            return wrong(entry, "the user is given twice");
        }
    }
    return all;
}

}  // namespace heddle::rm
