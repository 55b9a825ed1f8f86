#include "common/sim/network.h"

namespace heddle::sim {
namespace {

Duration draw(Duration low, Duration high, Prng& prng) {
    return {prng.between(low.microseconds, high.microseconds)};
}

}  // namespace

Delivery deliver(const FaultPlan& plan, TimePoint now, Prng& prng) {
    Delivery delivery;
    if (!plan.active(now)) {
        delivery.arrivals.push_back(plan.latency_min);
        return delivery;
    }
    delivery.cut = prng.chance(plan.cut, 1000);
    const int copies = prng.chance(plan.lose, 1000) ? 0 : prng.chance(plan.duplicate, 1000) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
        Duration arrival = draw(plan.latency_min, plan.latency_max, prng);
        if (prng.chance(plan.delay, 1000)) {
            arrival = arrival + draw({}, plan.delay_max, prng);
        }
        delivery.arrivals.push_back(arrival);
    }
    return delivery;
}

}  // namespace heddle::sim
