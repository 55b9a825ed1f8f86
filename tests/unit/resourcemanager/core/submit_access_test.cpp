// Who may submit to a queue is asked of the queue that an application comes to, whoever chose it.

#include "resourcemanager/core/submit_access.h"

#include <gtest/gtest.h>

#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

std::vector<QueueConfig> queues() {
    std::vector<QueueConfig> all = {queue_config("root"), queue_config("root.etl"),
                                    queue_config("root.etl.daily"), queue_config("root.open"),
                                    queue_config("root.etlx")};
    all[0].administer.groups = {"ops"};
    all[1].submit = {false, {"eve"}, {"etl"}};
    all[2].submit.users = {"dora"};
    all[3].submit.everybody = true;
    return all;
}

bool may(const std::string& user, const std::vector<std::string>& groups, const char* path) {
    return may_submit(queues(), user, groups, path).ok();
}

TEST(SubmitAccess, IsGrantedByTheQueueOrOneAboveIt) {
    EXPECT_TRUE(may("dora", {}, "root.etl.daily"));
    EXPECT_FALSE(may("dora", {}, "root.etl"));
    EXPECT_TRUE(may("eve", {}, "root.etl.daily"));
    EXPECT_TRUE(may("bob", {"users", "etl"}, "root.etl.daily"));
    EXPECT_TRUE(may("otto", {"ops"}, "root.etl.daily"));  // administers it
    EXPECT_TRUE(may("anyone", {}, "root.open"));
    EXPECT_TRUE(may("eve", {}, "root.etl.new"));  // not there yet: those above it
    EXPECT_FALSE(may("eve", {}, "root.etlx"));    // the name is longer, it is not below
    EXPECT_EQ(may_submit(queues(), "bob", {}, "root.etl").error().message,
              "User bob cannot submit applications to queue root.etl; its administrator, or an "
              "operator, can grant that");
}

class RulesAndLists : public testing::Test {
protected:
    // A rule sends everybody to a queue of their own name, which few of them may use.
    static Config config() {
        Config config;
        config.scheduler.queues = {queue_config("root.default"), queue_config("root.alice"),
                                   queue_config("root.bob")};
        config.scheduler.queues[1].submit.users = {"alice"};
        config.scheduler.queues[2].submit.users = {"carol"};
        PlacementRule rule;
        rule.policy = PlacementRule::Policy::User;
        config.scheduler.rules = {rule};
        return config;
    }

    // "": taken.
    std::string submit(const std::string& user, bool lists_asked, const std::string& queue = "") {
        core.step(Request{{++core.requests}, NewApplication{}});
        core.all_saved();
        ApplicationSubmission submission;
        submission.id = {1, ++core.submitted};
        submission.user = user;
        submission.queue = queue;
        submission.master.argv = {"program"};
        submission.master_size = {512, 1};
        for (const Effect& effect : core.step(
                 Request{{++core.requests}, SubmitApplication{submission, {}, lists_asked}})) {
            if (const auto* reply = std::get_if<Reply>(&effect)) {
                return reply->answer.ok() ? "" : reply->answer.error().message;
            }
        }
        return "";
    }

    CoreFixture core{config()};
};

TEST_F(RulesAndLists, TheChosenQueueIsAskedNotTheNamedOne) {
    core.boot();
    EXPECT_EQ(submit("alice", true), "");
    EXPECT_NE(submit("bob", true).find("cannot submit applications to queue root.bob"),
              std::string::npos);
    EXPECT_EQ(submit("bob", false), "");  // an operator, or lists are off
    EXPECT_NE(submit("dora", true).find("queue root.default"), std::string::npos);
    EXPECT_EQ(submit("carol", true, "root.bob"), "");
    core.rm.check();
}

TEST_F(RulesAndLists, WhoMovesAnApplicationSubmitsItThere) {
    core.boot();
    EXPECT_EQ(submit("alice", true), "");
    core.all_saved();
    const auto move = [&](const std::string& user) {
        for (const Effect& effect :
             core.step(Request{{++core.requests}, MoveApplication{{1, 1}, "bob", user, {}}})) {
            if (const auto* reply = std::get_if<Reply>(&effect)) {
                return reply->answer.ok() ? "" : reply->answer.error().message;
            }
        }
        return std::string("(being saved)");
    };
    EXPECT_NE(move("alice").find("cannot submit applications to queue root.bob"),
              std::string::npos);
    EXPECT_EQ(move("carol"), "(being saved)");
}

}  // namespace
}  // namespace heddle::rm::test
