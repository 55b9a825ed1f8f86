#pragma once

// What goes wrong in a random run, and what people do meanwhile: crashes, partitions, power cuts,
// drains, moves, attempts that somebody fails.

#include <memory>

#include "tests/simulation/rm/jobs.h"
#include "tests/simulation/rm/masters.h"
#include "tests/simulation/rm/scene.h"

namespace heddle::rm::test {

/// What the network and the disk do to messages and saves in the first phase.
void draw_faults(Stage& stage);

class Chaos {
public:
    Chaos(Scene scene, Jobs& jobs, const Masters& masters)
        : scene_(scene), jobs_(jobs), masters_(masters) {}

    void draw();
    /// Who dies by the fault plan starts again; from now on.
    void keep_manager_up();
    /// Whatever is down or cut off comes back.
    void heal();

private:
    void mischief();
    NodeHost& any_node();
    void crash_manager();
    void partition(NodeHost& node);
    void restart_later(NodeHost& node, Duration wait);
    void drain(const NodeId& node);
    void recommission(const NodeId& node, const std::shared_ptr<bool>& done);
    void fail_any_attempt();
    void change_anything();
    void change(const ApplicationId& id);
    void kill_any_process();

    Scene scene_;
    Jobs& jobs_;
    const Masters& masters_;
};

}  // namespace heddle::rm::test
