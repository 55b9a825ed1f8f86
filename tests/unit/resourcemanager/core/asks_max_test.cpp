// One master cannot fill the manager with asks.

#include <gtest/gtest.h>

#include "tests/unit/resourcemanager/core/master_fixture.h"

namespace heddle::rm::test {
namespace {

TEST(AsksMax, RefusesAsksBeyondItWithASentenceAndKeepsTheOthers) {
    CoreFixture core;
    core.boot();
    const ConnectionId node = core.add_node("n1");
    (void)node;
    core.submit(ApplicationKind::Master);
    core.all_saved();
    const auto token = core.rm.books().applications.find(AttemptId{{1, 1}, 1})->record.master_token;
    const ConnectionId master{100};
    core.step(MasterConnected{master, token});
    MasterRegister hello;
    hello.attempt = {{1, 1}, 1};
    std::uint64_t session = 0;
    for (const auto& welcome :
         CoreFixture::sent<MasterWelcome, SendToMaster>(core.step(MasterMessage{master, hello}))) {
        session = welcome.session;
    }
    MasterUpdate update;
    update.session = session;
    update.sequence = 1;
    update.templates.push_back({1, {}});
    for (std::int32_t id = 1; id <= static_cast<std::int32_t>(kAsksMax) + 2; ++id) {
        Ask ask;
        ask.id = id;
        ask.launch_template = 1;
        ask.size = {8192, 8};
        ask.count = 1;
        update.asks.push_back(ask);
    }
    std::vector<AskRefused> refused;
    for (const auto& news :
         CoreFixture::sent<MasterNews, SendToMaster>(core.step(MasterMessage{master, update}))) {
        refused.insert(refused.end(), news.refused.begin(), news.refused.end());
    }
    ASSERT_EQ(refused.size(), 2U);
    EXPECT_EQ(refused[0].ask, static_cast<std::int32_t>(kAsksMax) + 1);
    EXPECT_NE(refused[0].reason.find("state fewer with larger counts"), std::string::npos);
    EXPECT_EQ(core.rm.books().asks.size_of({{1, 1}, 1}), kAsksMax);
}

// What a master leaves out of its next complete update leaves nothing behind that waits for time.
TEST(AsksMax, AsksThatGoTakeTheirTimesWithThem) {
    MasterFixture rm;
    TestMaster master = rm.master();
    const auto times = [&] {
        int count = 0;
        rm.rm.books().deadlines.for_each([&](const Timer& timer) {
            count +=
                timer.kind == Timer::Kind::Alternative || timer.kind == Timer::Kind::LocalityDelay
                    ? 1
                    : 0;
        });
        return count;
    };
    for (std::int32_t round = 0; round < 5; ++round) {
        Ask patient = MasterFixture::ask(2 * round + 1, {1024, 1}, 1);
        patient.constraint = "dor(x=1@24h:y=1)";
        Ask near = MasterFixture::ask(2 * round + 2, {1024, 1}, 1);
        near.nodes = {{"n1"}};
        rm.say(master, {patient, near}, true);
        EXPECT_EQ(times(), 2);
    }
    rm.step(Request{{++rm.requests}, KillApplication{master.attempt.application, "killed"}});
    rm.all_saved();
    EXPECT_EQ(times(), 0);
}

}  // namespace
}  // namespace heddle::rm::test
