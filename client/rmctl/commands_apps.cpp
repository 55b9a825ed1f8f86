// Commands about applications: submitting, looking, changing.

#include <CLI/CLI.hpp>

#include "client/rmctl/app_changes.h"
#include "client/rmctl/attempts.h"
#include "client/rmctl/command_tree.h"
#include "common/config/settings.h"

namespace heddle::rmctl {
namespace {

const CLI::Validator kPositive = whole_number<CLI::Validator>(1, kNoLimit);
const CLI::Validator kPriority = whole_number<CLI::Validator>(-kNoLimit, kNoLimit);
const CLI::Validator kFraction(
    [](std::string& text) {
        double number = 0;
        const bool good = CLI::detail::lexical_cast(text, number) && number >= 0 && number <= 1;
        return good ? std::string() : "'" + text + "' is no number from 0 to 1";
    },
    "");

void add_app_changes(CLI::App& root, Values& values) {
    CLI::App* app = root.get_subcommand("app");
    const char* id = "id, unique name or prefix, or last";
    CLI::App* move = app->add_subcommand("move", "Move an application to another queue");
    move->add_option("id", values.id, id)->required();
    move->add_option("queue", values.to, "path, or unique last name")->required();
    run_by(move, values, [&values] { return app_move(values.options, values.id, values.to); });

    CLI::App* priority = app->add_subcommand("update-priority", "Change its place in its queue");
    priority->add_option("id", values.id, id)->required();
    priority->add_option("priority", values.priority, "higher is served first")
        ->required()
        ->check(kPriority);
    run_by(priority, values,
           [&values] { return app_update_priority(values.options, values.id, values.priority); });

    CLI::App* lifetime = app->add_subcommand("update-lifetime", "Limit how long it may go on");
    lifetime->add_option("id", values.id, id)->required();
    lifetime->add_option("time", values.to, "from now on, for example 30m; none: without end")
        ->required();
    run_by(lifetime, values,
           [&values] { return app_update_lifetime(values.options, values.id, values.to); });

    CLI::App* container = noun(root, "container", "Containers");
    CLI::App* signal = container->add_subcommand("signal", "Send a signal to its processes");
    signal->add_option("id", values.id, "id of the container")->required();
    signal
        ->add_option("command", values.to,
                     "OUTPUT_THREAD_DUMP, GRACEFUL_SHUTDOWN or FORCEFUL_SHUTDOWN")
        ->required();
    CLI::App* containers = container->add_subcommand("list", "List containers");
    containers
        ->add_option("id", values.id, "an attempt's id, or an application's: its last attempt")
        ->required();
    run_by(containers, values, [&values] { return container_list(values.options, values.id); });
    run_by(signal, values,
           [&values] { return container_signal(values.options, values.id, values.to); });

    CLI::App* attempt = noun(root, "attempt", "Attempts of applications");
    CLI::App* attempts = attempt->add_subcommand("list", "List the attempts of an application");
    attempts->add_option("id", values.id, id)->required();
    run_by(attempts, values, [&values] { return attempt_list(values.options, values.id); });
    CLI::App* fail = attempt->add_subcommand("fail", "End it as a failure; the next one follows");
    fail->add_option("id", values.id, "id of the attempt")->required();
    run_by(fail, values, [&values] { return attempt_fail(values.options, values.id); });
}

void add_list_choices(CLI::App* list, AppListOptions& what) {
    list->add_option("--type", what.types, "only these types, comma separated")->delimiter(',');
    list->add_option("--tag", what.tags, "only with one of these tags")->delimiter(',');
    list->add_option("--name", what.name, "only of this name");
    list->add_option("--final-status", what.final_status,
                     "only UNDEFINED, SUCCEEDED, FAILED or KILLED");
    const char* time = "how long ago, as 90m, or a time as 2026-11-22T16:00:00Z";
    list->add_option("--started-after", what.started_after, time);
    list->add_option("--started-before", what.started_before, time);
    list->add_option("--finished-after", what.finished_after, time);
    list->add_option("--finished-before", what.finished_before, time);
    list->add_option("--sort", what.sort,
                     "by a field of the JSON, as startedTime; -startedTime: the other way round");
    list->add_option("--page", what.page, "with --limit: which one, from 1")->check(kPositive);
    list->add_option("--fields", what.fields, "fields of the JSON to show, comma separated")
        ->delimiter(',');
}

void add_wishes(CLI::App* command, SubmitOptions& what) {
    command->add_option("--label", what.label, "label of the nodes for its containers");
    command->add_option("--master-label", what.master_label, "for its master's, if another one");
    const auto add_time = [&](const char* flag, std::optional<Duration>& out, const char* help) {
        command
            ->add_option_function<std::string>(
                flag,
                [&out, flag](const std::string& text) {
                    const auto time = config::parse_duration(text);
                    if (!time || time->microseconds <= 0) {
                        throw CLI::ValidationError(flag, "write a time above 0, for example 30m");
                    }
                    out = *time;
                },
                help)
            ->type_name("TIME");
    };
    add_time("--lifetime", what.lifetime, "end it after this, for example 2h");
    add_time("--pending-limit", what.pending_limit, "end it if it has not started by then");
    add_time("--failures-validity", what.failures_validity,
             "failed attempts do not count after this");
    command->add_flag("--keep-containers", what.keep_containers,
                      "its next master finds what the last one left running");
    command
        ->add_option("--master-blacklist", what.master_blacklist,
                     "on: its next master keeps off nodes where one has ended (default); off")
        ->check(one_of<CLI::Validator>({"on", "off"}));
    command
        ->add_option("--master-blacklist-below", what.master_blacklist_below,
                     "only while these are a smaller part of the nodes, for example 0.3")
        ->check(kFraction);
    command->add_option("--view", what.viewers, "who may see it: 'user,user group,group', or '*'");
    command->add_option("--modify", what.modifiers, "who may change and end it, the same way");
    command->add_flag(
        "--unmanaged", what.unmanaged,
        "start nothing: its master runs elsewhere and takes its token from the server");
}

}  // namespace

template <typename App>
void add_submit(App& root, Values& values) {
    SubmitOptions& what = values.submit;
    CLI::App* command =
        root.add_subcommand("submit", "Submit a program, or a command with -- COMMAND [ARGS...]");
    command->add_option("--kind", what.kind, "rdd, master or command (default: by the program)");
    command->add_option("--name", what.name, "name of the application");
    command->add_option("--queue", what.queue, "queue, for example root.default");
    command->add_option("--priority", what.priority, "priority in the queue")->check(kPriority);
    command
        ->add_option("--deploy-mode", what.deploy_mode,
                     "cluster: the program runs there; client: here")
        ->check(one_of<CLI::Validator>({"cluster", "client"}));
    command->add_option("--driver-memory,--memory", what.driver_memory,
                        "of driver, master or command, for example 1g; a number alone is MiB");
    command
        ->add_option("--resource", what.resources,
                     "what else driver or command is given: gpu=1 (again for more)")
        ->type_name("NAME=COUNT");
    command
        ->add_option("--driver-cores,--vcores", what.driver_cores,
                     "vcores of driver, master or command")
        ->check(kPositive);
    command->add_option("--executor-memory", what.executor_memory, "for example 2g");
    command->add_option("--executor-cores", what.executor_cores, "vcores of each executor")
        ->check(kPositive);
    command->add_option("--num-executors", what.executors, "number of executors")->check(kPositive);
    command->add_option("--env", what.environment, "NAME=VALUE, for the program; repeatable")
        ->allow_extra_args(false);
    command->add_option("--master", what.master, "ignored: the cluster is the one of --server");
    command->add_option("--conf", what.settings, "KEY=VALUE, for the runtime; repeatable")
        ->allow_extra_args(false);
    command->add_option("--files", what.files, "files beside the program: a,b#name; repeatable")
        ->delimiter(',')
        ->allow_extra_args(false);
    command->add_option("--tag", what.tags, "tag of the application; repeatable")
        ->allow_extra_args(false);
    command->add_option("--type", what.type, "type of the application (default: that of its kind)");
    command->add_option("--max-attempts", what.attempts_max, "attempts before it has failed")
        ->check(kPositive);
    add_wishes(command, what);
    command->add_flag("--wait", what.wait, "wait for the end");
    command->add_flag("--follow", what.follow, "wait, and show output and progress");
    command->add_option("--timeout", values.timeout, "give up waiting after this, for example 5m");
    run_by(command, values, [&values]() -> Result<int> {
        if (!values.timeout.empty()) {
            TRY(values.submit.timeout, config::parse_duration(values.timeout));
        }
        return submit(values.options, values.submit);
    });
}

template <typename App>
void add_apps(App& root, Values& values) {
    CLI::App* app = noun(root, "app", "Applications");
    CLI::App* list = app->add_subcommand("list", "List applications");
    list->add_option("--state", values.apps.states, "only these states, comma separated")
        ->delimiter(',');
    list->add_option("--user", values.apps.user, "only of this user");
    list->add_option("--queue", values.apps.queue, "only in this queue");
    list->add_option("--limit", values.apps.limit, "at most so many")->check(kPositive);
    add_list_choices(list, values.apps);
    run_by(list, values, [&values] { return app_list(values.options, values.apps); });

    CLI::App* get = app->add_subcommand("get", "Show one application");
    get->add_option("id", values.id, "id, unique name or prefix, or last")->required();
    run_by(get, values, [&values] { return app_get(values.options, values.id); });

    CLI::App* explain = app->add_subcommand("explain", "Say why an application waits");
    explain->add_option("id", values.id, "id, unique name or prefix, or last")->required();
    explain->add_option("--ask", values.ask, "only this ask; 0: its master's container")
        ->check(whole_number<CLI::Validator>(0, kNoLimit));
    run_by(explain, values,
           [&values] { return app_explain(values.options, values.id, values.ask); });

    CLI::App* waiting = app->add_subcommand("waiting", "List those that wait, and for what");
    waiting->add_option("--reason", values.reason, "only for this, for example QUEUE_LIMIT");
    waiting->add_option("--limit", values.limit, "at most so many (100)")->check(kPositive);
    run_by(waiting, values,
           [&values] { return app_waiting(values.options, values.reason, values.limit); });

    CLI::App* kill = app->add_subcommand("kill", "End applications and wait until they are over");
    kill->add_option("id", values.ids, "ids, unique names or prefixes, or last")->required();
    run_by(kill, values, [&values] { return app_kill(values.options, values.ids); });

    CLI::App* logs = app->add_subcommand("logs", "Print the output of an application");
    logs->add_option("id", values.logs.application, "id, unique name or prefix, or last")
        ->required();
    logs->add_flag("-f,--follow", values.logs.follow,
                   "the master's output (or --container's) as it is written, until the end");
    logs->add_option("--container", values.logs.container, "only of this container");
    logs->add_option("--file", values.logs.file,
                     "only this file, for example stderr, on standard output");
    logs->add_option("--tail", values.logs.tail, "only the last BYTES of each file")
        ->check(kPositive);
    run_by(logs, values, [&values] { return app_logs(values.options, values.logs); });
    add_app_changes(root, values);
}

template void add_submit(CLI::App& root, Values& values);
template void add_apps(CLI::App& root, Values& values);

}  // namespace heddle::rmctl
