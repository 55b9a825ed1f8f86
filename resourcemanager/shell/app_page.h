#pragma once

// Which part of the list of applications is sent, in which order, and which of their fields: our
// own parameters beside YARN's filters. Without them the list is YARN's.

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "resourcemanager/core/views.h"
#include "resourcemanager/shell/router.h"

namespace heddle::rm {

using AppRef = std::shared_ptr<const ApplicationView>;  // shared with the snapshot

struct AppPage {
    std::string sort = "id";
    bool descending = true;  // newest first, as YARN's pages show them
    std::int64_t offset = 0;
    std::set<std::string> fields;  // empty: all

    /// The part of `apps` (in id order) that is sent, at most `limit`.
    std::vector<AppRef> cut(std::vector<AppRef> apps, std::int64_t limit, WallTime now) const;
};

/// `sort`, `order` (asc, desc), `offset`, `page` (from 1, of `limit` each), `fields`. Errors:
/// InvalidArgument naming the parameter.
Result<AppPage> parse_app_page(const Call& call, std::int64_t limit);

/// The members of the JSON object `app` that are chosen; all of it if none are.
Result<std::string> chosen_fields(std::string app, const std::set<std::string>& fields);

}  // namespace heddle::rm
