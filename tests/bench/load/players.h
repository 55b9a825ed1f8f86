#pragma once

// Thousands of node agents, and masters, played over real sockets on one loop: the protocol is the
// real one, the containers are entries in a table that end when their time is over.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/base/prng.h"
#include "common/base/time.h"
#include "common/model/master_protocol.h"
#include "common/model/node_protocol.h"
#include "common/net/event_loop.h"
#include "common/net/web_socket.h"
#include "tests/bench/load/manager_process.h"

namespace heddle::bench {

class Master;

/// What all players share.
struct Stage {
    net::EventLoop& loop;
    ManagerProcess& manager;
    Prng prng{1};
    Duration life_min{};  // of containers; both zero: they end in the turn in which they start
    Duration life_max{};
    std::size_t agents_welcome = 0;
    std::size_t masters_welcome = 0;
    std::int64_t starts = 0;                // of ordinary containers
    std::int64_t epoch = 0;                 // of the newest start
    TimePoint epoch_began{};                // when its first start came
    bool full = false;                      // something waits: freed slots are measured
    std::vector<std::int64_t> slot_idle{};  // microseconds
    std::map<AttemptId, std::unique_ptr<Master>> masters{};
    bool over = false;
};

/// Waits on the loop until `done`, at most so long; false: it is not done.
bool until(net::EventLoop& loop, Duration patience, const std::function<bool()>& done);

class Agent {
public:
    Agent(Stage& stage, std::string name, Resource total);
    void connect();
    std::size_t held() const { return held_.size(); }

private:
    void lost(std::uint64_t connection);
    void take(const std::string& bytes);
    void on(const NodeOrders& orders);
    void start(const ContainerStart& order, std::vector<ContainerReport>& ended);
    void end(const ContainerId& container);
    void heartbeat();
    void say(bool complete, std::vector<ContainerReport> reports);
    void send(NodeToManager message);

    Stage& stage_;
    std::string name_;
    Resource total_;
    net::WebSocketPtr socket_;
    std::uint64_t connection_ = 0;
    std::uint64_t session_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t orders_seen_ = 0;
    std::int64_t epoch_ = 0;
    Duration interval_ = seconds(5);
    std::map<ContainerId, ContainerReport> held_;
    std::deque<TimePoint> freed_;
};

class Master {
public:
    Master(Stage& stage, AttemptId attempt, std::string token);
    void connect();
    /// So many containers of 1 GiB and 1 vcore under this ask.
    void ask(std::int32_t id, std::int32_t count);
    /// Called for each grant.
    std::function<void(const Grant&)> on_granted = [](const Grant&) {};

private:
    void lost(std::uint64_t connection);
    void take(const std::string& bytes);
    void heartbeat();
    void update(bool complete, bool with_asks);
    void send(MasterToManager message);

    Stage& stage_;
    AttemptId attempt_;
    std::string token_;
    net::WebSocketPtr socket_;
    std::uint64_t connection_ = 0;
    std::uint64_t session_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t news_seen_ = 0;
    std::map<std::int32_t, Ask> asks_;
    std::set<ContainerId> known_;
};

}  // namespace heddle::bench
