#pragma once

// A small story for tests of checkers: applications that compete for one node, with a feature left
// out or a defect planted.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "resourcemanager/core/books.h"
#include "tests/support/rm_world/client_script.h"
#include "tests/support/rm_world/world.h"

namespace heddle::rm::test {

struct Rival {
    std::string queue;
    std::int32_t priority = 0;
    Resource size;                               // of its master
    std::vector<std::int32_t> priorities = {0};  // of its asks
};

// The first takes all; then its containers end one by one, and all want what becomes free.
class Contest {
public:
    explicit Contest(Config config) : world_(1, std::move(config)) {
        world_.on_worker = [this](const ContainerStart& start) { end_later(start.container); };
        world_.on_master = [this](MasterScript& master) {
            // When all are there: a master that waits is not compared with other containers.
            master.on_registered = [this, &master] {
                world_.stage().timeline.after(seconds(1), [this, &master] { ask(master); });
            };
        };
        world_.manager().start();
        world_.add_node("n1", {16384, 8});
    }

    /// Runs it; returns what the checkers said.
    std::string violation(const std::vector<Rival>& rivals, Duration time = seconds(10)) {
        for (const Rival& rival : rivals) {
            submit(rival);
            world_.run_for(milliseconds(300));
        }
        world_.run_for(time);
        return world_.stage().violation;
    }

    World& world() { return world_; }
    /// To be broken by hand.
    Books& books() { return const_cast<Books&>(world_.manager().core()->books()); }
    /// The containers end by themselves, one after the other.
    bool ending = true;

private:
    void submit(const Rival& rival) {
        ApplicationSubmission submission;
        submission.kind = ApplicationKind::Master;
        submission.queue = rival.queue;
        submission.priority = rival.priority;
        submission.user = "alice";
        submission.master.argv = {"program"};
        submission.master_size = rival.size;
        rivals_.push_back(rival);
        clients_.push_back(
            std::make_unique<ClientScript>(world_.stage(), world_.manager(), submission));
        clients_.back()->start();
    }

    void ask(MasterScript& master) {
        const auto number = static_cast<std::size_t>(master.attempt().application.sequence - 1);
        std::int32_t id = 0;
        for (const std::int32_t priority : rivals_.at(number).priorities) {
            Ask ask;
            ask.id = ++id;
            ask.launch_template = 1;
            ask.priority = priority;
            ask.size = {512, 1};
            ask.count = 12;
            master.ask(ask);
        }
    }

    // One after the other, so that each step has one to give.
    void end_later(const ContainerId& id) {
        if (ending) {
            world_.stage().timeline.after(milliseconds(400 + 70 * ++ended_),
                                          [this, id] { world_.end_process(id, 0); });
        }
    }

    World world_;
    std::vector<Rival> rivals_;
    std::vector<std::unique_ptr<ClientScript>> clients_;
    std::int64_t ended_ = 0;
};

}  // namespace heddle::rm::test
