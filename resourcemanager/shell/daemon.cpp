#include "resourcemanager/shell/daemon.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/service.h"
#include "common/config/settings.h"
#include "common/net/credential.h"
#include "common/net/digest.h"
#include "common/net/event_loop.h"
#include "common/net/http_server.h"
#include "resourcemanager/shell/connections.h"
#include "resourcemanager/shell/effect_runner.h"
#include "resourcemanager/shell/found_labels.h"
#include "resourcemanager/shell/front.h"
#include "resourcemanager/shell/label_script.h"
#include "resourcemanager/shell/node_door.h"
#include "resourcemanager/shell/save_health.h"
#include "resourcemanager/shell/services.h"
#include "resourcemanager/shell/state_store.h"
#include "resourcemanager/shell/topology_script.h"

namespace heddle::rm {
namespace {

constexpr Duration kCollectEvery = seconds(600);
constexpr std::uint64_t kProbeBatch = UINT64_MAX;  // none of the core's, which count from 1

// Members in the order in which they are needed; they end in the opposite order.
class Daemon {
public:
    explicit Daemon(const Options& options) : options_(options) {}
    ~Daemon() { stop(); }

    Status start();
    int run();

private:
    Status open_state();
    Status listen();
    void build_routes();
    void start_core();
    void collect_artifacts();
    void find_racks();
    void find_labels();
    void say_which_nodes(const Publication& publication);
    void take_labels(const LabelFinder::Labels& found,
                     std::function<void(Result<std::int64_t>)> done);
    void refresh_topology(std::vector<std::string> nodes, OnTopology then);
    Status write_endpoint() const;
    void on_saved(const store::Outcome& outcome);
    std::optional<std::string> saving_trouble();
    std::string metrics_page() const;
    void end(int exit_code);
    void stop();

    const Options& options_;
    int exit_code_ = 0;
    ServerInfo server_;
    std::string token_;
    net::EventLoop loop_;
    TokenBook tokens_;
    ViewBoard board_;
    Metrics metrics_;
    CoreDoor door_;
    SaveHealth saves_;
    std::unique_ptr<store::Store> store_;
    Booted booted_;
    std::unique_ptr<Authenticator> auth_;
    GroupBook groups_{[this](const std::string& user) {
        const auto found = options_.static_groups.find(user);
        return found == options_.static_groups.end() ? system_groups(user) : found->second;
    }};
    AccessPolicy access_{
        options_.access_lists, options_.core.scheduler.queues,
        [this](const std::string& user) { return groups_.of(user, monotonic_now()); }};
    SchedulerLog scheduler_log_{options_.state_dir + "/logs"};
    std::unique_ptr<ArtifactStore> artifacts_;
    std::unique_ptr<EventHub> hub_;
    std::unique_ptr<Services> services_;
    Router router_;
    std::unique_ptr<RackFinder> racks_;  // ends before connections_, in stop()
    std::unique_ptr<LabelFinder> labels_;
    Connections connections_{door_};
    std::unique_ptr<net::HttpServer> node_server_;
    std::unique_ptr<net::HttpServer> rest_server_;
    std::unique_ptr<ShellEffectRunner> runner_;
    std::unique_ptr<CoreThread> core_;
};

std::string authority(const std::string& address, std::uint16_t port) {
    return net::Endpoint::tcp(address, port).authority();
}

Status Daemon::open_state() {
    std::error_code error;
    std::filesystem::create_directories(options_.state_dir, error);
    if (error) {
        return Error{ErrorCode::Internal, "cannot create the state directory " +
                                              options_.state_dir + ": " + error.message()};
    }
    ::chmod(options_.state_dir.c_str(), 0700);
    TRY(store_, store::Store::open(options_.state_dir,
                                   [this](const store::Outcome& outcome) { on_saved(outcome); }));
    server_.token_file =
        options_.token_file.empty() ? options_.state_dir + "/token" : options_.token_file;
    server_.token_file = std::filesystem::absolute(server_.token_file, error).string();
    TRY(token_, load_token(server_.token_file, options_.token_file.empty()));
    TRY(ArtifactStore::prepare(options_.state_dir + "/artifacts"));
    TRY(booted_, boot(*store_, wall_now(), tokens_));
    return {};
}

// Nodes are asked for before the core hears of them.
void Daemon::find_racks() {
    if (options_.topology_script.empty()) {
        return;
    }
    racks_ = std::make_unique<RackFinder>(
        [this](const std::vector<std::string>& hosts, const std::stop_token& stop) {
            return run_topology_script(options_.topology_script, hosts,
                                       options_.topology_script_limit, stop);
        },
        [this](const RackFinder::Racks& found, std::function<void(bool)> done) {
            door_.ask(
                ChangeRacks{found, false},
                [done = std::move(done)](const Result<Answer>& answer) { done(answer.ok()); });
        });
    connections_.ask_for_racks(*racks_,
                               [this](std::function<void()> work) { loop_.post(std::move(work)); });
}

// Before the core: from its first snapshot on it says which nodes there are.
void Daemon::find_labels() {
    if (options_.label_script.empty()) {
        return;
    }
    const HostScript script{options_.label_script, "the label script", options_.label_script_limit};
    LabelFinder::Parts parts;
    parts.interval = options_.label_script_interval;
    parts.script = [script](const std::vector<std::string>& nodes, const std::stop_token& stop) {
        return run_label_script(script, nodes, stop);
    };
    parts.nodes = [this] {
        std::vector<std::string> names;
        board_.view()->nodes.for_each([&](const NodeId& id, const auto&) {
            names.push_back(id.name);
            return true;
        });
        return names;
    };
    parts.take = [this](const LabelFinder::Labels& found,
                        std::function<void(Result<std::int64_t>)> done) {
        take_labels(found, std::move(done));
    };
    labels_ = std::make_unique<LabelFinder>(std::move(parts));
    services_->labels = labels_.get();
}

// A node that was forgotten is new when it comes back.
void Daemon::say_which_nodes(const Publication& publication) {
    std::vector<NodeId> there;
    std::vector<NodeId> gone;
    for (const NodeId& node : publication.changes.nodes) {
        (publication.view->nodes.find(node) == nullptr ? gone : there).push_back(node);
    }
    labels_->forgotten(gone);
    labels_->seen(there);
}

void Daemon::take_labels(const LabelFinder::Labels& found,
                         std::function<void(Result<std::int64_t>)> done) {
    FoundLabels labels = found_labels(*board_.view(), found);
    const Result<std::int64_t> good =
        labels.unknown.empty()
            ? Result<std::int64_t>(labels.changed)
            : Result<std::int64_t>(Error{ErrorCode::InvalidArgument, labels.unknown});
    if (labels.order.nodes.empty()) {
        done(good);
        return;
    }
    // All or none: another change of a node that is under way refuses the labels of all. Then those
    // of the others are not to wait for one that would stay as it is.
    const bool fewer = labels.different.nodes.size() < labels.order.nodes.size();
    const auto told = [good, done = std::move(done)](const Result<Answer>& answer) {
        done(answer.ok() ? good : Result<std::int64_t>(answer.error()));
    };
    door_.ask(std::move(labels.order), [this, fewer, told, different = std::move(labels.different)](
                                           const Result<Answer>& answer) {
        if (answer.ok() || !fewer || different.nodes.empty()) {
            told(answer);
        } else {
            door_.ask(different, told);
        }
    });
}

void Daemon::refresh_topology(std::vector<std::string> nodes, OnTopology then) {
    if (racks_) {
        racks_->refresh(std::move(nodes),
                        [then = std::move(then)](TopologyReport report) { then(report); });
        return;
    }
    if (options_.topology_file.empty()) {
        then(Error{ErrorCode::InvalidArgument,
                   "nothing says where machines stand: set scheduler.topology_file or "
                   "scheduler.topology_script; until then each node's own node.rack holds"});
        return;
    }
    auto racks = read_topology(options_.topology_file);
    if (!racks) {
        then(racks.error());
        return;
    }
    TopologyReport report;
    report.in_file = static_cast<std::int64_t>(racks->size());
    door_.ask(ChangeRacks{*std::move(racks), true},
              [report, then = std::move(then)](const Result<Answer>& answer) {
                  then(answer.ok() ? Result<TopologyReport>(report) : answer.error());
              });
}

void Daemon::build_routes() {
    artifacts_ = std::make_unique<ArtifactStore>(loop_, options_.state_dir + "/artifacts",
                                                 options_.artifact_bytes_max);
    hub_ = std::make_unique<EventHub>(loop_, board_, tokens_, server_);
    services_ = std::make_unique<Services>(
        Services{loop_, door_, board_, *auth_, tokens_, *artifacts_, *hub_, metrics_, server_,
                 token_, options_.ui_dir, [this] { return metrics_page(); }, access_,
                 [this](const std::string& user) { return groups_.of(user, monotonic_now()); },
                 scheduler_log_, [this] { return configured_scheduler(options_); },
                 [this] { groups_.forget(); },
                 [this](std::vector<std::string> nodes, OnTopology then) {
                     refresh_topology(std::move(nodes), std::move(then));
                 },
                 [this] { return saving_trouble(); }});
    add_routes(router_, *services_);
}

Status Daemon::listen() {
    // The cookie's name carries the port, which is known only once it is bound; nobody is answered
    // before the loop runs.
    Authenticator::Settings settings{token_, process_user(), "heddle", options_.anonymous_read,
                                     options_.access_lists};
    auth_ = std::make_unique<Authenticator>(settings);
    find_racks();
    node_server_ = std::make_unique<net::HttpServer>(
        loop_, std::make_shared<NodeDoor>(*auth_, connections_, options_.host_names));
    TRY(const std::uint16_t node_port, node_server_->listen(options_.address, options_.node_port));
    build_routes();
    Front::Parts parts{router_,
                       *auth_,
                       tokens_,
                       *artifacts_,
                       metrics_,
                       access_,
                       options_.host_names,
                       [this](const net::HttpRequest& head, net::WebSocketPtr socket) {
                           connections_.accept_master(
                               std::move(socket),
                               net::presented_credential(head.headers).value_or(""));
                       }};
    rest_server_ =
        std::make_unique<net::HttpServer>(loop_, std::make_shared<Front>(std::move(parts)));
    TRY(const std::uint16_t port, rest_server_->listen(options_.address, options_.port));
    if (!options_.socket.empty()) {
        TRY(rest_server_->listen_unix(options_.socket, 0666));
    }
    auth_->set_cookie_name("heddle_" + std::to_string(port));
    server_.authority = authority(options_.address, port);
    server_.node_address = authority(options_.address, node_port);
    return {};
}

void Daemon::start_core() {
    Config config = options_.core;
    config.master_environment[kServerVariable] = server_.url();
    config.seed = std::stoull(net::random_token(8), nullptr, 16);
    runner_ = std::make_unique<ShellEffectRunner>(
        door_, *store_, connections_, tokens_, scheduler_log_,
        [this](Reply reply) { core_->reply(std::move(reply)); });
    bool ready = false;
    core_ = std::make_unique<CoreThread>(
        door_, std::move(config), *runner_,
        CoreThread::Hooks{[this, ready](const Publication& publication) mutable {
            board_.publish(publication);
            hub_->publish(publication);
            if (labels_) {
                say_which_nodes(publication);
            }
            if (!ready) {
                ready = true;
                notify_service_manager("READY=1");
            }
        }});
    booted_.secrets = make_secrets(options_.core.secrets_pool);
    core_->start(std::move(booted_));
}

// Written whole or not at all: a reader never sees half of it.
Status Daemon::write_endpoint() const {
    wire::JsonWriter json;
    json.begin_object().member("server", server_.url());
    json.member("node_address", server_.node_address);
    json.member("token_file", server_.token_file);
    json.member("pid", static_cast<long long>(::getpid())).end_object();
    const std::string path = options_.state_dir + "/endpoint.json";
    const std::string fresh = path + ".new";
    std::FILE* file = std::fopen(fresh.c_str(), "we");
    if (file == nullptr) {
        return errno_error("cannot write " + fresh);
    }
    const bool written = std::fputs((json.text() + "\n").c_str(), file) >= 0;
    if (std::fclose(file) != 0 || !written || ::rename(fresh.c_str(), path.c_str()) != 0) {
        return errno_error("cannot write " + path);
    }
    return {};
}

// Until the loop ends.
void Daemon::collect_artifacts() {
    loop_.post_after(kCollectEvery, [this] {
        artifacts_->collect(options_.artifact_limits, wall_now(), [this] { return board_.view(); });
        collect_artifacts();
    });
}

Status Daemon::start() {
    TRY(open_state());
    TRY(listen());
    TRY(write_endpoint());
    for (const int signal : {SIGTERM, SIGINT}) {
        TRY(loop_.on_signal(signal, [this](int) { end(0); }));
    }
    find_labels();
    start_core();
    collect_artifacts();
    log::info("serving", {{"server", server_.url()},
                          {"nodes", server_.node_address},
                          {"state", options_.state_dir},
                          {"epoch", booted_.epoch},
                          {"version", version()}});
    return {};
}

int Daemon::run() {
    loop_.run();
    log::info("stopping; containers live on");
    stop();
    return exit_code_;
}

void Daemon::end(int exit_code) {
    exit_code_ = exit_code;
    notify_service_manager("STOPPING=1");
    loop_.stop();
}

void Daemon::stop() {
    if (rest_server_) {
        rest_server_->close();
    }
    if (node_server_) {
        node_server_->close();
    }
    connections_.close_all();
    if (core_) {
        core_->stop();
    }
    racks_.reset();
    labels_.reset();
    if (store_) {
        store_->close();
    }
}

void Daemon::on_saved(const store::Outcome& outcome) {
    const auto why = outcome.error ? std::optional(outcome.error->message) : std::nullopt;
    if (saves_.note(why, monotonic_now())) {
        why ? log::error("saving fails", {{"batch", outcome.batch}, {"error", *why}})
            : log::info("saving works again", {});
    }
    if (outcome.batch == kProbeBatch && !outcome.fatal) {
        return;
    }
    if (!outcome.error) {
        door_.push(Saved{{outcome.batch}});
        return;
    }
    if (outcome.fatal) {
        // What the disk holds is not known any more: nothing may be promised from here on.
        log::error("the disk could not flush; ending, to start again from what it holds");
        loop_.post([this] { end(config::kExitFailed); });
    }
    door_.push(SaveFailed{{outcome.batch}, *outcome.error});
}

// For /readyz. Whoever heeds it sends nothing that would be saved, so the disk is tried from here.
std::optional<std::string> Daemon::saving_trouble() {
    if (saves_.look_again(monotonic_now())) {
        store_->write(kProbeBatch, probe_changes());
    }
    return saves_.trouble();
}

std::string Daemon::metrics_page() const {
    const auto view = board_.view();
    return metrics_text({*view, store_->figures(), metrics_.requests(), rest_server_->connections(),
                         hub_->clients(), core_->steps(), connections_.size(),
                         artifacts_->bytes_received()});
}

}  // namespace

int run_daemon(const Options& options) {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is an error of the write, not our end
    Daemon daemon(options);
    if (const Status started = daemon.start(); !started) {
        std::fprintf(stderr, "resourcemanager: %s\n", started.error().message.c_str());
        return config::exit_code_of(started.error());
    }
    return daemon.run();
}

}  // namespace heddle::rm
