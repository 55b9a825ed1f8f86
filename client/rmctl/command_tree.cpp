#include "client/rmctl/command_tree.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "client/rmctl/exit_code.h"
#include "client/rmctl/help.h"
#include "client/rmctl/info.h"
#include "client/rmctl/output.h"
#include "common/base/strings.h"

namespace heddle::rmctl {
namespace {

constexpr const char* kExitCodes = R"(
Exit codes: 0 done, 1 the application failed, 2 usage, 3 not found, 4 not allowed,
5 server unreachable or unable, 6 conflict, 7 wait timed out, 8 invalid request, 130 interrupted.
)";
constexpr int kNodesMax = 250;  // 127.0.0.1 to 127.0.0.250
constexpr int kPortMax = 65535;

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

void add_global_flags(CLI::App& root, Values& values) {
    root.add_option("--server", values.options.server,
                    "resource manager, HOST:PORT or unix:/path (default: HEDDLE_SERVER, then "
                    "the cluster of 'rmctl dev up')");
    root.add_option("--token-file", values.options.token_file,
                    "file with the access token (default: HEDDLE_TOKEN_FILE)");
    root.add_option("--dir", values.options.directory, "directory of the development cluster");
    root.add_option("-o,--output", values.output, "table, wide (all columns in full), json or name")
        ->check(one_of<CLI::Validator>({"table", "wide", "json", "name"}));
    root.add_flag("-q,--quiet", values.options.quiet, "no progress and no hints");
}

void add_dev(CLI::App& root, Values& values) {
    CLI::App* dev = noun(root, "dev", "A cluster of real daemons on this machine");
    CLI::App* up = dev->add_subcommand("up", "Start it, or what of it does not run");
    up->add_option("--nodes", values.dev.nodes,
                   "number of node agents (3, or as many as there are)")
        ->check(whole_number<CLI::Validator>(1, kNodesMax));
    CLI::Option* port = up->add_option("--port", values.dev.port,
                                       "port of REST and dashboard (8088); 0: free ports")
                            ->check(whole_number<CLI::Validator>(0, kPortMax));
    up->add_option("--heartbeat", values.dev.heartbeat, "heartbeat interval, for example 60s");
    run_by(up, values, [&values, port] {
        values.dev.port_given = port->count() > 0;
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

void add_flags(const CLI::App& command, const std::string& but, std::vector<std::string>& words) {
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& flag : option->get_lnames()) {
            if (flag != but && std::ranges::find(words, "--" + flag) == words.end()) {
                words.push_back("--" + flag);
            }
        }
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
            add_flags(command, "", next);
            if (&command != &root) {
                add_flags(root, "version", next);  // the others may stand behind any command
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
        ->check(one_of<CLI::Validator>({"bash"}));
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

}  // namespace

template <typename App>
std::string path_of(const App* command) {
    if (command->get_parent() == nullptr) {
        return {};
    }
    const std::string above = path_of(command->get_parent());
    return above.empty() ? command->get_name() : above + " " + command->get_name();
}

template <typename Validator>
Validator whole_number(long long least, long long most) {
    const std::string range = most == kNoLimit
                                  ? "from " + std::to_string(least) + " on"
                                  : std::to_string(least) + " to " + std::to_string(most);
    return Validator(
        [least, most, range](std::string& text) {
            long long number = 0;
            const bool good = parse_number(text, number) && number >= least && number <= most;
            return good ? std::string() : "'" + text + "' is no whole number " + range;
        },
        "");
}

template <typename Validator>
Validator one_of(std::vector<std::string> words) {
    return Validator(
        [words = std::move(words)](std::string& text) {
            if (std::ranges::find(words, text) != words.end()) {
                return std::string();
            }
            const std::vector<std::string_view> views(words.begin(), words.end());
            return "'" + text + "' is none of " + join(words, ", ") + did_you_mean(text, views);
        },
        "");
}

template <typename App>
void run_by(App* command, Values& values, std::function<Result<int>()> action) {
    command->callback([&values, action = std::move(action)] { values.action = action; });
}

template <typename App>
App* noun(App& root, const char* name, const char* help) {
    App* command = root.add_subcommand(name, help);
    command->require_subcommand(1);
    return command;
}

template <typename App>
void build(App& root, Values& values) {
    root.require_subcommand(1);
    root.fallthrough();
    root.formatter(std::make_shared<HelpFormatter>());
    root.set_help_flag("-h,--help", "Print this");
    root.set_version_flag("--version", std::string("rmctl ") + HEDDLE_VERSION);
    add_global_flags(root, values);
    add_submit(root, values);
    add_apps(root, values);
    add_cluster(root, values);
    add_config(root, values);
    add_dev(root, values);
    add_others(root, values);
}

template void build(CLI::App& root, Values& values);
template std::string path_of(const CLI::App* command);
template CLI::Validator whole_number(long long least, long long most);
template CLI::Validator one_of(std::vector<std::string> words);
template CLI::App* noun(CLI::App& root, const char* name, const char* help);
template void run_by(CLI::App* command, Values& values, std::function<Result<int>()> action);

}  // namespace heddle::rmctl
