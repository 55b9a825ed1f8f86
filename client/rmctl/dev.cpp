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
#include "common/net/http_message.h"

namespace heddle::rmctl {
namespace {

using namespace heddle::literals;

constexpr Duration kStartLimit = 30_s;
constexpr Duration kKillLimit = 15_s;  // of running applications, by `dev down`
constexpr Duration kStopGrace = 10_s;  // of daemons, before SIGKILL
constexpr Duration kStrayGrace = 2_s;  // of containers that nobody answers for
constexpr int kNodesMax = 250;
constexpr int kTailLines = 15;
constexpr int kDefaultPort = 8088;

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

class ClusterStart {
public:
    ClusterStart(const Options& options, const DevOptions& what, DevLayout layout, std::string bin)
        : what_(what), layout_(std::move(layout)), bin_(std::move(bin)), progress_(options.quiet) {}

    Status run() {
        TRY(prepare(layout_, what_.nodes));
        TRY(read_present());
        TRY(choose_ports());
        TRY(start_manager());
        for (int number = 1; number <= what_.nodes; ++number) {
            TRY(start_node(number));
        }
        return wait_for_nodes();
    }

    int started() const { return started_; }
    const wire::EndpointFile& file() const { return file_; }

private:
    Status read_present() {
        auto present = wire::read_endpoint_file(layout_.endpoint());
        if (!present) {
            return present.error().code == ErrorCode::NotFound ? Status() : present.error();
        }
        file_ = std::move(present).value();
        std::erase_if(file_.daemons, [](const wire::DaemonEntry& daemon) {
            return daemon.name != kManagerName && !is_alive(key_of(daemon));
        });
        return {};
    }

    // A manager that ran before keeps its ports: agents that still run look for it there.
    Status choose_ports() {
        const bool running = !file_.daemons.empty();
        manager_.rest_port = running ? port_in(file_.server) : what_.port;
        if (running && what_.port_given && what_.port != 0 && what_.port != manager_.rest_port) {
            return Error{ErrorCode::Conflict, "a cluster runs at " + file_.server +
                                                  " from this directory; end it with: rmctl dev "
                                                  "down, or give this one another --dir"};
        }
        if (const wire::DaemonEntry* old = find_daemon(file_, kManagerName);
            old != nullptr && running && port_in(old->address) != 0) {
            manager_.node_port = port_in(old->address);
        } else if (manager_.rest_port != kDefaultPort) {
            TRY(manager_.node_port, free_port("127.0.0.1"));
        }
        if (manager_.rest_port == 0) {
            TRY(manager_.rest_port, free_port("127.0.0.1"));
        }
        return {};
    }

    Status start_manager() {
        if (runs(file_, kManagerName)) {
            return wait_for_manager();
        }
        TRY(check_port("127.0.0.1", manager_.rest_port, "REST and dashboard"));
        TRY(check_port("127.0.0.1", manager_.node_port, "node agents"));
        file_.server = "http://127.0.0.1:" + std::to_string(manager_.rest_port);
        file_.token_file = layout_.token();
        TRY(start(kManagerName, "127.0.0.1:" + std::to_string(manager_.node_port),
                  manager_command(bin_, layout_, manager_, what_.heartbeat)));
        return wait_for_manager();
    }

    Status start_node(int number) {
        const std::string name = node_name(number);
        if (runs(file_, name)) {
            return {};
        }
        NodePlace place{number, 8042, share_of_machine(what_.nodes)};
        if (manager_.rest_port == kDefaultPort) {
            TRY(check_port(node_address(number), place.rest_port, "REST of " + name));
        } else {
            TRY(place.rest_port, free_port(node_address(number)));
        }
        return start(name, node_address(number) + ":" + std::to_string(place.rest_port),
                     node_command(bin_, layout_, manager_, place));
    }

    Status start(const std::string& name, const std::string& address,
                 const std::vector<std::string>& command) {
        TRY(const ProcessKey process,
            spawn_detached(command, layout_.log(name), {{kDevVariable, layout_.directory}}));
        ++started_;
        std::erase_if(file_.daemons,
                      [&](const wire::DaemonEntry& daemon) { return daemon.name == name; });
        file_.daemons.push_back(
            {name, process.pid, static_cast<std::int64_t>(process.start_ticks), address});
        return wire::write_endpoint_file(layout_.endpoint(), file_);
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
            return Error{ErrorCode::Internal,
                         message + "; the end of " + log + ":\n" + tail_of(log, kTailLines)};
        }
        if (interrupted()) {
            return Error{ErrorCode::Cancelled,
                         "interrupted; end what was started with: rmctl dev down"};
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
                           std::to_string(what_.nodes));
            return static_cast<int>(nodes.size()) >= what_.nodes;
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

    const DevOptions& what_;
    DevLayout layout_;
    std::string bin_;
    Progress progress_;
    wire::EndpointFile file_;
    ManagerPlace manager_;
    int started_ = 0;
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

}  // namespace

Result<int> dev_up(const Options& options, const DevOptions& what) {
    if (what.nodes < 1 || what.nodes > kNodesMax) {
        return Error{ErrorCode::InvalidArgument, "--nodes " + std::to_string(what.nodes) +
                                                     ": between 1 and " +
                                                     std::to_string(kNodesMax)};
    }
    TRY(const DevLayout layout, layout_of(options.directory));
    TRY(const std::string bin, daemons_folder());
    TRY(prepare(layout, what.nodes));
    TRY(lock(layout));
    ClusterStart start(options, what, layout, bin);
    TRY(start.run());
    const wire::EndpointFile& file = start.file();
    if (options.output == OutputForm::Json) {
        print_json(wire::format_endpoint_file(file));
        return kExitDone;
    }
    hint(options, (start.started() == 0 ? "Already up: " : "Up: ") + file.server + " with " +
                      std::to_string(what.nodes) + " node agents; state in " + layout.directory);
    hint(options, "Next: rmctl node list, rmctl submit -- /bin/sleep 5, rmctl ui, rmctl dev down");
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
    table.columns = {{"DAEMON", Align::Left, false},
                     {"PID", Align::Right, false},
                     {"STATE", Align::Left, false},
                     {"LOG", Align::Left, true}};
    bool all = true;
    for (const wire::DaemonEntry& daemon : known.daemons) {
        const bool alive = is_alive(key_of(daemon));
        all = all && alive;
        table.rows.push_back({daemon.name, std::to_string(daemon.pid), alive ? "running" : "ended",
                              layout.log(daemon.name)});
    }
    print_table(options, table);
    return all ? kExitDone : kExitApplicationFailed;
}

}  // namespace heddle::rmctl
