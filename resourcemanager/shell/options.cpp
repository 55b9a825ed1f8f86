#include "resourcemanager/shell/options.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "common/base/service.h"
#include "common/base/strings.h"
#include "common/config/scheduler_file.h"
#include "common/config/settings.h"
#include "common/model/queue_check.h"
#include "common/net/address.h"
#include "common/net/credential.h"
#include "resourcemanager/shell/topology.h"

namespace heddle::rm {
namespace {

constexpr int kExitUsage = 2;
constexpr std::string_view kTestNetworkSwitch = "--i-know-this-network-is-a-test-namespace";

constexpr std::string_view kHelp = R"(resourcemanager: shares the machines of a Heddle cluster.

  resourcemanager --state-dir ./state            a manager on http://127.0.0.1:8088
  resourcemanager --port 0 --node-port 0         free ports; see <state-dir>/endpoint.json

  --config FILE        settings on top of /etc/heddle/heddle.toml and conf.d/*.toml
  --set KEY=VALUE      one setting, for example --set scheduler.node_expiry=30s
  --state-dir DIR      database, token, artifacts and endpoint.json
  --address ADDRESS    where REST, dashboard and nodes are served (127.0.0.1)
  --port PORT          REST and dashboard (8088; 0: any free port)
  --node-port PORT     node agents (8031; 0: any free port)
  --token-file FILE    the cluster's token, mode 0600 (<state-dir>/token, made if missing)
  --ui-dir DIR         serve the dashboard from this directory instead of the built-in one
  --version, --help

It runs in the foreground, logs to standard error, and ends with 0 on SIGTERM; containers live on.
)";

struct Parsed {
    std::vector<std::string> configs;
    std::vector<std::string> sets;
    std::string ui_dir;
    bool test_network = false;
};

struct Flag {
    std::string_view name;
    std::function<void(Parsed&, const std::string& value)> take;
};

const std::vector<Flag>& flags() {
    const auto setting = [](std::string key) {
        return [key](Parsed& parsed, const std::string& value) {
            parsed.sets.push_back(key + "=" + value);
        };
    };
    static const std::vector<Flag> kFlags = {
        {"--config", [](Parsed& p, const std::string& value) { p.configs.push_back(value); }},
        {"--set", [](Parsed& p, const std::string& value) { p.sets.push_back(value); }},
        {"--state-dir", setting("manager.state_dir")},
        {"--address", setting("manager.address")},
        {"--port", setting("manager.port")},
        {"--node-port", setting("manager.node_port")},
        {"--token-file", setting("auth.token_file")},
        {"--ui-dir", [](Parsed& p, const std::string& value) { p.ui_dir = value; }},
    };
    return kFlags;
}

EarlyExit usage(const std::string& what) {
    return {kExitUsage, "resourcemanager: " + what + "\nTry 'resourcemanager --help'.\n"};
}

EarlyExit unknown_flag(std::string_view name) {
    std::vector<std::string_view> names = {"--help", "--version"};
    for (const Flag& flag : flags()) {
        names.push_back(flag.name);
    }
    return usage("unknown option '" + std::string(name) + "'" + did_you_mean(name, names));
}

std::variant<Parsed, EarlyExit> parse_arguments(const std::vector<std::string>& arguments) {
    Parsed parsed;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        const std::size_t equals = argument.find('=');
        const std::string_view name = argument.substr(0, equals);
        if (argument == "--help" || argument == "-h") {
            return EarlyExit{0, std::string(kHelp)};
        }
        if (argument == "--version") {
            return EarlyExit{0, "resourcemanager " + std::string(version()) + "\n"};
        }
        if (argument == kTestNetworkSwitch) {
            parsed.test_network = true;
            continue;
        }
        const auto flag = std::ranges::find(flags(), name, &Flag::name);
        if (flag == flags().end()) {
            return unknown_flag(name);
        }
        if (equals != std::string_view::npos) {
            flag->take(parsed, std::string(argument.substr(equals + 1)));
        } else if (i + 1 < arguments.size()) {
            flag->take(parsed, arguments[++i]);
        } else {
            return usage("option '" + std::string(name) + "' needs a value");
        }
    }
    return parsed;
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

// systemd sets STATE_DIRECTORY for the unit; a person gets a directory of their own.
std::string default_state_dir() {
    if (std::string given = environment("STATE_DIRECTORY"); !given.empty()) {
        return given.substr(0, given.find(':'));
    }
    if (std::string base = environment("XDG_STATE_HOME"); !base.empty()) {
        return base + "/heddle/rm";
    }
    const std::string home = environment("HOME");
    return (home.empty() ? "/var/lib" : home + "/.local/state") + "/heddle/rm";
}

std::string default_socket() {
    const std::string directory = environment("RUNTIME_DIRECTORY");
    return directory.empty() ? ""
                             : directory.substr(0, directory.find(':')) + "/resourcemanager.sock";
}

std::string full_queue_path(const std::string& name) {
    return name.starts_with("root.") ? name : "root." + name;
}

Config core_config(const config::Settings& settings) {
    Config core;
    core.heartbeat_interval = settings.duration("scheduler.heartbeat_interval");
    core.node_expiry = settings.duration("scheduler.node_expiry");
    core.node_forget_after = settings.duration("scheduler.node_forget_after");
    core.master_expiry = settings.duration("scheduler.master_expiry");
    core.master_register_expiry = settings.duration("scheduler.master_register_expiry");
    core.settle_time = settings.duration("scheduler.settle_time");
    core.locality_delay = settings.duration("scheduler.locality_delay");
    core.stop_grace = settings.duration("scheduler.stop_grace");
    core.attempts_max = static_cast<std::int32_t>(settings.integer("scheduler.attempts_max"));
    core.applications_completed_max =
        static_cast<std::int32_t>(settings.integer("scheduler.applications_completed_max"));
    core.applications_completed_for = settings.duration("scheduler.applications_completed_for");
    core.scheduler.queues.clear();
    for (const std::string& name : settings.texts("scheduler.queues")) {
        core.scheduler.queues.push_back(queue_config(full_queue_path(name)));
    }
    return core;
}

bool without_file(const Options& options) {
    std::error_code ignored;
    return options.scheduler_file_optional &&
           !std::filesystem::exists(options.scheduler_file, ignored);
}

// The file, where there is one. That of the default place need not be.
Status read_scheduler_config(const config::Settings& settings, Options& options) {
    options.scheduler_without_file = options.core.scheduler;
    options.scheduler_file = settings.text("scheduler.file");
    options.scheduler_file_optional = settings.origin("scheduler.file") == "default";
    if (settings.origin("scheduler.queues") != "default" && !without_file(options)) {
        return Error{ErrorCode::InvalidArgument,
                     "scheduler.queues (" + settings.origin("scheduler.queues") + ") and " +
                         options.scheduler_file +
                         " both name the queues; leave scheduler.queues out"};
    }
    TRY(options.core.scheduler, configured_scheduler(options));
    return {};
}

Status check_program(const config::Settings& settings, const char* key) {
    const std::string program = settings.text(key);
    if (!program.empty() && (!program.starts_with("/") || ::access(program.c_str(), X_OK) != 0)) {
        return Error{ErrorCode::InvalidArgument,
                     std::string(key) + " (" + settings.origin(key) + "): '" + program +
                         "' is no program that can be run; give its full path"};
    }
    return {};
}

Status read_who_says_labels(const config::Settings& settings, Options& options) {
    TRY(check_program(settings, "scheduler.label_script"));
    options.label_script = settings.text("scheduler.label_script");
    options.label_script_interval = settings.duration("scheduler.label_script_interval");
    options.label_script_limit = settings.duration("scheduler.label_script_timeout");
    return {};
}

Status read_where_machines_stand(const config::Settings& settings, Options& options) {
    options.topology_file = settings.text("scheduler.topology_file");
    options.topology_script = settings.text("scheduler.topology_script");
    options.topology_script_limit = settings.duration("scheduler.topology_script_timeout");
    if (!options.topology_file.empty() && !options.topology_script.empty()) {
        return Error{ErrorCode::InvalidArgument,
                     "scheduler.topology_file (" + settings.origin("scheduler.topology_file") +
                         ") and scheduler.topology_script (" +
                         settings.origin("scheduler.topology_script") +
                         ") both say where machines stand; leave one out"};
    }
    TRY(check_program(settings, "scheduler.topology_script"));
    if (!options.topology_file.empty()) {
        auto topology = read_topology(options.topology_file);
        if (!topology) {
            return Error{ErrorCode::InvalidArgument,
                         "scheduler.topology_file (" + settings.origin("scheduler.topology_file") +
                             "): " + topology.error().message};
        }
        options.core.topology = *std::move(topology);
    }
    return {};
}

// What single values cannot show.
std::string contradiction(const config::Settings& settings) {
    if (settings.duration("scheduler.node_expiry") <=
        settings.duration("scheduler.heartbeat_interval")) {
        return "scheduler.node_expiry (" + settings.text("scheduler.node_expiry") +
               ") must be longer than scheduler.heartbeat_interval (" +
               settings.text("scheduler.heartbeat_interval") + ")";
    }
    if (settings.texts("scheduler.queues").empty()) {
        return "scheduler.queues must name at least one queue";
    }
    return "";
}

}  // namespace

Result<SchedulerConfig> configured_scheduler(const Options& options) {
    if (!without_file(options)) {
        return config::read_scheduler(options.scheduler_file);
    }
    TRY(check(options.scheduler_without_file));
    return options.scheduler_without_file;
}

std::variant<Options, EarlyExit> parse_options(const std::vector<std::string>& arguments) {
    auto arguments_or_exit = parse_arguments(arguments);
    if (auto* exit = std::get_if<EarlyExit>(&arguments_or_exit)) {
        return std::move(*exit);
    }
    const Parsed parsed = std::get<Parsed>(std::move(arguments_or_exit));
    const auto settings = config::load(
        {config::system_files(), parsed.configs, config::process_environment(), parsed.sets});
    const std::string wrong = settings.ok() ? contradiction(*settings) : settings.error().message;
    if (!wrong.empty()) {
        return EarlyExit{config::kExitBadConfiguration,
                         "resourcemanager: bad configuration:\n" + wrong + "\n"};
    }
    Options options;
    options.address = settings->text("manager.address");
    if (!net::is_loopback(options.address) && !parsed.test_network) {
        return EarlyExit{config::kExitBadConfiguration,
                         "resourcemanager: listening on " + options.address +
                             " needs TLS and authentication, not in this version; use a loopback "
                             "address such as 127.0.0.1\n"};
    }
    const std::string state_dir = settings->text("manager.state_dir");
    options.state_dir = state_dir.empty() ? default_state_dir() : state_dir;
    options.port = static_cast<std::uint16_t>(settings->integer("manager.port"));
    options.node_port = static_cast<std::uint16_t>(settings->integer("manager.node_port"));
    const std::string socket = settings->text("manager.socket");
    options.socket = socket.empty() ? default_socket() : socket;
    options.token_file = settings->text("auth.token_file");
    if (options.token_file.empty()) {
        options.token_file = net::token_credential();
    }
    options.ui_dir = parsed.ui_dir;
    options.anonymous_read = settings->boolean("auth.anonymous_read");
    options.access_lists = settings->boolean("acl.enable");
    auto groups = parse_static_groups(settings->text("acl.static_groups"));
    if (!groups) {
        return EarlyExit{config::kExitBadConfiguration,
                         "resourcemanager: bad configuration:\nacl.static_groups (" +
                             settings->origin("acl.static_groups") +
                             "): " + groups.error().message + "\n"};
    }
    options.static_groups = *std::move(groups);
    options.host_names = settings->texts("auth.host_names");
    options.artifact_bytes_max =
        static_cast<std::uint64_t>(settings->bytes("manager.artifact_bytes_max"));
    options.artifact_limits.retention = settings->duration("manager.artifact_retention");
    options.artifact_limits.bytes_max =
        static_cast<std::uint64_t>(settings->bytes("manager.artifact_bytes_kept"));
    options.core = core_config(*settings);
    if (const Status scheduler = read_scheduler_config(*settings, options); !scheduler) {
        return EarlyExit{config::kExitBadConfiguration, "resourcemanager: bad configuration:\n" +
                                                            scheduler.error().message + "\n"};
    }
    if (const Status topology = read_where_machines_stand(*settings, options); !topology) {
        return EarlyExit{config::kExitBadConfiguration,
                         "resourcemanager: bad configuration:\n" + topology.error().message + "\n"};
    }
    if (const Status labels = read_who_says_labels(*settings, options); !labels) {
        return EarlyExit{config::kExitBadConfiguration,
                         "resourcemanager: bad configuration:\n" + labels.error().message + "\n"};
    }
    return options;
}

}  // namespace heddle::rm
