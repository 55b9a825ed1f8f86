// Where opportunistic containers go, and whose turn it is.

#include "resourcemanager/core/opportunistic_nodes.h"

#include <gtest/gtest.h>

#include "resourcemanager/core/opportunistic_line.h"

namespace heddle::rm {
namespace {

const Resource kSmall{2048, 2};
const Resource kLarge{8192, 8};

OpportunisticNodes::State state(const Resource& total, const Resource& spare, std::int32_t queued,
                                std::string label = {}, std::int32_t queue_max = 3) {
    OpportunisticUse use;
    use.queue_max = queue_max;
    use.queued = queued;
    return {std::move(label), total, spare, use};
}

AttemptId attempt(std::int64_t application) {
    return {{1, application}, 1};
}

}  // namespace

TEST(OpportunisticNodes, FindsTheShortestQueueAmongNodesThatAreLargeEnough) {
    OpportunisticNodes nodes;
    nodes.set(0, state(kSmall, {}, 0));
    nodes.set(1, state(kLarge, {}, 2));
    nodes.set(2, state(kLarge, {}, 1));
    nodes.set(3, state(kLarge, {}, 0, "ssd"));
    EXPECT_EQ(nodes.shortest({1024, 1}, "", {}), 0u);
    EXPECT_EQ(nodes.shortest({4096, 1}, "", {}), 2u);
    EXPECT_EQ(nodes.shortest({4096, 1}, "", {2}), 1u);
    EXPECT_EQ(nodes.shortest({4096, 1}, "ssd", {}), 3u);
    EXPECT_EQ(nodes.shortest({16384, 1}, "", {}), std::nullopt);
}

TEST(OpportunisticNodes, KnowsFullQueuesAndNodesThatTakeNone) {
    OpportunisticNodes nodes;
    nodes.set(0, state(kSmall, kSmall, 3));
    nodes.set(1, state(kSmall, kSmall, 0, "", 0));
    EXPECT_FALSE(nodes.any_open());
    EXPECT_EQ(nodes.shortest({1024, 1}, "", {}), std::nullopt);
    EXPECT_EQ(nodes.with_room({1024, 1}, ""), std::nullopt);
    const OpportunisticSurvey survey = nodes.survey({1024, 1}, "");
    EXPECT_EQ(survey.nodes, 1);
    EXPECT_EQ(survey.open, 0);
    EXPECT_EQ(survey.queued, 3);
    nodes.set(0, std::nullopt);
    EXPECT_EQ(nodes.survey({1024, 1}, "").nodes, 0);
}

TEST(OpportunisticNodes, PrefersWhereItStartsAtOnce) {
    OpportunisticNodes nodes;
    nodes.set(0, state(kSmall, {512, 0}, 0));
    nodes.set(1, state(kSmall, {1024, 1}, 1));
    EXPECT_EQ(nodes.with_room({1024, 1}, ""), 1u);
    EXPECT_TRUE(nodes.starts_at_once(1, {1024, 1}));
    EXPECT_FALSE(nodes.starts_at_once(0, {1024, 1}));
}

TEST(OpportunisticNodes, ListsTheLongestQueuesFirst) {
    OpportunisticNodes nodes;
    nodes.set_queued(0, 2);
    nodes.set_queued(1, 5);
    nodes.set_queued(2, 0);
    EXPECT_EQ(nodes.longest(10), (std::vector<NodeIndex>{1, 0}));
    nodes.set_queued(1, 0);
    EXPECT_EQ(nodes.longest(10), (std::vector<NodeIndex>{0}));
    nodes.set_queued(0, 0);
    EXPECT_FALSE(nodes.any_queued());
}

TEST(OpportunisticLine, LetsAttemptsTakeTurns) {
    OpportunisticLine line;
    line.enter(attempt(1), {5, 2});
    line.enter(attempt(1), {1, 3});
    line.enter(attempt(2), {0, 1});
    EXPECT_EQ(line.turn(), attempt(1));
    EXPECT_EQ(*line.asks(attempt(1)).begin(), (OpportunisticLine::Ask{1, 3}));
    line.had_its_turn(attempt(1));
    EXPECT_EQ(line.turn(), attempt(2));
    line.had_its_turn(attempt(2));
    EXPECT_EQ(line.turn(), attempt(1));
    line.leave(attempt(1), {5, 2});
    line.leave(attempt(1), {1, 3});
    EXPECT_EQ(line.size(), 1u);
    EXPECT_TRUE(line.take_changed());
    EXPECT_FALSE(line.take_changed());
}

}  // namespace heddle::rm
