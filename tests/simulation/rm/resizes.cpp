#include "tests/simulation/rm/resizes.h"

#include <algorithm>
#include <iterator>

namespace heddle::rm::test {

void Resizes::lead(MasterScript& master) {
    masters_[master.attempt()] = &master;
    master.on_resized = [this](const Grant&) { ++changed_; };
    if (prng_.chance(2, 3)) {
        wish_soon(master);
    }
}

void Resizes::wish_soon(MasterScript& master) {
    scene_.stage().timeline.after(milliseconds(prng_.between(200, 6000)),
                                  [this, &master] { wish(master); });
}

// Of a container of some kinds only: masters give up asks and not wishes when they get no further,
// and a wish that waits holds nobody back.
void Resizes::wish(MasterScript& master) {
    if (!master.alive()) {
        return;
    }
    wish_soon(master);
    if (!master.registered() || master.containers().empty()) {
        return;
    }
    const auto count = static_cast<std::int64_t>(master.containers().size());
    const auto chosen = std::next(master.containers().begin(), prng_.between(0, count - 1));
    Resource size = chosen->second.size;
    // What lives as long as its application stays small: it would keep the next master out for
    // ever.
    const bool stays = chosen->second.key.ask == 1;
    size.memory_mib = prng_.between(1, stays ? 2 : 6) * 512;
    size.vcores = prng_.between(1, stays ? 1 : 3);
    if (prng_.chance(1, 12)) {
        size.memory_mib = prng_.chance(1, 2) ? 0 : 1'000'000;
    }
    std::optional<std::int64_t> version;
    if (prng_.chance(1, 12)) {
        version = prng_.between(0, 3);
    }
    master.resize(chosen->first, size, version);
}

bool Resizes::agrees(const MasterScript& master) const {
    const View* view = scene_.world.manager().view();
    return view == nullptr || std::ranges::all_of(master.containers(), [&](const auto& known) {
               const auto shown = view->containers.find(known.first);
               return shown == nullptr || shown->phase == ContainerPhase::Done ||
                      shown->size == known.second.size;
           });
}

void Resizes::watch() {
    const TimePoint now = scene_.stage().now();
    if (now <= scene_.stage().faults.end + seconds(15)) {
        return;
    }
    for (const auto& [id, master] : masters_) {
        if (!master->alive() || !master->registered() || agrees(*master)) {
            disagree_since_.erase(id);
        } else if (now - disagree_since_.emplace(id, now).first->second > seconds(8)) {
            scene_.stage().violate(
                "a container's size in the books is not what its master knows: " + to_string(id));
        }
    }
}

}  // namespace heddle::rm::test
