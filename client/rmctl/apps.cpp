#include "client/rmctl/apps.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "client/rmctl/exit_code.h"
#include "client/rmctl/interrupt.h"
#include "client/rmctl/output.h"
#include "client/rmctl/terminal.h"
#include "common/base/clock.h"
#include "common/base/display.h"
#include "common/base/strings.h"
#include "common/net/http_message.h"

namespace heddle::rmctl {
namespace {

using namespace heddle::literals;

constexpr const char* kApplications = "/ws/v1/cluster/apps";
constexpr Duration kPoll = 100_ms;
constexpr Duration kKillLimit = 60_s;

std::string list_target(const AppListOptions& filter) {
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
    return target;
}

// A limit leaves some out, but never all.
bool is_filtered(const AppListOptions& filter) {
    return !filter.states.empty() || !filter.user.empty() || !filter.queue.empty();
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
                     {"MEMORY MiB", Align::Right, false, 7}, {"ELAPSED", Align::Right, false, 1}};
    for (const ApplicationAnswer& app : applications) {
        table.rows.push_back({app.id, app.name, app.type, app.user, app.queue, outcome(app),
                              std::to_string(static_cast<int>(app.progress)) + " %",
                              app.is_final() ? "-" : std::to_string(app.running_containers),
                              app.is_final() ? "-" : std::to_string(app.memory_mib),
                              human_duration(app.elapsed_ms)});
    }
    print_table(options, table);
}

void print_application(const ApplicationAnswer& app) {
    const std::string resources =
        std::to_string(app.memory_mib) + " MiB, " + count_of(app.vcores, "vcore");
    print_fields({{"ID", app.id},
                  {"Name", without_controls(app.name)},
                  {"Type", without_controls(app.type)},
                  {"User", app.user},
                  {"Queue", app.queue},
                  {"State", app.state},
                  {"Final status", app.final_status},
                  {"Progress", std::to_string(static_cast<int>(app.progress)) + " %"},
                  {"Master on", app.master_node},
                  {"Tracking URL", app.tracking_url},
                  {"Containers", std::to_string(std::max<std::int64_t>(0, app.running_containers))},
                  {"Resources", app.is_final() ? std::string() : resources},
                  {"Started", human_time(app.started_ms)},
                  {"Elapsed", human_duration(app.elapsed_ms)},
                  {"Diagnostics", app.diagnostics}});
}

}  // namespace

Result<int> app_list(const Options& options, const AppListOptions& filter) {
    TRY(Server server, Server::find(options));
    TRY(const std::string body, server.get(list_target(filter), "the list of applications"));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
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
    TRY(const std::string body, server.get(kApplications, "the list of applications"));
    TRY(const auto applications, read_applications(body));
    std::vector<std::string> matches;
    std::vector<std::string_view> known;
    const ApplicationAnswer* last = nullptr;
    for (const ApplicationAnswer& application : applications) {
        if (application.name == id || application.id.starts_with(id) ||
            (application.id.ends_with("_" + id) && !id.empty())) {
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
