// Who may use a node's name.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

using namespace literals;

class NodeIdentity : public testing::Test {
protected:
    void SetUp() override {
        core.boot();
        first = connect("directory-1");
    }

    ConnectionId connect(const std::string& agent) {
        NodeRegister message = CoreFixture::registration("n1");
        message.agent = agent;
        const ConnectionId connection{++core.connections};
        effects = core.step(NodeMessage{connection, message});
        const Effects later = core.all_saved();
        effects.insert(effects.end(), later.begin(), later.end());
        return connection;
    }

    bool welcomed() const { return !CoreFixture::sent<NodeWelcome, SendToNode>(effects).empty(); }
    bool closed(ConnectionId connection) const {
        return std::ranges::any_of(effects, [&](const Effect& effect) {
            const auto* close = std::get_if<CloseConnection>(&effect);
            return close != nullptr && close->connection == connection;
        });
    }

    CoreFixture core;
    ConnectionId first;
    Effects effects;
};

TEST_F(NodeIdentity, RefusesASecondAgentAndSaysWhoHasTheName) {
    const ConnectionId second = connect("directory-2");
    const auto refused = CoreFixture::sent<NodeRefused, SendToNode>(effects);
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(refused.front().reason,
              "the name n1 is taken by the agent at 127.0.0.1:8042, which has another work "
              "directory; give this one a node.name of its own");
    EXPECT_TRUE(closed(second));
    EXPECT_FALSE(closed(first));
}

TEST_F(NodeIdentity, LetsTheSameAgentTakeOverAtOnce) {
    connect("directory-1");
    EXPECT_TRUE(welcomed());
    EXPECT_TRUE(closed(first));
}

TEST_F(NodeIdentity, GivesTheNameAwayWhenTheFirstAgentHasGone) {
    core.step(NodeDisconnected{first});
    connect("directory-2");
    EXPECT_TRUE(welcomed());
    connect("directory-1");
    EXPECT_FALSE(welcomed());
}

TEST_F(NodeIdentity, GivesTheNameAwayWhenTheFirstAgentIsSilentForTooLong) {
    core.advance(9_s);
    connect("directory-2");
    EXPECT_FALSE(welcomed());
    core.advance(2_s);
    connect("directory-2");
    EXPECT_TRUE(welcomed());
}

TEST_F(NodeIdentity, IsNotAskedOfAgentsThatDoNotTellIt) {
    connect("");
    EXPECT_TRUE(welcomed());
    connect("directory-2");
    EXPECT_TRUE(welcomed());
}

// The removal of a forgotten node and its new registration are on their way to the disk together,
// and the node goes away again: its place stays its own, and the next node is saved like any other.
TEST(ForgottenNode, KeepsItsPlaceUntilItsRegistrationIsAnswered) {
    Config config;
    config.node_forget_after = 60_s;
    CoreFixture core(config);
    core.boot();
    core.step(NodeDisconnected{core.add_node("n1")});
    core.advance(11_s);
    core.all_saved();  // that it is lost
    core.advance(61_s);
    ASSERT_EQ(core.saves.size(), 1U);  // the removal
    const ConnectionId again{++core.connections};
    core.step(NodeMessage{again, CoreFixture::registration("n1")});
    core.step(NodeDisconnected{again});
    core.all_saved();
    const ConnectionId other{++core.connections};
    const Effects effects = core.step(NodeMessage{other, CoreFixture::registration("n2")});
    EXPECT_EQ(core.saves.size(), 1U);
    EXPECT_TRUE((CoreFixture::sent<NodeWelcome, SendToNode>(effects).empty()));
    EXPECT_EQ((CoreFixture::sent<NodeWelcome, SendToNode>(core.all_saved()).size()), 1U);
}

// A container that was taken over from a report belongs to the agent and boot that reported it.
TEST(AdoptedContainer, IsUnknownAndNotLostWhenItsNodeDropsIt) {
    CoreFixture core;
    ApplicationRecord application;
    application.submission.id = {1, 1};
    application.submission.kind = ApplicationKind::Master;
    application.submission.user = "alice";
    application.submission.queue = "root.default";
    application.submission.master_size = {512, 1};
    application.state = AppState::Running;
    AttemptRecord attempt;
    attempt.id = {{1, 1}, 1};
    attempt.state = AttemptState::Allocated;
    attempt.master_container = ContainerId{attempt.id, 1, 1};
    attempt.master_node = {"n1"};
    attempt.master_token = "token";
    NodeRecord node;
    node.info = CoreFixture::registration("n1").info;
    Booted booted;
    booted.epoch = 2;
    booted.cluster_timestamp = 1;
    booted.applications = {application};
    booted.attempts = {attempt};
    booted.nodes = {node};
    core.step(std::move(booted));
    NodeRegister message = CoreFixture::registration("n1");
    message.agent = "directory";
    message.boot = "boot";
    const auto report = [&](std::int64_t number, std::int32_t ask) {
        ContainerReport container;
        container.container = {attempt.id, 1, number};
        container.key = {attempt.id, ask, 0};
        container.size = {512, 1};
        container.phase = ContainerPhase::Running;
        return container;
    };
    message.containers = {report(1, 0), report(2, 1)};
    const ConnectionId connection{++core.connections};
    Effects effects = core.step(NodeMessage{connection, message});
    for (Effects later = core.all_saved(); const Effect& effect : later) {
        effects.push_back(effect);
    }
    const auto welcome = CoreFixture::sent<NodeWelcome, SendToNode>(effects);
    ASSERT_EQ(welcome.size(), 1U);
    const ConnectionId master{++core.connections};
    core.step(MasterConnected{master, "token"});
    MasterRegister hello;
    hello.attempt = attempt.id;
    core.step(MasterMessage{master, hello});
    NodeStatus status;
    status.session = welcome[0].session;
    status.sequence = 1;
    status.orders_seen = 1000;
    status.complete = true;
    status.containers = {report(1, 0)};
    const auto news =
        CoreFixture::sent<MasterNews, SendToMaster>(core.step(NodeMessage{connection, status}));
    ASSERT_EQ(news.size(), 1U);
    ASSERT_EQ(news[0].ended.size(), 1U);
    EXPECT_EQ(news[0].ended[0].exit.reason, ExitReason::NodeLost);
}

}  // namespace
}  // namespace heddle::rm::test
