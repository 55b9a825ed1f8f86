// A save that failed is tried again only while somebody needs it.

#include <gtest/gtest.h>

#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

using namespace literals;

TEST(SaveRetry, ForgetsTheGrantOfAnApplicationThatHasLeftTheTable) {
    Config config;
    config.applications_completed_max = 0;
    CoreFixture core(config);
    core.boot();
    core.add_node("n1");
    const ApplicationId id = core.submit();
    core.save_failed();  // of the attempt's grant: tried again in a second
    core.step(Request{{++core.requests}, KillApplication{id, "killed"}});
    core.all_saved();  // the kill, the end, the removal
    ASSERT_EQ(core.rm.books().applications.find(id), nullptr);
    core.advance(2_s);
    EXPECT_TRUE(core.saves.empty());
}

TEST(SaveRetry, TriesAGrantAgainWhileItsAttemptWaits) {
    CoreFixture core;
    core.boot();
    core.add_node("n1");
    core.submit();
    core.save_failed();
    core.advance(2_s);
    ASSERT_EQ(core.saves.size(), 1U);
    const Effects effects = core.saved();
    EXPECT_EQ((CoreFixture::sent<NodeOrders, SendToNode>(effects).size()), 1U);
}

}  // namespace
}  // namespace heddle::rm::test
