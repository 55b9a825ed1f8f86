#include "client/rmctl/submit.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>

#include "client/rmctl/amounts.h"
#include "client/rmctl/answers.h"
#include "client/rmctl/apps.h"
#include "client/rmctl/artifacts.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/logs.h"
#include "client/rmctl/output.h"
#include "client/rmctl/program.h"
#include "client/rmctl/server.h"
#include "client/rmctl/terminal.h"
#include "common/base/strings.h"
#include "common/fs/file_systems.h"
#include "common/model/application.h"
#include "common/net/http_message.h"
#include "common/rdd/registry.h"
#include "common/rdd/setting_names.h"
#include "common/wire/endpoint_file.h"
#include "common/wire/json.h"

namespace heddle::rmctl {
namespace {

constexpr std::int64_t kDriverMemoryMib = 1024;
constexpr std::int64_t kCommandMemoryMib = 256;

// What is sent, worked out from the command line.
struct Submission {
    ApplicationKind kind = ApplicationKind::Command;
    std::string name;
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;
    std::vector<LocalArtifact> artifacts;
    std::int64_t memory_mib = 0;
    NamedCounts named;
};

std::string file_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

Result<ApplicationKind> kind_of(const SubmitOptions& what, const ProgramFile& program,
                                const std::string& path) {
    if (what.kind.empty()) {
        return program.runtime_version.has_value() ? ApplicationKind::Rdd
                                                   : ApplicationKind::Command;
    }
    const auto kind = parse_application_kind(what.kind);
    if (!kind) {
        return Error{ErrorCode::InvalidArgument,
                     "--kind " + what.kind + ": write rdd, master or command"};
    }
    if (*kind == ApplicationKind::Rdd && !program.runtime_version) {
        return Error{ErrorCode::InvalidArgument,
                     "'" + path +
                         "' is no Heddle program: it does not link Heddle::client; submit it "
                         "with --kind command"};
    }
    return *kind;
}

Status check_version(const ProgramFile& program, const std::string& path) {
    if (!program.runtime_version || *program.runtime_version == rdd::kRuntimeVersion) {
        return {};
    }
    return Error{ErrorCode::InvalidArgument,
                 "'" + path + "' was built against runtime version " +
                     std::to_string(*program.runtime_version) + ", this rmctl is of version " +
                     std::to_string(rdd::kRuntimeVersion) + "; build the program anew"};
}

Status add_pairs(const std::vector<std::string>& pairs, const char* flag,
                 std::map<std::string, std::string>& out) {
    for (const std::string& pair : pairs) {
        const auto equals = pair.find('=');
        if (equals == 0 || equals == std::string::npos) {
            return Error{ErrorCode::InvalidArgument,
                         std::string(flag) + " " + pair + ": write NAME=VALUE"};
        }
        out[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    return {};
}

Result<std::int64_t> memory_in_mib(const std::string& flag, const std::string& text,
                                   std::int64_t otherwise) {
    if (text.empty()) {
        return otherwise;
    }
    const auto mib = parse_memory(text);
    if (!mib) {
        return Error{ErrorCode::InvalidArgument, flag + ": " + mib.error().message};
    }
    return *mib;
}

// The settings of the driver: flags first, so that --conf may override them.
Result<std::string> settings_text(const SubmitOptions& what) {
    std::map<std::string, std::string> settings;
    if (what.executors > 0) {
        settings["executor.instances"] = std::to_string(what.executors);
    }
    if (what.executor_cores > 0) {
        settings["executor.cores"] = std::to_string(what.executor_cores);
    }
    if (!what.executor_memory.empty()) {
        TRY(const std::int64_t mib, memory_in_mib("--executor-memory", what.executor_memory, 0));
        settings["executor.memory"] = std::to_string(mib) + "m";
    }
    TRY(add_pairs(what.settings, "--conf", settings));
    std::string text;
    for (const auto& [key, value] : settings) {
        text += key + "=" + value + "\n";
    }
    return text;
}

Status add_program(const std::string& path, const ProgramFile& program, Submission& out) {
    const std::string name = file_name(path);
    out.artifacts.push_back({path, name, true, 0, {}});
    out.argv[0] = "./" + name;
    if (program.elf && program.dynamic) {
        TRY(const auto libraries, shared_objects_to_ship(path));
        for (const std::string& library : libraries) {
            out.artifacts.push_back({library, file_name(library), false, 0, {}});
        }
        if (!libraries.empty()) {
            out.environment["LD_LIBRARY_PATH"] = ".";
        }
    }
    return {};
}

// A command that every machine has is started where it is; a program of the user travels along.
bool travels(ApplicationKind kind, const std::string& argument, const std::string& path) {
    if (kind != ApplicationKind::Command) {
        return true;
    }
    std::error_code failed;
    const std::string real = std::filesystem::canonical(path, failed).string();
    return argument.find('/') != std::string::npos && !real.starts_with("/usr/") &&
           !real.starts_with("/bin/") && !real.starts_with("/sbin/");
}

// Seconds that the server counts in; what is less than one is one.
std::int64_t whole_seconds(Duration time) {
    return (time.milliseconds() + 999) / 1000;
}

Status add_size(const SubmitOptions& what, Submission& out) {
    const auto named = parse_named_counts(what.resources);
    if (!named) {
        return Error{ErrorCode::InvalidArgument, "--resource " + named.error().message};
    }
    out.named = *named;
    TRY(out.memory_mib,
        memory_in_mib("--memory (--driver-memory)", what.driver_memory,
                      out.kind == ApplicationKind::Command ? kCommandMemoryMib : kDriverMemoryMib));
    return {};
}

Result<Submission> work_out(const SubmitOptions& what) {
    Submission out;
    out.argv = what.command;
    TRY(add_pairs(what.environment, "--env", out.environment));
    TRY(const std::string path, find_program(what.command[0]));
    TRY(const ProgramFile program, inspect_program(path));
    TRY(check_version(program, path));
    TRY(out.kind, kind_of(what, program, path));
    if (travels(out.kind, what.command[0], path)) {
        TRY(add_program(path, program, out));
    }
    for (const std::string& file : what.files) {
        const auto hash = file.rfind('#');
        const std::string source = file.substr(0, hash);
        out.artifacts.push_back(
            {source,
             hash == std::string::npos ? file_name(source) : file.substr(hash + 1),
             false,
             0,
             {}});
    }
    if (out.kind == ApplicationKind::Rdd) {
        TRY(const std::string settings, settings_text(what));
        if (!settings.empty()) {
            out.environment[kSettingsVariable] = settings;
        }
    }
    out.name = what.name.empty() ? file_name(path) : what.name;
    TRY(add_size(what, out));
    return out;
}

// Its master is started by somebody else, with the token that the manager has for it.
Result<Submission> work_out_unmanaged(const SubmitOptions& what) {
    if (!what.command.empty() || !what.files.empty()) {
        return Error{ErrorCode::InvalidArgument,
                     "--unmanaged: nothing is started, so leave the program and --files out"};
    }
    Submission out;
    out.kind = ApplicationKind::Master;
    out.name = what.name.empty() ? "unmanaged" : what.name;
    TRY(add_size(what, out));
    return out;
}

void write_accesses(wire::JsonWriter& json, const SubmitOptions& what) {
    json.key("application-acls").begin_object().key("entry").begin_array();
    const std::pair<const char*, const std::string&> lists[] = {{"VIEW_APP", what.viewers},
                                                                {"MODIFY_APP", what.modifiers}};
    for (const auto& [right, names] : lists) {
        if (!names.empty()) {
            json.begin_object().member("key", right).member("value", names).end_object();
        }
    }
    json.end_array().end_object();
}

void write_wishes(wire::JsonWriter& json, const SubmitOptions& what) {
    if (!what.label.empty()) {
        json.member("app-node-label-expression", what.label);
    }
    if (!what.master_label.empty()) {
        json.member("am-container-node-label-expression", what.master_label);
    }
    if (what.lifetime) {
        json.key("application-timeouts").begin_object().key("entry").begin_array().begin_object();
        json.member("key", "LIFETIME").member("value", whole_seconds(*what.lifetime));
        json.end_object().end_array().end_object();
    }
    if (what.pending_limit) {
        json.member("heddle-pending-limit", whole_seconds(*what.pending_limit));
    }
    if (what.failures_validity) {
        json.member("attempt-failures-validity-interval", what.failures_validity->milliseconds());
    }
    if (what.keep_containers) {
        json.member("keep-containers-across-application-attempts", true);
    }
    if (what.unmanaged) {
        json.member("unmanaged-AM", true);
    }
    if (!what.type.empty()) {
        json.member("application-type", what.type);
    }
    if (!what.master_blacklist.empty() || what.master_blacklist_below) {
        json.key("am-black-listing-requests").begin_object();
        json.member("am-black-listing-enabled", what.master_blacklist != "off");
        if (what.master_blacklist_below) {
            json.member("disable-failure-threshold", *what.master_blacklist_below);
        }
        json.end_object();
    }
}

std::string body_of(const Submission& submission, const SubmitOptions& what,
                    const std::string& id) {
    wire::JsonWriter json;
    json.begin_object();
    json.member("application-id", id).member("application-name", submission.name);
    json.member("heddle-kind", to_string(submission.kind));
    if (!what.queue.empty()) {
        json.member("queue", what.queue);
    }
    if (what.priority != 0) {
        json.member("priority", what.priority);
    }
    if (what.attempts_max > 0) {
        json.member("max-app-attempts", what.attempts_max);
    }
    write_wishes(json, what);
    write_amount(json.key("resource"),
                 Resource{submission.memory_mib, what.driver_cores, submission.named});
    if (!what.tags.empty()) {
        json.key("application-tags").begin_object().key("tag").begin_array();
        for (const std::string& tag : what.tags) {
            json.value(tag);
        }
        json.end_array().end_object();
    }
    json.key("heddle-argv").begin_array();
    for (const std::string& argument : submission.argv) {
        json.value(argument);
    }
    json.end_array();
    json.key("am-container-spec").begin_object();
    write_accesses(json, what);
    json.key("environment").begin_object().key("entry").begin_array();
    for (const auto& [name, value] : submission.environment) {
        json.begin_object().member("key", name).member("value", value).end_object();
    }
    json.end_array().end_object();
    json.key("local-resources").begin_object().key("entry").begin_array();
    for (const LocalArtifact& artifact : submission.artifacts) {
        json.begin_object().member("key", artifact.name).key("value").begin_object();
        json.member("resource", "heddle:sha256/" + artifact.sha256);
        json.member("type", "FILE").member("visibility", "APPLICATION");
        json.member("size", artifact.size).member("timestamp", 0);
        json.member("heddle-executable", artifact.executable);
        json.end_object().end_object();
    }
    json.end_array().end_object().end_object().end_object();
    return std::move(json).take();
}

void say_uploaded(const Options& options, const UploadReport& report) {
    const auto text = [](std::uint64_t bytes) {
        return human_bytes(static_cast<std::int64_t>(bytes));
    };
    std::string line = "Uploaded " + std::to_string(report.bytes_sent) + " bytes";
    if (report.bytes_present > 0) {
        line += "; " + text(report.bytes_present) + " were on the cluster already";
    }
    hint(options, line);
}

// "stage 7 12/16 sort_by_key at rank.cpp:120 · 5 stages done": a narrow terminal cuts the end off,
// so what changes comes first.
std::string stages_line(const std::vector<StageAnswer>& stages) {
    std::string line;
    std::size_t done = 0;
    int shown = 0;
    for (const StageAnswer& stage : stages) {
        if (stage.status == "COMPLETE" || stage.status == "SKIPPED") {
            ++done;
        } else if (stage.status == "ACTIVE" && shown++ < 3) {
            line += " · stage " + std::to_string(stage.id) + " " +
                    std::to_string(stage.tasks_complete) + "/" + std::to_string(stage.tasks);
            if (stage.tasks_failed > 0) {
                line += " (" + std::to_string(stage.tasks_failed) + " failed)";
            }
            line += " " + stage.name;
        }
    }
    return line + " · " + std::to_string(done) + " stages done";
}

// Shows where an application stands, and with --follow its output, until it is over.
Result<int> watch(const Options& options, Server& server, const std::string& id,
                  const SubmitOptions& what) {
    Progress progress(options.quiet);
    std::unique_ptr<LogFollower> follower;
    std::string followed;
    const auto on_poll = [&](const ApplicationAnswer& app) {
        if (what.follow && !app.master_container.empty() && app.master_container != followed) {
            followed = app.master_container;
            follower.reset();
            follower = std::make_unique<LogFollower>(server, followed, standard_streams(),
                                                     [&] { progress.clear(); });
        }
        std::vector<StageAnswer> stages;
        if (app.state == "RUNNING") {
            const auto body = server.get(
                "/api/v1/applications/" + net::percent_encode(id) + "/stages", "stages of " + id);
            auto found = body.ok() ? read_stages(*body) : body.error();
            stages = found.ok() ? std::move(found).value() : std::move(stages);
        }
        progress.show(progress_text(app, stages));
    };
    const auto end = wait_for_application(server, id, what.timeout, on_poll);
    if (follower != nullptr && end.ok()) {
        (void)follower->finish(5);  // the application's end says more than a missing log
    }
    follower.reset();
    progress.clear();
    if (!end) {
        Error error = end.error();
        error.message += "; see it with: " + command_text(options, "app get " + id) +
                         ", end it with: " + command_text(options, "app kill " + id);
        return error;
    }
    hint(options,
         id + " is over: " + end->final_status + " after " + human_duration(end->elapsed_ms));
    if (end->final_status != "SUCCEEDED") {
        say(end->diagnostics.empty() ? "It left no diagnostics" : end->diagnostics);
        hint(options, "Its output: " + command_text(options, "app logs " + id));
    }
    return exit_code_of(*end);
}

// "http://127.0.0.1:8088" as programs write it: "heddle://127.0.0.1:8088".
std::string master_of(const Server& server) {
    const std::string& address = server.address();
    const auto scheme = address.find("://");
    return scheme == std::string::npos ? address : "heddle" + address.substr(scheme);
}

Result<int> run_as_client(const Options& options, const SubmitOptions& what) {
    TRY(const std::string path, find_program(what.command[0]));
    TRY(const ProgramFile program, inspect_program(path));
    TRY(check_version(program, path));
    TRY(const Server server, Server::find(options));
    TRY(const std::string settings, settings_text(what));
    std::map<std::string, std::string> environment;
    TRY(add_pairs(what.environment, "--env", environment));
    environment[kMasterVariable] = master_of(server);
    environment[wire::kServerEnvironment] = server.address();
    environment[wire::kTokenFileEnvironment] = server.token_file();
    if (!settings.empty()) {
        environment[kSettingsVariable] = settings;
    }
    for (const auto& [name, value] : environment) {
        setenv(name.c_str(), value.c_str(), 1);
    }
    std::vector<std::string> arguments = what.command;
    std::vector<char*> argv;
    for (std::string& argument : arguments) {
        argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    execv(path.c_str(), argv.data());
    return errno_error("cannot start " + path);
}

}  // namespace

std::string progress_text(const ApplicationAnswer& application,
                          const std::vector<StageAnswer>& stages) {
    std::string line =
        application.id.substr(application.id.rfind('_') + 1) + " " + application.state;
    if (application.state == "ACCEPTED" && !application.diagnostics.empty()) {
        return line + ": " + application.diagnostics;
    }
    if (application.state == "RUNNING" && !stages.empty()) {
        line += stages_line(stages);
    }
    return line;
}

Status check_settings(const std::vector<std::string>& pairs) {
    std::map<std::string, std::string> settings;
    TRY(add_pairs(pairs, "--conf", settings));
    for (const auto& [name, value] : settings) {
        const Status known = rdd::check_setting_name(name);
        if (!known) {
            return Error{known.error().code, "--conf " + name + ": " + known.error().message};
        }
        if (fs::is_setting(name) && fs::is_secret(name)) {
            say("warning: --conf " + name +
                " is kept with the application, where others may see it; use a file of "
                "credentials instead");
        }
        if (name.starts_with("spark.") && !rdd::is_setting(name) && !fs::is_known(name)) {
            say("warning: --conf " + name +
                " means nothing to Heddle; the program alone may read it");
        }
    }
    return {};
}

Result<int> submit(const Options& options, const SubmitOptions& what) {
    TRY(check_settings(what.settings));
    if (!what.master.empty()) {
        say("warning: --master " + what.master +
            " is ignored; the cluster is the one of --server or HEDDLE_SERVER");
    }
    if (what.deploy_mode == "client" && what.unmanaged) {
        return Error{ErrorCode::InvalidArgument,
                     "--unmanaged starts nothing, --deploy-mode client a driver here; choose one"};
    }
    if (what.deploy_mode == "client") {
        return run_as_client(options, what);
    }
    TRY(Submission submission, what.unmanaged ? work_out_unmanaged(what) : work_out(what));
    TRY(Server server, Server::find(options));
    // An id that a dying manager has offered and nobody heard of is one number less, no more.
    const auto ask_id = [&] {
        return server.post("/ws/v1/cluster/apps/new-application", "", "a new application");
    };
    TRY(const std::string offer, until_answered(options, server, ask_id, kServerStarting));
    TRY(const NewApplicationAnswer fresh, read_new_application(offer));
    TRY(const UploadReport report, until_answered(options, server, [&] {
            return upload_artifacts(options, server, submission.artifacts);
        }));
    if (!submission.artifacts.empty()) {
        say_uploaded(options, report);
    }
    if (submission.kind == ApplicationKind::Rdd) {
        submission.environment[kMasterVariable] = master_of(server);
    }
    TRY(until_answered(options, server, [&] {
        return server.post("/ws/v1/cluster/apps", body_of(submission, what, fresh.id),
                           "submission of '" + submission.name + "'");
    }));
    if (options.output == OutputForm::Json) {
        wire::JsonWriter json;
        json.begin_object().member("application-id", fresh.id);
        json.member("uploaded-bytes", report.bytes_sent).end_object();
        print_json(json.text());
    } else if (options.output == OutputForm::Name || (!what.wait && !what.follow)) {
        print(fresh.id + "\n");
    } else {
        hint(options, "Submitted " + fresh.id);
    }
    if (what.wait || what.follow) {
        return watch(options, server, fresh.id, what);
    }
    hint(options, "See it with: " + command_text(options, "app get " + fresh.id) +
                      "; its output: " + command_text(options, "app logs -f " + fresh.id));
    return kExitDone;
}

}  // namespace heddle::rmctl
