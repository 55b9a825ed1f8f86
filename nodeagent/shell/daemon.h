#pragma once

// The node agent as a process: one loop thread, which is the core's thread. What happens outside
// becomes an event; a turn takes all events that are there through the core, carries the effects
// out in order, and sends what is for the manager as one frame.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/net/event_loop.h"
#include "common/net/http_server.h"
#include "common/net/web_socket.h"
#include "nodeagent/core/node_agent.h"
#include "nodeagent/shell/artifact_cache.h"
#include "nodeagent/shell/localiser.h"
#include "nodeagent/shell/machine.h"
#include "nodeagent/shell/node_json.h"
#include "nodeagent/shell/options.h"
#include "nodeagent/shell/shim_host.h"
#include "nodeagent/shell/state_store.h"

namespace heddle::node {

class Daemon {
public:
    /// `programs`: the directory of our own programs (container-shim is there).
    Daemon(NodeOptions options, std::string programs);
    ~Daemon();

    /// Takes up what the disk holds, listens, and connects to the manager. Blocks; before run().
    /// Errors: Conflict when port or directory is in use, else what is wrong with the directory.
    Status begin();

    /// Until SIGTERM, SIGINT or stop().
    void run();
    /// From any thread.
    void stop();

    std::uint16_t port() const { return port_; }

private:
    void deliver(Event event);
    void turn();
    void step(const Event& event);
    void arm_timer();
    void measure();
    Status recover(Booted& booted);
    RecoveredContainer recover_damaged(const ContainerId& id);

    void perform(Connect& effect);
    void perform(Disconnect& effect);
    void perform(Send& effect);
    void perform(SaveEpoch& effect);
    void perform(SaveContainer& effect);
    void perform(DeleteContainer& effect);
    void perform(DeleteWork& effect);
    void perform(Localise& effect);
    void perform(DropArtifact& effect);
    void perform(StartShim& effect);
    void perform(Adopt& effect);
    void perform(Signal& effect);

    void connected(std::uint64_t connection, net::WebSocketPtr socket);
    void cannot_connect(std::uint64_t connection, const std::string& reason);
    void received(std::uint64_t connection, const std::string& frame);
    void flush();
    ShimLaunch launch_of(const ContainerStart& order) const;

    NodeOptions options_;
    std::string programs_;
    NodePaths paths_;
    net::EventLoop loop_;
    StateStore store_;
    std::string token_;
    NodeFacts facts_;
    std::uint16_t port_ = 0;
    std::unique_ptr<NodeAgent> agent_;
    std::unique_ptr<ArtifactCache> cache_;
    std::unique_ptr<Localiser> localiser_;
    std::unique_ptr<ShimHost> shims_;
    std::unique_ptr<net::HttpServer> server_;
    std::shared_ptr<void> lock_;  // of the directory, for as long as this lives
    UsageMeter meter_;
    std::deque<Event> events_;
    bool turn_posted_ = false;
    net::EventLoop::TimerId timer_ = 0;
    TimePoint timer_at_ = TimePoint::never();
    // The current connection; messages of an older one are told apart by number.
    std::uint64_t connection_ = 0;
    std::string trouble_;       // why there is none; empty: there was one, or no attempt yet
    net::WebSocketPtr socket_;  // shared with the library's callbacks
    std::vector<NodeToManager> outbox_;
    bool stopping_ = false;
};

}  // namespace heddle::node
