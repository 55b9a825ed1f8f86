// How high a user's priorities may go in a queue: at submission and when they change.

#include <gtest/gtest.h>

#include "common/model/queue_settings.h"
#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

Config limited() {
    Config config;
    QueueConfig queue = queue_config("root.etl");
    EXPECT_TRUE(set_setting(queue, "application_priority_limits",
                            "[user=alice group=ops max_priority=9 default_priority=4] "
                            "[user=carol max_priority=20]")
                    .ok());
    config.scheduler.queues.push_back(std::move(queue));
    config.scheduler.queues.push_back(queue_config("root.etl.daily"));
    config.scheduler.queues.push_back(queue_config("root.free"));
    config.scheduler.workflow_priorities = {{"nightly", "root.etl", 15}};
    config.scheduler.workflow_priorities_override = true;
    return config;
}

std::string error_in(const Effects& effects) {
    for (const Effect& effect : effects) {
        if (const auto* reply = std::get_if<Reply>(&effect)) {
            return reply->answer.ok() ? "" : reply->answer.error().message;
        }
    }
    return "";
}

class PriorityLimits : public ::testing::Test {
protected:
    PriorityLimits() : core(limited()) { core.boot(); }

    std::string submit(const std::string& user, std::int32_t priority,
                       std::vector<std::string> groups = {}, const char* queue = "root.etl.daily",
                       std::vector<std::string> tags = {}) {
        core.step(Request{{++core.requests}, NewApplication{}});
        core.all_saved();
        ApplicationSubmission submission;
        submission.id = {1, ++core.submitted};
        submission.kind = ApplicationKind::Command;
        submission.user = user;
        submission.queue = queue;
        submission.priority = priority;
        submission.tags = std::move(tags);
        submission.master.argv = {"program"};
        submission.master_size = {512, 1};
        const std::string error =
            error_in(core.step(Request{{++core.requests}, SubmitApplication{submission, groups}}));
        core.all_saved();
        return error;
    }
    std::int32_t priority() {
        return core.rm.books()
            .applications.find(ApplicationId{1, core.submitted})
            ->submission->priority;
    }

    CoreFixture core;
};

TEST_F(PriorityLimits, RefuseWhatIsAboveTheUsersMaximumInTheQueue) {
    EXPECT_EQ(submit("alice", 9), "");
    EXPECT_EQ(submit("alice", 10),
              "user alice may ask for a priority of at most 9 in queue root.etl.daily, and asked "
              "for 10; ask for less, or have application_priority_limits of root.etl raised");
    EXPECT_EQ(core.rm.books().applications.find(ApplicationId{1, core.submitted}), nullptr);
    EXPECT_EQ(submit("carol", 20, {"ops"}), "");  // the entry that allows most
    EXPECT_NE(submit("eve", 1).find("at most 0 in queue root.etl.daily"), std::string::npos);
    EXPECT_EQ(submit("bob", 5, {"ops"}), "");
    EXPECT_EQ(submit("eve", 100, {}, "root.free"), "");
}

TEST_F(PriorityLimits, GiveADefaultToThoseThatAskForNone) {
    EXPECT_EQ(submit("alice", kPriorityOpen), "");
    EXPECT_EQ(priority(), 4);
    EXPECT_EQ(submit("eve", kPriorityOpen), "");
    EXPECT_EQ(priority(), 0);
}

TEST_F(PriorityLimits, HoldForChanges) {
    EXPECT_EQ(submit("alice", 5), "");
    const ApplicationId id{1, core.submitted};
    EXPECT_NE(error_in(core.step(Request{{++core.requests}, ChangePriority{id, 10, "alice", {}}}))
                  .find("at most 9"),
              std::string::npos);
    EXPECT_EQ(priority(), 5);
    core.step(Request{{++core.requests}, ChangePriority{id, 20, "carol", {}}});
    core.all_saved();
    EXPECT_EQ(priority(), 20);
}

TEST_F(PriorityLimits, GiveWayToWhatIsSaidOfAWorkflow) {
    EXPECT_EQ(submit("eve", 99, {}, "root.etl.daily", {"workflowid:nightly"}), "");
    EXPECT_EQ(priority(), 15);
    EXPECT_EQ(submit("eve", 3, {}, "root.free", {"workflowid:nightly"}), "");
    EXPECT_EQ(priority(), 3);
    const ApplicationId id{1, core.submitted};
    core.step(Request{{++core.requests}, MoveApplication{id, "root.etl.daily"}});
    core.all_saved();
    EXPECT_EQ(priority(), 15);
    core.step(Request{{++core.requests}, MoveApplication{id, "root.free"}});
    core.all_saved();
    EXPECT_EQ(priority(), 15);  // nothing is said there
}

}  // namespace
}  // namespace heddle::rm::test
