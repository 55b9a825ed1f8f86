#pragma once

// What a network does to one message. The caller owns connections and endpoints; this decides, from
// the seed, when copies of the message arrive and whether the connection survives it.

#include <vector>

#include "common/base/prng.h"
#include "common/base/time.h"
#include "common/sim/fault_plan.h"

namespace heddle::sim {

struct Delivery {
    std::vector<Duration> arrivals;  // none: lost
    bool cut = false;
};

/// Draws the fate of a message sent at `now`. Without faults: one arrival after latency_min, so
/// that order is kept.
Delivery deliver(const FaultPlan& plan, TimePoint now, Prng& prng);

}  // namespace heddle::sim
