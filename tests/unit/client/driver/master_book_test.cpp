// What a driver says to the resource manager, and what it makes of the news.
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "client/driver/core/master_book.h"

namespace heddle::driver {
namespace {

TEST(MasterBook, SaysProgressWithWhateverItSays) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    book.progress(40);
    EXPECT_FALSE(book.progress_waits());  // nobody is there to hear it: the welcome will say it
    MasterWelcome welcome;
    welcome.session = 7;
    const auto reaction = book.hear(welcome);
    EXPECT_EQ(std::get<MasterUpdate>(reaction.send.at(0)).progress_percent, 40);
    EXPECT_FALSE(book.progress_waits());
    book.progress(60);
    EXPECT_TRUE(book.progress_waits());
    EXPECT_EQ(std::get<MasterUpdate>(book.want(1).at(0)).progress_percent, 60);
    EXPECT_FALSE(book.progress_waits());
}

TEST(MasterBook, SaysWhatIsToMakeWayAndWhatIsNotToAnyMore) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    MasterWelcome welcome;
    welcome.session = 7;
    (void)book.hear(welcome);
    MasterNews news;
    news.session = 7;
    news.sequence = 1;
    PreemptionNotice notice;
    notice.container = {{{1, 2}, 1}, 1, 5};
    news.preempting.push_back(notice);
    news.spared.push_back({{{1, 2}, 1}, 1, 6});
    const auto reaction = book.hear(news);
    ASSERT_EQ(reaction.marked.size(), 2U);
    EXPECT_EQ(reaction.marked[0].container, notice.container);
    EXPECT_TRUE(reaction.marked[0].leaving);
    EXPECT_FALSE(reaction.marked[1].leaving);
    EXPECT_TRUE(book.hear(news).marked.empty());  // repeated
}

TEST(MasterBook, AContainerStaysWhenNeitherItsNodeDrainsNorItIsToMakeWay) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    MasterWelcome welcome;
    welcome.session = 7;
    (void)book.hear(welcome);
    MasterNews news;
    news.session = 7;
    const ContainerId container{{{1, 2}, 1}, 1, 5};
    const auto hear = [&] {
        ++news.sequence;
        const auto marked = book.hear(news).marked.at(0);
        news.draining.clear();
        news.spared.clear();
        news.preempting.clear();
        news.drains_no_more.clear();
        return std::string(marked.leaving ? "leaves" : "stays") +
               (marked.leaving && marked.may_stay ? " if it can" : "");
    };
    news.draining = {container};
    EXPECT_EQ(hear(), "leaves if it can");
    PreemptionNotice notice;
    notice.container = container;
    news.preempting = {notice};
    EXPECT_EQ(hear(), "leaves");
    news.spared = {container};
    EXPECT_EQ(hear(), "leaves if it can");
    news.drains_no_more = {container};
    EXPECT_EQ(hear(), "stays");
}

// While the connection is away nobody is told that a mark has ended.
TEST(MasterBook, MarksEndWithTheSessionAndAreSaidAgainWhereTheyHold) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    MasterWelcome welcome;
    welcome.session = 7;
    (void)book.hear(welcome);
    MasterNews news;
    news.session = 7;
    news.sequence = 1;
    PreemptionNotice notice;
    notice.container = {{{1, 2}, 1}, 1, 5};
    news.preempting = {notice};
    news.draining = {notice.container, {{{1, 2}, 1}, 1, 6}};
    (void)book.hear(news);
    welcome.session = 8;
    const auto reaction = book.hear(welcome);
    ASSERT_EQ(reaction.marked.size(), 2U);
    EXPECT_EQ(reaction.marked[0].container, notice.container);
    EXPECT_FALSE(reaction.marked[0].leaving || reaction.marked[1].leaving);
    news.session = 8;
    news.preempting.clear();
    news.draining = {notice.container};
    const auto again = book.hear(news);
    ASSERT_EQ(again.marked.size(), 1U);
    EXPECT_TRUE(again.marked[0].leaving && again.marked[0].may_stay);
}

TEST(MasterBook, SaysWhichNodesToAvoidAndSaysItAgainWithTheWholeBook) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    EXPECT_TRUE(book.avoid({"node-7"}).empty());  // the welcome will say it
    MasterWelcome welcome;
    welcome.session = 7;
    const auto reaction = book.hear(welcome);
    const std::vector<NodeId> avoided{{"node-7"}};
    EXPECT_EQ(std::get<MasterUpdate>(reaction.send.at(0)).blacklist, avoided);
    EXPECT_EQ(std::get<MasterUpdate>(book.avoid({}).at(0)).blacklist, std::vector<NodeId>{});
}

TEST(MasterBook, NamesTheContainersThatItGivesBackUntilTheyHaveEnded) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    MasterWelcome welcome;
    welcome.session = 7;
    Grant grant;
    grant.container = {{{1, 2}, 1}, 1, 5};
    welcome.containers = {grant};
    (void)book.hear(welcome);
    const auto said = book.want(0, {to_string(grant.container), "container_nobody_knows"});
    const auto& update = std::get<MasterUpdate>(said.at(0));
    EXPECT_EQ(update.releases, std::vector<ContainerId>{grant.container});
    EXPECT_EQ(update.asks.at(0).count, 0);
    MasterNews news;
    news.session = 7;
    news.sequence = 1;
    news.ended.push_back({grant.container, {}});
    (void)book.hear(news);
    EXPECT_TRUE(std::get<MasterUpdate>(book.want(1).at(0)).releases.empty());
}

// The manager stops what is more than the count, and would take the newest ones.
TEST(MasterBook, SparesWhatIsThereWhenFewerAreWantedAndReplacesNoneOfIt) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    MasterWelcome welcome;
    welcome.session = 7;
    for (std::int32_t i = 0; i < 3; ++i) {
        Grant grant;
        grant.container = {{{1, 2}, 1}, 1, 5 + i};
        welcome.containers.push_back(grant);
    }
    (void)book.hear(welcome);
    const auto asked = [](const std::vector<MasterToManager>& said) {
        return std::get<MasterUpdate>(said.at(0)).asks.at(0).count;
    };
    EXPECT_EQ(asked(book.want(4, {}, true)), 4);
    EXPECT_EQ(asked(book.want(1, {}, true)), 3);
    EXPECT_EQ(asked(book.want(1, {to_string(welcome.containers[1].container)}, true)), 2);
    MasterNews news;
    news.session = 7;
    news.sequence = 1;
    news.ended.push_back({welcome.containers[1].container, {}});
    news.ended.push_back({welcome.containers[2].container, {}});
    EXPECT_EQ(asked(book.hear(news).send), 1);
    EXPECT_EQ(asked(book.want(0)), 0) << "all are to end";
}

TEST(MasterBook, AsksUnderTheGenerationOfItsContext) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1}, 1);
    (void)book.want(2);
    MasterWelcome welcome;
    welcome.session = 7;
    const auto reaction = book.hear(welcome);
    EXPECT_EQ(std::get<MasterUpdate>(reaction.send.at(0)).asks.at(0).generation, 1);
}

TEST(MasterBook, StatesTheWholeBookAfterEveryWelcome) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    EXPECT_TRUE(book.want(3).empty());  // not welcomed yet
    MasterWelcome welcome;
    welcome.session = 7;
    const auto reaction = book.hear(welcome);
    ASSERT_EQ(reaction.send.size(), 1U);
    const auto& update = std::get<MasterUpdate>(reaction.send[0]);
    EXPECT_TRUE(update.complete);
    EXPECT_EQ(update.asks.at(0).count, 3);
    EXPECT_EQ(update.templates.size(), 1U);
}

TEST(MasterBook, TakesNewsOnceAndAsksForTheSameCountAfterAnEnd) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    MasterWelcome welcome;
    welcome.session = 7;
    (void)book.hear(welcome);
    (void)book.want(2);
    MasterNews news;
    news.session = 7;
    news.sequence = 1;
    const ContainerId container{{{1, 2}, 1}, 1, 5};
    news.granted.push_back({container, {{{1, 2}, 1}, 1, 0}, {"node-1"}, "", 0, {}});
    news.ended.push_back({container, {}});
    const auto reaction = book.hear(news);
    ASSERT_EQ(reaction.ended.size(), 1U);
    const auto& update = std::get<MasterUpdate>(reaction.send.at(0));
    EXPECT_EQ(update.news_seen, 1U);
    EXPECT_EQ(update.asks.at(0).count, 2);
    EXPECT_TRUE(book.hear(news).ended.empty());  // repeated
    news.session = 6;
    news.sequence = 2;
    EXPECT_TRUE(book.hear(news).ended.empty());  // of an earlier connection
}

// The second context of a program meets the executors of the first, which are on their way out.
TEST(MasterBook, LeavesContainersOfAnEarlierGenerationAlone) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1}, 1);
    const ContainerId theirs{{{1, 2}, 1}, 1, 5};
    const ContainerId ours{{{1, 2}, 1}, 1, 6};
    MasterWelcome welcome;
    welcome.session = 7;
    welcome.containers.push_back({theirs, {{{1, 2}, 1}, 1, 0}, {"node-1"}, "", 0, {}});
    (void)book.hear(welcome);
    EXPECT_EQ(book.node_of(to_string(theirs)), "");
    MasterNews news;
    news.session = 7;
    news.sequence = 1;
    news.granted.push_back({ours, {{{1, 2}, 1}, 1, 1}, {"node-2"}, "", 0, {}});
    news.ended = {{theirs, {}}, {ours, {}}};
    const auto reaction = book.hear(news);
    ASSERT_EQ(reaction.ended.size(), 1U);
    EXPECT_EQ(reaction.ended[0].container, ours);
}

TEST(MasterBook, RepeatsAWishForAnotherSizeUntilItIsAnswered) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    const ContainerId container{{{1, 2}, 1}, 1, 5};
    EXPECT_EQ(book.resize(container, {1024, 1}).error().code, ErrorCode::NotFound);
    MasterWelcome welcome;
    welcome.session = 7;
    welcome.containers = {{container,
                           {{{1, 2}, 1}, 1, 0},
                           {"node-1"},
                           "",
                           0,
                           {512, 1},
                           ExecutionType::Guaranteed,
                           3}};
    (void)book.hear(welcome);
    EXPECT_EQ(book.resize(container, {0, 1}).error().code, ErrorCode::InvalidArgument);
    const ContainerResize wish{container, 3, {1024, 1}};
    const auto said = book.resize(container, wish.size);
    ASSERT_TRUE(said.ok());
    EXPECT_EQ(std::get<MasterUpdate>(said->at(0)).resizes, std::vector{wish});
    EXPECT_EQ(std::get<MasterUpdate>(book.beat().at(0)).resizes, std::vector{wish});
    MasterNews news;
    news.session = 7;
    news.sequence = 1;
    news.resized = {{container, 4, {1024, 1}}};
    const auto reaction = book.hear(news);
    ASSERT_EQ(reaction.resized.size(), 1U);
    EXPECT_EQ(reaction.resized[0].size, (Resource{1024, 1}));
    EXPECT_TRUE(std::get<MasterUpdate>(book.beat().at(0)).resizes.empty());
}

TEST(MasterBook, DropsAWishThatIsRefusedAndKnowsTheSizeThatHolds) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    const ContainerId container{{{1, 2}, 1}, 1, 5};
    MasterWelcome welcome;
    welcome.session = 7;
    welcome.containers = {{container, {{{1, 2}, 1}, 1, 0}, {"node-1"}, "", 0, {512, 1}}};
    (void)book.hear(welcome);
    (void)book.resize(container, {9999, 1});
    MasterNews news;
    news.session = 7;
    news.sequence = 1;
    news.resizes_refused = {{container, 0, "too large"}};
    const auto reaction = book.hear(news);
    ASSERT_EQ(reaction.resized.size(), 1U);
    EXPECT_EQ(reaction.resized[0].refused, "too large");
    EXPECT_EQ(reaction.resized[0].size, (Resource{512, 1}));
    EXPECT_TRUE(std::get<MasterUpdate>(book.beat().at(0)).resizes.empty());
}

TEST(MasterBook, ConnectsAgainWhenNewsAreMissing) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    book.hear(MasterWelcome{7, 1, seconds(1), {}, {}});
    MasterNews news;
    news.session = 7;
    news.sequence = 1;
    EXPECT_FALSE(book.hear(news).reconnect);
    news.sequence = 3;
    EXPECT_TRUE(book.hear(news).reconnect);
    // The next connection tells everything again.
    book.connection_lost();
    EXPECT_TRUE(book.hear(MasterWelcome{8, 1, seconds(1), {}, {}}).welcomed);
    news.session = 8;
    news.sequence = 1;
    EXPECT_FALSE(book.hear(news).reconnect);
}

TEST(MasterBook, TakesARepeatedWelcomeOnce) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    const MasterWelcome welcome{7, 1, seconds(1), {}, {}};
    EXPECT_TRUE(book.hear(welcome).welcomed);
    const auto first = std::get<MasterUpdate>(book.want(2).front());
    const MasterBook::Reaction again = book.hear(welcome);
    EXPECT_FALSE(again.welcomed);
    EXPECT_TRUE(again.send.empty());
    // Its updates go on counting: lower numbers would be dropped as stale.
    EXPECT_GT(std::get<MasterUpdate>(book.want(3).front()).sequence, first.sequence);
}

TEST(MasterBook, StatesTheWholeBookWithABeatNowAndThen) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    book.hear(MasterWelcome{7, 1, seconds(1), {}, {}});
    book.want(2);  // lost on its way
    bool stated = false;
    for (int beat = 0; beat < 10; ++beat) {
        const auto update = std::get<MasterUpdate>(book.beat().front());
        stated = stated || (update.complete && update.asks.at(0).count == 2);
    }
    EXPECT_TRUE(stated);
}

TEST(MasterBook, RepeatsTheEndWithEveryBeatUntilItIsConfirmed) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    book.hear(MasterWelcome{7, 1, seconds(1), {}, {}});
    EXPECT_EQ(book.beat().size(), 1U);
    book.finish(FinalStatus::Succeeded, "");  // lost on its way
    const std::vector<MasterToManager> messages = book.beat();
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_EQ(std::get<MasterFinish>(messages.back()).status, FinalStatus::Succeeded);
}

}  // namespace
}  // namespace heddle::driver
