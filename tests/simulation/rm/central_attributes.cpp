#include "tests/simulation/rm/central_attributes.h"

namespace heddle::rm::test {

void CentralAttributes::draw() {
    const std::int64_t changes = prng_.chance(1, 2) ? prng_.between(1, 6) : 0;
    for (std::int64_t i = 0; i < changes; ++i) {
        ChangeAttributes what;
        what.kind =
            prng_.chance(1, 3) ? ChangeAttributes::Kind::Remove : ChangeAttributes::Kind::Replace;
        for (const NodeId& node : nodes_) {
            if (prng_.chance(1, 2)) {
                what.nodes.push_back({node, {{"java", prng_.chance(1, 2) ? "8" : "11"}}});
            }
        }
        scene_.stage().timeline.after(milliseconds(prng_.between(500, 39000)),
                                      [this, what] { change(what); });
    }
}

void CentralAttributes::heal() {
    healed_ = true;
    for (const NodeId& node : nodes_) {
        take_all(node);
    }
}

void CentralAttributes::change(const ChangeAttributes& what) {
    if (!healed_ && !what.nodes.empty()) {
        scene_.world.manager().request(what, [](const Result<Answer>&) {});
    }
}

// The manager may be away, or the node not be known yet.
void CentralAttributes::take_all(const NodeId& node) {
    auto taken = std::make_shared<bool>(false);
    scene_.world.manager().request(ChangeAttributes{ChangeAttributes::Kind::Replace, {{node, {}}}},
                                   [taken](const Result<Answer>& answer) { *taken = answer.ok(); });
    scene_.stage().timeline.after(kClientRetry, [this, node, taken] {
        if (!*taken) {
            take_all(node);
        }
    });
}

}  // namespace heddle::rm::test
