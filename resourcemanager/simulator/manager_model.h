#pragma once

// The world around the manager's core: connections with a delay, a store that answers after a
// while, ticks when they are due. The core is the real one.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/sim/timeline.h"
#include "resourcemanager/core/resource_manager.h"
#include "resourcemanager/simulator/setup.h"

namespace heddle::simulator {

/// Who is at the other end of a connection.
class NodePeer {
public:
    virtual ~NodePeer() = default;
    virtual void received(const ManagerToNode& message) = 0;
};
class MasterPeer {
public:
    virtual ~MasterPeer() = default;
    virtual void admitted() = 0;
    virtual void received(const ManagerToMaster& message) = 0;
};

class ManagerModel {
public:
    ManagerModel(sim::Timeline& timeline, const Setup& setup);

    /// Opens a connection; the peer outlives the manager.
    rm::ConnectionId open(NodePeer& peer);
    rm::ConnectionId open(MasterPeer& peer, const std::string& token);
    void send(rm::ConnectionId from, NodeToManager message);
    void send(rm::ConnectionId from, MasterToManager message);
    void request(decltype(rm::Request::what) what,
                 std::function<void(const Result<rm::Answer>&)> answer);

    rm::Publication publish() { return core_.publish(wall()); }
    WallTime wall() const;

    std::int64_t grants() const;
    std::int64_t steps() const { return steps_; }
    /// Real time that the core has taken. Not for reports that a seed shall determine.
    double seconds_in_core() const { return static_cast<double>(nanoseconds_) / 1e9; }

private:
    void event(rm::Event event);
    void perform(rm::Effect& effect);
    void arm_tick();

    sim::Timeline& timeline_;
    const Setup& setup_;
    rm::ResourceManager core_;
    std::vector<NodePeer*> nodes_;      // by connection
    std::vector<MasterPeer*> masters_;  // by connection
    std::map<rm::RequestId, std::function<void(const Result<rm::Answer>&)>> answers_;
    std::uint64_t requests_ = 0;
    std::int64_t secrets_ = 0;
    TimePoint tick_at_ = TimePoint::never();
    std::int64_t steps_ = 0;
    std::int64_t nanoseconds_ = 0;
};

}  // namespace heddle::simulator
