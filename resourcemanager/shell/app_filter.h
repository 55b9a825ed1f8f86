#pragma once

// Which applications a query of GET /ws/v1/cluster/apps asks for.

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "common/base/result.h"
#include "resourcemanager/core/views.h"
#include "resourcemanager/shell/json_views.h"
#include "resourcemanager/shell/router.h"

namespace heddle::rm {

struct AppFilter {
    std::set<std::string> states;  // YARN's names; empty: all
    std::set<std::string> types;   // lower case
    std::set<std::string> tags;    // lower case; one of them is enough
    std::optional<std::string> final_status;
    std::optional<std::string> user;
    std::optional<std::string> queue;  // path or last name
    std::optional<std::string> name;
    std::int64_t started_begin = 0;
    std::int64_t started_end = INT64_MAX;
    std::int64_t finished_begin = 0;  // above 0: only what has finished
    std::int64_t finished_end = INT64_MAX;
    std::int64_t limit = INT64_MAX;
    AppParts parts;

    bool accepts(const ApplicationView& app) const;
};

/// Errors: InvalidArgument naming the parameter.
Result<AppFilter> parse_app_filter(const Call& call);

/// "RUNNING" and so on, in any case. Errors: InvalidArgument with the states there are.
Result<std::set<std::string>> parse_app_states(std::string_view list);

/// What remains when the parts in the list are left out. Errors: InvalidArgument with their names.
Result<AppParts> parse_deselects(std::string_view list);

}  // namespace heddle::rm
