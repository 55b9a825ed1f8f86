// What a search under a constraint costs: nodes looked at, counted by the index.

#include "resourcemanager/core/choose_constrained.h"

#include "tests/unit/resourcemanager/core/master_fixture.h"

namespace heddle::rm::test {
namespace {

Config patient() {
    Config config;
    config.node_expiry = seconds(1000);
    config.master_expiry = seconds(1000);
    return config;
}

Ask tagged(std::int32_t id, std::int32_t count, const std::string& constraint) {
    Ask ask = MasterFixture::ask(id, {1024, 1}, count);
    ask.tags = {"w"};
    ask.constraint = constraint;
    return ask;
}

constexpr NodeIndex kMany = 10'000;
constexpr NodeIndex kFew = 10;  // without the tag, and with less room than the others

bool without_tag(NodeIndex node) {
    return node >= kMany - kFew;
}

// The roomiest 9,990 nodes hold the forbidden tag: the first question tells them apart, and no
// other one looks at them again.
TEST(ConstraintRooms, LeaveOutNodesWhereTheConstraintDoesNotHold) {
    FreeIndex index;
    for (NodeIndex node = 0; node < kMany; ++node) {
        index.set(node, Resource{65536, without_tag(node) ? 2 : 32});
    }
    bool known = false;
    const auto find = [&] {
        return index.find_where(
            {"notin,node,w", {}}, without_tag, {1024, 1}, "", [](NodeIndex) { return true; },
            NodeOrder::Spread, known);
    };
    ASSERT_EQ(find(), kMany - kFew);
    EXPECT_TRUE(known);
    EXPECT_LE(index.visited(), kMany + 1);
    const std::int64_t before = index.visited();
    for (NodeIndex taken = 0; taken < kFew; ++taken) {
        const std::optional<NodeIndex> node = find();
        ASSERT_TRUE(node.has_value() && without_tag(*node));
        index.set(*node, Resource{0, 0});
    }
    EXPECT_EQ(find(), std::nullopt);
    EXPECT_LE(index.visited() - before, 4 * kFew);
}

TEST(ConstraintRooms, JudgeNodesAgainWhenWhatConstraintsSeeHasChanged) {
    FreeIndex index;
    std::set<NodeIndex> holding;
    for (NodeIndex node = 0; node < 4; ++node) {
        index.set(node, Resource{4096, 4});
        holding.insert(node);
    }
    bool known = false;
    const auto find = [&] {
        return index.find_where(
            {"notin,node,w", {}}, [&](NodeIndex node) { return !holding.contains(node); },
            {1024, 1}, "", [](NodeIndex) { return true; }, NodeOrder::Spread, known);
    };
    EXPECT_EQ(find(), std::nullopt);
    holding.erase(2);
    index.differs(2);
    EXPECT_EQ(find(), 2U);
    index.move(2, "gpu", "");
    EXPECT_EQ(find(), std::nullopt);
}

// So that many constraints, asked in turns, do not tell all nodes apart each time.
TEST(ConstraintRooms, KeepThoseThatAreAskedForMost) {
    FreeIndex index;
    index.set(0, Resource{4096, 4});
    bool known = false;
    const auto ask = [&](std::size_t number) {
        index.find_where(
            {std::to_string(number), {}}, [](NodeIndex) { return true; }, {1024, 1}, "",
            [](NodeIndex) { return true; }, NodeOrder::Spread, known);
        return known;
    };
    for (std::size_t number = 0; number < ConstraintRooms::kKeptMax; ++number) {
        EXPECT_TRUE(ask(number));
    }
    EXPECT_FALSE(ask(ConstraintRooms::kKeptMax));
    for (std::uint64_t i = 0; i < ConstraintRooms::kQuestionsKept; ++i) {
        EXPECT_TRUE(ask(1));
    }
    EXPECT_TRUE(ask(ConstraintRooms::kKeptMax));
}

// Anti-affinity on a cluster where most nodes hold one already, and have most room.
TEST(ChooseConstrained, LooksAtFewNodesHoweverManyHoldTheTag) {
    MasterFixture rm(patient());
    TestMaster first = rm.master();
    for (int i = 0; i < 300; ++i) {
        rm.add_node("full-" + std::to_string(i), {65536, 64});
    }
    rm.say(first, {tagged(1, 300, "notin,node,all/w")});
    for (int i = 0; i < 10; ++i) {
        rm.add_node("free-" + std::to_string(i), {4096, 4});
    }
    TestMaster second = rm.master();
    rm.say(second, {tagged(1, 1, "notin,node,all/w")});
    const std::int64_t before = rm.rm.books().free.visited();
    for (std::int32_t count = 2; count <= 10; ++count) {
        const Effects effects = rm.say(second, {tagged(1, count, "notin,node,all/w")});
        EXPECT_EQ(MasterFixture::granted(effects).substr(0, 5), "free-");
    }
    EXPECT_LE(rm.rm.books().free.visited() - before, 9 * 40);
}

// The same with racks: full ones are left out as a whole.
TEST(ChooseConstrained, LooksAtFewNodesOfRacksThatHoldTheTag) {
    MasterFixture rm(patient());
    TestMaster master = rm.master();
    for (int i = 0; i < 300; ++i) {
        NodeRegister node = CoreFixture::registration("n" + std::to_string(i), {65536, 64});
        node.info.rack = "/r" + std::to_string(i / 100);
        rm.step(NodeMessage{{++rm.connections}, node});
        rm.all_saved();
    }
    rm.say(master, {tagged(1, 2, "notin,rack,w")});
    NodeRegister last = CoreFixture::registration("last", {4096, 4});
    last.info.rack = "/r9";
    rm.step(NodeMessage{{++rm.connections}, last});
    rm.all_saved();
    const std::int64_t before = rm.rm.books().free.visited();
    EXPECT_NE(MasterFixture::granted(rm.say(master, {tagged(1, 3, "notin,rack,w")})), "");
    EXPECT_NE(MasterFixture::granted(rm.say(master, {tagged(1, 4, "notin,rack,w")})), "");
    EXPECT_LE(rm.rm.books().free.visited() - before, 2 * 40 + 100);
}

// Many wait for a node without the tag. One comes with room for one of them: the first in order
// gets it, and the others are not asked.
TEST(ChooseConstrained, AsksOnlyTheFirstOfManyWhoWait) {
    MasterFixture rm(patient());
    TestMaster master = rm.master();
    std::vector<Ask> asks;
    for (std::int32_t id = 1; id <= 200; ++id) {
        asks.push_back(tagged(id, 1, id % 2 == 0 ? "java!=8" : "notin,node,w"));
    }
    rm.say(master, std::move(asks));
    const std::int64_t before = rm.rm.books().free.visited();
    rm.step(NodeMessage{{++rm.connections}, CoreFixture::registration("n1", {1024, 1})});
    const Effects effects = rm.all_saved();
    EXPECT_EQ(MasterFixture::granted(effects), "n1");
    EXPECT_EQ(rm.rm.books().asks.find(master.attempt, 1)->outstanding, 0);
    EXPECT_LE(rm.rm.books().free.visited() - before, 5);
}

// Who does not suit is passed over, and looks again at the next change.
TEST(ChooseConstrained, PassesOverWhomTheNodeDoesNotSuit) {
    MasterFixture rm(patient());
    TestMaster first = rm.master();
    TestMaster second = rm.master();
    rm.say(first, {tagged(1, 2, "notin,node,w")});
    rm.say(second, {tagged(1, 2, "notin,node,w")});
    rm.step(NodeMessage{{++rm.connections}, CoreFixture::registration("n1", {8192, 8})});
    EXPECT_EQ(MasterFixture::granted(rm.all_saved()), "n1 n1");  // one each
    rm.step(NodeMessage{{++rm.connections}, CoreFixture::registration("n2", {1024, 1})});
    EXPECT_EQ(MasterFixture::granted(rm.all_saved()), "n2");
    EXPECT_EQ(rm.rm.books().asks.find(first.attempt, 1)->outstanding, 0);
    rm.step(NodeMessage{{++rm.connections}, CoreFixture::registration("n3", {1024, 1})});
    EXPECT_EQ(MasterFixture::granted(rm.all_saved()), "n3");
    EXPECT_EQ(rm.rm.books().asks.find(second.attempt, 1)->outstanding, 0);
}

// Without labels that are shared, nodes of such a label are as closed as any others.
TEST(ChooseConstrained, GoesToTheLabelsThatAskWithoutConstraintsGoTo) {
    Config config = patient();
    config.scheduler.labels = {{"ssd", false}};
    config.feature_off = Feature::SharedLabels;
    MasterFixture rm(config);
    TestMaster master = rm.master();
    NodeRegister node = CoreFixture::registration("n1", {4096, 4});
    node.info.label = "ssd";
    rm.step(NodeMessage{{++rm.connections}, node});
    rm.all_saved();
    EXPECT_EQ(MasterFixture::granted(rm.say(master, {tagged(1, 1, "notin,node,w")})), "");
}

// Asks that what has changed seems to concern, and that it does not suit.
std::vector<Ask> never_suited(std::int32_t count) {
    std::vector<Ask> asks;
    for (std::int32_t id = 1; id <= count; ++id) {
        asks.push_back(tagged(id, 1, "and(java=11:java!=11)"));
    }
    return asks;
}

NodeMessage new_node(MasterFixture& rm, const std::string& name) {
    NodeRegister node = CoreFixture::registration(name, {4096, 4});
    node.info.attributes = {{"java", "11"}};
    return {{++rm.connections}, node};
}

// More of them than there are looks in a step: who is behind them in order has its turn as well.
TEST(ChooseConstrained, LeavesTurnsToOthersThanThoseWhoLookInVain) {
    Config config = patient();
    config.placements_per_step = 8;
    MasterFixture rm(config);
    TestMaster first = rm.master();
    TestMaster second = rm.master();
    rm.add_node("full-1", {6144, 6});
    rm.add_node("full-2", {6144, 6});
    rm.say(second, {MasterFixture::ask(1, {4096, 4}, 2)});
    rm.say(first, never_suited(50));
    rm.say(second, {MasterFixture::ask(1, {4096, 4}, 3)});
    for (int i = 0; i < 20; ++i) {
        rm.step(Tick{});  // all have looked
    }
    rm.step(new_node(rm, "n1"));
    EXPECT_EQ(MasterFixture::granted(rm.saved()), "n1");
}

// While others still have to look, those who have looked do so again at what is new, not at all
// that has changed.
TEST(ChooseConstrained, LooksOnceAtEachChange) {
    Config config = patient();
    config.placements_per_step = 1;
    MasterFixture rm(config);
    TestMaster master = rm.master();
    rm.say(master, never_suited(100));
    for (int i = 0; i < 200; ++i) {
        rm.step(Tick{});
    }
    const std::int64_t before = rm.rm.books().free.visited();
    for (int i = 0; i < 60; ++i) {
        rm.step(new_node(rm, "n" + std::to_string(i)));
        rm.all_saved();
    }
    EXPECT_LE(rm.rm.books().free.visited() - before, 2 * 60);
}

}  // namespace
}  // namespace heddle::rm::test
