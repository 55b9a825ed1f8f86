#pragma once

// rmctl app: list, get, kill, and waiting for an application's end.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/rmctl/answers.h"
#include "client/rmctl/options.h"
#include "client/rmctl/server.h"
#include "client/rmctl/table.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/wire/json.h"

namespace heddle::rmctl {

struct AppListOptions {
    std::vector<std::string> states;
    std::string user;
    std::string queue;
    int limit = 0;  // 0: all
    std::vector<std::string> types;
    std::vector<std::string> tags;
    std::string name;
    std::string final_status;
    // "2h" (that long ago), or a time in ISO 8601.
    std::string started_after;
    std::string started_before;
    std::string finished_after;
    std::string finished_before;
    std::string sort;                 // a field, with '-' before it the other way round
    int page = 0;                     // from 1; 0: the first
    std::vector<std::string> fields;  // columns in place of the usual ones
};

Result<int> app_list(const Options& options, const AppListOptions& filter);
Result<int> app_get(const Options& options, const std::string& id);
/// Why it waits, or why one of its asks does; ask 0 is the master's container.
Result<int> app_explain(const Options& options, const std::string& id, std::optional<int> ask);
/// Those that wait, and how many for what. An empty reason: for whatever; limit 0: the server's.
Result<int> app_waiting(const Options& options, const std::string& reason, int limit);
// What people read of that answer.
Table waiting_table(const wire::Json& json);
Table reasons_table(const wire::Json& json);
/// Asks for the end and waits until the application is over.
Result<int> app_kill(const Options& options, const std::vector<std::string>& ids);

/// The full id that `id` means: itself, "last", or a prefix or name that only one application has.
/// Errors: NotFound with a near miss, InvalidArgument when several match.
Result<std::string> resolve_application(Server& server, const std::string& id);

Result<ApplicationAnswer> fetch_application(Server& server, const std::string& id);

/// Polls until the application is over, calling `on_poll` each time. A server that is restarting
/// does not end the wait. Errors: Timeout after `limit` (zero: none), Cancelled on an interrupt.
Result<ApplicationAnswer> wait_for_application(
    Server& server, const std::string& id, Duration limit,
    const std::function<void(const ApplicationAnswer&)>& on_poll);

/// kExitDone for a success, kExitApplicationFailed else.
int exit_code_of(const ApplicationAnswer& application);

}  // namespace heddle::rmctl
