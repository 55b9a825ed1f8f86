// The scheduler's configuration changes as a whole, after its save, or not at all.

#include <gtest/gtest.h>

#include "common/model/queue_settings.h"
#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

SchedulerConfig with(std::vector<std::string> paths) {
    SchedulerConfig config;
    for (std::string& path : paths) {
        config.queues.push_back(queue_config(std::move(path)));
    }
    config.queue_default = config.queues.front().path;
    return config;
}

Effects replace(CoreFixture& core, SchedulerConfig config,
                std::optional<std::int64_t> expected = std::nullopt, bool dry_run = false) {
    ReplaceScheduler what;
    what.config = std::move(config);
    what.expected_version = expected;
    what.by = "alice";
    what.dry_run = dry_run;
    return core.step(Request{{++core.requests}, std::move(what)});
}

// The only reply; empty: none.
std::string reply_in(const Effects& effects) {
    std::string text;
    for (const Effect& effect : effects) {
        if (const auto* reply = std::get_if<Reply>(&effect)) {
            text +=
                reply->answer.ok()
                    ? "version " + std::to_string(std::get<SchedulerAnswer>(*reply->answer).version)
                    : reply->answer.error().message;
        }
    }
    return text;
}

bool has_leaf(const CoreFixture& core, const std::string& path) {
    return core.rm.books().queues.find_leaf(path).ok();
}

TEST(ReplaceScheduler, TakesEffectWhenItIsOnDiskAndNotBefore) {
    CoreFixture core;
    core.boot();
    EXPECT_EQ(reply_in(replace(core, with({"root.default", "root.etl"}))), "");
    ASSERT_EQ(core.saves.size(), 1U);
    EXPECT_FALSE(has_leaf(core, "root.etl"));
    EXPECT_EQ(core.rm.books().config.scheduler.version, 0);
    EXPECT_EQ(reply_in(core.saved()), "version 1");
    EXPECT_TRUE(has_leaf(core, "root.etl"));
    EXPECT_EQ(core.rm.books().config.scheduler.version, 1);
    const auto& versions = *core.rm.books().scheduler.versions();
    ASSERT_EQ(versions.size(), 2U);
    EXPECT_EQ(versions.back()->by, "alice");
    EXPECT_GT(versions.back()->changed.milliseconds, 0);
}

SchedulerConfig with_labels(std::map<std::string, bool> labels) {
    SchedulerConfig config = with({"root.default"});
    config.labels = std::move(labels);
    return config;
}

TEST(ReplaceScheduler, KeepsLabelsThatNodesHave) {
    CoreFixture core;
    core.boot();
    core.add_node("n1");
    replace(core, with_labels({{"ssd", true}, {"hdd", true}}));
    core.all_saved();
    core.step(Request{{++core.requests}, RelabelNode{{"n1"}, "ssd"}});
    const std::string held =
        "the label 'ssd' is left out, and is that of n1; give them another one or none first "
        "(rmctl node label NODE LABEL)";
    EXPECT_EQ(reply_in(replace(core, with_labels({}))), held);  // while it is being given
    core.all_saved();
    EXPECT_EQ(reply_in(replace(core, with_labels({{"hdd", true}}), {}, true)), held);
    EXPECT_EQ(reply_in(replace(core, with_labels({{"ssd", false}}))), "");  // nobody has hdd
    const Effects late = core.step(Request{{++core.requests}, RelabelNode{{"n1"}, "hdd"}});
    EXPECT_EQ(reply_in(late), "the label 'hdd' is just being removed; try again");
    EXPECT_EQ(reply_in(core.saved()), "version 2");
}

TEST(ReplaceScheduler, KeepsTheLabelOfANodeThatIsBeingRegistered) {
    CoreFixture core;
    core.boot();
    replace(core, with_labels({{"ssd", true}}));
    core.all_saved();
    NodeRegister registration = CoreFixture::registration("n1");
    registration.info.label = "ssd";
    core.step(NodeMessage{{7}, registration});
    ASSERT_EQ(core.saves.size(), 1U);
    EXPECT_NE(reply_in(replace(core, with_labels({}))).find("is that of n1"), std::string::npos);
    core.all_saved();
    EXPECT_EQ(reply_in(replace(core, with_labels({{"ssd", false}}))), "");
}

TEST(ReplaceScheduler, ChangesNothingWhenItCannotBeSaved) {
    CoreFixture core;
    core.boot();
    replace(core, with({"root.etl"}));
    EXPECT_EQ(reply_in(core.save_failed()), "could not be saved: disk full; nothing changed");
    EXPECT_FALSE(has_leaf(core, "root.etl"));
    EXPECT_TRUE(has_leaf(core, "root.default"));
    replace(core, with({"root.etl"}));
    EXPECT_EQ(reply_in(core.saved()), "version 1");
    EXPECT_FALSE(has_leaf(core, "root.default"));
}

TEST(ReplaceScheduler, RefusesWhatDoesNotAddUpWithEveryMistake) {
    CoreFixture core;
    core.boot();
    SchedulerConfig config = with({"root.a", "root.b", "etl"});
    ASSERT_TRUE(set_setting(config.queues[0], "capacity", "80%").ok());
    ASSERT_TRUE(set_setting(config.queues[1], "capacity", "40%").ok());
    const std::string reply = reply_in(replace(core, config));
    EXPECT_NE(reply.find("queue etl: its path begins with"), std::string::npos) << reply;
    EXPECT_NE(reply.find("ask for 120% of memory"), std::string::npos) << reply;
    EXPECT_TRUE(core.saves.empty());
}

TEST(ReplaceScheduler, RefusesAnotherVersionThanTheExpectedOne) {
    CoreFixture core;
    core.boot();
    EXPECT_EQ(reply_in(replace(core, with({"root.default"}), 3)),
              "version 3 was expected and version 0 holds; look at the difference and apply it "
              "again");
    replace(core, with({"root.default"}), 0);
    EXPECT_EQ(reply_in(core.saved()), "version 1");
}

TEST(ReplaceScheduler, RefusesASecondOneWhileTheFirstIsBeingSaved) {
    CoreFixture core;
    core.boot();
    replace(core, with({"root.default", "root.a"}));
    EXPECT_NE(reply_in(replace(core, with({"root.default", "root.b"}))).find("try again"),
              std::string::npos);
    EXPECT_EQ(reply_in(core.saved()), "version 1");
    EXPECT_TRUE(has_leaf(core, "root.a"));
    EXPECT_FALSE(has_leaf(core, "root.b"));
}

TEST(ReplaceScheduler, KeepsQueuesThatAreInUse) {
    CoreFixture core;
    core.boot();
    core.add_node("n1");
    core.submit();
    core.all_saved();
    EXPECT_NE(reply_in(replace(core, with({"root.etl"})))
                  .find("queue root.default is left out, and 1 application in it is not over"),
              std::string::npos);
    EXPECT_NE(reply_in(replace(core, with({"root.default.x", "root.etl"})))
                  .find("queue root.default would get queues below it"),
              std::string::npos);
    SchedulerConfig creating = with({"root.default", "root.etl"});
    creating.queues[0].auto_creation.enabled = true;
    EXPECT_NE(reply_in(replace(core, creating)).find("would get queues below it"),
              std::string::npos);
    EXPECT_TRUE(core.saves.empty());
}

TEST(ReplaceScheduler, LetsAQueueGoWhoseApplicationsAreOver) {
    CoreFixture core;
    core.boot();
    const ApplicationId id = core.submit();
    core.all_saved();
    core.step(Request{{++core.requests}, KillApplication{id, ""}});
    core.all_saved();
    replace(core, with({"root.etl"}));
    EXPECT_EQ(reply_in(core.saved()), "version 1");
    EXPECT_FALSE(has_leaf(core, "root.default"));
}

TEST(ReplaceScheduler, LetsNobodyIntoAQueueThatIsAboutToGo) {
    CoreFixture core;
    core.boot();
    core.step(Request{{++core.requests}, NewApplication{}});
    core.all_saved();
    replace(core, with({"root.etl", "root.default.x"}));
    ApplicationSubmission submission;
    submission.id = {1, 1};
    submission.user = "alice";
    submission.master.argv = {"program"};
    submission.master_size = {512, 1};
    submission.queue = "root.default";
    EXPECT_EQ(reply_in(core.step(Request{{++core.requests}, SubmitApplication{submission}})),
              "queue root.default is just being divided; try again");
    EXPECT_EQ(reply_in(core.saved()), "version 1");
    EXPECT_TRUE(has_leaf(core, "root.default.x"));
}

TEST(ReplaceScheduler, AnswersADryRunAndChangesNothing) {
    CoreFixture core;
    core.boot();
    EXPECT_EQ(reply_in(replace(core, with({"root.etl"}), 0, true)), "version 1");
    EXPECT_TRUE(core.saves.empty());
    EXPECT_TRUE(has_leaf(core, "root.default"));
}

TEST(ReplaceScheduler, GivesAQueueThatComesBackItsPlace) {
    CoreFixture core;
    core.boot();
    const auto index = core.rm.books().queues.find_leaf("root.default").value();
    replace(core, with({"root.etl", "root.default.x"}));
    core.all_saved();
    replace(core, with({"root.etl", "root.default"}));
    core.all_saved();
    EXPECT_EQ(core.rm.books().queues.find_leaf("root.default").value(), index);
    EXPECT_FALSE(has_leaf(core, "root.default.x"));
    core.add_node("n1");
    core.submit();
    core.all_saved();
}

TEST(ReplaceScheduler, HoldsOverTheFileAfterARestart) {
    Booted booted;
    for (std::int64_t version : {5, 4}) {
        SchedulerVersion saved;
        saved.config = with({"root.saved" + std::to_string(version)});
        saved.config.version = version;
        booted.scheduler_versions.push_back(saved);
    }
    CoreFixture core;
    core.boot(std::move(booted));
    EXPECT_TRUE(has_leaf(core, "root.saved5"));
    EXPECT_FALSE(has_leaf(core, "root.default"));
    replace(core, with({"root.x"}));
    EXPECT_EQ(reply_in(core.saved()), "version 6");
}

// What the manager was started with is a version that one can go back to, also after a restart.
TEST(ReplaceScheduler, SavesWhatItWasStartedWithBesideTheFirstChange) {
    CoreFixture core;
    core.boot();
    Booted booted;
    for (const char* leaf : {"root.x", "root.y"}) {
        replace(core, with({leaf}));
        for (const StoreChange& change : core.saves.front().changes) {
            if (const auto* version = std::get_if<SchedulerVersion>(&change)) {
                booted.scheduler_versions.push_back(*version);
            }
        }
        core.all_saved();
    }
    ASSERT_EQ(booted.scheduler_versions.size(), 3U);
    CoreFixture again;
    again.boot(std::move(booted));
    const auto& versions = *again.rm.books().scheduler.versions();
    ASSERT_EQ(versions.size(), 3U);
    EXPECT_EQ(versions.front()->config.version, 0);
    EXPECT_EQ(versions.front()->note, "as started");
    EXPECT_EQ(versions.front()->config, core.rm.books().scheduler.versions()->front()->config);
    EXPECT_TRUE(has_leaf(again, "root.y"));
}

TEST(ReplaceScheduler, KeepsTheLastHundredVersions) {
    CoreFixture core;
    core.boot();
    for (int i = 1; i <= 105; ++i) {
        replace(core, with({"root.default", "root.q" + std::to_string(i % 3)}));
        std::size_t removals = 0;
        for (const StoreChange& change : core.saves.front().changes) {
            removals += std::holds_alternative<SchedulerVersionRemoval>(change) ? 1 : 0;
        }
        EXPECT_EQ(removals, i >= 100 ? 1U : 0U) << i;
        core.all_saved();
    }
    const auto& versions = *core.rm.books().scheduler.versions();
    ASSERT_EQ(versions.size(), kSchedulerVersionsKept);
    EXPECT_EQ(versions.front()->config.version, 6);
}

}  // namespace
}  // namespace heddle::rm::test
