#include "client/rmctl/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>

#include "client/rmctl/app_changes.h"
#include "client/rmctl/apps.h"
#include "client/rmctl/config.h"
#include "client/rmctl/dev.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/help.h"
#include "client/rmctl/info.h"
#include "client/rmctl/interrupt.h"
#include "client/rmctl/logs.h"
#include "client/rmctl/nodes.h"
#include "client/rmctl/operator.h"
#include "client/rmctl/options.h"
#include "client/rmctl/output.h"
#include "client/rmctl/submit.h"
#include "common/base/strings.h"
#include "common/config/settings.h"

namespace heddle::rmctl {
namespace {

constexpr const char* kExitCodes = R"(
Exit codes: 0 done, 1 the application failed, 2 usage, 3 not found, 4 not allowed,
5 server unreachable, 6 conflict, 7 wait timed out, 8 invalid request, 130 interrupted.
)";
constexpr int kNodesMax = 250;  // 127.0.0.1 to 127.0.0.250
constexpr int kPortMax = 65535;
constexpr long long kNoLimit = std::numeric_limits<int>::max();

// "app list" for that command, empty for the whole.
std::string path_of(const CLI::App* command) {
    if (command->get_parent() == nullptr) {
        return {};
    }
    const std::string above = path_of(command->get_parent());
    return above.empty() ? command->get_name() : above + " " + command->get_name();
}

// Every page shows the global flags, since they may stand behind any command, and examples of its
// own.
class HelpFormatter : public CLI::Formatter {
public:
    std::string make_usage(const CLI::App* app, std::string name) const override {
        const std::string_view special = usage_of(path_of(app));
        return special.empty() ? CLI::Formatter::make_usage(app, name)
                               : "Usage: " + name + " " + std::string(special) + "\n";
    }

    std::string make_footer(const CLI::App* app) const override {
        std::string text;
        if (const CLI::App* root = root_of(app); root != app) {
            text += "Global flags:\n";
            for (const CLI::Option* option : root->get_options()) {
                const std::string name = option->get_lnames().front();
                if (name != "help" && name != "version" &&
                    app->get_option_no_throw("--" + name) == nullptr) {
                    text += make_option(option, false);
                }
            }
            text += "\n";
        }
        text += "Examples:\n" + std::string(examples_of(path_of(app)));
        return app->get_parent() == nullptr ? text + kExitCodes : text;
    }

private:
    static const CLI::App* root_of(const CLI::App* app) {
        return app->get_parent() == nullptr ? app : root_of(app->get_parent());
    }
};

CLI::Validator whole_number(long long least, long long most) {
    const std::string range = most == kNoLimit
                                  ? "from " + std::to_string(least) + " on"
                                  : std::to_string(least) + " to " + std::to_string(most);
    return CLI::Validator(
        [least, most, range](std::string& text) {
            long long number = 0;
            const bool good = parse_number(text, number) && number >= least && number <= most;
            return good ? std::string() : "'" + text + "' is no whole number " + range;
        },
        "");
}

const CLI::Validator kPositive = whole_number(1, kNoLimit);

// Everything that flags write to, for the life of one command.
struct Values {
    Options options;
    std::string output = "table";
    AppListOptions apps;
    LogOptions logs;
    SubmitOptions submit;
    ConfigOptions config;
    DevOptions dev;
    std::string timeout;
    std::string id;
    std::string shell;
    NodeSize node_size;
    std::string to;  // what an application, a container is given
    int priority = 0;
    bool shared = false;
    bool administer = false;
    std::vector<std::string> ids;
    std::vector<std::string> states;
    CLI::Option* port = nullptr;
    std::function<Result<int>()> action;
};

void run_by(CLI::App* command, Values& values, std::function<Result<int>()> action) {
    command->callback([&values, action = std::move(action)] { values.action = action; });
}

CLI::App* noun(CLI::App& root, const char* name, const char* help) {
    CLI::App* command = root.add_subcommand(name, help);
    command->require_subcommand(1);
    return command;
}

void add_global_flags(CLI::App& root, Values& values) {
    root.add_option("--server", values.options.server,
                    "resource manager, HOST:PORT or unix:/path (default: HEDDLE_SERVER, then "
                    "the cluster of 'rmctl dev up')");
    root.add_option("--token-file", values.options.token_file,
                    "file with the access token (default: HEDDLE_TOKEN_FILE)");
    root.add_option("--dir", values.options.directory, "directory of the development cluster");
    root.add_option("-o,--output", values.output, "table, wide (all columns in full), json or name")
        ->check(CLI::IsMember({"table", "wide", "json", "name"}));
    root.add_flag("-q,--quiet", values.options.quiet, "no progress and no hints");
}

void add_submit(CLI::App& root, Values& values) {
    SubmitOptions& what = values.submit;
    CLI::App* command =
        root.add_subcommand("submit", "Submit a program, or a command with -- COMMAND [ARGS...]");
    command->add_option("--kind", what.kind, "rdd, master or command (default: by the program)");
    command->add_option("--name", what.name, "name of the application");
    command->add_option("--queue", what.queue, "queue, for example root.default");
    command->add_option("--priority", what.priority, "priority in the queue");
    command
        ->add_option("--deploy-mode", what.deploy_mode,
                     "cluster: the program runs there; client: here")
        ->check(CLI::IsMember({"cluster", "client"}));
    command->add_option("--driver-memory", what.driver_memory, "for example 1g");
    command
        ->add_option("--resource", what.resources,
                     "what else driver or command is given: gpu=1 (again for more)")
        ->type_name("NAME=COUNT");
    command->add_option("--driver-cores", what.driver_cores, "vcores of driver or command")
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
    command->add_option("--max-attempts", what.attempts_max, "attempts before it has failed")
        ->check(kPositive);
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

void add_apps(CLI::App& root, Values& values) {
    CLI::App* app = noun(root, "app", "Applications");
    CLI::App* list = app->add_subcommand("list", "List applications");
    list->add_option("--state", values.apps.states, "only these states, comma separated")
        ->delimiter(',');
    list->add_option("--user", values.apps.user, "only of this user");
    list->add_option("--queue", values.apps.queue, "only in this queue");
    list->add_option("--limit", values.apps.limit, "at most so many")->check(kPositive);
    run_by(list, values, [&values] { return app_list(values.options, values.apps); });

    CLI::App* get = app->add_subcommand("get", "Show one application");
    get->add_option("id", values.id, "id, unique name or prefix, or last")->required();
    run_by(get, values, [&values] { return app_get(values.options, values.id); });

    CLI::App* explain = app->add_subcommand("explain", "Say why an application waits");
    explain->add_option("id", values.id, "id, unique name or prefix, or last")->required();
    run_by(explain, values, [&values] { return app_explain(values.options, values.id); });

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
}

void add_app_changes(CLI::App& root, Values& values) {
    CLI::App* app = root.get_subcommand("app");
    const char* id = "id, unique name or prefix, or last";
    CLI::App* move = app->add_subcommand("move", "Move an application to another queue");
    move->add_option("id", values.id, id)->required();
    move->add_option("queue", values.to, "path, or unique last name")->required();
    run_by(move, values, [&values] { return app_move(values.options, values.id, values.to); });

    CLI::App* priority = app->add_subcommand("update-priority", "Change its place in its queue");
    priority->add_option("id", values.id, id)->required();
    priority->add_option("priority", values.priority, "higher is served first")->required();
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
    run_by(signal, values,
           [&values] { return container_signal(values.options, values.id, values.to); });

    CLI::App* attempt = noun(root, "attempt", "Attempts of applications");
    CLI::App* fail = attempt->add_subcommand("fail", "End it as a failure; the next one follows");
    fail->add_option("id", values.id, "id of the attempt")->required();
    run_by(fail, values, [&values] { return attempt_fail(values.options, values.id); });
}

void add_node_decisions(CLI::App* node, Values& values) {
    CLI::App* drain = node->add_subcommand(
        "drain", "Give it nothing new, and decommission it when nothing runs on it any more");
    drain->add_option("id", values.id, "id or name")->required();
    drain->add_option("--timeout", values.timeout,
                      "stop what still runs after this, for example 10m");
    run_by(drain, values,
           [&values] { return node_drain(values.options, values.id, values.timeout); });
    CLI::App* back = node->add_subcommand("recommission", "Take a drained node into service again");
    back->add_option("id", values.id, "id or name")->required();
    run_by(back, values, [&values] { return node_recommission(values.options, values.id); });
    CLI::App* label = node->add_subcommand("label", "Change its label, whatever its own file says");
    label->add_option("id", values.id, "id or name")->required();
    label->add_option("label", values.to, "label; left out: none");
    run_by(label, values, [&values] { return node_label(values.options, values.id, values.to); });
    CLI::App* size =
        node->add_subcommand("update-resource", "Change what it has, whatever its own file says");
    size->add_option("id", values.id, "id or name")->required();
    size->add_option("memory", values.node_size.memory_mib, "memory in MiB")->required();
    size->add_option("vcores", values.node_size.vcores, "number of vcores")->required();
    size->add_option("--timeout", values.node_size.timeout,
                     "stop the newest of what is too much after this, for example 10m; left out: "
                     "never");
    run_by(size, values,
           [&values] { return node_update_resource(values.options, values.id, values.node_size); });
}

void add_nodes_and_queues(CLI::App& root, Values& values) {
    CLI::App* node = noun(root, "node", "Nodes");
    CLI::App* list = node->add_subcommand("list", "List nodes in all states");
    list->add_option("--state", values.states, "only these states, comma separated")
        ->delimiter(',');
    run_by(list, values, [&values] { return node_list(values.options, values.states); });
    CLI::App* get = node->add_subcommand("get", "Show one node");
    get->add_option("id", values.id, "id or name")->required();
    run_by(get, values, [&values] { return node_get(values.options, values.id); });
    add_node_decisions(node, values);

    CLI::App* queue = noun(root, "queue", "Queues");
    CLI::App* queues = queue->add_subcommand("list", "List queues");
    run_by(queues, values, [&values] { return queue_list(values.options); });
}

void add_operator(CLI::App& root, Values& values) {
    CLI::App* reservations = noun(root, "reservation", "Room that is held for asks that wait");
    CLI::App* held = reservations->add_subcommand("list", "List it, and gangs that gather");
    run_by(held, values, [&values] { return reservation_list(values.options); });
    CLI::App* preemptions = noun(root, "preemption", "What was taken back from queues");
    CLI::App* taken = preemptions->add_subcommand("list", "List it, the newest first");
    run_by(taken, values, [&values] { return preemption_list(values.options); });

    CLI::App* label = noun(root, "label", "Labels that nodes may have");
    CLI::App* labels = label->add_subcommand("list", "List labels, and what their nodes have");
    run_by(labels, values, [&values] { return label_list(values.options); });
    CLI::App* add = label->add_subcommand("add", "Add labels to the scheduler's configuration");
    add->add_option("label", values.ids, "names")->required();
    add->add_flag("--shared", values.shared, "asks without a label may use its nodes as well");
    run_by(add, values, [&values] { return label_add(values.options, values.ids, values.shared); });
    CLI::App* remove = label->add_subcommand("remove", "Remove labels from it");
    remove->add_option("label", values.ids, "names")->required();
    run_by(remove, values, [&values] { return label_remove(values.options, values.ids); });

    CLI::App* user = noun(root, "user", "Users");
    CLI::App* groups = user->add_subcommand("groups", "Print a user's groups, the primary first");
    groups->add_option("user", values.id, "name")->required();
    run_by(groups, values, [&values] { return user_groups(values.options, values.id); });
    CLI::App* refresh =
        user->add_subcommand("refresh-groups", "Have the system asked anew who is in which group");
    run_by(refresh, values, [&values] { return user_refresh_groups(values.options); });

    CLI::App* topology = root.get_subcommand("node")->add_subcommand(
        "refresh-topology", "Have file or script asked anew where nodes stand");
    run_by(topology, values, [&values] { return node_refresh_topology(values.options); });
    CLI::App* access = root.get_subcommand("queue")->add_subcommand(
        "access", "Say whether a user may submit to a queue; exit code 4: no");
    access->add_option("queue", values.id, "path, or unique last name")->required();
    access->add_option("--user", values.to, "the user (you)");
    access->add_flag("--administer", values.administer, "administer it instead");
    run_by(access, values, [&values] {
        return queue_access(values.options, values.id, values.to, values.administer);
    });
}

void add_config(CLI::App& root, Values& values) {
    CLI::App* config = noun(root, "config", "The scheduler's configuration: queues, limits, rules");
    ConfigOptions& asked = values.config;
    CLI::App* show = config->add_subcommand("show", "Print it as TOML");
    show->add_option("--version", asked.version, "an earlier version");
    run_by(show, values, [&values] { return config_show(values.options, values.config); });
    CLI::App* validate = config->add_subcommand("validate", "Check a file; no server is asked");
    validate->add_option("file", asked.file, "scheduler.toml")->required();
    run_by(validate, values, [&values] { return config_validate(values.options, values.config); });
    CLI::App* apply = config->add_subcommand("apply", "Let a file hold, all of it or nothing");
    apply->add_option("file", asked.file, "scheduler.toml")->required();
    apply->add_flag("--dry-run", asked.dry_run, "show what would change, and change nothing");
    apply->add_option("--expected-version", asked.version, "only if this version holds now");
    apply->add_option("--note", asked.note, "why, for the history");
    run_by(apply, values, [&values] { return config_apply(values.options, values.config); });
    CLI::App* diff = config->add_subcommand("diff", "What changed from one version to another");
    diff->add_option("from", asked.from, "version (the one before)");
    diff->add_option("to", asked.version, "version (the present one)");
    run_by(diff, values, [&values] { return config_diff(values.options, values.config); });
    CLI::App* history = config->add_subcommand("history", "List the versions");
    run_by(history, values, [&values] { return config_history(values.options); });
    CLI::App* rollback = config->add_subcommand("rollback", "Let an earlier version hold again");
    rollback->add_option("version", asked.version, "version")->required();
    run_by(rollback, values, [&values] { return config_rollback(values.options, values.config); });
    CLI::App* version = config->add_subcommand("version", "Print the number of the version");
    run_by(version, values, [&values] { return config_version(values.options); });
    CLI::App* reset =
        config->add_subcommand("reset", "Let what the manager's file says hold again");
    run_by(reset, values, [&values] { return config_reset(values.options); });
    CLI::App* migrate = config->add_subcommand(
        "migrate", "Print a capacity-scheduler.xml as scheduler.toml; no server is asked");
    migrate->add_option("file", asked.file, "capacity-scheduler.xml")->required();
    run_by(migrate, values, [&values] { return config_migrate(values.options, values.config); });
}

void add_dev(CLI::App& root, Values& values) {
    CLI::App* dev = noun(root, "dev", "A cluster of real daemons on this machine");
    CLI::App* up = dev->add_subcommand("up", "Start it, or what of it does not run");
    up->add_option("--nodes", values.dev.nodes,
                   "number of node agents (3, or as many as there are)")
        ->check(whole_number(1, kNodesMax));
    values.port = up->add_option("--port", values.dev.port,
                                 "port of REST and dashboard (8088); 0: free ports")
                      ->check(whole_number(0, kPortMax));
    up->add_option("--heartbeat", values.dev.heartbeat, "heartbeat interval, for example 60s");
    run_by(up, values, [&values] {
        values.dev.port_given = values.port->count() > 0;
        return dev_up(values.options, values.dev);
    });
    CLI::App* down = dev->add_subcommand("down", "End its containers and daemons");
    run_by(down, values, [&values] { return dev_down(values.options); });
    CLI::App* status = dev->add_subcommand("status", "Show its daemons");
    run_by(status, values, [&values] { return dev_status(values.options); });
    for (CLI::App* command : {up, down, status}) {
        command->add_option("--dir", values.options.directory,
                            "its directory (default: ~/.local/state/heddle/dev)");
    }
}

// For completion: what may follow each command.
std::map<std::string, std::vector<std::string>> root_words(const CLI::App& root) {
    std::map<std::string, std::vector<std::string>> words;
    const std::function<void(const CLI::App&, const std::string&)> walk =
        [&](const CLI::App& command, const std::string& name) {
            std::vector<std::string>& next = words[name];
            for (const CLI::App* sub :
                 command.get_subcommands([](const CLI::App*) { return true; })) {
                next.push_back(sub->get_name());
                walk(*sub, name.empty() ? sub->get_name() : name + " " + sub->get_name());
            }
            for (const CLI::Option* option : command.get_options()) {
                for (const std::string& flag : option->get_lnames()) {
                    next.push_back("--" + flag);
                }
            }
        };
    walk(root, "");
    return words;
}

void add_others(CLI::App& root, Values& values) {
    CLI::App* ui = root.add_subcommand("ui", "Print the dashboard's address, for one sign-in");
    run_by(ui, values, [&values] { return show_ui(values.options); });
    CLI::App* version = root.add_subcommand("version", "Versions of rmctl and the server");
    run_by(version, values, [&values] { return show_version(values.options); });
    CLI::App* completion = root.add_subcommand("completion", "Print a completion script");
    completion->add_option("shell", values.shell, "bash")
        ->required()
        ->check(CLI::IsMember({"bash"}));
    CLI::App* help = root.add_subcommand("help", "Help of a command");
    run_by(help, values, [&root]() -> Result<int> {
        print(root.help());
        return kExitDone;
    });
    run_by(completion, values, [&root]() -> Result<int> {
        print(bash_completion(root_words(root)));
        return kExitDone;
    });
}

void build(CLI::App& root, Values& values) {
    root.require_subcommand(1);
    root.fallthrough();
    root.formatter(std::make_shared<HelpFormatter>());
    root.set_help_flag("-h,--help", "Print this");
    root.set_version_flag("--version", std::string("rmctl ") + HEDDLE_VERSION);
    add_global_flags(root, values);
    add_submit(root, values);
    add_apps(root, values);
    add_app_changes(root, values);
    add_nodes_and_queues(root, values);
    add_operator(root, values);
    add_config(root, values);
    add_dev(root, values);
    add_others(root, values);
}

// The deepest command that was named.
const CLI::App* named_command(const CLI::App& root) {
    const CLI::App* command = &root;
    while (!command->get_subcommands().empty()) {
        command = command->get_subcommands().front();
    }
    return command;
}

std::string full_name(const CLI::App* command) {
    const std::string path = path_of(command);
    return path.empty() ? "rmctl" : "rmctl " + path;
}

// Names that could stand where `word` stands: flags of the command and of the whole, or verbs.
std::vector<std::string> names_near(const CLI::App* command, bool flags) {
    std::vector<std::string> names;
    if (!flags) {
        for (const CLI::App* sub : command->get_subcommands([](const CLI::App*) { return true; })) {
            names.push_back(sub->get_name());
        }
        return names;
    }
    for (const CLI::App* level = command; level != nullptr; level = level->get_parent()) {
        for (const CLI::Option* option : level->get_options()) {
            for (const std::string& name : option->get_lnames()) {
                names.push_back("--" + name);
            }
        }
    }
    return names;
}

// A word that no command expects, if there is one; flags before commands.
std::optional<std::string> unexpected_word(const CLI::App& root) {
    const std::vector<std::string> left = root.remaining(true);
    if (left.empty()) {
        return std::nullopt;
    }
    return left[0];
}

int usage_error(const CLI::App* command, const std::string& message) {
    say("rmctl: " + message + "\nTry '" + full_name(command) + " --help'.");
    return kExitUsage;
}

int unexpected(const CLI::App* command, const std::string& word) {
    const bool flag = word.starts_with("-");
    const std::string name = flag ? word.substr(0, word.find('=')) : word;
    const std::vector<std::string> near = names_near(command, flag);
    const std::vector<std::string_view> views(near.begin(), near.end());
    const std::string what = flag           ? "unknown flag '"
                             : near.empty() ? "unexpected argument '"
                                            : "unknown command '";
    return usage_error(command, what + word + "'" + did_you_mean(name, views));
}

int parse_failed(CLI::App& root, const CLI::ParseError& error) {
    const CLI::App* command = named_command(root);
    if (const auto word = unexpected_word(root)) {
        return unexpected(command, *word);
    }
    if (error.get_exit_code() == 0) {  // --help, --version
        std::ostringstream text;
        root.exit(error, text, text);
        print(text.str());
        return kExitDone;
    }
    return usage_error(command, error.what());
}

// True when the flag's value is the next word.
bool takes_next_word(const CLI::App& root, const CLI::App& command, const std::string& word) {
    if (word.find('=') != std::string::npos) {
        return false;
    }
    for (const CLI::App* level : {&command, &root}) {
        if (const CLI::Option* option = level->get_option_no_throw(word)) {
            return option->get_items_expected_max() > 0;
        }
    }
    return false;
}

// Cuts "submit [FLAGS] [--] PROGRAM [ARGS...]" before the program, whose arguments are its own
// affair whatever they look like.
std::vector<std::string> cut_program(const CLI::App& root, std::vector<std::string>& words) {
    std::size_t at = 0;
    while (at < words.size() && words[at].starts_with("-")) {
        at += takes_next_word(root, root, words[at]) ? 2 : 1;
    }
    if (at >= words.size() || words[at] != "submit") {
        return {};
    }
    const CLI::App& command = *root.get_subcommand("submit");
    for (++at; at < words.size() && words[at].starts_with("-") && words[at] != "--";) {
        at += takes_next_word(root, command, words[at]) ? 2 : 1;
    }
    at = std::min(at, words.size());
    const auto end = words.begin() + static_cast<std::ptrdiff_t>(at);
    std::vector<std::string> program(end, words.end());
    words.erase(end, words.end());
    if (!program.empty() && program[0] == "--") {
        program.erase(program.begin());
    }
    return program;
}

// "help app list" is "app list --help".
void expand_help(const CLI::App& root, std::vector<std::string>& words) {
    std::size_t at = 0;
    while (at < words.size() && words[at].starts_with("-")) {
        at += takes_next_word(root, root, words[at]) ? 2 : 1;
    }
    if (at >= words.size() || words[at] != "help") {
        return;
    }
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
    if (at < words.size() && words[at] == "submit") {
        words.resize(at + 1);  // what follows would be a program
    }
    words.emplace_back("--help");
}

OutputForm output_form(const std::string& text) {
    return text == "json"   ? OutputForm::Json
           : text == "wide" ? OutputForm::Wide
           : text == "name" ? OutputForm::Name
                            : OutputForm::Table;
}

int run_words(std::vector<std::string> words) {
    CLI::App root("rmctl: run programs on a Heddle cluster, and look after it", "rmctl");
    Values values;
    build(root, values);
    expand_help(root, words);
    values.submit.command = cut_program(root, words);
    std::reverse(words.begin(), words.end());  // as the parser wants them
    try {
        root.parse(words);
    } catch (const CLI::ParseError& error) {
        return parse_failed(root, error);
    }
    const CLI::App* command = named_command(root);
    if (const auto word = unexpected_word(root)) {
        return unexpected(command, *word);
    }
    if (command->get_name() == "submit" && values.submit.command.empty()) {
        return usage_error(command, "no program to submit");
    }
    values.options.output = output_form(values.output);
    catch_interrupts();
    const Result<int> done = values.action();
    if (!done) {
        say("rmctl: " + done.error().message);
        return exit_code_of(done.error());
    }
    return *done;
}

}  // namespace

int run_command_line(int argc, char** argv) {
    const int code = run_words(std::vector<std::string>(argv + 1, argv + argc));
    const Status written = output_status();
    if (!written) {
        say("rmctl: " + written.error().message);
        return code == kExitDone ? kExitApplicationFailed : code;
    }
    return code;
}

}  // namespace heddle::rmctl
