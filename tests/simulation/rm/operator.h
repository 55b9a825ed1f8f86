#pragma once

// The operator of a random run: changes the configuration of queues while jobs run.

#include <memory>
#include <utility>

#include "common/model/queue.h"
#include "tests/simulation/rm/scene.h"

namespace heddle::rm::test {

class Operator {
public:
    Operator(Scene scene, SchedulerConfig scheduler)
        : scene_(scene), scheduler_(std::move(scheduler)) {}

    /// Draws when the configuration is changed, if it has random queues.
    void draw();
    /// Who waits for a queue that takes nothing would wait for ever.
    void open_all_queues();

private:
    void change();
    void replace(SchedulerConfig candidate);

    Scene scene_;
    SchedulerConfig scheduler_;  // as the operator knows it
    bool opened_ = false;
    std::uint64_t changes_ = 0;
};

}  // namespace heddle::rm::test
