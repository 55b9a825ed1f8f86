#include "client/rmctl/apps.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <tuple>

#include "client/rmctl/amounts.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/interrupt.h"
#include "client/rmctl/json_fields.h"
#include "client/rmctl/output.h"
#include "client/rmctl/terminal.h"
#include "common/base/clock.h"
#include "common/base/display.h"
#include "common/base/iso_time.h"
#include "common/base/strings.h"
#include "common/config/settings.h"
#include "common/net/http_message.h"
#include "common/wire/json.h"

namespace heddle::rmctl {
namespace {

using namespace heddle::literals;

constexpr const char* kApplications = "/ws/v1/cluster/apps";
constexpr Duration kPoll = 100_ms;
constexpr Duration kKillLimit = 60_s;

// Milliseconds since the epoch; empty: not asked.
Result<std::string> time_asked(const char* flag, const std::string& text) {
    if (text.empty()) {
        return text;
    }
    if (const auto time = parse_iso_time(text)) {
        return std::to_string(time->milliseconds);
    }
    const auto ago = config::parse_duration(text);
    if (!ago) {
        return Error{ErrorCode::InvalidArgument,
                     std::string(flag) + " " + text +
                         ": write how long ago, as 90m, or a time as 2026-11-22T16:00:00Z"};
    }
    return std::to_string(wall_now().milliseconds - ago->milliseconds());
}

Result<std::string> list_target(const AppListOptions& filter) {
    std::string target = kApplications;
    char separator = '?';
    const auto add = [&](const std::string& name, const std::string& value) {
        if (!value.empty()) {
            target += separator + name + "=" + net::percent_encode(value);
            separator = '&';
        }
    };
    add("states", join(filter.states, ","));
    add("user", filter.user);
    add("queue", filter.queue);
    add("limit", filter.limit > 0 ? std::to_string(filter.limit) : "");
    add("applicationTypes", join(filter.types, ","));
    add("applicationTags", join(filter.tags, ","));
    add("name", filter.name);
    add("finalStatus", filter.final_status);
    const std::tuple<const char*, const char*, const std::string&> times[] = {
        {"startedTimeBegin", "--started-after", filter.started_after},
        {"startedTimeEnd", "--started-before", filter.started_before},
        {"finishedTimeBegin", "--finished-after", filter.finished_after},
        {"finishedTimeEnd", "--finished-before", filter.finished_before}};
    for (const auto& [name, flag, text] : times) {
        TRY(const std::string time, time_asked(flag, text));
        add(name, time);
    }
    const bool down = filter.sort.starts_with('-');
    add("sort", filter.sort.substr(down ? 1 : 0));
    add("order", filter.sort.empty() ? "" : down ? "desc" : "asc");
    add("page", filter.page > 0 ? std::to_string(filter.page) : "");
    add("fields", join(filter.fields, ","));
    return target;
}

// A limit leaves some out, but never all.
bool is_filtered(const AppListOptions& filter) {
    AppListOptions ordered;
    ordered.limit = filter.limit;
    ordered.sort = filter.sort;
    ordered.fields = filter.fields;
    return list_target(filter).ok() && *list_target(filter) != *list_target(ordered);
}

std::string application_target(const std::string& id) {
    return std::string(kApplications) + "/" + net::percent_encode(id);
}

std::string outcome(const ApplicationAnswer& application) {
    return application.is_final() ? application.final_status : application.state;
}

void print_applications(const Options& options,
                        const std::vector<ApplicationAnswer>& applications) {
    Table table;
    table.columns = {{"ID", Align::Left, false, 0},          {"NAME", Align::Left, true, 0},
                     {"TYPE", Align::Left, true, 6},         {"USER", Align::Left, true, 4},
                     {"QUEUE", Align::Left, true, 3},        {"STATE", Align::Left, false, 0},
                     {"PROGRESS", Align::Right, false, 2},   {"CONTAINERS", Align::Right, false, 5},
                     {"MEMORY MiB", Align::Right, false, 7}, {kOtherColumn, Align::Left, false, 7},
                     {"ELAPSED", Align::Right, false, 1}};
    for (const ApplicationAnswer& app : applications) {
        table.rows.push_back({app.id, app.name, app.type, app.user, app.queue, outcome(app),
                              std::to_string(static_cast<int>(app.progress)) + " %",
                              app.is_final() ? "-" : std::to_string(app.running_containers),
                              app.is_final() ? "-" : std::to_string(app.held.memory_mib),
                              named_text(app.held.named), human_duration(app.elapsed_ms)});
    }
    leave_out_empty(table, kOtherColumn);
    print_table(options, table);
}

// The fields that were asked for, as they came.
Result<int> print_chosen(const Options& options, const std::vector<std::string>& names,
                         std::string_view body) {
    TRY(const wire::Json json, fields::parse(body));
    Table table;
    for (const std::string& name : names) {
        table.columns.push_back({name, Align::Left, true, 0});
    }
    for (const wire::Json& app : fields::list(json, "apps", "app")) {
        std::vector<std::string>& row = table.rows.emplace_back();
        for (const std::string& name : names) {
            const wire::Json* value = app.find(name);
            const std::string* text = value == nullptr ? nullptr : value->string();
            row.push_back(text != nullptr    ? *text
                          : value == nullptr ? std::string()
                                             : wire::JsonWriter().value(*value).text());
        }
    }
    print_table(options, table);
    return kExitDone;
}

// In local time, as the others are.
std::string expiry_text(const ApplicationAnswer& app) {
    const auto time = parse_iso_time(app.expires);
    return time ? human_time(time->milliseconds) : app.expires;
}

void print_application(const ApplicationAnswer& app) {
    print_fields(
        {{"ID", app.id},
         {"Name", without_controls(app.name)},
         {"Type", without_controls(app.type)},
         {"User", app.user},
         {"Queue", app.queue},
         {"Priority", std::to_string(app.priority)},
         {"Tags", without_controls(app.tags)},
         {"State", app.state},
         {"Final status", app.final_status},
         {"Progress", std::to_string(static_cast<int>(app.progress)) + " %"},
         {"Master on", app.master_node},
         {"Tracking URL", app.tracking_url},
         {"Containers", std::to_string(std::max<std::int64_t>(0, app.running_containers))},
         {"Resources", app.is_final() ? std::string() : to_string(app.held)},
         {"Label", app.label},
         {"Master's label", app.master_label == app.label ? std::string() : app.master_label},
         {"Started", human_time(app.started_ms)},
         {"Elapsed", human_duration(app.elapsed_ms)},
         {"Ended at the latest", app.is_final() ? std::string() : expiry_text(app)},
         {"Diagnostics", app.diagnostics}});
}

}  // namespace

Result<int> app_list(const Options& options, const AppListOptions& filter) {
    TRY(Server server, Server::find(options));
    TRY(const std::string target, list_target(filter));
    TRY(const std::string body, server.get(target, "the list of applications"));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    if (!filter.fields.empty() && options.output != OutputForm::Name) {
        return print_chosen(options, filter.fields, body);
    }
    TRY(const auto applications, read_applications(body));
    if (options.output == OutputForm::Name) {
        for (const ApplicationAnswer& application : applications) {
            print(application.id + "\n");
        }
    } else if (applications.empty() && is_filtered(filter)) {
        hint(options, "No application matches; see all with: " + command_text(options, "app list"));
    } else if (applications.empty()) {
        hint(options, "No applications; submit one with: " +
                          command_text(options, "submit -- /bin/sleep 5"));
    } else {
        print_applications(options, applications);
    }
    return kExitDone;
}

Result<int> app_get(const Options& options, const std::string& id) {
    TRY(Server server, Server::find(options));
    TRY(const std::string full, resolve_application(server, id));
    TRY(const std::string body, server.get(application_target(full), "application " + full));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    TRY(const ApplicationAnswer application, read_application(body));
    if (options.output == OutputForm::Name) {
        print(application.id + "\n");
    } else {
        print_application(application);
    }
    return kExitDone;
}

Result<int> app_kill(const Options& options, const std::vector<std::string>& ids) {
    TRY(Server server, Server::find(options));
    for (const std::string& id : ids) {
        TRY(const std::string full, resolve_application(server, id));
        TRY(const ApplicationAnswer before, fetch_application(server, full));
        if (before.is_final()) {
            hint(options, full + " is over already: " + before.final_status);
            continue;
        }
        TRY(server.put(application_target(full) + "/state", R"({"state":"KILLED"})",
                       "kill of " + full));
        TRY(const ApplicationAnswer after,
            wait_for_application(server, full, kKillLimit, [](const ApplicationAnswer&) {}));
        hint(options, full + " is over: " + after.final_status);
    }
    return kExitDone;
}

Result<std::string> resolve_application(Server& server, const std::string& id) {
    if (id.starts_with("application_") && std::count(id.begin(), id.end(), '_') == 2) {
        return id;
    }
    if (id.empty()) {  // a prefix of them all
        return Error{ErrorCode::InvalidArgument,
                     "an empty id means no application; see them with: rmctl app list"};
    }
    TRY(const std::string body, server.get(kApplications, "the list of applications"));
    TRY(const auto applications, read_applications(body));
    std::vector<std::string> matches;
    std::vector<std::string_view> known;
    const ApplicationAnswer* last = nullptr;
    for (const ApplicationAnswer& application : applications) {
        if (application.name == id || application.id.starts_with(id) ||
            application.id.ends_with("_" + id)) {
            matches.push_back(application.id);
        }
        known.emplace_back(application.id);
        known.emplace_back(application.name);
        if (last == nullptr || application.started_ms > last->started_ms ||
            (application.started_ms == last->started_ms && application.id > last->id)) {
            last = &application;
        }
    }
    if (id == "last" && last != nullptr) {
        return last->id;
    }
    if (matches.size() == 1) {
        return matches[0];
    }
    if (matches.empty()) {
        return Error{ErrorCode::NotFound, "no application '" + id + "'" + did_you_mean(id, known) +
                                              "; see them with: rmctl app list"};
    }
    return Error{ErrorCode::InvalidArgument, "'" + id + "' means several applications: " +
                                                 join(matches, ", ") + "; write the id in full"};
}

Result<ApplicationAnswer> fetch_application(Server& server, const std::string& id) {
    TRY(const std::string body, server.get(application_target(id), "application " + id));
    return read_application(body);
}

Result<ApplicationAnswer> wait_for_application(
    Server& server, const std::string& id, Duration limit,
    const std::function<void(const ApplicationAnswer&)>& on_poll) {
    const TimePoint started = monotonic_now();
    TimePoint answered = started;
    for (;;) {
        const auto application = fetch_application(server, id);
        const TimePoint now = monotonic_now();
        if (application.ok()) {
            answered = now;
            on_poll(*application);
            if (application->is_final()) {
                return *application;
            }
        } else if (application.error().code != ErrorCode::Unavailable ||
                   now - answered > kServerAway) {
            return application.error();
        }
        if (interrupted()) {
            return Error{ErrorCode::Cancelled, "interrupted; " + id + " goes on"};
        }
        if (limit > Duration{} && now - started > limit) {
            return Error{
                ErrorCode::Timeout,
                id + " is not over after " + human_duration(limit.milliseconds()) + "; it goes on"};
        }
        std::this_thread::sleep_for(std::chrono::microseconds(kPoll.microseconds));
    }
}

int exit_code_of(const ApplicationAnswer& application) {
    return application.final_status == "SUCCEEDED" ? kExitDone : kExitApplicationFailed;
}

}  // namespace heddle::rmctl
