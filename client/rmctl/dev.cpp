#include "client/rmctl/dev.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "client/rmctl/answers.h"
#include "client/rmctl/apps.h"
#include "client/rmctl/dev_cluster.h"
#include "client/rmctl/exit_code.h"
#include "client/rmctl/interrupt.h"
#include "client/rmctl/output.h"
#include "client/rmctl/process.h"
#include "client/rmctl/server.h"
#include "client/rmctl/terminal.h"
#include "common/base/clock.h"
#include "common/base/strings.h"
#include "common/config/settings.h"
#include "common/net/http_message.h"

namespace heddle::rmctl {
namespace {

using namespace heddle::literals;

constexpr Duration kStartLimit = 30_s;
constexpr Duration kKillLimit = 15_s;  // of running applications, by `dev down`
constexpr Duration kStopGrace = 10_s;  // of daemons, before SIGKILL
constexpr Duration kStrayGrace = 2_s;  // of containers that nobody answers for
constexpr int kTailLines = 15;
constexpr int kDefaultPort = 8088;
constexpr int kDefaultNodes = 3;

// One `dev` command at a time per directory. Closed by the end of the process.
Status lock(const DevLayout& layout) {
    const int descriptor = open(layout.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return errno_error("cannot open '" + layout.lock() + "'");
    }
    if (flock(descriptor, LOCK_EX) != 0) {
        return errno_error("cannot lock '" + layout.lock() + "'");
    }
    return {};
}

const wire::DaemonEntry* find_daemon(const wire::EndpointFile& file, const std::string& name) {
    const auto found =
        std::find_if(file.daemons.begin(), file.daemons.end(),
                     [&](const wire::DaemonEntry& entry) { return entry.name == name; });
    return found == file.daemons.end() ? nullptr : &*found;
}

bool runs(const wire::EndpointFile& file, const std::string& name) {
    const wire::DaemonEntry* daemon = find_daemon(file, name);
    return daemon != nullptr && is_alive(key_of(*daemon));
}

int port_in(const std::string& address) {
    int port = 0;
    const auto colon = address.rfind(':');
    return colon != std::string::npos && parse_number(address.substr(colon + 1), port) ? port : 0;
}

std::string host_and_port(const std::string& server) {
    const auto scheme = server.find("://");
    return scheme == std::string::npos ? server : server.substr(scheme + 3);
}

// What a daemon means by the exit codes that all of ours share.
ErrorCode code_of_end(int wait_status) {
    const int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 0;
    return code == kExitConflict      ? ErrorCode::Conflict
           : code == kExitInvalidSpec ? ErrorCode::InvalidArgument
                                      : ErrorCode::Internal;
}

// Only what lives counts as there: a dead daemon binds neither its port nor the cluster's size to
// anything, so a directory can never be in a state that `dev up` does not get out of.
class ClusterStart {
public:
    ClusterStart(const Options& options, const DevOptions& what, Duration heartbeat,
                 DevLayout layout, std::string bin)
        : options_(options),
          what_(what),
          heartbeat_(heartbeat),
          layout_(std::move(layout)),
          bin_(std::move(bin)),
          progress_(options.quiet) {}

    Status run() {
        TRY(read_present());
        TRY(check_wanted());
        TRY(prepare(layout_, nodes_));
        TRY(choose_ports());
        TRY(check_ports());
        before_ = processes_of(layout_.directory, kDevVariable);
        const Status done = start_all();
        return done.ok() ? done : undo(done.error());
    }

    int started() const { return static_cast<int>(started_.size()); }
    const wire::EndpointFile& file() const { return file_; }
    int nodes() const { return nodes_; }
    /// What all agents together offer, MiB; 0 when none was started.
    std::int64_t memory_offered() const { return share_.memory_mib * nodes_; }

private:
    Status read_present() {
        auto present = wire::read_endpoint_file(layout_.endpoint());
        if (!present && present.error().code != ErrorCode::NotFound) {
            return present.error();
        }
        int known = 0;
        if (present.ok()) {
            file_ = std::move(present).value();
            for (const wire::DaemonEntry& daemon : file_.daemons) {
                known = std::max(known, node_number(daemon.name));
            }
            if (const wire::DaemonEntry* old = find_daemon(file_, kManagerName)) {
                manager_.node_port = port_in(old->address);
            }
            std::erase_if(file_.daemons, [](const wire::DaemonEntry& daemon) {
                return !is_alive(key_of(daemon));
            });
        }
        running_ = !file_.daemons.empty();
        nodes_ = what_.nodes > 0 ? what_.nodes : known > 0 ? known : kDefaultNodes;
        return {};
    }

    Status check_wanted() {
        if (!running_) {
            return {};
        }
        const std::string ending = "; end it first with: " + command_text(options_, "dev down");
        if (what_.port_given && what_.port != 0 && what_.port != port_in(file_.server)) {
            return Error{ErrorCode::Conflict, "a cluster runs at " + file_.server +
                                                  " from this directory" + ending +
                                                  ", or give this one another --dir"};
        }
        int agents = 0;
        for (const wire::DaemonEntry& daemon : file_.daemons) {
            agents = std::max(agents, node_number(daemon.name));
        }
        if (agents > nodes_) {
            return Error{ErrorCode::Conflict, "the cluster of this directory runs with " +
                                                  count_of(agents, "node agent") +
                                                  ", more than --nodes " + std::to_string(nodes_) +
                                                  ending};
        }
        const wire::DaemonEntry* manager = find_daemon(file_, kManagerName);
        if (manager != nullptr && heartbeat_ > Duration{} &&
            heartbeat_in(command_of(static_cast<pid_t>(manager->pid))) != heartbeat_) {
            return Error{ErrorCode::Conflict,
                         "the cluster of this directory runs with another "
                         "heartbeat than --heartbeat " +
                             what_.heartbeat + ending};
        }
        return {};
    }

    // What lives keeps looking for the others where they were; a cluster of which nothing lives is
    // free to go elsewhere.
    Status choose_ports() {
        manager_.rest_port = running_ ? port_in(file_.server) : what_.port;
        if (manager_.rest_port == 0) {
            TRY(manager_.rest_port, free_port("127.0.0.1", {}));
        }
        const bool usual = manager_.rest_port == kDefaultPort;
        std::vector<int> taken = {manager_.rest_port};
        if (!running_ || manager_.node_port == 0) {
            manager_.node_port = ManagerPlace{}.node_port;
            if (!usual) {
                TRY(manager_.node_port, free_port("127.0.0.1", taken));
            }
        }
        taken.push_back(manager_.node_port);
        for (int number = 1; number <= nodes_; ++number) {
            if (runs(file_, node_name(number))) {
                continue;
            }
            NodePlace place{number, NodePlace{}.rest_port, {}};
            if (!usual) {
                TRY(place.rest_port, free_port(node_address(number), taken));
            }
            places_.push_back(place);
        }
        return {};
    }

    Status check_ports() const {
        const std::string remedy = running_
                                       ? "end what still runs of this cluster and start it anew: " +
                                             command_text(options_, "dev down") + ", then " +
                                             command_text(options_, "dev up --port 0")
                                       : "use free ports with --port 0";
        if (!runs(file_, kManagerName)) {
            TRY(check_port("127.0.0.1", manager_.rest_port, "REST and dashboard", remedy));
            TRY(check_port("127.0.0.1", manager_.node_port, "node agents", remedy));
        }
        for (const NodePlace& place : places_) {
            TRY(check_port(node_address(place.number), place.rest_port,
                           "REST of " + node_name(place.number), remedy));
        }
        return {};
    }

    Status start_all() {
        if (!runs(file_, kManagerName)) {
            file_.server = "http://127.0.0.1:" + std::to_string(manager_.rest_port);
            file_.token_file = layout_.token();
            TRY(start(kManagerName, "127.0.0.1:" + std::to_string(manager_.node_port),
                      manager_command(bin_, layout_, manager_, heartbeat_)));
        }
        TRY(wait_for_manager());
        if (!places_.empty()) {
            TRY(share_, share_of_agents());
        }
        for (NodePlace& place : places_) {
            place.share = share_;
            TRY(start(node_name(place.number),
                      node_address(place.number) + ":" + std::to_string(place.rest_port),
                      node_command(bin_, layout_, manager_, place)));
        }
        return wait_for_nodes();
    }

    // An agent that joins others offers as much as they do, so that all nodes are alike.
    Result<Resource> share_of_agents() {
        TRY(Server server, Server::at(file_.server, layout_.token()));
        TRY(const std::string body,
            server.get("/ws/v1/cluster/nodes?states=NEW,RUNNING,UNHEALTHY", "the list of nodes"));
        TRY(const auto nodes, read_nodes(body));
        for (const NodeAnswer& node : nodes) {
            if (runs(file_, node.id)) {
                return Resource{node.total.memory_mib, node.total.vcores};
            }
        }
        return share_of_machine(nodes_);
    }

    Status start(const std::string& name, const std::string& address,
                 const std::vector<std::string>& command) {
        TRY(const ProcessKey process,
            spawn_detached(command, layout_.log(name), {{kDevVariable, layout_.directory}}));
        started_.push_back(process);
        file_.daemons.push_back(
            {name, process.pid, static_cast<std::int64_t>(process.start_ticks), address});
        return wire::write_endpoint_file(layout_.endpoint(), file_);
    }

    // Ends what this start began, agents before the manager, and nothing that ran before it.
    Error undo(Error error) {
        progress_.clear();
        if (started_.empty()) {
            return error;
        }
        std::reverse(started_.begin(), started_.end());
        Status ended = stop_processes(started_, kStopGrace);
        std::vector<ProcessKey> strays = processes_of(layout_.directory, kDevVariable);
        std::erase_if(strays, [&](const ProcessKey& process) {
            return std::find(before_.begin(), before_.end(), process) != before_.end();
        });
        if (ended.ok()) {
            ended = stop_processes(strays, kStrayGrace);
        }
        std::erase_if(file_.daemons,
                      [](const wire::DaemonEntry& daemon) { return !is_alive(key_of(daemon)); });
        if (file_.daemons.empty()) {
            unlink(layout_.endpoint().c_str());
        } else if (ended.ok()) {
            ended = wire::write_endpoint_file(layout_.endpoint(), file_);
        }
        error.message += error.message.ends_with('\n') ? "" : "\n";
        error.message += ended.ok()
                             ? "What this start had begun is ended again"
                             : "End what is left with: " + command_text(options_, "dev down");
        return error;
    }

    // Fails as soon as a daemon has ended, with what it said last.
    Status check_daemons() {
        for (const wire::DaemonEntry& daemon : file_.daemons) {
            const int status = reap(key_of(daemon));
            if (is_alive(key_of(daemon))) {
                continue;
            }
            const std::string log = layout_.log(daemon.name);
            std::string message = daemon.name + " ended";
            if (WIFEXITED(status) && status != 0) {
                message += " with exit code " + std::to_string(WEXITSTATUS(status));
            }
            return Error{code_of_end(status),
                         message + "; the end of " + log + ":\n" + tail_of(log, kTailLines)};
        }
        if (interrupted()) {
            return Error{ErrorCode::Cancelled, "interrupted"};
        }
        return {};
    }

    Status wait_for_manager() {
        TRY(Server server, Server::at(file_.server, layout_.token()));
        return wait("the resource manager to answer", kManagerName, [&] {
            const auto info = server.get("/ws/v1/cluster/info", "cluster information");
            // Anything but silence is an answer; a refusal is a finding of its own.
            if (!info && info.error().code != ErrorCode::Unavailable) {
                return Result<bool>(info.error());
            }
            return Result<bool>(info.ok());
        });
    }

    Status wait_for_nodes() {
        TRY(Server server, Server::at(file_.server, layout_.token()));
        return wait("node agents to register", node_name(1), [&]() -> Result<bool> {
            TRY(const std::string body,
                server.get("/ws/v1/cluster/nodes?states=RUNNING", "the list of nodes"));
            TRY(const auto nodes, read_nodes(body));
            progress_.show("waiting for node agents: " + std::to_string(nodes.size()) + " of " +
                           std::to_string(nodes_));
            return static_cast<int>(nodes.size()) >= nodes_;
        });
    }

    template <typename Ready>
    Status wait(const std::string& what, const std::string& daemon, Ready ready) {
        const TimePoint deadline = monotonic_now() + kStartLimit;
        for (;;) {
            TRY(const bool done, ready());
            if (done) {
                return {};
            }
            TRY(check_daemons());
            if (monotonic_now() > deadline) {
                const std::string log = layout_.log(daemon);
                return Error{ErrorCode::Timeout,
                             "waited " + human_duration(kStartLimit.milliseconds()) + " for " +
                                 what + "; the end of " + log + ":\n" + tail_of(log, kTailLines)};
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }

    const Options& options_;
    const DevOptions& what_;
    Duration heartbeat_;
    DevLayout layout_;
    std::string bin_;
    Progress progress_;
    wire::EndpointFile file_;          // the living
    bool running_ = false;             // some of it, before this start
    int nodes_ = kDefaultNodes;        // that there are to be
    ManagerPlace manager_;             // where it is or will be
    std::vector<NodePlace> places_;    // of the agents that are to be started
    Resource share_;                   // of each of them
    std::vector<ProcessKey> started_;  // by this start
    std::vector<ProcessKey> before_;   // of the cluster before this start: containers too
};

// Asks the manager to end every application, so that containers end in good order.
void kill_applications(const Options& options, const wire::EndpointFile& file) {
    auto server = Server::at(file.server, file.token_file);
    if (!server) {
        return;
    }
    const auto body = server->get(
        "/ws/v1/cluster/apps?states=NEW,NEW_SAVING,SUBMITTED,ACCEPTED,RUNNING", "applications");
    const auto running = body.ok() ? read_applications(*body) : body.error();
    if (!running) {
        return;
    }
    for (const ApplicationAnswer& app : *running) {
        hint(options, "Ending " + app.id);
        (void)server->put("/ws/v1/cluster/apps/" + net::percent_encode(app.id) + "/state",
                          R"({"state":"KILLED"})", "kill of " + app.id);
    }
    for (const ApplicationAnswer& app : *running) {
        (void)wait_for_application(*server, app.id, kKillLimit, [](const ApplicationAnswer&) {});
    }
}

std::vector<ProcessKey> living(const wire::EndpointFile& file, bool managers) {
    std::vector<ProcessKey> found;
    for (const wire::DaemonEntry& daemon : file.daemons) {
        if ((daemon.name == kManagerName) == managers && is_alive(key_of(daemon))) {
            found.push_back(key_of(daemon));
        }
    }
    return found;
}

// Agents end first: a manager that is gone would have them reconnect for nothing. Then whatever
// still carries the cluster's mark: containers and shims of an agent that had died before.
Status end_everything(const Options& options, const DevLayout& layout,
                      const wire::EndpointFile& file) {
    if (!living(file, true).empty() && !living(file, false).empty()) {
        kill_applications(options, file);
    }
    TRY(stop_processes(living(file, false), kStopGrace));
    TRY(stop_processes(living(file, true), kStopGrace));
    for (int round = 0; round < 3; ++round) {
        const auto strays = processes_of(layout.directory, kDevVariable);
        if (strays.empty()) {
            break;
        }
        TRY(stop_processes(strays, kStrayGrace));
    }
    if (unlink(layout.endpoint().c_str()) != 0 && errno != ENOENT) {
        return errno_error("cannot remove '" + layout.endpoint() + "'");
    }
    return {};
}

// The manager refuses an interval that is not shorter than the silence after which a node is lost,
// which may be an hour at most; three times the interval must fit in.
Result<Duration> heartbeat_of(const DevOptions& what) {
    if (what.heartbeat.empty()) {
        return Duration{};
    }
    const auto found = config::parse_duration(what.heartbeat);
    if (!found) {
        return Error{ErrorCode::InvalidArgument, "--heartbeat: " + found.error().message};
    }
    if (*found < 10_ms || *found > seconds(1200)) {
        return Error{ErrorCode::InvalidArgument,
                     "--heartbeat " + what.heartbeat + ": between 10ms and 20m"};
    }
    return *found;
}

}  // namespace

Result<int> dev_up(const Options& options, const DevOptions& what) {
    TRY(const Duration heartbeat, heartbeat_of(what));
    TRY(const DevLayout layout, layout_of(options.directory));
    TRY(const std::string bin, daemons_folder());
    TRY(prepare(layout, 0));
    TRY(lock(layout));
    ClusterStart start(options, what, heartbeat, layout, bin);
    TRY(start.run());
    const wire::EndpointFile& file = start.file();
    if (options.output == OutputForm::Json) {
        print_json(wire::format_endpoint_file(file));
        return kExitDone;
    }
    hint(options, (start.started() == 0 ? "Already up: " : "Up: ") + file.server + " with " +
                      count_of(start.nodes(), "node agent") + "; state in " + layout.directory);
    const std::int64_t there = machine_memory_mib();
    if (start.memory_offered() > there) {
        hint(options, "The agents offer " + std::to_string(start.memory_offered()) +
                          " MiB, this machine has " + std::to_string(there) +
                          " MiB; for smaller nodes: rmctl dev down, then dev up --nodes N");
    }
    const auto next = [&](const char* command) { return command_text(options, command); };
    hint(options, "Next: " + next("node list") + ", " + next("submit -- /bin/sleep 5") + ", " +
                      next("ui") + ", " + next("dev down"));
    return kExitDone;
}

Result<int> dev_down(const Options& options) {
    TRY(const DevLayout layout, layout_of(options.directory));
    if (access(layout.directory.c_str(), F_OK) != 0) {
        hint(options, "Nothing runs from " + layout.directory);
        return kExitDone;
    }
    TRY(lock(layout));
    const auto file = wire::read_endpoint_file(layout.endpoint());
    // A damaged file tells nothing; the mark in the environment finds the daemons all the same.
    const wire::EndpointFile known = file.ok() ? *file : wire::EndpointFile{};
    const bool anything = file.ok() || !processes_of(layout.directory, kDevVariable).empty();
    TRY(end_everything(options, layout, known));
    hint(options, anything ? "Down; state stays in " + layout.directory
                           : "Nothing runs from " + layout.directory);
    return kExitDone;
}

Result<int> dev_status(const Options& options) {
    TRY(const DevLayout layout, layout_of(options.directory));
    const auto file = wire::read_endpoint_file(layout.endpoint());
    if (!file && file.error().code == ErrorCode::NotFound) {
        return Error{ErrorCode::NotFound,
                     "no cluster in " + layout.directory + "; start one with: rmctl dev up"};
    }
    TRY(const wire::EndpointFile known, file);
    if (options.output == OutputForm::Json) {
        print_json(wire::format_endpoint_file(known));
        return kExitDone;
    }
    Table table;
    table.columns = {{"DAEMON", Align::Left, false, 0},
                     {"PID", Align::Right, false, 0},
                     {"STATE", Align::Left, false, 0},
                     {"ADDRESS", Align::Left, false, 0},
                     {"LOG", Align::Left, false, 1}};
    bool all = true;
    for (const wire::DaemonEntry& daemon : known.daemons) {
        const bool alive = is_alive(key_of(daemon));
        all = all && alive;
        // The manager's own entry has the agents' port; people want its REST and dashboard.
        const bool manager = daemon.name == kManagerName;
        table.rows.push_back({daemon.name, std::to_string(daemon.pid), alive ? "running" : "ended",
                              manager ? host_and_port(known.server) : daemon.address,
                              layout.log(daemon.name)});
    }
    print_table(options, table);
    return all ? kExitDone : kExitApplicationFailed;
}

}  // namespace heddle::rmctl
