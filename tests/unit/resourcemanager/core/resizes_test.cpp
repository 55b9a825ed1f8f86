// Other sizes of containers, message by message: what is late, doubled or lost.

#include "resourcemanager/core/resizes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm {
namespace {

class Resizing : public testing::Test {
protected:
    void SetUp() override {
        core.boot();
        NodeRegister joins = test::CoreFixture::registration("n1");
        joins.opportunistic_queue_max = 15;
        node = ConnectionId{++core.connections};
        core.step(NodeMessage{node, joins});
        core.all_saved();
        core.submit(ApplicationKind::Master);
        const NodeOrders first = orders(core.all_saved()).front();
        session_node = first.session;
        const ContainerStart& start = first.starts.front();
        token = start.spec.secrets.front().contents;
        core.step(MasterConnected{master, token});
        const Effects hello =
            core.step(MasterMessage{master, MasterRegister{start.key.attempt, "", 0, ""}});
        session = test::CoreFixture::sent<MasterWelcome, SendToMaster>(hello).front().session;
        MasterUpdate update = next();
        update.templates = {{1, {{"worker"}, {}, {}, {}}}};
        Ask ask;
        ask.id = 1;
        ask.launch_template = 1;
        ask.size = {2048, 2};
        ask.count = 1;
        update.asks = {ask};
        const Effects granted = say(update);
        worker = orders(granted).front().starts.front();
        said_by_node = worker.size;
        report(1);
    }

    MasterUpdate next(bool complete = false) {
        MasterUpdate update;
        update.session = session;
        update.sequence = ++updates;
        update.complete = complete;
        return update;
    }
    Effects say(MasterUpdate update) { return core.step(MasterMessage{master, std::move(update)}); }
    Effects wish(std::int64_t version, Resource size) {
        MasterUpdate update = next();
        update.resizes = {{worker.container, version, size}};
        return say(update);
    }
    /// What the node says of the worker now, having seen so many orders.
    Effects report(std::uint64_t orders_seen, std::int64_t version = 0) {
        NodeStatus status;
        status.session = session_node;
        status.sequence = ++statuses;
        status.orders_seen = orders_seen;
        ContainerReport one;
        one.container = worker.container;
        one.key = worker.key;
        one.size = said_by_node;
        one.phase = ContainerPhase::Running;
        one.pid = 7;
        one.version = version;
        status.containers = {one};
        return core.step(NodeMessage{node, status});
    }

    static std::vector<NodeOrders> orders(const Effects& effects) {
        return test::CoreFixture::sent<NodeOrders, SendToNode>(effects);
    }
    static std::vector<SizeOrder> sizes(const Effects& effects) {
        std::vector<SizeOrder> all;
        for (const NodeOrders& one : orders(effects)) {
            all.insert(all.end(), one.sizes.begin(), one.sizes.end());
        }
        return all;
    }
    static MasterNews news(const Effects& effects) {
        const auto all = test::CoreFixture::sent<MasterNews, SendToMaster>(effects);
        return all.empty() ? MasterNews{} : all.front();
    }
    Resource used() const {
        return core.rm.books().nodes.at(*core.rm.books().nodes.find({"n1"})).used;
    }

    test::CoreFixture core;
    ConnectionId node;
    ConnectionId master{100};
    std::string token;
    std::uint64_t session = 0;
    std::uint64_t session_node = 0;
    std::uint64_t updates = 0;
    std::uint64_t statuses = 0;
    ContainerStart worker;
    Resource said_by_node;
};

TEST_F(Resizing, GivesBackWhatANodeHasTakenAwayAndNothingBefore) {
    const Effects ordered = wish(0, {1024, 1});
    EXPECT_EQ(sizes(ordered), (std::vector<SizeOrder>{{worker.container, 1, {1024, 1}}}));
    EXPECT_EQ(used(), (Resource{2560, 3}));
    said_by_node = {1024, 1};
    const Effects done = report(3, 1);
    EXPECT_EQ(used(), (Resource{1536, 2}));
    EXPECT_EQ(news(done).resized, (std::vector<ContainerResize>{{worker.container, 1, {1024, 1}}}));
}

TEST_F(Resizing, ChargesWhatIsAddedBeforeTheNodeHears) {
    const Effects ordered = wish(0, {4096, 2});
    EXPECT_EQ(sizes(ordered), (std::vector<SizeOrder>{{worker.container, 1, {4096, 2}}}));
    EXPECT_EQ(used(), (Resource{4608, 3}));
    EXPECT_TRUE(news(ordered).resized.empty());
}

TEST_F(Resizing, OrdersAgainOnlyWhenAStatusHasSeenTheOrderAndDoesNotShowIt) {
    wish(0, {1024, 1});
    EXPECT_TRUE(sizes(report(2)).empty());  // it has crossed the order
    EXPECT_EQ(sizes(report(3)).size(), 1U);
}

TEST_F(Resizing, TakesAWishThatCrossedItsAnswerAsAnswered) {
    wish(0, {1024, 1});
    said_by_node = {1024, 1};
    report(3, 1);
    const Effects again = wish(0, {1024, 1});
    EXPECT_TRUE(sizes(again).empty());
    EXPECT_TRUE(news(again).resizes_refused.empty());
    EXPECT_EQ(news(again).resized.size(), 1U);
}

TEST_F(Resizing, RefusesAWishForAnotherVersionOrWhileAChangeIsUnderWay) {
    const auto stale = news(wish(5, {1024, 1})).resizes_refused;
    ASSERT_EQ(stale.size(), 1U);
    EXPECT_NE(stale[0].reason.find("names version 5 and it is at version 0"), std::string::npos);
    wish(0, {1024, 1});
    const auto late = news(wish(0, {1536, 1})).resizes_refused;
    ASSERT_EQ(late.size(), 1U);
    EXPECT_NE(late[0].reason.find("its node is making it 1 GiB, 1 vcore"), std::string::npos);
    EXPECT_TRUE(news(wish(0, {1024, 1})).resizes_refused.empty());  // the same, repeated
}

TEST_F(Resizing, ForgetsAnIncreaseThatACompleteUpdateDoesNotRepeat) {
    core.step(Tick{});
    const Books& books = core.rm.books();
    wish(0, {8192, 2});  // more than is free beside the master
    EXPECT_EQ(books.resizes.growing.size(), 1U);
    MasterUpdate same = next(true);
    same.templates = {{1, {{"worker"}, {}, {}, {}}}};
    same.known = {worker.container};
    same.asks = {books.asks.find(worker.key.attempt, 1)->ask};
    MasterUpdate other = same;
    same.resizes = {{worker.container, 0, {8192, 2}}};
    say(same);
    EXPECT_EQ(books.resizes.growing.size(), 1U);
    other.sequence = ++updates;
    say(other);
    EXPECT_TRUE(books.resizes.growing.empty());
    EXPECT_EQ(books.asks.pending().count, 0);
}

TEST_F(Resizing, BelievesTheVersionOfANodeThatFinishesAnEarlierManagersOrder) {
    said_by_node = {3072, 2};
    const Effects told = report(2, 4);
    EXPECT_EQ(used(), (Resource{3584, 3}));
    EXPECT_EQ(news(told).resized, (std::vector<ContainerResize>{{worker.container, 4, {3072, 2}}}));
}

TEST_F(Resizing, TellsTheSizeThatHoldsWhileAChangeIsUnderWay) {
    wish(0, {4096, 2});
    core.step(MasterConnected{{101}, token});
    const Effects hello =
        core.step(MasterMessage{{101}, MasterRegister{worker.key.attempt, "", 0, ""}});
    const auto welcome = test::CoreFixture::sent<MasterWelcome, SendToMaster>(hello);
    ASSERT_EQ(welcome.size(), 1U);
    EXPECT_EQ(welcome[0].containers.at(0).size, (Resource{2048, 2}));
    EXPECT_EQ(welcome[0].containers.at(0).version, 0);
}

TEST_F(Resizing, RefusesTheMastersOwnContainer) {
    MasterUpdate update = next();
    const ContainerId own =
        *core.rm.books().applications.find(worker.key.attempt)->record.master_container;
    update.resizes = {{own, 0, {1024, 1}}};
    const auto refused = news(say(update)).resizes_refused;
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_NE(refused[0].reason.find("the master's own container"), std::string::npos);
}

// Each is refused with its sentence, and nothing changes.
TEST_F(Resizing, RefusesSizesThatCannotBe) {
    const Resource before = used();
    const std::int64_t huge = INT64_MAX;
    const std::vector<std::pair<Resource, std::string>> wishes{
        {{0, 2}, "needs memory and vcores"},
        {{2048, 0}, "needs memory and vcores"},
        {{-1, 2}, "nothing below zero"},
        {{2048, INT64_MIN}, "nothing below zero"},
        {{2048, 2, {{"gpu", -1}}}, "nothing below zero"},
        {{huge, 2}, "is more than its node n1 has"},
        {{huge, huge}, "is more than its node n1 has"},
        {{2048, 2, {{"gpu", 1}}}, "is more than its node n1 has"},
        {{4096, 1}, "more of one and less of another"},
    };
    for (const auto& [size, sentence] : wishes) {
        const Effects effects = wish(0, size);
        const auto refused = news(effects).resizes_refused;
        ASSERT_EQ(refused.size(), 1U) << sentence;
        EXPECT_NE(refused[0].reason.find(sentence), std::string::npos) << refused[0].reason;
        EXPECT_TRUE(sizes(effects).empty());
    }
    EXPECT_EQ(used(), before);
    EXPECT_TRUE(core.rm.books().resizes.growing.empty());
}

TEST_F(Resizing, TakesTheLastOfTwoWishesInOneUpdate) {
    MasterUpdate update = next();
    update.resizes = {{worker.container, 0, {8192, 2}}, {worker.container, 0, {1024, 1}}};
    const Effects effects = say(update);
    EXPECT_TRUE(core.rm.books().resizes.growing.empty());
    EXPECT_EQ(sizes(effects).size(), 1U);
    EXPECT_TRUE(news(effects).resizes_refused.empty());
}

// The node is told of the type when it has answered about the size.
TEST_F(Resizing, FinishesBeforeTheExecutionTypeChanges) {
    wish(0, {1024, 1});
    MasterUpdate update = next();
    update.execution_changes = {{worker.container, ExecutionType::Opportunistic}};
    for (const NodeOrders& one : orders(say(update))) {
        EXPECT_TRUE(one.execution_changes.empty());
    }
    EXPECT_FALSE(news(wish(0, {1536, 1})).resizes_refused.empty());
    said_by_node = {1024, 1};
    const Effects sized = report(3, 1);
    ASSERT_EQ(orders(sized).size(), 1U);
    EXPECT_EQ(orders(sized).front().execution_changes,
              (std::vector<ExecutionChange>{{worker.container, ExecutionType::Opportunistic}}));
    const auto refused = news(wish(1, {2048, 1})).resizes_refused;
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_NE(refused[0].reason.find("its node is making it opportunistic"), std::string::npos);
}

}  // namespace
}  // namespace heddle::rm
