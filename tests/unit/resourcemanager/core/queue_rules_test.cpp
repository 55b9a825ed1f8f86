#include "resourcemanager/core/queue_rules.h"

#include <gtest/gtest.h>

#include "common/model/queue_settings.h"

namespace heddle::rm {
namespace {

using Rule = std::vector<SettingText>;

SchedulerConfig config_with(const std::vector<Rule>& rules) {
    SchedulerConfig config;
    for (const char* path : {"root.default", "root.users.alice", "root.users.a_dot_b", "root.ml",
                             "root.groups.etl", "root.groups.ops", "root.made", "root.dry"}) {
        config.queues.push_back(queue_config(path));
    }
    config.queues[6].auto_creation.enabled = true;
    config.queues[7].state = QueueState::Draining;
    for (const Rule& settings : rules) {
        PlacementRule& rule = config.rules.emplace_back();
        for (const auto& [name, text] : settings) {
            EXPECT_TRUE(set_setting(rule, name, text).ok()) << name;
        }
    }
    return config;
}

std::string placed(const SchedulerConfig& config, const Submitter& who) {
    const auto choice = queue_for(config, who);
    return choice ? choice->path + (choice->create ? " (new)" : "") : choice.error().message;
}

const Submitter kAlice = {"alice", {"etl", "ops"}, "report", ""};

TEST(QueueRules, GoToTheNamedQueueElseToTheDefault) {
    const SchedulerConfig config = config_with({});
    EXPECT_EQ(placed(config, kAlice), "root.default");
    EXPECT_EQ(placed(config, {"alice", {}, "", "root.ml"}), "root.ml");
    EXPECT_EQ(placed(config, {"alice", {}, "", "ml"}), "root.ml");
    EXPECT_EQ(placed(config, {"alice", {}, "", "mr"}),
              "no queue named 'mr'; name one that is there (rmctl queue list shows them)");
    EXPECT_EQ(placed(config, {"alice", {}, "", "root.users"}),
              "'root.users' has queues below it; name one of them");
    EXPECT_EQ(placed(config, {"alice", {}, "", "root.made.new"}), "root.made.new (new)");
}

TEST(QueueRules, FollowEveryPolicy) {
    const std::vector<std::pair<Rule, std::string>> cases = {
        {{{"policy", "user"}, {"parent", "root.users"}}, "root.users.alice"},
        {{{"policy", "primaryGroup"}, {"parent", "root.groups"}}, "root.groups.etl"},
        {{{"policy", "secondaryGroup"}, {"parent", "root.groups"}}, "root.groups.ops"},
        {{{"policy", "primaryGroupUser"}, {"parent", "root.made"}, {"create", "true"}},
         "root.made.etl.alice (new)"},
        {{{"policy", "secondaryGroupUser"}, {"parent", "root.made"}, {"create", "true"}},
         "root.default"},  // there is no queue of a secondary group: the next rule, then default
        {{{"policy", "applicationName"}, {"parent", "root.made"}, {"create", "true"}},
         "root.made.report (new)"},
        {{{"policy", "defaultQueue"}}, "root.default"},
        {{{"policy", "setDefaultQueue"}, {"custom", "ml"}}, "root.ml"},
        {{{"policy", "setDefaultQueue"}, {"custom", "root.groups.%primary_group"}},
         "root.groups.etl"},
        {{{"policy", "setDefaultQueue"}, {"custom", "root.made.%user"}, {"create", "true"}},
         "root.made.alice (new)"},
        {{{"policy", "setDefaultQueue"}, {"custom", "root.%user.none"}}, "root.default"},
        {{{"policy", "specified"}}, "root.default"},
        {{{"policy", "custom"},
          {"custom", "root.made.%primary_group.%user.%application"},
          {"create", "true"}},
         "root.made.etl.alice.report (new)"},
        {{{"policy", "custom"}, {"custom", "root.users.%user"}}, "root.users.alice"},
        {{{"policy", "custom"}, {"custom", "%default"}}, "root.default"},
        {{{"policy", "reject"}}, "application 'report' of user 'alice': rule 1 rejects it"},
    };
    for (const auto& [rule, expected] : cases) {
        EXPECT_EQ(placed(config_with({rule}), kAlice), expected) << rule[0].second;
    }
}

TEST(QueueRules, AreTriedInOrderAndByWhomTheyMatch) {
    const SchedulerConfig config = config_with(
        {{{"type", "user"}, {"matches", "bob"}, {"policy", "custom"}, {"custom", "root.ml"}},
         {{"type", "group"},
          {"matches", "ops"},
          {"policy", "custom"},
          {"custom", "root.groups.ops"}},
         {{"type", "application"},
          {"matches", "nightly"},
          {"policy", "custom"},
          {"custom", "root.groups.etl"}}});
    EXPECT_EQ(placed(config, {"bob", {}, "", ""}), "root.ml");
    EXPECT_EQ(placed(config, kAlice), "root.groups.ops");
    EXPECT_EQ(placed(config, {"carol", {}, "nightly", ""}), "root.groups.etl");
    EXPECT_EQ(placed(config, {"carol", {}, "other", ""}), "root.default");
}

TEST(QueueRules, FallBackAsTheySay) {
    const Rule missing = {{"policy", "user"}, {"parent", "root.groups"}};
    Rule reject = missing;
    reject.emplace_back("fallback", "reject");
    Rule place_default = missing;
    place_default.emplace_back("fallback", "placeDefault");
    const Rule next = {{"policy", "custom"}, {"custom", "root.ml"}};
    EXPECT_EQ(placed(config_with({missing, next}), kAlice), "root.ml");
    EXPECT_EQ(placed(config_with({place_default, next}), kAlice), "root.default");
    EXPECT_EQ(placed(config_with({reject, next}), kAlice),
              "application 'report' of user 'alice': no queue for it (rule 1: no queue named "
              "'root.groups.alice')");
}

TEST(QueueRules, SayWhatTheDefaultIsForThoseBehindThem) {
    const Rule sets = {{"type", "group"},
                       {"matches", "ops"},
                       {"policy", "setDefaultQueue"},
                       {"custom", "root.ml"}};
    const Rule missing = {
        {"policy", "user"}, {"parent", "root.groups"}, {"fallback", "placeDefault"}};
    EXPECT_EQ(placed(config_with({sets, missing}), kAlice), "root.ml");
    EXPECT_EQ(placed(config_with({missing, sets}), kAlice), "root.default");
    EXPECT_EQ(placed(config_with({sets, missing}), {"bob", {"web"}, "", ""}), "root.default");
    EXPECT_EQ(placed(config_with({sets, {{"policy", "defaultQueue"}}}), kAlice), "root.ml");
    EXPECT_EQ(placed(config_with({sets, {{"policy", "custom"}, {"custom", "%default"}}}), kAlice),
              "root.ml");
    // The default may be one that is still to be made.
    const Rule makes = {
        {"policy", "setDefaultQueue"}, {"custom", "root.made.%user"}, {"create", "true"}};
    EXPECT_EQ(placed(config_with({makes, missing}), kAlice), "root.made.alice (new)");
    // Where it is no queue the fallback of the rule holds.
    Rule nowhere = {{"policy", "setDefaultQueue"}, {"custom", "root.gone"}};
    EXPECT_EQ(placed(config_with({nowhere, missing}), kAlice), "root.default");
    nowhere.emplace_back("fallback", "reject");
    EXPECT_EQ(placed(config_with({nowhere, missing}), kAlice),
              "application 'report' of user 'alice': no queue for it (rule 1: no queue named "
              "'root.gone')");
}

TEST(QueueRules, ComeBeforeTheNamedQueueOnlyWhenTheyMay) {
    SchedulerConfig config = config_with({{{"policy", "custom"}, {"custom", "root.ml"}}});
    const Submitter named = {"alice", {}, "", "root.default"};
    EXPECT_EQ(placed(config, named), "root.default");
    config.override_specified_queue = true;
    EXPECT_EQ(placed(config, named), "root.ml");
}

TEST(QueueRules, WriteOutTheDotsOfNames) {
    EXPECT_EQ(
        placed(config_with({{{"policy", "user"}, {"parent", "root.users"}}}), {"a.b", {}, "", ""}),
        "root.users.a_dot_b");
}

TEST(QueueRules, CreateOnlyWhereItIsAllowed) {
    const Rule rule = {
        {"policy", "user"}, {"parent", "root.groups"}, {"create", "true"}, {"fallback", "reject"}};
    EXPECT_NE(placed(config_with({rule}), kAlice).find("'root.groups' does not create queues"),
              std::string::npos);
}

TEST(QueueRules, LeaveQueuesAloneThatTakeNoApplications) {
    EXPECT_EQ(placed(config_with({}), {"alice", {}, "", "root.dry"}),
              "queue 'root.dry' takes no applications: 'root.dry' is draining; name another queue "
              "or have it started");
}

}  // namespace
}  // namespace heddle::rm
