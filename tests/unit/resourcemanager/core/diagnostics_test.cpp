// What programs and nodes say of themselves has to fit into a record.

#include <gtest/gtest.h>

#include "resourcemanager/core/config.h"
#include "resourcemanager/core/lifecycle.h"
#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm {
namespace {

TEST(Diagnostics, StayAsTheyAreUpToTheLimit) {
    EXPECT_EQ(shortened("why", kDiagnosticsMax), "why");
    const std::string longest(kDiagnosticsMax, 'x');
    EXPECT_EQ(shortened(longest, kDiagnosticsMax), longest);
}

TEST(Diagnostics, AreCutBetweenCharactersAndSaySo) {
    std::string text = "x";
    while (text.size() <= kDiagnosticsMax) {
        text += "€";
    }
    const std::string cut = shortened(text, kDiagnosticsMax);
    EXPECT_LE(cut.size(), kDiagnosticsMax);
    const std::size_t note = cut.find("... (of " + std::to_string(text.size()) + " bytes");
    ASSERT_NE(note, std::string::npos) << cut.substr(cut.size() - 100);
    EXPECT_EQ((note - 1) % 3, 0U);
    EXPECT_EQ(cut.substr(0, note), text.substr(0, note));
}

// Its node may live.
TEST(Diagnostics, DoNotSayOfANodeThatItIsLost) {
    ContainerExit exit;
    exit.reason = ExitReason::NodeLost;
    EXPECT_EQ(describe(exit), "was lost with its node");
    exit.message = "its node has no record of it any more";
    EXPECT_EQ(describe(exit), "was lost: its node has no record of it any more");
}

// A master is up, and says what it likes.
class TalkativeMaster : public testing::Test {
protected:
    void SetUp() override {
        core.boot();
        core.add_node("n1");
        id = core.submit(ApplicationKind::Master);
        const Effects effects = core.all_saved();
        const auto orders = test::CoreFixture::sent<NodeOrders, SendToNode>(effects);
        ASSERT_EQ(orders.size(), 1U);
        const ContainerStart& start = orders.front().starts.front();
        core.step(MasterConnected{connection, start.spec.secrets.front().contents});
        hello.attempt = start.key.attempt;
    }

    void hear() {
        const Effects effects = core.step(MasterMessage{connection, hello});
        const auto welcomes = test::CoreFixture::sent<MasterWelcome, SendToMaster>(effects);
        ASSERT_EQ(welcomes.size(), 1U);
        session = welcomes.front().session;
    }

    const Application& application() { return *core.rm.books().applications.find(id); }

    test::CoreFixture core;
    ApplicationId id;
    ConnectionId connection{100};
    MasterRegister hello;
    std::uint64_t session = 0;
};

TEST_F(TalkativeMaster, KeepsAnUrlUpToTheLimit) {
    hello.host = "here";
    hello.tracking_url = std::string(kUrlMax, 'u');
    hear();
    EXPECT_EQ(application().tracking_url, hello.tracking_url);
    EXPECT_EQ(application().current()->host, "here");
}

TEST_F(TalkativeMaster, HasNoUrlRatherThanHalfOfOne) {
    hello.host = std::string(kHostMax + 1, 'h');
    hello.tracking_url = std::string(kUrlMax + 1, 'u');
    hear();
    EXPECT_EQ(application().tracking_url, "");
    EXPECT_EQ(application().current()->host, "");
}

TEST_F(TalkativeMaster, KeepsTheUrlItHadWhenItFinishesWithOneThatIsTooLong) {
    hello.tracking_url = "http://127.0.0.1:4040";
    hear();
    MasterFinish finish;
    finish.session = session;
    finish.status = FinalStatus::Succeeded;
    finish.tracking_url = std::string(kUrlMax + 1, 'u');
    finish.diagnostics = std::string(kDiagnosticsMax + 1, 'd');
    core.step(MasterMessage{connection, finish});
    ASSERT_EQ(core.saves.size(), 1U);
    for (const StoreChange& change : core.saves.front().changes) {
        if (const auto* record = std::get_if<ApplicationRecord>(&change)) {
            EXPECT_EQ(record->tracking_url, hello.tracking_url);
            EXPECT_LE(record->diagnostics.size(), kDiagnosticsMax);
        }
    }
}

TEST(NodeText, IsRefusedWhenItWouldNotFitIntoARecord) {
    test::CoreFixture core;
    core.boot();
    NodeRegister registration;
    registration.info.id = {"n1"};
    registration.info.total = {1024, 1};
    registration.info.rack = "/" + std::string(kNodeTextMax, 'r');
    const Effects effects = core.step(NodeMessage{{1}, registration});
    const auto refused = test::CoreFixture::sent<NodeRefused, SendToNode>(effects);
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_NE(refused.front().reason.find("rack"), std::string::npos);
    EXPECT_TRUE(core.saves.empty());
}

}  // namespace
}  // namespace heddle::rm
