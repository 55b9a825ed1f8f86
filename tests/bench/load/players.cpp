#include "tests/bench/load/players.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/net/http_client.h"
#include "common/wire/codec.h"

namespace heddle::bench {
namespace {

constexpr Duration kConnectTimeout = seconds(10);
constexpr Duration kRetry = milliseconds(20);

net::WebSocketOptions socket_options() {
    net::WebSocketOptions options;
    options.message_limit = wire::kFrameBytesMax;
    options.idle_timeout = seconds(60);
    return options;
}

}  // namespace

bool until(net::EventLoop& loop, Duration patience, const std::function<bool()>& done) {
    const TimePoint deadline = monotonic_now() + patience;
    std::function<void()> look = [&] {
        if (done() || monotonic_now() >= deadline) {
            loop.stop();
        } else {
            loop.post_after(milliseconds(1), look);
        }
    };
    loop.post(look);
    loop.run();
    return done();
}

Agent::Agent(Stage& stage, std::string name, Resource total)
    : stage_(stage), name_(std::move(name)), total_(total) {}

void Agent::connect() {
    const std::uint64_t connection = ++connection_;
    net::connect_web_socket(
        stage_.loop, net::Endpoint::tcp("127.0.0.1", stage_.manager.node_port()), kNodePath,
        {{"Authorization", "Bearer " + stage_.manager.token()}}, socket_options(), kConnectTimeout,
        [this, connection](Result<net::WebSocketPtr> made) {
            if (!made.ok()) {
                lost(connection);
                return;
            }
            socket_ = std::move(made).value();
            net::WebSocket::Events events;
            events.on_message = [this](const std::string& bytes, bool) { take(bytes); };
            events.on_close = [this, connection](const Status&) { lost(connection); };
            socket_->start(std::move(events));
            NodeRegister hello;
            hello.info.id = {name_};
            hello.info.address = "127.0.0.1";
            hello.info.http_port = 8042;
            hello.info.total = total_;
            hello.incarnation = 1;
            hello.epoch_seen = epoch_;
            hello.agent = name_;
            hello.boot = "one";
            for (const auto& [id, report] : held_) {
                hello.containers.push_back(report);
            }
            send(std::move(hello));
        });
}

void Agent::lost(std::uint64_t connection) {
    if (connection != connection_ || stage_.over) {
        return;
    }
    stage_.agents_welcome -= session_ != 0 ? 1 : 0;
    session_ = 0;
    socket_.reset();
    stage_.loop.post_after(kRetry, [this] { connect(); });
}

void Agent::send(NodeToManager message) {
    if (socket_ != nullptr) {
        socket_->send(wire::encode_frame(std::span<const NodeToManager>(&message, 1)));
    }
}

void Agent::take(const std::string& bytes) {
    const auto messages = wire::decode_frame<ManagerToNode>(bytes);
    CHECK(messages.ok());
    for (const ManagerToNode& message : *messages) {
        if (const auto* welcome = std::get_if<NodeWelcome>(&message)) {
            session_ = welcome->session;
            epoch_ = welcome->epoch;
            interval_ = welcome->heartbeat_interval;
            sequence_ = 0;
            orders_seen_ = 0;
            ++stage_.agents_welcome;
            const Duration first{static_cast<std::int64_t>(
                stage_.prng.below(static_cast<std::uint64_t>(interval_.microseconds)))};
            stage_.loop.post_after(first, [this, session = session_] {
                if (session == session_) {
                    heartbeat();
                }
            });
        } else if (const auto* orders = std::get_if<NodeOrders>(&message)) {
            on(*orders);
        }
    }
}

void Agent::on(const NodeOrders& orders) {
    if (orders.session != session_ || orders.sequence <= orders_seen_) {
        return;
    }
    orders_seen_ = orders.sequence;
    std::vector<ContainerReport> ended;
    for (const ContainerStop& stop : orders.stops) {
        const auto it = held_.find(stop.container);
        if (it != held_.end() && !it->second.exit.has_value()) {
            it->second.phase = ContainerPhase::Done;
            it->second.exit = ContainerExit{ExitReason::Stopped, 143, 0, "", 0, {}};
            ended.push_back(it->second);
        }
    }
    for (const ContainerStart& order : orders.starts) {
        start(order, ended);
    }
    for (const ContainerId& id : orders.acknowledged) {
        held_.erase(id);
    }
    if (!ended.empty()) {
        say(false, std::move(ended));
    }
}

void Agent::start(const ContainerStart& order, std::vector<ContainerReport>& ended) {
    ContainerReport report;
    report.container = order.container;
    report.key = order.key;
    report.size = order.size;
    report.user = order.user;
    report.phase = ContainerPhase::Running;
    report.pid = 1;
    const auto [it, fresh] = held_.emplace(order.container, report);
    if (!fresh) {
        return;
    }
    if (order.key.ask == 0 && !order.spec.secrets.empty()) {
        auto& master = stage_.masters[order.key.attempt];
        master = std::make_unique<Master>(stage_, order.key.attempt,
                                          order.spec.secrets.front().contents);
        master->connect();
        return;
    }
    const TimePoint now = monotonic_now();
    if (order.key.ask != 0) {
        ++stage_.starts;
        if (order.epoch != stage_.epoch) {
            stage_.epoch = order.epoch;
            stage_.epoch_began = now;
        }
        if (!freed_.empty()) {
            if (stage_.full) {
                stage_.slot_idle.push_back((now - freed_.front()).microseconds);
            }
            freed_.pop_front();
        }
    }
    if (order.key.ask == 0 || stage_.life_max == Duration{}) {
        it->second.phase = ContainerPhase::Done;
        it->second.exit = ContainerExit{};
        ended.push_back(it->second);
        return;
    }
    const Duration life{
        stage_.prng.between(stage_.life_min.microseconds, stage_.life_max.microseconds)};
    stage_.loop.post_after(life, [this, id = order.container] { end(id); });
}

void Agent::end(const ContainerId& container) {
    const auto it = held_.find(container);
    if (stage_.over || it == held_.end() || it->second.exit.has_value()) {
        return;
    }
    it->second.phase = ContainerPhase::Done;
    it->second.exit = ContainerExit{};
    if (stage_.full) {
        freed_.push_back(monotonic_now());
    }
    if (session_ != 0) {
        say(false, {it->second});
    }
}

void Agent::heartbeat() {
    std::vector<ContainerReport> reports;
    for (const auto& [id, report] : held_) {
        reports.push_back(report);
    }
    say(true, std::move(reports));
    stage_.loop.post_after(interval_, [this, session = session_] {
        if (session == session_ && session_ != 0) {
            heartbeat();
        }
    });
}

void Agent::say(bool complete, std::vector<ContainerReport> reports) {
    NodeStatus status;
    status.session = session_;
    status.sequence = ++sequence_;
    status.orders_seen = orders_seen_;
    status.complete = complete;
    status.containers = std::move(reports);
    send(std::move(status));
}

Master::Master(Stage& stage, AttemptId attempt, std::string token)
    : stage_(stage), attempt_(attempt), token_(std::move(token)) {}

void Master::connect() {
    const std::uint64_t connection = ++connection_;
    net::connect_web_socket(
        stage_.loop, net::Endpoint::tcp("127.0.0.1", stage_.manager.port()), "/heddle/v1/masters",
        {{"Authorization", "Bearer " + token_}}, socket_options(), kConnectTimeout,
        [this, connection](Result<net::WebSocketPtr> made) {
            if (!made.ok()) {
                lost(connection);
                return;
            }
            socket_ = std::move(made).value();
            net::WebSocket::Events events;
            events.on_message = [this](const std::string& bytes, bool) { take(bytes); };
            events.on_close = [this, connection](const Status&) { lost(connection); };
            socket_->start(std::move(events));
            send(MasterRegister{attempt_, "127.0.0.1", 0, ""});
        });
}

void Master::lost(std::uint64_t connection) {
    if (connection != connection_ || stage_.over) {
        return;
    }
    stage_.masters_welcome -= session_ != 0 ? 1 : 0;
    session_ = 0;
    socket_.reset();
    stage_.loop.post_after(kRetry, [this] { connect(); });
}

void Master::send(MasterToManager message) {
    if (socket_ != nullptr) {
        socket_->send(wire::encode_frame(std::span<const MasterToManager>(&message, 1)));
    }
}

void Master::take(const std::string& bytes) {
    const auto messages = wire::decode_frame<ManagerToMaster>(bytes);
    CHECK(messages.ok());
    bool news_came = false;
    for (const ManagerToMaster& message : *messages) {
        if (const auto* welcome = std::get_if<MasterWelcome>(&message)) {
            session_ = welcome->session;
            sequence_ = 0;
            news_seen_ = 0;
            known_.clear();
            for (const Grant& grant : welcome->containers) {
                known_.insert(grant.container);
            }
            ++stage_.masters_welcome;
            heartbeat();
        } else if (const auto* news = std::get_if<MasterNews>(&message)) {
            if (news->session != session_ || news->sequence <= news_seen_) {
                continue;
            }
            news_seen_ = news->sequence;
            news_came = true;
            for (const Grant& grant : news->granted) {
                if (known_.insert(grant.container).second) {
                    on_granted(grant);
                }
            }
            for (const ContainerEnded& ended : news->ended) {
                known_.erase(ended.container);
            }
        }
    }
    if (news_came) {
        update(false, false);
    }
}

void Master::ask(std::int32_t id, std::int32_t count) {
    Ask& ask = asks_[id];
    ask.id = id;
    ask.launch_template = 1;
    ask.size = {1024, 1};
    ask.count = count;
    if (session_ != 0) {
        update(false, true);
    }
}

void Master::heartbeat() {
    std::erase_if(asks_, [](const auto& entry) { return entry.second.count == 0; });
    update(true, true);
    stage_.loop.post_after(seconds(5), [this, session = session_] {
        if (session == session_ && session_ != 0) {
            heartbeat();
        }
    });
}

void Master::update(bool complete, bool with_asks) {
    MasterUpdate update;
    update.session = session_;
    update.sequence = ++sequence_;
    update.news_seen = news_seen_;
    update.complete = complete;
    if (complete) {
        LaunchTemplate worker;
        worker.id = 1;
        worker.spec.argv = {"worker"};
        update.templates = {worker};
        update.known.assign(known_.begin(), known_.end());
    }
    if (with_asks) {
        for (const auto& [id, ask] : asks_) {
            update.asks.push_back(ask);
        }
    }
    send(std::move(update));
}

}  // namespace heddle::bench
