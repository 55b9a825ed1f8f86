// The checkers that look at books, disk and time see what they are for: each is shown something
// that is right, and then the same broken by hand.

#include "tests/support/rm_world/step_checks.h"

#include <gtest/gtest.h>

#include "tests/simulation/rm/contest.h"

namespace heddle::rm::test {
namespace {

#define EXPECT_SEEN(said, what) EXPECT_NE((said).find(what), std::string::npos) << (said)

const Rival kRival{"default", 0, {512, 1}};

Config one_queue() {
    Config config;
    config.scheduler.queues = {queue_config("root.default")};
    return config;
}

// One application holds the node and waits for more.
class FullNode : public Contest {
public:
    FullNode() : Contest(one_queue()) {
        ending = false;
        EXPECT_EQ(violation({kRival}), "");
    }
    const Store& store() { return world().manager().store(); }
    Application& application() { return books().applications.all().begin()->second; }
};

TEST(StepChecks, SeeAClaimThatDoesNotEnd) {
    Books books{Config{}};
    PatienceChecks checks;
    books.claims.all[1].id = 1;
    EXPECT_EQ(checks.look(books), "");
    books.now = TimePoint{} + books.config.scheduler.preemption.grace + kClaimPatience;
    EXPECT_EQ(checks.look(books), "");
    books.now = books.now + seconds(1);
    EXPECT_SEEN(checks.look(books), "does not end");
    books.claims.all.clear();
    books.claims.all[2].id = 2;  // another one has its own time
    EXPECT_EQ(checks.look(books), "");
}

TEST(StepChecks, SeeAReservationOrAGangThatDoesNotEnd) {
    Books books{Config{}};
    PatienceChecks single;
    PatienceChecks gang;
    books.reservations.all[1].id = 1;
    EXPECT_EQ(single.look(books), "");
    const TimePoint late = TimePoint{} + books.config.scheduler.reservations.timeout +
                           kReservationPatience + seconds(1);
    books.now = late;
    EXPECT_SEEN(single.look(books), "a reservation of");
    books.reservations.all.clear();
    books.gangs.gathering = GangKey{{}, 1};
    EXPECT_EQ(gang.look(books), "");
    books.now = late + (late - TimePoint{});
    EXPECT_SEEN(gang.look(books), "gathers room without end");
}

TEST(StepChecks, SeeAnAskThatWaitsWhileItHasRoom) {
    FullNode full;
    PatienceChecks checks;
    EXPECT_EQ(checks.look(full.books()), "");
    Node& node = full.books().nodes.at(0);
    node.used = {};
    full.books().free.set(0, node.free());
    full.books().queues.refund(full.application().id(), kNoLabel, {512, 1}, false);
    EXPECT_EQ(checks.look(full.books()), "");
    full.books().now = full.books().now + milliseconds(1);
    EXPECT_SEEN(checks.look(full.books()), "waits while it has room");
}

TEST(StepChecks, SeeAQueueThatIsOwedRoomForTooLong) {
    Config config;
    config.scheduler.queues = {queue_config("root.a"), queue_config("root.b")};
    config.scheduler.preemption = {true, false, milliseconds(500), milliseconds(500), 40,
                                   10,   false};
    const std::vector<Rival> rivals = {{"a", 0, {512, 1}}, {"b", 0, {512, 1}}};
    for (const Feature off : {Feature::None, Feature::Preemption}) {
        config.feature_off = off;
        Contest contest(config);
        contest.ending = false;
        const std::string said = contest.violation(rivals, seconds(30));
        EXPECT_EQ(said,
                  off == Feature::None ? "" : "root.b is owed room that others hold, and waits");
    }
}

TEST(StepChecks, SeeWhatIsStillCountedWhenNothingLives) {
    Books books{one_queue()};
    EXPECT_EQ(check_idle(books), "");
    books.queues.enter({{1, 1}, books.queues.find_leaf("default").value(), "alice", 0, 1});
    EXPECT_SEEN(check_idle(books), "still counts something");
}

TEST(StepChecks, SeeMoreThanTheMasterStated) {
    Config config = one_queue();
    config.defect = Defect::IncrementInsteadOfAsk;
    Contest contest(config);
    contest.ending = false;
    MasterScript* master = nullptr;
    contest.violation({kRival});
    master = contest.world().master(contest.books().applications.all().begin()->first);
    ASSERT_NE(master, nullptr);
    Ask fewer = master->asks().at(1);
    fewer.count = 3;
    master->ask(fewer);
    contest.world().run_for(seconds(2));
    EXPECT_SEEN(contest.world().stage().violation, "and the book says");
    Config other = one_queue();
    other.feature_off = Feature::AskPriority;
    EXPECT_SEEN(Contest(other).violation({{"default", 0, {512, 1}, {7, 3}}}), "another priority");
}

TEST(StepChecks, SeeWhoGivesUpAndHoldsMore) {
    FullNode full;
    Holdings before = holdings_of(full.books());
    EXPECT_EQ(check_lowered(before, full.books()), "");
    Holdings::OfAsk& ask = before.asks.begin()->second;
    ask.count += 3;
    ask.live = 5;
    EXPECT_EQ(check_lowered(before, full.books()), "");  // as many as it still wants
    full.application().kill_requested = true;
    before.allocated.begin()->second = {512, 1};
    EXPECT_SEEN(check_lowered(before, full.books()), "is ended, and holds more");
    full.application().kill_requested = false;
    ask.count = 12 + 3;
    Holdings more = before;
    more.asks.begin()->second.live = 0;
    full.books().asks.count_live({full.application().attempts[0].record.id, 1, ask.generation},
                                 +20);
    EXPECT_SEEN(check_lowered(more, full.books()), "was lowered, and holds more");
}

TEST(StepChecks, SeeAnIdThatStandsForTwo) {
    FullNode full;
    IdCheck ids;
    Container* container = nullptr;
    full.books().containers.for_each(
        [&](const Container& one) { container = full.books().containers.find(one.id); });
    EXPECT_EQ(ids.granted(full.books(), *container), "");
    EXPECT_EQ(ids.seen(full.books(), *container), "");
    EXPECT_SEEN(ids.granted(full.books(), *container), "given twice");
    full.books().nodes.at(container->node).info.id.name = "n2";
    EXPECT_SEEN(ids.seen(full.books(), *container), "was given to n1");
}

TEST(StepChecks, SeeADiskThatSaysOtherwise) {
    FullNode full;
    EXPECT_EQ(check_store(full.books(), full.store()), "");
    EXPECT_EQ(check_epoch(full.books(), full.store()), "");
    Store other = full.store();
    other.epoch = 2;
    EXPECT_SEEN(check_epoch(full.books(), other), "of epoch 1 acts on a store of epoch 2");
    other = full.store();
    other.attempts.clear();
    EXPECT_SEEN(check_store(full.books(), other), "an attempt of app1 is not on disk");
    other = full.store();
    other.applications.begin()->second.submission.priority = 7;
    EXPECT_SEEN(check_store(full.books(), other), "with another submission");
    other = full.store();
    other.nodes.clear();
    EXPECT_SEEN(check_store(full.books(), other), "is registered and not on disk");
    full.application().state = AppState::Finished;
    full.application().outcome = AppState::Finished;
    EXPECT_SEEN(check_store(full.books(), full.store()), "with another state");
}

TEST(StepChecks, SeeAnAcknowledgedSubmissionThatIsLost) {
    FullNode full;
    const View& view = *full.world().manager().view();
    EXPECT_EQ(check_acknowledged(view, {full.application().id()}), "");
    EXPECT_SEEN(check_acknowledged(view, {{7, 7}}), "acknowledged and lost");
}

Changes one_step(AppState from, AppState to) {
    Changes changes;
    changes.app_transitions.push_back({{1, 1}, from, to});
    return changes;
}

TEST(StepChecks, SeeAGapAndAnIllegalStepInALife) {
    TransitionLog log;
    EXPECT_EQ(log.follow(one_step(AppState::New, AppState::NewSaving)), "");
    EXPECT_EQ(log.follow(one_step(AppState::NewSaving, AppState::Submitted)), "");
    EXPECT_SEEN(log.follow(one_step(AppState::Running, AppState::Finishing)), "gap in");
    log.reset();
    EXPECT_SEEN(log.follow(one_step(AppState::Submitted, AppState::Finished)), "illegal");
    log.reset();
    EXPECT_SEEN(log.follow(one_step(AppState::Finished, AppState::Running)), "gap in");
}

}  // namespace
}  // namespace heddle::rm::test
