// From events of the outside to the core, and from its effects to the outside.

#include "nodeagent/shell/daemon.h"

#include <signal.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <utility>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/service.h"
#include "common/net/credential.h"
#include "common/net/http_client.h"
#include "common/store/lock_file.h"
#include "common/wire/codec.h"
#include "nodeagent/shell/expansion.h"
#include "nodeagent/shell/log_files.h"
#include "nodeagent/shell/routes.h"

namespace heddle::node {

namespace {

constexpr Duration kMeasureInterval = seconds(5);
constexpr Duration kConnectTimeout = seconds(5);
constexpr Duration kSilenceMax = seconds(10);  // of the manager, before the connection is given up
constexpr std::size_t kEventsPerTurn = 1000;

std::uint64_t random_number() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
}

NodeConfig core_config(const NodeOptions& options, std::uint16_t port) {
    NodeConfig config;
    config.info.id = {options.name};
    config.info.address = options.address;
    config.info.http_port = port;
    config.info.rack = options.rack;
    config.info.label = options.label;
    config.info.attributes = options.attributes;
    config.info.total = options.total;
    config.info.version = std::string(version());
    config.info.isolation = {"rlimits", "process-groups", "no-new-privileges"};
    config.incarnation = random_number();
    config.seed = random_number();
    config.log_retention = options.log_retention;
    config.memory_enforced = options.memory_check > Duration{};
    config.logs_kept_max = options.logs_kept_max;
    config.cache_bytes_max = options.cache_bytes_max;
    config.opportunistic_queue_max = options.opportunistic_queue_max;
    return config;
}

// Empty where there is no such file.
std::string boot_id() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    file >> id;
    return id;
}

/// The user's processes get many descriptors only if they ask; this daemon needs its own.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

Duration measure_interval(const NodeOptions& options) {
    return options.memory_check > Duration{} ? std::min(options.memory_check, kMeasureInterval)
                                             : kMeasureInterval;
}

std::string node_path() {
    const char* path = std::getenv("PATH");
    return path == nullptr || *path == '\0' ? "/usr/local/bin:/usr/bin:/bin" : path;
}

}  // namespace

Daemon::Daemon(NodeOptions options, std::string programs)
    : options_(std::move(options)),
      programs_(std::move(programs)),
      paths_{options_.directory},
      store_(paths_) {}

Daemon::~Daemon() = default;

Status Daemon::begin() {
    raise_descriptor_limit();
    ::signal(SIGPIPE, SIG_IGN);
    for (const std::string& path : {paths_.root, paths_.state_root(), paths_.work_root(),
                                    paths_.logs_root(), paths_.cache()}) {
        TRY(make_directories(path));
    }
    TRY(auto lock, store::LockFile::take(paths_.lock_file()));
    lock_ = std::make_shared<store::LockFile>(std::move(lock));
    TRY(token_, net::read_token_file(options_.token_file));
    ArtifactCache::Options cache;
    cache.directory = paths_.cache();
    cache.manager = options_.manager_rest;
    cache.token = [this] { return net::read_token_file(options_.token_file); };
    cache.on_event = [this](Event e) { deliver(std::move(e)); };
    cache_ = std::make_unique<ArtifactCache>(loop_, std::move(cache));
    Booted booted;
    TRY(booted.artifacts, cache_->begin());
    localiser_ = std::make_unique<Localiser>(loop_, paths_, *cache_);
    ShimHost::Options shim;
    shim.paths = paths_;
    shim.shim = programs_ + "/container-shim";
    shim.log_bytes_max = options_.log_bytes_max;
    shims_ = std::make_unique<ShimHost>(loop_, shim, [this](Event e) { deliver(std::move(e)); });
    TRY(recover(booted));

    auto routes = std::make_shared<Routes>(
        Routes::Parts{loop_, paths_, facts_, token_, options_.host_names, options_.anonymous_read});
    server_ = std::make_unique<net::HttpServer>(loop_, routes);
    TRY(port_, server_->listen(options_.address, options_.port));
    facts_ = {options_.address, port_, booted.wall, booted.wall};
    NodeConfig config = core_config(options_, port_);
    TRY(config.agent, store_.agent_id());
    config.boot = boot_id();
    agent_ = std::make_unique<NodeAgent>(std::move(config));
    routes->show(*agent_);
    for (const int number : {SIGTERM, SIGINT}) {
        TRY(loop_.on_signal(number, [this](int) { stop(); }));
    }
    deliver(std::move(booted));
    loop_.post([this] { measure(); });
    return {};
}

Status Daemon::recover(Booted& booted) {
    booted.wall = wall_now();
    TRY(booted.epoch_seen, store_.load_epoch());
    StateStore::Found all = store_.load_all();
    for (ContainerRecord& record : all.records) {
        const ContainerId id = record.order.container;
        RecoveredContainer found;
        if (record.state != ContainerState::Done) {
            found.process = shims_->inspect(id);
        }
        found.record = std::move(record);
        booted.containers.push_back(std::move(found));
    }
    for (const ContainerId& id : all.damaged) {
        booted.containers.push_back(recover_damaged(id));
    }
    return {};
}

// Nobody knows any more what the container may use, or that it is to be stopped: it does not go on.
// What it was is kept; its end is reported, so that the manager does not order it a second time.
RecoveredContainer Daemon::recover_damaged(const ContainerId& id) {
    RecoveredContainer found;
    found.record.order.container = id;
    found.record.order.key.attempt = id.attempt;
    found.process = shims_->end_unrecorded(id);
    auto* exit = std::get_if<ContainerExit>(&found.process);
    const std::string kept = store_.set_record_aside(id);
    if (exit != nullptr && exit->reason == ExitReason::Unknown) {
        exit->message = kept.empty() ? "its record on the node is missing"
                                     : "its record on the node was damaged; it is kept in " + kept;
    }
    return found;
}

void Daemon::run() {
    const Resource& total = options_.total;
    log::info("node agent ready", {{"name", options_.name},
                                   {"http", options_.address + ":" + std::to_string(port_)},
                                   {"manager", options_.server.text()},
                                   {"resources", to_string(total)}});
    notify_service_manager("READY=1");
    loop_.run();
    notify_service_manager("STOPPING=1");
}

void Daemon::stop() {
    loop_.post([this] {
        if (std::exchange(stopping_, true)) {
            return;
        }
        log::info("node agent ends; its containers go on");
        deliver(ShutdownRequested{});
        // Behind the turn, and time for the farewell to leave.
        loop_.post_after(milliseconds(50), [this] { loop_.stop(); });
    });
}

// Events.

void Daemon::deliver(Event event) {
    events_.push_back(std::move(event));
    if (!std::exchange(turn_posted_, true)) {
        loop_.post([this] { turn(); });
    }
}

void Daemon::turn() {
    turn_posted_ = false;
    for (std::size_t n = 0; n < kEventsPerTurn && !events_.empty(); ++n) {
        const Event event = std::move(events_.front());
        events_.pop_front();
        step(event);
    }
    flush();
    if (!events_.empty() && !std::exchange(turn_posted_, true)) {
        loop_.post([this] { turn(); });
    }
    arm_timer();
}

void Daemon::step(const Event& event) {
    Effects effects;
    agent_->step(monotonic_now(), event, effects);
    for (Effect& effect : effects) {
        std::visit([this](auto& e) { perform(e); }, effect);
    }
}

void Daemon::arm_timer() {
    const TimePoint at = agent_->next_deadline();
    if (at == timer_at_) {
        return;
    }
    if (timer_ != 0) {
        loop_.cancel(std::exchange(timer_, 0));
    }
    timer_at_ = at;
    if (at != TimePoint::never()) {
        timer_ = loop_.post_at(at, [this] {
            timer_ = 0;
            timer_at_ = TimePoint::never();
            deliver(Tick{});
        });
    }
}

void Daemon::measure() {
    auto measured = std::make_shared<Measured>();  // shared by the work and what follows it
    loop_.run_blocking(
        [this, measured, sessions = shims_->sessions()] {
            *measured = meter_.measure(sessions, paths_.root);
        },
        [this, measured] {
            facts_.last_update = wall_now();
            UsageMeasured event{measured->usage};
            for (const auto& [container, mib] : measured->resident_mib) {
                if (const auto id = parse_container_id(container)) {
                    event.containers.push_back({*id, mib});
                }
            }
            deliver(std::move(event));
            loop_.post_after(measure_interval(options_), [this] { measure(); });
        });
}

// The connection to the manager.

void Daemon::perform(Connect& effect) {
    connection_ = effect.connection;
    socket_.reset();
    const auto token = net::read_token_file(options_.token_file);  // it may have been renewed
    if (!token) {
        cannot_connect(effect.connection, token.error().message);
        return;
    }
    net::WebSocketOptions options;
    options.idle_timeout = kSilenceMax;
    options.message_limit = wire::kFrameBytesMax;
    net::connect_web_socket(loop_, options_.server, kNodePath,
                            {{"Authorization", "Bearer " + *token}}, options, kConnectTimeout,
                            [this, id = effect.connection](Result<net::WebSocketPtr> socket) {
                                if (socket) {
                                    connected(id, std::move(socket).value());
                                } else {
                                    cannot_connect(id, socket.error().message);
                                }
                            });
}

// Said once for each reason: the attempts are many, and the operator has to see the first.
void Daemon::cannot_connect(std::uint64_t connection, const std::string& reason) {
    if (std::exchange(trouble_, reason) != reason) {
        log::warning("cannot connect to the manager; trying on",
                     {{"manager", options_.server.text()}, {"reason", reason}});
    }
    deliver(Disconnected{connection, reason});
}

void Daemon::connected(std::uint64_t connection, net::WebSocketPtr socket) {
    if (connection != connection_) {
        return;  // given up meanwhile; dropping it closes it
    }
    trouble_.clear();
    socket_ = std::move(socket);
    net::WebSocket::Events events;
    events.on_message = [this, connection](std::string frame, bool) {
        received(connection, frame);
    };
    events.on_close = [this, connection](const Status& why) {
        deliver(Disconnected{connection, why ? "closed by the manager" : why.error().message});
    };
    socket_->start(std::move(events));
    deliver(Connected{connection});
}

void Daemon::received(std::uint64_t connection, const std::string& frame) {
    auto messages = wire::decode_frame<ManagerToNode>(frame);
    if (!messages) {
        log::error("the manager sent what is not a message; connecting again",
                   {{"reason", messages.error().message}});
        if (connection == connection_ && socket_) {
            socket_->close(1007, "not a message");
        }
        return;
    }
    for (ManagerToNode& message : *messages) {
        deliver(MessageReceived{connection, std::move(message)});
    }
}

void Daemon::perform(Send& effect) {
    if (effect.connection == connection_) {
        outbox_.push_back(std::move(effect.message));
    }
}

void Daemon::flush() {
    if (!outbox_.empty() && socket_) {
        socket_->send(wire::encode_frame(std::span<const NodeToManager>(outbox_)));
    }
    outbox_.clear();
}

void Daemon::perform(Disconnect& effect) {
    if (effect.connection == connection_) {
        flush();
        if (socket_) {
            socket_->close();
        }
        socket_.reset();
        connection_ = 0;
    }
}

// The disk. Saves of one container keep their order: there is one file thread.

void Daemon::perform(SaveEpoch& effect) {
    auto status = std::make_shared<Status>();  // shared by the work and what follows it
    loop_.run_blocking([this, status, epoch = effect.epoch] { *status = store_.save_epoch(epoch); },
                       [this, status, epoch = effect.epoch] {
                           if (*status) {
                               deliver(EpochSaved{epoch});
                           } else {
                               deliver(EpochSaveFailed{epoch, status->error().message});
                           }
                       });
}

void Daemon::perform(SaveContainer& effect) {
    auto status = std::make_shared<Status>();  // shared by the work and what follows it
    const ContainerId id = effect.record.order.container;
    loop_.run_blocking(
        [this, status, record = std::move(effect.record)] { *status = store_.save(record); },
        [this, status, id, version = effect.version] {
            if (*status) {
                deliver(ContainerSaved{id, version});
            } else {
                deliver(ContainerSaveFailed{id, version, status->error().message});
            }
        });
}

void Daemon::perform(DeleteContainer& effect) {
    localiser_->remove_logs(effect.container);
    loop_.run_blocking([this, id = effect.container] { store_.remove(id); }, [] {});
}

void Daemon::perform(DeleteWork& effect) {
    localiser_->remove_work(effect.container);
    if (!effect.log_patterns.empty()) {
        loop_.run_blocking(
            [this, id = effect.container, patterns = std::move(effect.log_patterns)] {
                trim_logs(paths_, id, patterns);
            },
            [] {});
    }
}

// Processes.

void Daemon::perform(Localise& effect) {
    const ContainerId id = effect.order.container;
    localiser_->localise(effect.order, [this, id](const Status& how) {
        if (how) {
            deliver(Localised{id});
        } else {
            deliver(LocaliseFailed{id, how.error().message});
        }
    });
}

void Daemon::perform(DropArtifact& effect) {
    cache_->drop(effect.digest);
}

void Daemon::perform(StartShim& effect) {
    if (effect.order.spec.argv.empty()) {
        deliver(StartFailed{effect.order.container, "the command is empty"});
        return;
    }
    shims_->start(launch_of(effect.order));
}

ShimLaunch Daemon::launch_of(const ContainerStart& order) const {
    ContainerPlace place;
    place.container = to_string(order.container);
    place.work_dir = paths_.work(order.container);
    place.log_dir = paths_.logs(order.container);
    place.host = options_.address;
    place.http_port = port_;
    place.user = order.user;
    place.programs_dir = programs_;
    place.node_path = node_path();
    const Environment environment = container_environment(order.spec, place);
    ShimLaunch launch;
    launch.container = order.container;
    for (const std::string& argument : order.spec.argv) {
        launch.argv.push_back(expand(argument, environment, place.log_dir));
    }
    for (const auto& [name, value] : environment) {
        launch.environment.push_back(name + "=" + value);
    }
    return launch;
}

void Daemon::perform(Adopt& effect) {
    shims_->adopt(effect.container);
}

void Daemon::perform(Signal& effect) {
    shims_->signal(effect.container, effect.signal);
}

}  // namespace heddle::node
