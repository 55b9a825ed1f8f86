// Virtual time is in order, faults come from the seed, and stop when the plan says so.

#include <gtest/gtest.h>

#include "common/base/prng.h"
#include "common/base/time.h"
#include "common/sim/network.h"
#include "common/sim/timeline.h"
#include "common/sim/trace.h"

namespace heddle::sim {
namespace {

TEST(Timeline, DoesThingsInOrderOfTimeThenOfEntry) {
    Timeline timeline;
    std::string order;
    timeline.after(seconds(2), [&] { order += "c"; });
    timeline.after(seconds(1), [&] {
        order += "a";
        timeline.after({}, [&] { order += "b"; });
    });
    timeline.after(seconds(3), [&] { order += "d"; });
    timeline.run_until(TimePoint{} + seconds(2));
    EXPECT_EQ(order, "abc");
    EXPECT_EQ(timeline.now(), TimePoint{} + seconds(2));
}

TEST(Network, LosesAndDoublesAsPlannedAndKeepsOrderAfterwards) {
    FaultPlan plan;
    plan.end = TimePoint{} + seconds(1);
    plan.lose = 100;
    plan.duplicate = 100;
    Prng prng(5);
    int lost = 0;
    int doubled = 0;
    for (int i = 0; i < 10000; ++i) {
        const Delivery delivery = deliver(plan, {}, prng);
        lost += delivery.arrivals.empty() ? 1 : 0;
        doubled += delivery.arrivals.size() == 2 ? 1 : 0;
    }
    EXPECT_NEAR(lost, 1000, 150);
    EXPECT_NEAR(doubled, 900, 150);
    const Delivery quiet = deliver(plan, plan.end, prng);
    EXPECT_EQ(quiet.arrivals, std::vector<Duration>{plan.latency_min});
}

TEST(Trace, DigestsWhatItDoesNotKeep) {
    Trace a(1);
    Trace b(1);
    a.add({}, "one");
    b.add({}, "two");
    a.add({}, "same");
    b.add({}, "same");
    EXPECT_EQ(a.tail(), b.tail());
    EXPECT_NE(a.digest(), b.digest());
}

}  // namespace
}  // namespace heddle::sim
