#include "client/rmctl/config.h"

#include <cerrno>
#include <fstream>
#include <iterator>

#include "client/rmctl/amounts.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/json_fields.h"
#include "client/rmctl/output.h"
#include "client/rmctl/server.h"
#include "common/config/scheduler_file.h"
#include "common/model/queue_check.h"
#include "common/net/http_message.h"
#include "common/wire/yarn_scheduler.h"

namespace heddle::rmctl {
namespace {

constexpr const char* kOtherMax = "OTHER MAX";
constexpr const char* kConfig = "/heddle/v1/scheduler-config";

Result<std::string> file_text(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        const bool missing = errno == ENOENT;
        Error error = errno_error("cannot read '" + path + "'");
        error.code = missing ? ErrorCode::NotFound : ErrorCode::InvalidArgument;
        return error;
    }
    return std::string{std::istreambuf_iterator<char>(in), {}};
}

std::string with_query(std::string target, const std::string& name, const std::string& value) {
    if (value.empty()) {
        return target;
    }
    target += target.find('?') == std::string::npos ? '?' : '&';
    return target + name + "=" + net::percent_encode(value);
}

void print_lines(const Options& options, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
        print(line + "\n");
    }
    if (lines.empty()) {
        hint(options, "No difference");
    }
}

}  // namespace

Table effective_table(const ConfigAnswer& answer) {
    Table table;
    table.columns = {{"QUEUE", Align::Left, true, 0},        {"MEMORY MiB", Align::Right, false, 0},
                     {"VCORES", Align::Right, false, 0},     {kOtherColumn, Align::Left, false, 0},
                     {"MEMORY MAX", Align::Right, false, 1}, {"VCORES MAX", Align::Right, false, 1},
                     {kOtherMax, Align::Left, false, 1}};
    for (const ConfigAnswer::Queue& queue : answer.queues) {
        const std::string on = queue.label.empty() ? "" : " on " + queue.label;
        table.rows.push_back(
            {queue.path + on, std::to_string(queue.guaranteed.memory_mib),
             std::to_string(queue.guaranteed.vcores), named_text(queue.guaranteed.named),
             std::to_string(queue.maximum.memory_mib), std::to_string(queue.maximum.vcores),
             named_text(queue.maximum.named)});
    }
    leave_out_empty(table, kOtherColumn);
    leave_out_empty(table, kOtherMax);
    return table;
}

Result<int> config_show(const Options& options, const ConfigOptions& asked) {
    TRY(Server server, Server::find(options));
    std::string target = with_query(kConfig, "version", asked.version);
    if (options.output != OutputForm::Json) {
        target = with_query(target, "format", "toml");
    }
    TRY(const std::string body, server.get(target, "the scheduler's configuration"));
    if (options.output == OutputForm::Json) {
        print_json(body);
    } else {
        print(body);
    }
    return kExitDone;
}

Result<int> config_validate(const Options& options, const ConfigOptions& asked) {
    TRY(const SchedulerConfig config, config::read_scheduler(asked.file));
    hint(options, asked.file + ": " +
                      count_of(static_cast<long long>(config.queues.size()), "queue") +
                      ", all in order; apply it with: " +
                      command_text(options, "config apply " + asked.file));
    return kExitDone;
}

Result<int> config_apply(const Options& options, const ConfigOptions& asked) {
    TRY(const std::string text, file_text(asked.file));
    TRY(config::parse_scheduler(text, asked.file));  // mistakes are said without a server
    TRY(Server server, Server::find(options));
    std::string target = std::string(kConfig) + (asked.dry_run ? "/dry-run" : "");
    target = with_query(
        with_query(with_query(target, "expected_version", asked.version), "note", asked.note),
        "name", asked.file);
    const std::string what = "the configuration in " + asked.file;
    TRY(const std::string body, asked.dry_run ? server.post(target, text, what, kTomlType)
                                              : server.put(target, text, what, kTomlType));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    TRY(const ConfigAnswer answer, read_config(body));
    print_lines(options, answer.lines);
    if (asked.dry_run) {
        print_table(options, effective_table(answer));
        hint(options, "Nothing was changed");
    } else {
        hint(options, "Version " + std::to_string(answer.version) + " holds");
    }
    return kExitDone;
}

Result<int> config_diff(const Options& options, const ConfigOptions& asked) {
    TRY(Server server, Server::find(options));
    const std::string target = with_query(
        with_query(std::string(kConfig) + "/diff", "from", asked.from), "to", asked.version);
    TRY(const std::string body, server.get(target, "the difference"));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    TRY(const ConfigAnswer answer, read_config(body));
    print_lines(options, answer.lines);
    return kExitDone;
}

Result<int> config_history(const Options& options) {
    TRY(Server server, Server::find(options));
    TRY(const std::string body,
        server.get(std::string(kConfig) + "/versions", "the versions of the configuration"));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    TRY(const auto versions, read_config_versions(body));
    Table table;
    table.columns = {{"VERSION", Align::Right, false, 0},
                     {"CHANGED", Align::Left, false, 0},
                     {"BY", Align::Left, true, 0},
                     {"CHANGES", Align::Right, false, 1},
                     {"NOTE", Align::Left, true, 2}};
    for (const ConfigVersionAnswer& version : versions) {
        if (options.output == OutputForm::Name) {
            print(std::to_string(version.version) + "\n");
            continue;
        }
        table.rows.push_back(
            {std::to_string(version.version), human_time(version.changed_ms), version.by,
             version.changes < 0 ? "" : std::to_string(version.changes), version.note});
    }
    if (options.output != OutputForm::Name) {
        print_table(options, table);
    }
    return kExitDone;
}

Result<int> config_version(const Options& options) {
    TRY(Server server, Server::find(options));
    TRY(const std::string body,
        server.get("/ws/v1/cluster/scheduler-conf/version", "the version of the configuration"));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    TRY(const wire::Json json, fields::parse(body));
    print(std::to_string(fields::number(json, "versionID")) + "\n");
    return kExitDone;
}

Result<int> config_reset(const Options& options) {
    TRY(Server server, Server::find(options));
    TRY(const std::string body, server.get("/ws/v1/cluster/scheduler-conf/format",
                                           "the configuration in the manager's file"));
    if (options.output == OutputForm::Json) {
        print_json("{\"message\":" + wire::quote_json(body) + "}");
    } else {
        hint(options, "What the manager's file says holds again; see it with: " +
                          command_text(options, "config diff"));
    }
    return kExitDone;
}

Result<int> config_rollback(const Options& options, const ConfigOptions& asked) {
    TRY(Server server, Server::find(options));
    TRY(const std::string body,
        server.post(with_query(std::string(kConfig) + "/rollback", "version", asked.version), "",
                    "version " + asked.version));
    if (options.output == OutputForm::Json) {
        print_json(body);
        return kExitDone;
    }
    TRY(const ConfigAnswer answer, read_config(body));
    print_lines(options, answer.lines);
    hint(options, "Version " + std::to_string(answer.version) + " holds, with the content of " +
                      asked.version);
    return kExitDone;
}

Result<int> config_migrate(const Options&, const ConfigOptions& asked) {
    TRY(const std::string text, file_text(asked.file));
    auto properties = wire::parse_yarn_xml(text);
    if (!properties) {
        return Error{ErrorCode::InvalidArgument,
                     "'" + asked.file + "': " + properties.error().message};
    }
    const wire::YarnMigration migration = wire::scheduler_from_yarn(*properties);
    for (const std::string& line : migration.left_out) {
        say("left out: " + line);
    }
    for (const Mistake& mistake : mistakes_of(migration.config)) {
        say("to be corrected: " + to_string(mistake));
    }
    if (migration.config.queues.empty()) {
        return Error{ErrorCode::InvalidArgument,
                     "'" + asked.file + "' names no queue; is it a capacity-scheduler.xml?"};
    }
    print(config::scheduler_text(migration.config));
    return kExitDone;
}

}  // namespace heddle::rmctl
