#pragma once

// A machine and its agent, small: it speaks the protocol of nodes, and its processes take as long
// as they are told to.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "common/model/opportunistic_queue.h"
#include "common/sim/timeline.h"
#include "resourcemanager/simulator/manager_model.h"
#include "resourcemanager/simulator/setup.h"
#include "resourcemanager/simulator/workload.h"

namespace heddle::simulator {

class NodeModel;

/// What happens on machines.
class Ground {
public:
    virtual ~Ground() = default;
    /// A process begins. How long it takes; TimePoint::never()'s worth for a master, which is ended
    /// from outside.
    virtual Duration began(NodeModel& node, const ContainerStart& start) = 0;
    /// A process has ended.
    virtual void ended(NodeModel& node, const ContainerId& container, const Resource& size,
                       const ContainerExit& exit) = 0;
};

constexpr Duration kUntilTold = {INT64_MAX};
constexpr std::int32_t kOpportunisticQueueMax = 15;  // as agents have by default

class NodeModel final : public NodePeer {
public:
    NodeModel(sim::Timeline& timeline, ManagerModel& manager, Ground& ground, const Setup& setup,
              Machine machine, std::size_t index);

    /// Registers; the first heartbeat is `offset` later.
    void start(Duration offset);
    void received(const ManagerToNode& message) override;

    /// Heartbeat mode: the master calls, with what it was granted.
    void call(const ContainerId& container);
    /// The process ends by itself.
    void end(const ContainerId& container);

    std::size_t index() const { return index_; }
    const Machine& machine() const { return machine_; }

private:
    struct Held {
        ContainerStart order;
        ContainerPhase phase = ContainerPhase::Localising;
        WallTime started;
        std::optional<ContainerExit> exit;
    };

    void carry_out(const NodeOrders& orders);
    bool take(const ContainerStart& start);
    void launch(const ContainerId& container);
    void run(const ContainerId& container);
    void begin(const ContainerId& container);
    void begin_queued();
    void displace(const ContainerId& container);
    void finish(const ContainerId& container, ContainerExit exit);
    void changed(const ContainerId& container);
    void heartbeat();
    void say(bool complete);
    static ContainerReport report(const ContainerId& id, const Held& held);

    sim::Timeline& timeline_;
    ManagerModel& manager_;
    Ground& ground_;
    const Setup& setup_;
    Machine machine_;
    std::size_t index_;
    rm::ConnectionId connection_;
    std::uint64_t session_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t orders_seen_ = 0;
    Duration offset_;
    std::map<ContainerId, Held> held_;
    Resource used_;  // by guaranteed containers
    OpportunisticQueue queue_;
    std::uint64_t queued_last_ = 0;
    std::set<ContainerId> called_;   // before the order was here
    std::set<ContainerId> changed_;  // since the last status
};

}  // namespace heddle::simulator
