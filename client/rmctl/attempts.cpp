#include "client/rmctl/attempts.h"

#include "client/rmctl/amounts.h"
#include "client/rmctl/apps.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/json_fields.h"
#include "client/rmctl/output.h"
#include "client/rmctl/server.h"
#include "client/rmctl/table.h"
#include "client/rmctl/verbs.h"
#include "common/net/http_message.h"

namespace heddle::rmctl {
namespace {

constexpr const char* kNoAttempt = ": no attempt has begun yet";

std::string attempts_of(const std::string& application) {
    return "/ws/v1/cluster/apps/" + net::percent_encode(application) + "/appattempts";
}

// "appattempt_1_0007_000002" is one of "application_1_0007".
std::string application_of(const std::string& attempt) {
    const std::string rest = attempt.substr(std::string("appattempt_").size());
    return "application_" + rest.substr(0, rest.rfind('_'));
}

}  // namespace

Table attempt_table(const wire::Json& json) {
    Table table;
    table.columns = {{"ID", Align::Left, false, 0},      {"STATE", Align::Left, false, 0},
                     {"MASTER", Align::Left, true, 1},   {"NODE", Align::Left, true, 2},
                     {"STARTED", Align::Left, false, 3}, {"DIAGNOSTICS", Align::Left, true, 4}};
    for (const wire::Json& one : fields::list(json, "appAttempts", "appAttempt")) {
        table.rows.push_back(
            {fields::text(one, "appAttemptId"), fields::text(one, "appAttemptState"),
             fields::text(one, "containerId"), fields::text(one, "nodeId"),
             human_time(fields::number(one, "startTime")), fields::text(one, "diagnosticsInfo")});
    }
    return table;
}

Table container_table(const wire::Json& json) {
    Table table;
    table.columns = {{"ID", Align::Left, false, 0},      {"STATE", Align::Left, false, 0},
                     {"NODE", Align::Left, true, 0},     {"MEMORY MiB", Align::Right, false, 1},
                     {"VCORES", Align::Right, false, 2}, {kOtherColumn, Align::Left, false, 2},
                     {"EXIT", Align::Right, false, 3},   {"STARTED", Align::Left, false, 4}};
    for (const wire::Json& one : fields::list(json, "", "container")) {
        const bool over = fields::text(one, "containerState") == "COMPLETE";
        table.rows.push_back(
            {fields::text(one, "containerId"), fields::text(one, "containerState"),
             fields::text(one, "assignedNodeId"),
             std::to_string(fields::number(one, "allocatedMB")),
             std::to_string(fields::number(one, "allocatedVCores")),
             named_text(amount_in(fields::list(one, "", "allocatedResources")).named),
             over ? std::to_string(fields::number(one, "containerExitStatus")) : "-",
             human_time(fields::number(one, "startedTime"))});
    }
    leave_out_empty(table, kOtherColumn);
    return table;
}

Result<int> attempt_list(const Options& options, const std::string& application) {
    TRY(Server server, Server::find(options));
    TRY(const std::string full, resolve_application(server, application));
    return shown(options, server, attempts_of(full), "attempts of " + full,
                 [&](const wire::Json& json) {
                     return print_rows(options, attempt_table(json), full + kNoAttempt);
                 });
}

Result<int> container_list(const Options& options, const std::string& id) {
    TRY(Server server, Server::find(options));
    std::string attempt = id;
    if (!id.starts_with("appattempt_")) {
        TRY(const std::string full, resolve_application(server, id));
        TRY(const std::string body, server.get(attempts_of(full), "attempts of " + full));
        TRY(const auto attempts, read_attempts(body));
        if (attempts.empty()) {
            if (options.output == OutputForm::Json) {
                print_json("{}");
            }
            hint(options, full + kNoAttempt);
            return kExitDone;
        }
        attempt = attempts.back().id;
    }
    return shown(
        options, server,
        attempts_of(application_of(attempt)) + "/" + net::percent_encode(attempt) + "/containers",
        "containers of " + attempt, [&](const wire::Json& json) {
            return print_rows(options, container_table(json), attempt + " has no containers");
        });
}

}  // namespace heddle::rmctl
