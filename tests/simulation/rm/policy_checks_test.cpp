// The checkers of policy see what they are for: a story in which applications compete for the same,
// without violation as it is, and with one once a feature is left out or a defect planted.

#include "tests/support/rm_world/policy_checks.h"

#include <gtest/gtest.h>

#include "tests/simulation/rm/contest.h"

namespace heddle::rm::test {
namespace {

const Rival kRival{"default", 0, {512, 1}};

Config one_queue(LeafOrder order) {
    Config config;
    config.scheduler.queues = {queue_config("root.default")};
    config.scheduler.queues[0].order = order;
    return config;
}

Config two_queues() {
    Config config;
    config.scheduler.queues = {queue_config("root.a"), queue_config("root.b")};
    return config;
}

// A third one is owed most, so that both are beyond what they are owed: then priority decides.
Config second_first() {
    Config config = two_queues();
    config.scheduler.queues[1].priority = 3;
    config.scheduler.queues.push_back(queue_config("root.idle"));
    config.scheduler.queues[2].capacity[kNoLabel].guaranteed.all = {Share::Kind::Weight, 98'000};
    return config;
}

std::string contest(Config config, Feature off, const std::vector<Rival>& rivals) {
    config.feature_off = off;
    return Contest(std::move(config)).violation(rivals);
}

Container last_grant(const Books& books) {
    Container last;
    books.containers.for_each([&](const Container& container) {
        last = container.master() || container.id < last.id ? last : container;
    });
    return last;
}

#define EXPECT_SEEN(said, what) EXPECT_NE((said).find(what), std::string::npos) << (said)

TEST(PolicyChecks, SeeWhoIsOvertakenInALeaf) {
    const std::vector<Rival> rivals = {kRival, {"default", 5, {512, 1}}};
    const Config config = one_queue(LeafOrder::Fifo);
    EXPECT_EQ(contest(config, Feature::None, rivals), "");
    EXPECT_SEEN(contest(config, Feature::ApplicationPriority, rivals), "is granted before");
    EXPECT_SEEN(contest(config, Feature::FifoOrder, rivals), "is granted before");
}

TEST(PolicyChecks, SeeWhoIsBehindInAFairLeaf) {
    const std::vector<Rival> rivals = {kRival, kRival};
    const Config config = one_queue(LeafOrder::Fair);
    EXPECT_EQ(contest(config, Feature::None, rivals), "");
    EXPECT_SEEN(contest(config, Feature::FairOrder, rivals), "is granted before");
}

TEST(PolicyChecks, SeeTheAskThatIsPassedOver) {
    Contest contest(one_queue(LeafOrder::Fifo));
    contest.ending = false;
    ASSERT_EQ(contest.violation({{"default", 0, {512, 1}, {7, 3}}}), "");
    Container grant = last_grant(contest.books());
    EXPECT_EQ(grant.key.ask, 2);
    EXPECT_EQ(check_ask_order(contest.books(), grant), "");
    grant.key.ask = 1;
    EXPECT_SEEN(check_ask_order(contest.books(), grant), "which comes first");
}

TEST(PolicyChecks, SeeTheQueueThatIsPassedOver) {
    const std::vector<Rival> rivals = {{"a", 0, {512, 1}}, {"b", 0, {512, 1}}};
    EXPECT_EQ(contest(second_first(), Feature::None, rivals), "");
    EXPECT_SEEN(contest(second_first(), Feature::QueuePriority, rivals), "waits for the same");
    // Of a the master takes most memory, so only by vcores it is b that has more.
    const std::vector<Rival> uneven = {{"a", 0, {4096, 1}}, {"b", 0, {512, 1}}};
    EXPECT_EQ(contest(two_queues(), Feature::None, uneven), "");
    EXPECT_SEEN(contest(two_queues(), Feature::DominantShare, uneven), "waits for the same");
}

TEST(PolicyChecks, SeeMoreThanTheMaximum) {
    Config config = one_queue(LeafOrder::Fifo);
    config.scheduler.queues[0].capacity[kNoLabel].maximum.all = {Share::Kind::Percent, 50'000};
    EXPECT_EQ(contest(config, Feature::None, {kRival}), "");
    EXPECT_SEEN(contest(config, Feature::QueueMaximum, {kRival}), "and uses");
}

TEST(PolicyChecks, SeeMoreThanWasAskedForAndAGrantToTheDead) {
    Contest contest(one_queue(LeafOrder::Fifo));
    contest.ending = false;
    ASSERT_EQ(contest.violation({kRival}), "");
    const Container grant = last_grant(contest.books());
    EXPECT_EQ(check_granted(contest.books(), grant), "");
    contest.books().asks.count_live(grant.key, +6);  // 13 of 12
    EXPECT_SEEN(check_granted(contest.books(), grant), "granted beyond its ask");
    contest.books().applications.find(grant.key.attempt.application)->kill_requested = true;
    EXPECT_SEEN(check_granted(contest.books(), grant), "killed or over");
}

TEST(PolicyChecks, SeeOneMasterTooManyOfAUser) {
    Contest contest(one_queue(LeafOrder::Fifo));
    contest.ending = false;
    ASSERT_EQ(contest.violation({kRival}), "");
    Container master;
    contest.books().containers.for_each(
        [&](const Container& container) { master = container.master() ? container : master; });
    EXPECT_EQ(check_user_masters(contest.books(), master), "");
    const ApplicationId& application = master.key.attempt.application;
    contest.books().queues.charge(application, kNoLabel, {8192, 1}, true);  // half of the node
    EXPECT_SEEN(check_user_masters(contest.books(), master), "is one master more of user");
}

TEST(PolicyChecks, SeeANodeThatHoldsMoreThanItHas) {
    Contest contest(one_queue(LeafOrder::Fifo));
    contest.ending = false;
    ASSERT_EQ(contest.violation({kRival}), "");
    const Container grant = last_grant(contest.books());
    EXPECT_EQ(check_capacity(contest.books(), grant), "");
    contest.books().nodes.at(grant.node).used += Resource{0, 1};
    EXPECT_SEEN(check_capacity(contest.books(), grant), "n1 has");
}

}  // namespace
}  // namespace heddle::rm::test
