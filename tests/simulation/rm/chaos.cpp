#include "tests/simulation/rm/chaos.h"

#include <iterator>
#include <optional>
#include <string>

#include "tests/simulation/rm/random_queues.h"
#include "tests/simulation/rm/submit_access.h"

namespace heddle::rm::test {
namespace {

void ignore(const Result<Answer>& /*answer*/) {}

}  // namespace

void draw_faults(Stage& stage) {
    Prng& prng = stage.prng;
    sim::FaultPlan& faults = stage.faults;
    faults.end = TimePoint{} + kFaults;
    faults.lose = prng.below(60);
    faults.duplicate = prng.below(60);
    faults.delay = prng.below(60);
    faults.latency_max = milliseconds(prng.between(1, 80));
    faults.cut = prng.below(10);
    faults.save_fails = prng.below(150);
    faults.crash_per_100000 = prng.chance(1, 2) ? prng.below(1500) : 0;
}

void Chaos::draw() {
    const auto count = scene_.prng().between(2, 8);
    for (std::int64_t i = 0; i < count; ++i) {
        const Duration when = milliseconds(scene_.prng().between(500, 39000));
        scene_.stage().timeline.after(when, [this] { mischief(); });
    }
}

void Chaos::keep_manager_up() {
    if (!scene_.world.manager().up()) {
        scene_.stage().timeline.after(milliseconds(scene_.prng().between(50, 3000)), [this] {
            if (!scene_.world.manager().up()) {
                scene_.world.manager().start();
            }
        });
    }
    scene_.stage().timeline.after(seconds(4), [this] { keep_manager_up(); });
}

void Chaos::heal() {
    for (const auto& [name, node] : scene_.world.nodes()) {
        node->partition(false);
        if (!node->agent_up()) {
            node->start_agent();
        }
    }
    if (!scene_.world.manager().up()) {
        scene_.world.manager().start();
    }
}

NodeHost& Chaos::any_node() {
    const auto& nodes = scene_.world.nodes();
    auto it = nodes.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(scene_.prng().below(nodes.size())));
    return *it->second;
}

void Chaos::mischief() {
    Prng& prng = scene_.prng();
    NodeHost& node = any_node();
    switch (prng.below(10)) {
        case 0:
        case 1:
            crash_manager();
            break;
        case 2:
            node.kill_agent();
            restart_later(node, milliseconds(prng.between(50, 14000)));
            break;
        case 3:
            partition(node);
            break;
        case 4:
            node.lose_power();
            restart_later(node, milliseconds(prng.between(1000, 14000)));
            break;
        case 5:
        case 6:
            fail_any_attempt();
            break;
        case 7:
            change_anything();
            break;
        case 8:
            drain(node.info().id);
            break;
        default:
            kill_any_process();
            break;
    }
}

void Chaos::crash_manager() {
    scene_.world.manager().crash();
    scene_.stage().timeline.after(milliseconds(scene_.prng().between(10, 2000)), [this] {
        if (!scene_.world.manager().up()) {
            scene_.world.manager().start();
        }
    });
}

void Chaos::partition(NodeHost& node) {
    node.partition(true);
    scene_.stage().timeline.after(milliseconds(scene_.prng().between(500, 15000)),
                                  [&node] { node.partition(false); });
}

void Chaos::restart_later(NodeHost& node, Duration wait) {
    scene_.stage().timeline.after(wait, [&node] {
        if (!node.agent_up()) {
            node.start_agent();
        }
    });
}

// It is taken back in the end, so that the jobs that are left have somewhere to go.
void Chaos::drain(const NodeId& node) {
    Prng& prng = scene_.prng();
    const auto timeout =
        prng.chance(1, 3) ? std::nullopt : std::optional(milliseconds(prng.between(0, 8000)));
    scene_.world.manager().request(DrainNode{node, timeout}, ignore);
    scene_.stage().timeline.after(milliseconds(prng.between(500, 15000)), [this, node] {
        recommission(node, std::make_shared<bool>(false));
    });
}

void Chaos::recommission(const NodeId& node, const std::shared_ptr<bool>& done) {
    if (*done) {
        return;
    }
    scene_.world.manager().request(RecommissionNode{node}, [done](const Result<Answer>& answer) {
        *done = *done || answer.ok() || answer.error().code == ErrorCode::NotFound;
    });
    scene_.stage().timeline.after(seconds(1), [this, node, done] { recommission(node, done); });
}

void Chaos::fail_any_attempt() {
    const Job* job = jobs_.any_submitted();
    const View* view = scene_.world.manager().view();
    const auto application =
        job == nullptr || view == nullptr ? nullptr : view->applications.find(*job->id());
    if (application != nullptr && !application->attempts.empty()) {
        scene_.world.manager().request(
            FailAttempt{application->attempts.back().id, "failed by its user"}, ignore);
    }
}

void Chaos::change_anything() {
    const Job* job = jobs_.any_submitted();
    if (job == nullptr) {
        return;
    }
    const auto count = scene_.prng().between(1, 4);
    for (std::int64_t i = 0; i < count; ++i) {
        change(*job->id());
    }
}

// Queue, priority, or a new lifetime.
void Chaos::change(const ApplicationId& id) {
    Prng& prng = scene_.prng();
    if (prng.chance(1, 2)) {
        const std::string queue = scene_.queues       ? random_leaf(prng)
                                  : prng.chance(1, 2) ? "batch"
                                                      : "default";
        MoveApplication move{id, queue};
        if (scene_.lists) {
            move.user = jobs_.find(id)->submission.user;
            move.groups = groups_of(move.user);
        }
        scene_.world.manager().request(std::move(move), ignore);
    } else if (prng.chance(1, 2)) {
        const auto priority = static_cast<std::int32_t>(prng.below(5));
        scene_.world.manager().request(ChangePriority{id, priority}, ignore);
    } else {
        const std::int64_t left = prng.between(20000, 90000);
        const WallTime expires{scene_.stage().wall().milliseconds + left};
        scene_.world.manager().request(ChangeLifetime{id, expires}, ignore);
    }
}

void Chaos::kill_any_process() {
    const auto& workers = masters_.workers();
    if (!workers.empty()) {
        const ContainerId id = workers[scene_.prng().below(workers.size())];
        scene_.world.end_process(id, 0, 9);
    }
}

}  // namespace heddle::rm::test
