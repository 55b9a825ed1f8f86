#include "resourcemanager/simulator/options.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "common/base/service.h"
#include "common/base/strings.h"
#include "common/config/scheduler_file.h"
#include "resourcemanager/simulator/queues.h"

namespace heddle::simulator {
namespace {

constexpr std::string_view kHelp =
    R"(scheduler_sim: runs a workload through the resource manager's real scheduler in virtual time

usage: scheduler_sim [options]

workload (one of them):
  --generate               drawn from a seed: many small jobs, few huge ones, day and night (default)
  --sls FILE               input of Hadoop's scheduler load simulator (JSON objects)
  --swf FILE               Standard Workload Format 2.2; n processors are n tasks of one vcore
of --generate:
  --seed N                 another workload, and other moments for heartbeats (1)
  --span TIME              in which jobs arrive (1h)
  --load PERCENT           work that arrives, of what the machines can do meanwhile (80)
where a file does not say it:
  --task-memory SIZE       (1g)
  --master-memory SIZE     (1g)

machines:
  --topology FILE          nodes and racks in the form of Hadoop's simulator
  --nodes N --memory SIZE --vcores N --racks N
                           all alike (100 nodes of 64g and 16 vcores, 1 rack); an SWF file that
                           says MaxNodes or MaxProcs gives its own
queues:
  --queues A=WEIGHT,...    leaves, as root.etl=2,root.etl.night; without a weight: 1. Without this:
                           each queue that a job names; --generate: root.batch=3, root.lab=2 and
                           root.users
  --scheduler FILE         instead: a scheduler's configuration as the manager takes it (TOML), with
                           limits, orders and preemption

mode:
  --mode MODE              event: all is said when it happens; heartbeat: as YARN does it; both:
                           side by side, with the ratio (event)
  --node-heartbeat TIME    heartbeat: of nodes (1s)
  --master-heartbeat TIME  heartbeat: of masters; 3s is what Spark's take (1s)
  --assignments N          heartbeat: containers that a node takes at one heartbeat, those whose ask
                           names it not counted (1)
  --liveness TIME          event: complete statuses that prove life (10s)
  --message-delay TIME     one way, between any two (200us)
  --launch-delay TIME      from the order at the node to the running process (2ms)
  --save-delay TIME        of the store (2ms)

report:
  -o table|json            to standard output (table)
  --samples                the table shows every sample, too
  --sample TIME            between samples of use and fairness (10s)
  --quiet                  no progress and no timing on standard error
  --version, --help

TIME: 250us, 5ms, 2s, 10m, 1h. SIZE: 512m, 64g. The same arguments give the same report, byte for
byte; what depends on this machine's speed goes to standard error. Exit codes: 0; 1 the run came to
no end; 2 usage; 8 bad input.
)";

constexpr const char* kQueuesGenerated = "root.batch=3,root.lab=2,root.users";

struct Parsed {
    std::string sls;
    std::string swf;
    std::string topology;
    std::string queues;
    std::string scheduler;
    std::string mode = "event";
    std::string output = "table";
    std::int64_t seed = 1;
    std::int64_t load = 80;
    std::int64_t nodes = 0;
    std::int64_t vcores = 16;
    std::int64_t racks = 1;
    std::int64_t assignments = 1;
    std::int64_t memory = std::int64_t{64} << 10;  // MiB, as the following
    std::int64_t task_memory = 1024;
    std::int64_t master_memory = 1024;
    Duration span = seconds(3600);
    Setup setup;
    bool generate = false;
    bool samples = false;
    bool quiet = false;
};

Error bad(std::string what) {
    return {ErrorCode::InvalidArgument, std::move(what)};
}

Result<Duration> parse_duration(std::string_view text) {
    static const std::map<std::string_view, std::int64_t> kUnits = {
        {"us", 1}, {"ms", 1000}, {"s", 1'000'000}, {"m", 60'000'000}, {"h", 3'600'000'000}};
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto unit = kUnits.find(text.substr(digits));
    std::int64_t number = 0;
    if (unit == kUnits.end() || !parse_number(text.substr(0, digits), number) ||
        number > 1'000'000'000) {
        return bad("'" + std::string(text) + "' is no time; use 250us, 5ms, 2s, 10m or 1h");
    }
    return microseconds(number * unit->second);
}

using Take = std::function<Status(Parsed&, const std::string&)>;

Take text(std::string Parsed::*member) {
    return [member](Parsed& parsed, const std::string& value) -> Status {
        parsed.*member = value;
        return {};
    };
}

Take one_of(std::string Parsed::*member, std::vector<std::string> choices) {
    return [member, choices](Parsed& parsed, const std::string& value) -> Status {
        if (std::ranges::find(choices, value) == choices.end()) {
            return bad("'" + value + "' is none of " + join(choices, ", "));
        }
        parsed.*member = value;
        return {};
    };
}

Take number(std::int64_t Parsed::*member, std::int64_t low, std::int64_t high) {
    return [member, low, high](Parsed& parsed, const std::string& value) -> Status {
        if (!parse_number(value, parsed.*member) || parsed.*member < low || parsed.*member > high) {
            return bad("'" + value + "' is no number from " + std::to_string(low) + " to " +
                       std::to_string(high));
        }
        return {};
    };
}

Take memory(std::int64_t Parsed::*member) {
    return [member](Parsed& parsed, const std::string& value) -> Status {
        TRY(const std::int64_t bytes, parse_bytes(value));
        if (bytes < 1 << 20) {
            return bad("'" + value + "' is less than 1m");
        }
        parsed.*member = bytes >> 20;
        return {};
    };
}

Take span_of(std::function<Duration&(Parsed&)> where, Duration least) {
    return [where, least](Parsed& parsed, const std::string& value) -> Status {
        TRY(where(parsed), parse_duration(value));
        if (where(parsed) < least) {
            return bad("'" + value + "' is too short");
        }
        return {};
    };
}

Take setup_time(Duration Setup::*member, Duration least) {
    return span_of([member](Parsed& parsed) -> Duration& { return parsed.setup.*member; }, least);
}

const std::map<std::string, Take, std::less<>>& flags_with_value() {
    static const std::map<std::string, Take, std::less<>> kFlags = {
        {"--sls", text(&Parsed::sls)},
        {"--swf", text(&Parsed::swf)},
        {"--topology", text(&Parsed::topology)},
        {"--queues", text(&Parsed::queues)},
        {"--scheduler", text(&Parsed::scheduler)},
        {"--mode", one_of(&Parsed::mode, {"event", "heartbeat", "both"})},
        {"-o", one_of(&Parsed::output, {"table", "json"})},
        {"--seed", number(&Parsed::seed, 0, INT64_MAX)},
        {"--load", number(&Parsed::load, 1, 1000)},
        {"--nodes", number(&Parsed::nodes, 1, 100'000)},
        {"--vcores", number(&Parsed::vcores, 1, 100'000)},
        {"--racks", number(&Parsed::racks, 1, 100'000)},
        {"--assignments", number(&Parsed::assignments, 1, 1000)},
        {"--memory", memory(&Parsed::memory)},
        {"--task-memory", memory(&Parsed::task_memory)},
        {"--master-memory", memory(&Parsed::master_memory)},
        {"--span", span_of([](Parsed& p) -> Duration& { return p.span; }, seconds(1))},
        {"--node-heartbeat", setup_time(&Setup::node_heartbeat, milliseconds(1))},
        {"--master-heartbeat", setup_time(&Setup::master_heartbeat, milliseconds(1))},
        {"--liveness", setup_time(&Setup::liveness, milliseconds(1))},
        {"--message-delay", setup_time(&Setup::message_delay, {})},
        {"--launch-delay", setup_time(&Setup::launch_delay, {})},
        {"--save-delay", setup_time(&Setup::save_delay, {})},
        {"--sample", setup_time(&Setup::sample, milliseconds(100))},
    };
    return kFlags;
}

const std::map<std::string, bool Parsed::*, std::less<>>& switches() {
    static const std::map<std::string, bool Parsed::*, std::less<>> kSwitches = {
        {"--generate", &Parsed::generate},
        {"--samples", &Parsed::samples},
        {"--quiet", &Parsed::quiet},
    };
    return kSwitches;
}

EarlyExit usage(const std::string& what) {
    return {kExitUsage, "scheduler_sim: " + what + "\nTry 'scheduler_sim --help'.\n"};
}

EarlyExit unknown(std::string_view name) {
    std::vector<std::string_view> names = {"--help", "--version"};
    for (const auto& [flag, take] : flags_with_value()) {
        names.push_back(flag);
    }
    for (const auto& [flag, member] : switches()) {
        names.push_back(flag);
    }
    return usage("unknown option '" + std::string(name) + "'" + did_you_mean(name, names));
}

std::variant<Parsed, EarlyExit> parse_arguments(const std::vector<std::string>& arguments) {
    Parsed parsed;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if (argument == "--help" || argument == "-h") {
            return EarlyExit{0, std::string(kHelp)};
        }
        if (argument == "--version") {
            return EarlyExit{0, "scheduler_sim " + std::string(version()) + "\n"};
        }
        if (const auto found = switches().find(argument); found != switches().end()) {
            parsed.*found->second = true;
            continue;
        }
        const std::size_t equals =
            argument.starts_with("--") ? argument.find('=') : std::string::npos;
        const std::string name = argument.substr(0, equals);
        const auto flag = flags_with_value().find(name);
        if (flag == flags_with_value().end()) {
            return unknown(name);
        }
        if (equals == std::string::npos && i + 1 == arguments.size()) {
            return usage("option '" + name + "' needs a value");
        }
        const std::string value =
            equals == std::string::npos ? arguments[++i] : argument.substr(equals + 1);
        if (const Status taken = flag->second(parsed, value); !taken) {
            return usage("option '" + name + "': " + taken.error().message);
        }
    }
    if ((parsed.sls.empty() ? 0 : 1) + (parsed.swf.empty() ? 0 : 1) + (parsed.generate ? 1 : 0) >
        1) {
        return usage("--sls, --swf and --generate exclude each other");
    }
    if (!parsed.queues.empty() && !parsed.scheduler.empty()) {
        return usage("--queues and --scheduler exclude each other");
    }
    return parsed;
}

Result<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
        return bad("cannot read " + path + ", or it is empty");
    }
    return std::move(text).str();
}

template <typename Read>
auto read_with(const std::string& path, Read&& read) -> decltype(read(std::string_view())) {
    TRY(const std::string text, read_file(path));
    auto read_text = read(std::string_view(text));
    if (!read_text.ok()) {
        return bad(path + ": " + read_text.error().message);
    }
    return read_text;
}

std::vector<Machine> alike(const Parsed& parsed) {
    std::vector<Machine> machines;
    const std::int64_t count = parsed.nodes == 0 ? 100 : parsed.nodes;
    for (std::int64_t i = 0; i < count; ++i) {
        Machine machine;
        machine.name = "node-" + std::to_string(i + 1);
        machine.rack = "/rack-" + std::to_string(i % parsed.racks + 1);
        machine.total = {parsed.memory, parsed.vcores};
        machines.push_back(std::move(machine));
    }
    return machines;
}

// What was said of them, or nothing.
Result<std::optional<SchedulerConfig>> given_queues(const Parsed& parsed) {
    if (!parsed.scheduler.empty()) {
        TRY(SchedulerConfig config, config::read_scheduler(parsed.scheduler));
        return std::optional(std::move(config));
    }
    if (!parsed.queues.empty()) {
        TRY(const std::vector<LeafQueue> queues, parse_queues(parsed.queues));
        return std::optional(scheduler_of(queues));
    }
    return std::optional<SchedulerConfig>();
}

Status read_workload(const Parsed& parsed, const Defaults& defaults, Options& options) {
    const Resource total{parsed.memory, parsed.vcores};
    if (!parsed.sls.empty()) {
        TRY(options.workload,
            read_with(parsed.sls, [&](std::string_view file) { return read_sls(file, defaults); }));
    } else if (!parsed.swf.empty()) {
        TRY(options.workload,
            read_with(parsed.swf, [&](std::string_view file) { return read_swf(file, defaults); }));
    }
    if (!parsed.topology.empty()) {
        TRY(options.machines, read_with(parsed.topology, [&](std::string_view file) {
                return read_sls_nodes(file, total);
            }));
    } else {
        const bool own = parsed.nodes == 0 && !options.workload.machines.empty();
        options.machines = own ? options.workload.machines : alike(parsed);
    }
    return {};
}

Status put_together(const Parsed& parsed, Options& options, SchedulerConfig& scheduler) {
    const Defaults defaults{{parsed.master_memory, 1}, {parsed.task_memory, 1}};
    TRY(read_workload(parsed, defaults, options));
    TRY(const std::optional<SchedulerConfig> given, given_queues(parsed));
    if (options.workload.jobs.empty()) {
        Generator how;
        TRY(const std::vector<LeafQueue> usual, parse_queues(kQueuesGenerated));
        scheduler = given.value_or(scheduler_of(usual));
        how.seed = static_cast<std::uint64_t>(parsed.seed);
        how.span = parsed.span;
        how.load_percent = static_cast<std::int32_t>(parsed.load);
        how.queues = leaves_of(scheduler);
        how.machines = options.machines;
        how.master_size = defaults.master_size;
        options.workload = generate(how);
        return {};
    }
    const std::vector<LeafQueue> named = name_in_full(options.workload.jobs);
    scheduler = given.value_or(scheduler_of(named));
    return check_queues(named, scheduler,
                        parsed.scheduler.empty() ? "among --queues" : "in " + parsed.scheduler);
}

}  // namespace

std::variant<Options, EarlyExit> parse_options(const std::vector<std::string>& arguments) {
    auto arguments_or_exit = parse_arguments(arguments);
    if (auto* exit = std::get_if<EarlyExit>(&arguments_or_exit)) {
        return std::move(*exit);
    }
    const Parsed parsed = std::get<Parsed>(std::move(arguments_or_exit));
    Options options;
    SchedulerConfig scheduler;
    if (const Status done = put_together(parsed, options, scheduler); !done) {
        return EarlyExit{kExitBadInput, "scheduler_sim: " + done.error().message + "\n"};
    }
    Setup setup = parsed.setup;
    setup.scheduler = std::move(scheduler);
    setup.seed = static_cast<std::uint64_t>(parsed.seed);
    setup.assignments = static_cast<std::int32_t>(parsed.assignments);
    if (parsed.mode != "heartbeat") {
        setup.mode = Mode::Event;
        options.runs.push_back(setup);
    }
    if (parsed.mode != "event") {
        setup.mode = Mode::Heartbeat;
        options.runs.push_back(setup);
    }
    options.json = parsed.output == "json";
    options.samples = parsed.samples;
    options.quiet = parsed.quiet;
    return options;
}

}  // namespace heddle::simulator
