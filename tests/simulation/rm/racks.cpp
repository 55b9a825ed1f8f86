#include "tests/simulation/rm/racks.h"

#include <utility>

namespace heddle::rm::test {

void Racks::draw() {
    const std::int64_t changes = prng_.chance(1, 2) ? prng_.between(1, 5) : 0;
    for (std::int64_t i = 0; i < changes; ++i) {
        std::map<std::string, std::string> racks;
        for (const auto& [node, rack] : first_) {
            if (prng_.chance(1, 2)) {
                racks[node] = prng_.chance(1, 2) ? "/a" : "/b";
            }
        }
        const Duration when = milliseconds(prng_.between(500, 39000));
        scene_.stage().timeline.after(when, [this, racks] { change(racks, false); });
    }
}

void Racks::heal() {
    healed_ = true;
    change(first_, true);
}

void Racks::change(std::map<std::string, std::string> racks, bool until_taken) {
    if (healed_ && !until_taken) {
        return;
    }
    auto taken = std::make_shared<bool>(false);
    scene_.world.manager().request(ChangeRacks{racks, true},
                                   [taken](const Result<Answer>& answer) { *taken = answer.ok(); });
    if (until_taken) {  // the manager may have been away
        scene_.stage().timeline.after(kClientRetry, [this, taken, racks = std::move(racks)] {
            if (!*taken) {
                change(racks, true);
            }
        });
    }
}

}  // namespace heddle::rm::test
