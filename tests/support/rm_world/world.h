#pragma once

// A whole cluster in virtual time: the manager's core, the node agents' cores on their machines,
// and the masters that run in containers (or outside).

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/rm_world/manager_host.h"
#include "tests/support/rm_world/master_script.h"
#include "tests/support/rm_world/node_host.h"

namespace heddle::rm::test {

class World {
public:
    World(std::uint64_t seed, Config config);

    Stage& stage() { return stage_; }
    Ground& ground() { return ground_; }
    ManagerHost& manager() { return manager_; }
    NodeHost& add_node(const std::string& name, Resource total,
                       const std::string& rack = "/default-rack", const std::string& label = {},
                       std::map<std::string, std::string> attributes = {});
    NodeHost& node(const std::string& name) { return *nodes_.at(name); }
    const std::map<std::string, std::unique_ptr<NodeHost>>& nodes() const { return nodes_; }

    void run_for(Duration time);

    /// The newest master of the application that is alive, or null.
    MasterScript* master(const ApplicationId& application);
    /// Starts a master outside the cluster.
    MasterScript& outside_master(const AttemptId& attempt, const std::string& token);
    /// Called for every master before it connects.
    std::function<void(MasterScript&)> on_master = [](MasterScript&) {};
    /// Takes the process of a master, if it wants to: true. Others get a MasterScript.
    std::function<bool(const ContainerStart&)> take_master = [](const ContainerStart&) {
        return false;
    };
    /// Called for every process that is no master, when it has begun.
    std::function<void(const ContainerStart&)> on_worker = [](const ContainerStart&) {};

    /// Called when a process is over, whatever it was.
    std::function<void(const ContainerId&)> on_ended = [](const ContainerId&) {};

    /// The node where the process runs, or null.
    NodeHost* node_of(const ContainerId& container);
    /// Called when a node tells a process to end, once for each.
    std::function<void(const ContainerId&)> on_stopped = [](const ContainerId&) {};

    /// Ends the process wherever it runs. False: nowhere.
    bool end_process(const ContainerId& container, std::int32_t code, std::int32_t signal = 0);
    std::size_t running() const;
    /// When all applications are over: whatever the manager's books or a machine still hold is a
    /// violation.
    void check_nothing_left();

private:
    void began(const ContainerStart& start);
    void ended(const ContainerId& container);

    Stage stage_;
    ManagerHost manager_;
    Ground ground_;
    std::map<std::string, std::unique_ptr<NodeHost>> nodes_;
    std::vector<std::unique_ptr<MasterScript>> masters_;  // all that ever were: callbacks stay good
    std::map<ContainerId, MasterScript*> by_container_;
};

}  // namespace heddle::rm::test
