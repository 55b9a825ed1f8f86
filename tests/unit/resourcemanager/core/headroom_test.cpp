// What a master is told that it could still be given.

#include <gtest/gtest.h>

#include "tests/unit/resourcemanager/core/master_fixture.h"

namespace heddle::rm::test {
namespace {

class HeadroomFixture : public MasterFixture {
public:
    explicit HeadroomFixture(Config config = {}) : MasterFixture(std::move(config)) {
        add_node("n1", {8192, 8, {{"gpu", 2}}});
    }

    // What the news that follow an update say: none, or the headroom of each.
    std::string told(TestMaster& master, std::vector<Ask> asks, bool wanted = true) {
        MasterUpdate update;
        update.session = master.session;
        update.sequence = ++master.sequence;
        update.asks = std::move(asks);
        update.headroom_wanted = wanted;
        std::string text;
        const Effects effects = step(MasterMessage{master.connection, update});
        for (const MasterNews& news : sent<MasterNews, SendToMaster>(effects)) {
            text += news.headroom ? to_string(*news.headroom) + "\n" : "nothing\n";
        }
        return text;
    }
};

TEST(Headroom, IsToldWithEveryNewsAndWhenItHasChanged) {
    HeadroomFixture core;
    TestMaster master = core.master();
    EXPECT_EQ(core.told(master, {}, false), "");
    EXPECT_EQ(core.told(master, {}), "8192 MiB, 8 vcores, 2 gpu\n");
    EXPECT_EQ(core.told(master, {}), "");  // as it was
    // With the grant, and after it.
    EXPECT_EQ(core.told(master, {HeadroomFixture::ask(1, {1024, 2, {{"gpu", 1}}}, 1)}),
              "7168 MiB, 6 vcores, 1 gpu\n");
    TestMaster second = core.master();
    EXPECT_EQ(core.told(second, {HeadroomFixture::ask(1, {1024, 1}, 1)}, false), "nothing\n");
    EXPECT_EQ(core.told(master, {}), "6144 MiB, 5 vcores, 1 gpu\n");
    EXPECT_EQ(core.told(master, {}, false), "");
    core.add_node("n2", {1024, 1});
    EXPECT_EQ(core.told(master, {}, false), "");  // it does not want it any more
}

TEST(Headroom, IsWhatTheQueueHasLeft) {
    Config config;
    config.scheduler.queues = {queue_config("root.default")};
    config.scheduler.queues[0].capacity[kNoLabel].maximum.all = {Share::Kind::Percent, 50'000};
    HeadroomFixture core(config);
    TestMaster master = core.master();
    EXPECT_EQ(core.told(master, {HeadroomFixture::ask(1, {1024, 1}, 1)}),
              "3072 MiB, 3 vcores, 1 gpu\n");
}

TEST(Headroom, OfAUserIsAnEqualShareWhileOthersWait) {
    Config config;
    config.scheduler.queues = {queue_config("root.default")};
    config.scheduler.queues[0].user_limit_percent_min = 50;
    HeadroomFixture core(config);
    TestMaster alice = core.master();
    EXPECT_EQ(core.told(alice, {HeadroomFixture::ask(1, {1024, 1}, 3)}),
              "5120 MiB, 5 vcores, 2 gpu\n");
    TestMaster bob = core.master("bob");
    core.told(bob, {HeadroomFixture::ask(1, {1024, 1}, 1), HeadroomFixture::ask(2, {5120, 1}, 1)},
              false);
    EXPECT_EQ(core.told(alice, {}), "1024 MiB, 1 vcore, 1 gpu\n");
}

// At the share one is given a container more, and is not told that there is nothing.
TEST(Headroom, OfAUserAtTheShareIsNotNothing) {
    Config config;
    config.scheduler.container_min = {256, 1};
    config.scheduler.queues = {queue_config("root.default")};
    config.scheduler.queues[0].user_limit_percent_min = 50;
    HeadroomFixture core(config);
    TestMaster alice = core.master();
    core.told(alice, {HeadroomFixture::ask(1, {1024, 1}, 3)}, false);
    core.add_node("n2", {2048, 2});
    TestMaster bob = core.master("bob");
    core.told(bob, {HeadroomFixture::ask(1, {1024, 1}, 3), HeadroomFixture::ask(2, {8192, 1}, 1)},
              false);
    core.told(alice, {HeadroomFixture::ask(1, {1024, 1}, 5)}, false);
    EXPECT_EQ(core.told(alice, {}), "256 MiB, 1 vcore, 1 gpu\n");
}

TEST(Headroom, IsInTheExplanation) {
    HeadroomFixture core;
    const TestMaster master = core.master();
    const Effects effects =
        core.step(Request{{99}, ExplainApplication{master.attempt.application, {}}});
    ASSERT_EQ(effects.size(), 1U);
    const auto& answer = *std::get<Reply>(effects.front()).answer;
    EXPECT_EQ(std::get<Explanation>(answer).headroom, (Resource{8192, 8, {{"gpu", 2}}}));
}

}  // namespace
}  // namespace heddle::rm::test
