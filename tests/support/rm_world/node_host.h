#pragma once

// A machine in simulation: the real core of the node agent, a disk, and processes that outlive the
// agent. Checks what is true on the machine, whatever anybody believes: no container runs twice,
// and what runs fits.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "nodeagent/core/node_agent.h"
#include "tests/support/rm_world/manager_host.h"

namespace heddle::rm::test {

/// Where containers run, over all machines.
struct Ground {
    std::set<ContainerId> ever_started;
    std::int32_t opportunistic_queue_max = 15;  // of every machine
    std::int64_t displaced = 0;                 // opportunistic containers that their machine ended
    /// A process begins, is told to end, or ends; set by the world.
    std::function<void(const ContainerStart&)> began;
    std::function<void(const ContainerId&)> stopped = [](const ContainerId&) {};
    std::function<void(const ContainerId&)> ended;
};

class NodeHost {
public:
    NodeHost(Stage& stage, ManagerHost& manager, Ground& ground, NodeInfo info);

    void start_agent();
    /// kill -9 of the agent: processes go on.
    void kill_agent();
    /// The machine stops: processes and container records are gone.
    void lose_power();
    void shut_down();  // the agent ends in good order
    bool agent_up() const { return agent_ != nullptr; }
    /// Nothing passes to or from the manager.
    void partition(bool on);

    /// The process ends by itself. False: it does not run here.
    bool end_process(const ContainerId& container, std::int32_t code, std::int32_t signal = 0);
    bool runs(const ContainerId& container) const;
    std::size_t running() const;
    const NodeInfo& info() const { return info_; }
    node::NodeAgent* agent() { return agent_.get(); }

private:
    struct Process {
        ContainerStart order;
        std::int64_t pid = 0;
        WallTime started;
        bool running = false;
        bool terminating = false;
        std::optional<ContainerExit> exit;
    };

    void event(const node::Event& event);
    void perform(const node::Effect& effect);
    void perform(const node::Connect& connect);
    void perform(const node::Disconnect& disconnect);
    void perform(const node::Send& send);
    void perform(const node::SaveEpoch& save);
    void perform(const node::SaveContainer& save);
    void perform(const node::DeleteContainer& order);
    void perform(const node::DeleteWork& order);
    void perform(const node::Localise& order);
    void perform(const node::DropArtifact& order);
    void perform(const node::StartShim& order);
    void perform(const node::Adopt& order);
    void perform(const node::Signal& order);
    void end(const ContainerId& id, ContainerExit exit);
    void check_room(ExecutionType starts);
    void note_size(const node::ContainerRecord& record);
    void later(Duration wait, node::Event event);
    void arm_tick();

    Stage& stage_;
    ManagerHost& manager_;
    Ground& ground_;
    NodeInfo info_;
    std::unique_ptr<node::NodeAgent> agent_;
    std::uint64_t life_ = 0;
    bool partitioned_ = false;
    WireRef wire_;
    std::uint64_t connection_ = 0;
    TimePoint tick_at_ = TimePoint::never();
    std::int64_t pids_ = 100;
    // The disk and the processes.
    std::int64_t epoch_ = 0;
    std::int64_t boots_ = 1;
    std::map<ContainerId, node::ContainerRecord> records_;
    std::map<ContainerId, Process> processes_;
};

}  // namespace heddle::rm::test
