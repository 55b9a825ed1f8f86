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

}  // namespace
}  // namespace heddle::rm::test
