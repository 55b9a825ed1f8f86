#include "tests/simulation/rm/opportunistic.h"

#include <iterator>
#include <map>

namespace heddle::rm::test {

Opportunistic::Opportunistic(Scene scene, std::uint64_t seed)
    : scene_(scene), prng_(seed ^ 0x6f70706fULL) {
    scene_.world.ground().opportunistic_queue_max = static_cast<std::int32_t>(prng_.between(1, 8));
}

void Opportunistic::lead(MasterScript& master) {
    if (prng_.chance(1, 2)) {
        return;
    }
    const Duration when = milliseconds(prng_.between(100, 6000));
    scene_.stage().timeline.after(when, [this, &master] { ask(master); });
}

void Opportunistic::ask(MasterScript& master) {
    if (!master.alive() || !master.registered()) {
        return;
    }
    for (std::int32_t id = kOpportunisticAsk; id < kOpportunisticAsk + 2; ++id) {
        Ask one;
        one.id = id;
        one.launch_template = 1;
        one.priority = 5;
        one.size = {512 * prng_.between(1, 4), prng_.between(1, 3)};
        one.count = static_cast<std::int32_t>(prng_.between(1, 8));
        one.execution = ExecutionType::Opportunistic;
        if (prng_.chance(1, 3)) {
            one.nodes = {{"n1"}};
        }
        if (id == kOpportunisticAsk || prng_.chance(1, 2)) {
            master.ask(one);
        }
    }
    for (int i = 0; i < 4; ++i) {
        const Duration when = milliseconds(prng_.between(200, 6000));
        scene_.stage().timeline.after(when, [this, &master] { change(master); });
    }
    const Duration when = milliseconds(prng_.between(3000, 12000));
    scene_.stage().timeline.after(when, [this, &master] { give_back(master); });
}

// Promotes or demotes one of its containers.
void Opportunistic::change(MasterScript& master) {
    if (!master.alive() || master.containers().empty()) {
        return;
    }
    const auto last = static_cast<std::int64_t>(master.containers().size()) - 1;
    const auto it = std::next(master.containers().begin(), prng_.between(0, last));
    const bool opportunistic = it->second.execution == ExecutionType::Opportunistic;
    master.change_execution(
        it->first, opportunistic ? ExecutionType::Guaranteed : ExecutionType::Opportunistic);
}

void Opportunistic::give_back(MasterScript& master) {
    const std::map<std::int32_t, Ask> asks = master.asks();
    for (const auto& [id, ask] : asks) {
        if (ask.execution == ExecutionType::Opportunistic && master.alive()) {
            Ask none = ask;
            none.count = 0;
            master.ask(none);
        }
    }
}

void Opportunistic::check_end() const {
    const View* view = scene_.world.manager().view();
    if (view == nullptr) {
        return;
    }
    view->nodes.for_each([&](const NodeId& id, const auto& node) {
        if (node->opportunistic.queued != 0 || node->opportunistic.running != 0) {
            scene_.stage().violate("opportunistic containers left over on " + id.name);
        }
        return true;
    });
}

}  // namespace heddle::rm::test
