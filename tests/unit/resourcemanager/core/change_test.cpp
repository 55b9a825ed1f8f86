// What clients change of applications holds, and is answered, once it is on disk.

#include <gtest/gtest.h>

#include "resourcemanager/core/change.h"
#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

using namespace literals;

Config two_queues() {
    Config config;
    config.scheduler.queues = {queue_config("root.default"), queue_config("root.batch")};
    return config;
}

std::vector<Reply> replies(const Effects& effects) {
    std::vector<Reply> found;
    for (const Effect& effect : effects) {
        if (const auto* reply = std::get_if<Reply>(&effect)) {
            found.push_back(*reply);
        }
    }
    return found;
}

TEST(Change, IsAnsweredAndHoldsOnceItIsSaved) {
    CoreFixture core(two_queues());
    core.boot();
    core.add_node("n1");
    const ApplicationId id = core.submit();
    core.all_saved();
    Effects effects = core.step(Request{{90}, MoveApplication{id, "batch"}});
    EXPECT_TRUE(replies(effects).empty());
    EXPECT_EQ(core.rm.books().applications.find(id)->submission->queue, "root.default");
    const auto& record = std::get<ApplicationRecord>(core.saves.at(0).changes.at(0));
    EXPECT_EQ(record.submission.queue, "root.batch");
    EXPECT_EQ(record.sent.queue, "");
    effects = core.saved();
    ASSERT_EQ(replies(effects).size(), 1U);
    EXPECT_EQ(std::get<ChangeAnswer>(*replies(effects)[0].answer).queue, "root.batch");
    EXPECT_EQ(core.rm.books().applications.find(id)->submission->queue, "root.batch");
}

TEST(Change, LeavesEverythingAsItWasWhenItCannotBeSaved) {
    CoreFixture core(two_queues());
    core.boot();
    core.add_node("n1");
    const ApplicationId id = core.submit();
    core.all_saved();
    core.step(Request{{90}, MoveApplication{id, "batch"}});
    core.step(Request{{91}, ChangePriority{id, 7}});  // waits for the first
    Effects effects = core.save_failed();
    ASSERT_EQ(replies(effects).size(), 1U);
    EXPECT_EQ(replies(effects)[0].answer.error().code, ErrorCode::Unavailable);
    const auto& record = std::get<ApplicationRecord>(core.saves.at(0).changes.at(0));
    EXPECT_EQ(record.submission.queue, "root.default");
    EXPECT_EQ(record.submission.priority, 7);
    EXPECT_EQ(replies(core.saved()).size(), 1U);
    EXPECT_EQ(core.rm.books().applications.find(id)->submission->queue, "root.default");
}

TEST(Change, IsInEverySaveThatFollowsIt) {
    CoreFixture core(two_queues());
    core.boot();
    core.add_node("n1");
    const ApplicationId id = core.submit();
    core.all_saved();
    core.step(Request{{90}, ChangePriority{id, 7}});
    core.step(Request{{91}, KillApplication{id, "killed"}});
    const auto& record = std::get<ApplicationRecord>(core.saves.at(1).changes.at(0));
    EXPECT_TRUE(record.kill_requested);
    EXPECT_EQ(record.submission.priority, 7);
}

// Two saves under way, the first of a change, the second of a kill, which has the change too.
class CarriedSaves : public testing::Test {
protected:
    CarriedSaves() : core(two_queues()) {
        core.boot();
        core.add_node("n1");
        id = core.submit();
        core.all_saved();
    }

    void change() { core.step(Request{{90}, ChangePriority{id, 7}}); }
    void kill() { core.step(Request{{91}, KillApplication{id, "killed"}}); }
    const Application& application() { return *core.rm.books().applications.find(id); }

    CoreFixture core;
    ApplicationId id;
};

TEST_F(CarriedSaves, StoreTheChangeWhoseOwnSaveHasFailed) {
    change();
    kill();
    EXPECT_TRUE(replies(core.save_failed()).empty());
    const auto answers = replies(core.saved());
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_TRUE(answers[0].answer.ok() && answers[1].answer.ok());
    EXPECT_EQ(application().submission->priority, 7);
    EXPECT_TRUE(application().kill_requested);
}

TEST_F(CarriedSaves, StoreTheKillWhoseOwnSaveHasFailed) {
    kill();
    change();
    EXPECT_TRUE(replies(core.save_failed()).empty());
    const auto answers = replies(core.saved());
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_TRUE(answers[0].answer.ok() && answers[1].answer.ok());
    EXPECT_TRUE(application().kill_requested);
}

TEST_F(CarriedSaves, RefuseBothWhenAllHaveFailed) {
    change();
    kill();
    core.save_failed();
    const auto answers = replies(core.save_failed());
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_FALSE(answers[0].answer.ok() || answers[1].answer.ok());
    EXPECT_EQ(application().submission->priority, 0);
    EXPECT_FALSE(application().kill_requested || application().kill_saving);
    EXPECT_TRUE(application().changes.empty() && core.saves.empty());
}

TEST(Change, LeavesTheSubmissionKnownAsTheSame) {
    CoreFixture core(two_queues());
    core.boot();
    core.add_node("n1");
    const ApplicationSubmission sent = core.submission();
    const ApplicationId id = core.submit(sent);
    core.all_saved();
    core.step(Request{{90}, MoveApplication{id, "batch"}});
    core.step(Request{{91}, ChangePriority{id, 7}});
    core.all_saved();
    EXPECT_NE(*core.rm.books().applications.find(id)->submission, sent);
    const Effects effects = core.step(Request{{92}, SubmitApplication{sent}});
    ASSERT_EQ(replies(effects).size(), 1U);
    EXPECT_TRUE(replies(effects)[0].answer.ok());
}

TEST(Change, OfTheConfigurationLeavesTheSubmissionKnownAsTheSame) {
    CoreFixture core(two_queues());
    core.boot();
    const ApplicationSubmission sent = core.submission();
    core.submit(sent);
    core.all_saved();
    // Another queue would be chosen for it now, and this one takes nobody any more.
    Config other = two_queues();
    for (QueueConfig& queue : other.scheduler.queues) {
        queue.state = QueueState::Stopped;
    }
    ReplaceScheduler replace;
    replace.config = other.scheduler;
    core.step(Request{{90}, replace});
    core.all_saved();
    const Effects effects = core.step(Request{{91}, SubmitApplication{sent}});
    ASSERT_EQ(replies(effects).size(), 1U);
    EXPECT_TRUE(replies(effects)[0].answer.ok()) << replies(effects)[0].answer.error().message;
    ApplicationSubmission different = sent;
    different.priority = 3;
    EXPECT_EQ(
        replies(core.step(Request{{92}, SubmitApplication{different}}))[0].answer.error().code,
        ErrorCode::Conflict);
}

TEST(Change, OfOneApplicationWaitsInALineWithAnEnd) {
    CoreFixture core(two_queues());
    core.boot();
    core.add_node("n1");
    const ApplicationId id = core.submit();
    core.all_saved();
    for (std::size_t i = 0; i < kChangesWaitingMax; ++i) {
        EXPECT_TRUE(replies(core.step(Request{{100 + i}, ChangePriority{id, 1}})).empty());
    }
    const auto refused = replies(core.step(Request{{90}, ChangePriority{id, 1}}));
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(refused[0].answer.error().code, ErrorCode::ResourceExhausted);
    EXPECT_EQ(replies(core.all_saved()).size(), kChangesWaitingMax);
}

TEST(Change, IsPassedOverWhenTheApplicationHasEndedMeanwhile) {
    CoreFixture core(two_queues());
    core.boot();
    const ApplicationId id = core.submit();
    core.step(Request{{90}, ChangePriority{id, 1}});
    core.step(Request{{91}, ChangePriority{id, 2}});
    core.step(Request{{92}, KillApplication{id, "killed"}});
    EXPECT_EQ(replies(core.all_saved()).size(), 3U);
    EXPECT_EQ(core.rm.books().applications.find(id)->state, AppState::Killed);
}

TEST(Retention, ForgetsApplicationsThatHaveBeenOverForLong) {
    Config config;
    config.applications_completed_for = 100_s;
    CoreFixture core(config);
    core.boot();
    const ApplicationId first = core.submit();
    core.step(Request{{90}, KillApplication{first, "killed"}});
    core.all_saved();
    core.advance(60_s);
    const ApplicationId second = core.submit();
    core.step(Request{{91}, KillApplication{second, "killed"}});
    core.all_saved();
    core.advance(41_s);
    core.all_saved();
    EXPECT_EQ(core.rm.books().applications.find(first), nullptr);
    EXPECT_NE(core.rm.books().applications.find(second), nullptr);
    core.advance(60_s);
    core.all_saved();
    EXPECT_EQ(core.rm.books().applications.find(second), nullptr);
}

class KeptContainers : public ::testing::Test {
protected:
    KeptContainers() {
        core.boot();
        node = core.add_node("n1");
        core.step(Request{{1}, NewApplication{}});
        core.all_saved();
        ApplicationSubmission submission;
        submission.id = {1, 1};
        submission.kind = ApplicationKind::Master;
        submission.user = "alice";
        submission.master.argv = {"program"};
        submission.master_size = {512, 1};
        submission.keep_containers = true;
        core.step(Request{{2}, SubmitApplication{submission}});
        core.all_saved();
        core.step(MasterConnected{{50}, "secret-1"});
        const auto welcome = welcomed(
            core.step(MasterMessage{{50}, MasterRegister{{submission.id, 1}, "127.0.0.1", 1, ""}}));
        MasterUpdate update;
        update.session = welcome.session;
        update.sequence = 1;
        update.complete = true;
        update.templates = {{1, {}}};
        Ask ask;
        ask.id = 1;
        ask.launch_template = 1;
        ask.size = {512, 1};
        ask.count = 1;
        update.asks = {ask};
        core.step(MasterMessage{{50}, update});
        EXPECT_EQ(application().live_containers, 2);
    }

    static MasterWelcome welcomed(const Effects& effects) {
        const auto sent = CoreFixture::sent<MasterWelcome, SendToMaster>(effects);
        return sent.empty() ? MasterWelcome{} : sent.front();
    }

    const Application& application() {
        return *core.rm.books().applications.find(ApplicationId{1, 1});
    }
    Effects fail() {
        return core.step(
            Request{{++requests}, FailAttempt{application().current()->record.id, "failed"}});
    }

    CoreFixture core;
    ConnectionId node;
    std::uint64_t requests = 100;
    const ContainerId worker{{{1, 1}, 1}, 1, 2};
};

std::vector<ContainerId> stops(const Effects& effects) {
    std::vector<ContainerId> ids;
    for (const NodeOrders& orders : CoreFixture::sent<NodeOrders, SendToNode>(effects)) {
        for (const ContainerStop& stop : orders.stops) {
            ids.push_back(stop.container);
        }
    }
    return ids;
}

TEST_F(KeptContainers, AreInTheWelcomeOfTheNextMasterUnderTheirOldIds) {
    const Effects effects = fail();
    EXPECT_EQ(stops(effects), (std::vector<ContainerId>{{{{1, 1}, 1}, 1, 1}}));  // the master's
    core.all_saved();
    core.step(MasterConnected{{51}, "secret-2"});
    const MasterWelcome welcome =
        welcomed(core.step(MasterMessage{{51}, MasterRegister{{{1, 1}, 2}, "127.0.0.1", 1, ""}}));
    ASSERT_EQ(welcome.containers.size(), 1U);
    EXPECT_EQ(welcome.containers[0].container, worker);
    EXPECT_EQ(welcome.containers[0].key, (AskKey{{{1, 1}, 2}, 1, 0}));
}

TEST_F(KeptContainers, AreSurplusWhenTheNextMasterDoesNotAskForThem) {
    fail();
    core.all_saved();
    core.step(MasterConnected{{51}, "secret-2"});
    const MasterWelcome welcome =
        welcomed(core.step(MasterMessage{{51}, MasterRegister{{{1, 1}, 2}, "127.0.0.1", 1, ""}}));
    MasterUpdate update;
    update.session = welcome.session;
    update.sequence = 1;
    update.complete = true;
    EXPECT_EQ(stops(core.step(MasterMessage{{51}, update})), std::vector<ContainerId>{worker});
}

TEST_F(KeptContainers, AreStoppedByAKillBetweenTwoAttempts) {
    fail();
    EXPECT_EQ(replies(core.save_failed()).size(), 0U);  // of the end: tried again in a second
    core.step(Request{{91}, KillApplication{{1, 1}, "killed"}});
    EXPECT_EQ(stops(core.saved()), std::vector<ContainerId>{worker});
    core.advance(1_s);
    core.all_saved();
    EXPECT_EQ(application().state, AppState::Killed);
}

TEST_F(KeptContainers, ThatEndBetweenTwoAttemptsAreForgotten) {
    fail();
    NodeStatus status;
    const Books& books = core.rm.books();
    status.session = books.nodes.at(0).session;
    status.sequence = 1;
    ContainerReport report;
    report.container = worker;
    report.key = {{{1, 1}, 1}, 1, 0};
    report.size = {512, 1};
    report.phase = ContainerPhase::Done;
    report.exit = ContainerExit{};
    status.containers = {report};
    const Effects effects = core.step(NodeMessage{node, status});
    const auto orders = CoreFixture::sent<NodeOrders, SendToNode>(effects);
    ASSERT_EQ(orders.size(), 1U);
    EXPECT_EQ(orders[0].acknowledged, std::vector<ContainerId>{worker});
    core.all_saved();
    EXPECT_EQ(application().current()->record.id.number, 2);
    EXPECT_FALSE(application().current()->containers.contains(worker));
}

}  // namespace
}  // namespace heddle::rm::test
