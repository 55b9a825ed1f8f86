// Flags and settings of the node agent.

#include "nodeagent/shell/options.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string_view>

#include "common/base/service.h"
#include "common/base/strings.h"
#include "common/config/settings.h"
#include "common/model/node_attributes.h"
#include "common/net/credential.h"
#include "nodeagent/shell/machine.h"

namespace heddle::node {

namespace {

constexpr std::uint16_t kManagerRestPort = 8088;
constexpr std::string_view kTestNetworkSwitch = "--i-know-this-network-is-a-test-namespace";

constexpr std::string_view kHelp = R"(nodeagent: runs the containers of one machine.

  nodeagent --name node-1 --dir ./node --token-file ./token     a node of the manager on this machine

  --config FILE        settings on top of /etc/heddle/heddle.toml and conf.d/*.toml
  --set KEY=VALUE      one setting, for example --set node.rack=/r1
  --name NAME          stable name of the node (the host's name)
  --address ADDRESS    where the agent's REST is served (127.0.0.1)
  --port PORT          its port (8042; 0: any free port)
  --manager HOST:PORT  the resource manager's node port (127.0.0.1:8031)
  --manager-rest URL   its REST, for artifacts (port 8088 where the node port is)
  --dir DIR            containers, logs and cache
  --token-file FILE    the cluster's token, mode 0600 (<dir>/token)
  --memory SIZE        memory for containers, for example 4g (what the machine has)
  --vcores N           vcores for containers (the CPUs)
  --version, --help

It runs in the foreground, logs to standard error, and ends with 0 on SIGTERM; containers live on.
)";

struct Flag {
    std::string_view name;
    std::string_view key;  // of the setting; empty: handled by itself
};

constexpr Flag kFlags[] = {
    {"--config", ""},
    {"--set", ""},
    {"--name", "node.name"},
    {"--address", "node.address"},
    {"--port", "node.port"},
    {"--manager", "node.server"},
    {"--manager-rest", "node.manager_rest"},
    {"--dir", "node.work_dir"},
    {"--token-file", "auth.token_file"},
    {"--memory", "node.memory"},
    {"--vcores", "node.vcores"},
    {"--resources", "node.resources"},
};

struct Parsed {
    config::Sources sources;
    bool test_network = false;
};

EarlyExit usage(const std::string& what) {
    return {kExitUsage, "nodeagent: " + what + "\nTry 'nodeagent --help'.\n"};
}

EarlyExit bad_configuration(const std::string& what) {
    return {config::kExitBadConfiguration, "nodeagent: " + what + "\n"};
}

EarlyExit unknown_flag(std::string_view name) {
    std::vector<std::string_view> names = {"--help", "--version"};
    for (const Flag& flag : kFlags) {
        names.push_back(flag.name);
    }
    return usage("unknown option '" + std::string(name) + "'" + did_you_mean(name, names));
}

void take_flag(const Flag& flag, const std::string& value, Parsed& parsed) {
    if (flag.name == "--config") {
        parsed.sources.required_files.push_back(value);
    } else if (flag.name == "--set") {
        parsed.sources.overrides.push_back(value);
    } else {
        parsed.sources.overrides.push_back(std::string(flag.key) + "=" + value);
    }
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
            return EarlyExit{0, "nodeagent " + std::string(version()) + "\n"};
        }
        if (argument == kTestNetworkSwitch) {
            parsed.test_network = true;
            continue;
        }
        const auto* flag = std::ranges::find(kFlags, name, &Flag::name);
        if (flag == std::end(kFlags)) {
            return unknown_flag(name);
        }
        if (equals != std::string_view::npos) {
            take_flag(*flag, std::string(argument.substr(equals + 1)), parsed);
        } else if (i + 1 < arguments.size()) {
            take_flag(*flag, arguments[++i], parsed);
        } else {
            return usage("option '" + std::string(name) + "' needs a value");
        }
    }
    return parsed;
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// systemd sets STATE_DIRECTORY for the unit; a person gets a directory of their own.
std::string default_directory() {
    if (const std::string given = variable("STATE_DIRECTORY"); !given.empty()) {
        return given.substr(0, given.find(':'));
    }
    if (const std::string base = variable("XDG_STATE_HOME"); !base.empty()) {
        return base + "/heddle/node";
    }
    const std::string home = variable("HOME");
    return (home.empty() ? "/var/lib" : home + "/.local/state") + "/heddle/node";
}

std::string default_name() {
    char name[256] = {};
    ::gethostname(name, sizeof name - 1);
    return name;
}

bool is_node_name(std::string_view name) {
    return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
    });
}

bool is_label(std::string_view text) {
    return text.size() <= 255 && !text.starts_with("-") && !text.starts_with("_") &&
           std::ranges::all_of(
               text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
}

std::string absolute(const std::string& path) {
    if (path.starts_with("/")) {
        return path;
    }
    char buffer[4096];
    const char* here = ::getcwd(buffer, sizeof buffer);
    return std::string(here == nullptr ? "" : here) + "/" + path;
}

Resource total_of(const config::Settings& settings) {
    Resource total = detect_resources();
    if (const std::int64_t bytes = settings.bytes("node.memory"); bytes > 0) {
        total.memory_mib = std::max<std::int64_t>(1, bytes >> 20);
    }
    if (const std::int64_t vcores = settings.integer("node.vcores"); vcores > 0) {
        total.vcores = vcores;
    }
    return total;
}

NodeOptions resolve(const config::Settings& settings) {
    NodeOptions options;
    options.name = settings.text("node.name");
    if (options.name.empty()) {
        options.name = default_name();
    }
    options.address = settings.text("node.address");
    options.port = static_cast<std::uint16_t>(settings.integer("node.port"));
    options.rack = settings.text("node.rack");
    options.directory = settings.text("node.work_dir");
    options.directory =
        absolute(options.directory.empty() ? default_directory() : options.directory);
    options.token_file = settings.text("auth.token_file");
    if (options.token_file.empty()) {
        options.token_file = net::token_credential();
    }
    if (options.token_file.empty()) {
        options.token_file = options.directory + "/token";
    }
    options.host_names = settings.texts("auth.host_names");
    options.anonymous_read = settings.boolean("auth.anonymous_read");
    options.total = total_of(settings);
    options.memory_check = settings.duration("node.memory_check");
    options.log_retention = settings.duration("node.log_retention");
    options.logs_kept_max = static_cast<std::size_t>(settings.integer("node.logs_kept"));
    options.opportunistic_queue_max =
        static_cast<std::int32_t>(settings.integer("node.opportunistic_queue_max"));
    options.cache_bytes_max = static_cast<std::uint64_t>(settings.bytes("node.cache_bytes_max"));
    options.log_bytes_max = static_cast<std::uint64_t>(settings.bytes("node.log_bytes_max"));
    return options;
}

/// What is wrong with name, resources or addresses, or empty.
std::string resolve_checked(const config::Settings& settings, bool test_network,
                            NodeOptions& options) {
    if (!is_node_name(options.name)) {
        return "node.name '" + options.name + "': use letters, digits, '.', '-' and '_'";
    }
    options.label = settings.text("node.label");
    if (!is_label(options.label)) {
        return "node.label '" + options.label +
               "': use letters, digits, '-' and '_', at most 255, and begin with none of the last "
               "two";
    }
    for (const std::string& text : settings.texts("node.attributes")) {
        const std::size_t equals = std::min(text.find('='), text.size());
        std::string name(trim(text.substr(0, equals)));
        if (const auto parts = split_attribute(name)) {
            if (parts->first != kAttributePrefixNode) {
                return "node.attributes '" + text + "': the prefix of what a node says is " +
                       std::string(kAttributePrefixNode) + ", or none";
            }
            name = std::string(parts->second);
        }
        if (name.empty() || equals == text.size() || options.attributes.contains(name)) {
            return "node.attributes '" + text + "': write NAME=VALUE, each name once";
        }
        options.attributes[name] = trim(text.substr(equals + 1));
    }
    const auto named = parse_named_counts(settings.texts("node.resources"));
    if (!named) {
        return "node.resources (" + settings.origin("node.resources") +
               "): " + named.error().message;
    }
    options.total.named = *named;
    if (!net::is_loopback(options.address) && !test_network) {
        return "node.address " + options.address +
               ": needs TLS and authentication, not in this version; use an address of 127.0.0.0/8";
    }
    const auto server = net::Endpoint::parse(settings.text("node.server"));
    if (!server || server->is_unix()) {
        return "node.server: " + (server ? "a host and port are needed" : server.error().message);
    }
    options.server = *server;
    const std::string rest = settings.text("node.manager_rest");
    const auto manager = rest.empty() ? net::Endpoint::tcp(server->host, kManagerRestPort)
                                      : net::Endpoint::parse(rest, kManagerRestPort);
    if (!manager) {
        return "node.manager_rest: " + manager.error().message;
    }
    options.manager_rest = *manager;
    return {};
}

}  // namespace

std::variant<NodeOptions, EarlyExit> parse_options(const std::vector<std::string>& arguments) {
    auto result = parse_arguments(arguments);
    if (auto* exit = std::get_if<EarlyExit>(&result)) {
        return std::move(*exit);
    }
    Parsed& parsed = std::get<Parsed>(result);
    parsed.sources.files = config::system_files();
    parsed.sources.environment = config::process_environment();
    const auto settings = config::load(parsed.sources);
    if (!settings) {
        return bad_configuration(settings.error().message);
    }
    NodeOptions options = resolve(*settings);
    const std::string problem = resolve_checked(*settings, parsed.test_network, options);
    if (!problem.empty()) {
        return bad_configuration(problem);
    }
    return options;
}

}  // namespace heddle::node
