#include "tests/simulation/rm/gangs.h"

namespace heddle::rm::test {
namespace {

Ask part(std::int32_t id, Resource size, std::int32_t count, std::int32_t least) {
    Ask ask;
    ask.id = id;
    ask.launch_template = 1;
    ask.priority = 4;
    ask.size = size;
    ask.count = count;
    ask.gang = least > 0 ? 1 : 0;
    ask.gang_min = least;
    return ask;
}

}  // namespace

void Gangs::lead(MasterScript& master) {
    if (!prng_.chance(1, 2)) {
        return;
    }
    const Duration when = milliseconds(prng_.between(100, 8000));
    scene_.stage().timeline.after(when, [this, &master] { ask(master); });
}

void Gangs::ask(MasterScript& master) {
    if (!master.alive() || !master.registered()) {
        return;
    }
    if (prng_.chance(1, 2)) {
        master.ask(part(kLargeAsk, {prng_.between(4096, 8192), prng_.between(1, 4)}, 1, 0));
    } else {
        Ask first = part(kGangAsk, {1024, 1}, static_cast<std::int32_t>(prng_.between(2, 4)), 2);
        first.gang_deadline = prng_.chance(1, 2) ? seconds(prng_.between(1, 20)) : Duration{};
        const bool apart = prng_.chance(1, 2);
        if (apart) {
            first.tags = {"member"};
            first.constraint = "notin,node,member";
        }
        master.ask(first);
        if (prng_.chance(1, 2)) {
            Ask second = part(kGangAsk + 1, {2048, 2}, 1, 1);
            second.constraint = apart ? "in,rack,member" : "";
            master.ask(second);
        }
    }
    const Duration when = milliseconds(prng_.between(3000, 12000));
    scene_.stage().timeline.after(when, [this, &master] { give_back(master); });
}

// What did not begin by then is not wanted any more.
void Gangs::give_back(MasterScript& master) {
    const std::map<std::int32_t, Ask> asks = master.asks();
    for (const auto& [id, ask] : asks) {
        if (id >= kGangAsk && master.alive()) {
            Ask none = ask;
            none.count = 0;
            none.gang = none.gang_min = 0;
            none.gang_deadline = {};
            master.ask(none);
        }
    }
}

void Gangs::check_end() const {
    const View* view = scene_.world.manager().view();
    if (view != nullptr &&
        !(view->reservations->reservations.empty() && view->reservations->gangs.empty())) {
        scene_.stage().violate("something is reserved, or a gang waits, when all is over");
    }
}

}  // namespace heddle::rm::test
