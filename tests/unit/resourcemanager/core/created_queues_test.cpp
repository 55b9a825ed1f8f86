// Queues come into being when a submission names them, live as long as they are needed, and survive
// what happens to the manager and to its configuration meanwhile.

#include <gtest/gtest.h>

#include <algorithm>

#include "common/model/queue_settings.h"
#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

constexpr Duration kIdle = seconds(60);

SchedulerConfig creating() {
    SchedulerConfig config = default_scheduler_config();
    config.queues.push_back(queue_config("root.users"));
    AutoCreation& creation = config.queues.back().auto_creation;
    creation.enabled = true;
    creation.idle_removal = kIdle;
    creation.leaf_template = {{"weight", "3"}};
    creation.parent_template = {{"priority", "2"}};
    return config;
}

Config with(SchedulerConfig scheduler) {
    Config config;
    config.scheduler = std::move(scheduler);
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

void new_id(CoreFixture& core) {
    core.step(Request{{++core.requests}, NewApplication{}});
    core.all_saved();
}

// Empty: it is on its way to the store.
std::string send(CoreFixture& core, const std::string& queue, SubmitApplication what = {}) {
    ApplicationSubmission& submission = what.submission;
    submission.id = {1, ++core.submitted};
    submission.kind = ApplicationKind::Command;
    submission.user = "alice";
    submission.queue = queue;
    submission.master.argv = {"program"};
    if (submission.master_size == Resource{}) {
        submission.master_size = {512, 1};
    }
    return error_in(core.step(Request{{++core.requests}, std::move(what)}));
}

std::string submit(CoreFixture& core, const std::string& queue, SubmitApplication what = {}) {
    new_id(core);
    return send(core, queue, std::move(what));
}

void end_all(CoreFixture& core) {
    for (std::int64_t i = 1; i <= core.submitted; ++i) {
        core.step(Request{{++core.requests}, KillApplication{{1, i}, ""}});
    }
    core.all_saved();
}

std::string queues_of(const CoreFixture& core) {
    std::vector<std::string> paths;
    const QueueTree& queues = core.rm.books().queues;
    for (QueueIndex index = 0; index < queues.size(); ++index) {
        if (queues.at(index).config.created) {
            paths.push_back(queues.at(index).path);
        }
    }
    std::ranges::sort(paths);
    std::string text;
    for (const std::string& path : paths) {
        text += (text.empty() ? "" : " ") + path;
    }
    return text;
}

std::string replace(CoreFixture& core, SchedulerConfig config) {
    ReplaceScheduler what;
    what.config = std::move(config);
    return error_in(core.step(Request{{++core.requests}, std::move(what)}));
}

TEST(CreatedQueues, ComeIntoBeingFromTheTemplatesWithTheirParents) {
    CoreFixture core(with(creating()));
    core.boot();
    EXPECT_EQ(submit(core, "root.users.etl.alice"), "");
    core.all_saved();
    EXPECT_EQ(queues_of(core), "root.users.etl root.users.etl.alice");
    const QueueTree& queues = core.rm.books().queues;
    const Queue& leaf = queues.at(queues.find_leaf("root.users.etl.alice").value());
    EXPECT_EQ(leaf.config.capacity.at(kNoLabel).guaranteed.all.value, 3000);
    EXPECT_EQ(leaf.applications, 1);
    EXPECT_EQ(queues.at(leaf.parent).settings.priority, 2);
    EXPECT_FALSE(queues.at(leaf.parent).leaf);
    EXPECT_EQ(submit(core, "root.users.etl.bob"), "");
    EXPECT_EQ(queues_of(core), "root.users.etl root.users.etl.alice root.users.etl.bob");
}

TEST(CreatedQueues, ComeIntoBeingByRulesWithTheGroupsOfTheUser) {
    SchedulerConfig config = creating();
    PlacementRule rule;
    rule.policy = PlacementRule::Policy::PrimaryGroupUser;
    rule.parent = "root.users";
    rule.create = true;
    config.rules = {rule};
    CoreFixture core(with(config));
    core.boot();
    EXPECT_EQ(submit(core, "", {{}, {"etl", "ops"}}), "");
    EXPECT_EQ(queues_of(core), "root.users.etl root.users.etl.alice");
}

TEST(CreatedQueues, AreNotCreatedWhereTheyMayNotBe) {
    SchedulerConfig config = creating();
    config.queues.back().auto_creation.queues_max = 1;
    config.queues.back().auto_creation.leaf_template["container_max"] = "memory=1024,vcores=4";
    CoreFixture core(with(config));
    core.boot();
    EXPECT_NE(submit(core, "root.users.a.b.c").find("3 levels below 'root.users'"),
              std::string::npos);
    EXPECT_NE(submit(core, "root.users.a*b").find("a part of its path is 'a*b'"),
              std::string::npos);
    EXPECT_NE(submit(core, "root.other").find("'root' does not create queues"), std::string::npos);
    EXPECT_NE(submit(core, "root.users").find("has queues below it"), std::string::npos);
    SubmitApplication large;
    large.submission.master_size = {2048, 1};
    EXPECT_NE(submit(core, "root.users.a", large).find("gives containers of at most"),
              std::string::npos);
    EXPECT_EQ(queues_of(core), "");
    EXPECT_EQ(submit(core, "root.users.a"), "");
    EXPECT_NE(submit(core, "root.users.b").find("has created 1 queues, of at most 1"),
              std::string::npos);
    EXPECT_EQ(submit(core, "root.users.a"), "");
}

TEST(CreatedQueues, TakeNoApplicationsAboveThemByAMove) {
    CoreFixture core(with(creating()));
    core.boot();
    core.submit();
    core.all_saved();
    EXPECT_NE(error_in(core.step(Request{{++core.requests}, MoveApplication{{1, 1}, "root.users"}}))
                  .find("has queues below it"),
              std::string::npos);
}

TEST(CreatedQueues, GoWhenTheyHaveBeenEmptyForLongEnough) {
    CoreFixture core(with(creating()));
    core.boot();
    submit(core, "root.users.etl.alice");
    core.all_saved();
    core.advance(kIdle * 3);
    EXPECT_EQ(queues_of(core), "root.users.etl root.users.etl.alice");
    end_all(core);
    core.advance(kIdle - milliseconds(1));
    EXPECT_EQ(queues_of(core), "root.users.etl root.users.etl.alice");
    core.advance(milliseconds(1));  // seen to be empty
    core.advance(kIdle);
    EXPECT_EQ(queues_of(core), "");
    EXPECT_EQ(submit(core, "root.users.etl.alice"), "");
}

TEST(CreatedQueues, GoWhenTheSubmissionCouldNotBeSaved) {
    CoreFixture core(with(creating()));
    core.boot();
    submit(core, "root.users.alice");
    core.advance(kIdle);
    EXPECT_EQ(queues_of(core), "root.users.alice");
    core.save_failed();
    core.advance(kIdle);
    core.advance(kIdle);
    EXPECT_EQ(queues_of(core), "");
}

TEST(CreatedQueues, StayUnderAnotherVersionWhileTheyAreInUse) {
    CoreFixture core(with(creating()));
    core.boot();
    submit(core, "root.users.alice");
    core.all_saved();
    SchedulerConfig closed = creating();
    closed.queues.back().auto_creation = {};
    new_id(core);
    EXPECT_EQ(replace(core, closed), "");
    EXPECT_NE(send(core, "root.users.bob").find("is just being removed; try again"),
              std::string::npos);
    core.all_saved();
    EXPECT_EQ(queues_of(core), "root.users.alice");
    EXPECT_EQ(core.rm.books().scheduler.present().queues.size(), 2U);
    EXPECT_NE(submit(core, "root.users.bob").find("does not create queues"), std::string::npos);
    EXPECT_NE(replace(core, default_scheduler_config())
                  .find("queue root.users.alice is left out, and 1 application in it is not over"),
              std::string::npos);
    end_all(core);
    EXPECT_EQ(replace(core, default_scheduler_config()), "");
    core.all_saved();
    EXPECT_EQ(queues_of(core), "");
}

TEST(CreatedQueues, BecomeConfiguredOnesWithAllThatIsInThem) {
    CoreFixture core(with(creating()));
    core.boot();
    submit(core, "root.users.alice");
    core.all_saved();
    SchedulerConfig named = creating();
    named.queues.push_back(queue_config("root.users.alice"));
    EXPECT_EQ(replace(core, named), "");
    core.all_saved();
    EXPECT_EQ(queues_of(core), "");
    const QueueTree& queues = core.rm.books().queues;
    EXPECT_EQ(queues.at(queues.find_leaf("root.users.alice").value()).applications, 1);
}

TEST(CreatedQueues, AreNoDeeperThanTheNearestQueueUpwardsSays) {
    SchedulerConfig config = creating();
    config.queues.insert(config.queues.begin(), queue_config("root"));
    config.queues.front().auto_creation.depth_max = 3;
    CoreFixture core(with(config));
    core.boot();
    EXPECT_EQ(submit(core, "root.users.a.b.c"), "");
    EXPECT_NE(submit(core, "root.users.a.b.d.e").find("creates at most 3"), std::string::npos);
    config.queues.back().auto_creation.depth_max = 1;
    EXPECT_EQ(replace(core, config), "");
    core.all_saved();
    EXPECT_EQ(queues_of(core), "root.users.a root.users.a.b root.users.a.b.c");  // in use
    EXPECT_NE(submit(core, "root.users.a.x")
                  .find("2 levels below 'root.users', which creates at "
                        "most 1"),
              std::string::npos);
    EXPECT_EQ(submit(core, "root.users.x"), "");
}

TEST(CreatedQueues, HoldNoQueuesWhereApplicationsAre) {
    CoreFixture core(with(creating()));
    core.boot();
    EXPECT_EQ(submit(core, "root.users.alice"), "");
    core.all_saved();
    EXPECT_NE(submit(core, "root.users.alice.etl").find("'root.users.alice' was made for"),
              std::string::npos);
    end_all(core);
    core.advance(kIdle);
    core.advance(kIdle);
    EXPECT_EQ(submit(core, "root.users.alice.etl"), "");
}

TEST(CreatedQueues, ComeBackWithTheVersionThatCreatesThem) {
    CoreFixture core(with(creating()));
    core.boot();
    EXPECT_EQ(submit(core, "root.users.alice"), "");
    core.all_saved();
    SchedulerConfig closed = creating();
    closed.queues.back().auto_creation = {};
    EXPECT_EQ(replace(core, closed), "");
    core.all_saved();
    EXPECT_EQ(replace(core, creating()), "");  // a rollback
    core.all_saved();
    EXPECT_EQ(submit(core, "root.users.etl.bob"), "");
    EXPECT_EQ(queues_of(core), "root.users.alice root.users.etl root.users.etl.bob");
}

TEST(CreatedQueues, AreRefusedWhenTheirSharesDoNotAddUp) {
    SchedulerConfig config = creating();
    config.queues.back().auto_creation.leaf_template = {{"capacity", "60%"}};
    CoreFixture core(with(config));
    core.boot();
    EXPECT_EQ(submit(core, "root.users.a"), "");
    EXPECT_NE(submit(core, "root.users.b").find("the queues below it ask for 120%"),
              std::string::npos);
    EXPECT_EQ(queues_of(core), "root.users.a");
}

TEST(CreatedQueues, GoEachAfterItsOwnTime) {
    SchedulerConfig config = creating();
    config.queues.push_back(queue_config("root.brief"));
    config.queues.back().auto_creation.enabled = true;
    config.queues.back().auto_creation.idle_removal = seconds(1);
    CoreFixture core(with(config));
    core.boot();
    EXPECT_EQ(submit(core, "root.users.a"), "");
    EXPECT_EQ(submit(core, "root.brief.b"), "");
    core.all_saved();
    end_all(core);
    for (int i = 0; i < 4; ++i) {
        core.advance(seconds(1));
    }
    EXPECT_EQ(queues_of(core), "root.users.a");
}

ApplicationRecord record_in(const std::string& queue, std::int64_t sequence) {
    ApplicationRecord record;
    record.submission.id = {1, sequence};
    record.submission.user = "alice";
    record.submission.queue = queue;
    record.submission.kind = ApplicationKind::Command;
    record.submission.master.argv = {"program"};
    record.submission.master_size = {512, 1};
    record.state = AppState::Accepted;
    return record;
}

TEST(CreatedQueues, AreRebuiltFromTheApplicationsOnRecord) {
    Booted booted;
    booted.sequences_reserved = 50;
    booted.applications = {record_in("root.users.etl.alice", 1), record_in("root.gone", 2),
                           record_in("root.default.below", 3), record_in("root.default", 4)};
    booted.applications.push_back(record_in("root.users.bob", 5));
    booted.applications.back().state = AppState::Finished;
    CoreFixture core(with(creating()));
    core.boot(std::move(booted));
    EXPECT_EQ(queues_of(core), "root.users.etl root.users.etl.alice");
    const QueueTree& queues = core.rm.books().queues;
    EXPECT_EQ(queues.at(queues.find_leaf("root.users.etl.alice").value()).applications, 1);
    EXPECT_EQ(queues.at(queues.find_leaf("root.default").value()).applications, 3);
}

TEST(CreatedQueues, AreRebuiltBelowAQueueThatCreatesNoMore) {
    SchedulerConfig closed = creating();
    closed.queues.back().auto_creation.enabled = false;
    Booted booted;
    booted.applications = {record_in("root.users.alice", 1)};
    CoreFixture core(with(closed));
    core.boot(std::move(booted));
    EXPECT_EQ(queues_of(core), "root.users.alice");
    core.advance(kIdle * 3);
    EXPECT_EQ(queues_of(core), "root.users.alice");
}

TEST(CreatedQueues, HoldApplicationsOnRecordWhenNoQueueIsConfiguredForThem) {
    SchedulerConfig config = creating();
    config.queues.erase(config.queues.begin());
    Booted booted;
    booted.applications = {record_in("root.gone", 9)};
    CoreFixture core(with(config));
    core.boot(std::move(booted));
    EXPECT_EQ(queues_of(core), "root.recovered");
    EXPECT_NE(submit(core, "").find("there is no default queue"), std::string::npos);
}

}  // namespace
}  // namespace heddle::rm::test
