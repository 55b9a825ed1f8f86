#pragma once

// What the parts of one random run share.

#include "tests/support/rm_world/world.h"

namespace heddle::rm::test {

constexpr Duration kFaults = seconds(40);      // with faults; after that there are none
constexpr Duration kClientRetry = seconds(2);  // whoever asked asks again

struct Scene {
    World& world;
    bool tight = false;    // little room, so that some is taken back
    bool queues = false;   // shared by random settings of queues
    bool creates = false;  // one of them creates others
    bool lists = false;    // not everybody may submit everywhere

    Stage& stage() const { return world.stage(); }
    Prng& prng() const { return world.stage().prng; }
};

}  // namespace heddle::rm::test
