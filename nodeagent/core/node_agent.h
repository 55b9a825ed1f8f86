#pragma once

// The node agent's decisions. One event goes in with the time, a list of effects comes out.
//
// What holds whatever is late, doubled, lost or restarted:
// - no order is carried out before the epoch it carries is on disk, and none of a lower epoch, of
//   another session or of an earlier connection is carried out at all;
// - a container id runs at most once, however often its start is ordered;
// - an end is on disk before it is reported, and reported until it is acknowledged;
// - containers go on without a manager and without this agent.

#include <vector>

#include "common/base/time.h"
#include "nodeagent/core/cache_table.h"
#include "nodeagent/core/container_table.h"
#include "nodeagent/core/effect.h"
#include "nodeagent/core/event.h"
#include "nodeagent/core/manager_link.h"
#include "nodeagent/core/node_config.h"

namespace heddle::node {

class NodeAgent {
public:
    explicit NodeAgent(NodeConfig config);
    NodeAgent(const NodeAgent&) = delete;
    NodeAgent& operator=(const NodeAgent&) = delete;

    /// Requires: `now` does not go back; Booted comes first and once.
    void step(TimePoint now, const Event& event, Effects& effects);

    /// When the next Tick is due; TimePoint::never() when nothing waits for time.
    TimePoint next_deadline() const;

    const NodeConfig& config() const { return config_; }
    const ContainerTable& containers() const { return containers_; }
    const ManagerLink& link() const { return link_; }
    const CacheTable& cache() const { return cache_; }
    const NodeCounters& counters() const { return counters_; }
    const NodeUsage& usage() const { return usage_; }

    /// The invariants of all nouns; simulation calls it after every step.
    void check() const;

private:
    void on(const Booted& event, Effects& effects);
    void on(const Connected& event, Effects& effects);
    void on(const Disconnected& event, Effects& effects);
    void on(const MessageReceived& event, Effects& effects);
    void on(const EpochSaved& event, Effects& effects);
    void on(const EpochSaveFailed& event, Effects& effects);
    void on(const ArtifactCached& event, Effects& effects);
    void on(const ArtifactGone& event, Effects& effects);
    void on(const UsageMeasured& event, Effects& effects);
    void on(const ShutdownRequested& event, Effects& effects);
    void on(const Tick& event, Effects& effects);
    template <typename ContainerEvent>
    void on(const ContainerEvent& event, Effects& effects);

    void on_message(const NodeWelcome& message, Effects& effects);
    void on_message(const NodeRefused& message, Effects& effects);
    void on_message(const NodeOrders& message, Effects& effects);

    void carry_out_orders(Effects& effects);
    void expire_deadlines(Effects& effects);
    void report(Effects& effects);
    void send_status(bool complete, std::vector<ContainerReport> reports, Effects& effects);

    NodeConfig config_;
    NodeCounters counters_;
    ManagerLink link_;
    CacheTable cache_;
    ContainerTable containers_;
    NodeUsage usage_;
    TimePoint now_;
    bool booted_ = false;
    bool complete_due_ = false;  // the next status shows everything
    bool usage_due_ = false;     // the next status is sent even if no container changed
};

}  // namespace heddle::node
