#include "common/wire/yarn_scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/base/strings.h"
#include "common/model/queue_check.h"
#include "common/model/queue_settings.h"

namespace heddle::wire {
namespace {

// A file as clusters have them.
constexpr const char* kFile = R"(<?xml version="1.0"?>
<configuration>
  <property><name>yarn.scheduler.capacity.maximum-applications</name><value>5000</value></property>
  <property><name>yarn.scheduler.capacity.maximum-am-resource-percent</name><value>0.25</value></property>
  <property><name>yarn.scheduler.capacity.resource-calculator</name>
    <value>org.apache.hadoop.yarn.util.resource.DefaultResourceCalculator</value></property>
  <property><name>yarn.scheduler.capacity.root.queues</name><value>prod, adhoc,gpu</value></property>
  <property><name>yarn.scheduler.capacity.root.capacity</name><value>100</value></property>
  <property><name>yarn.scheduler.capacity.root.prod.queues</name><value>etl,ml</value></property>
  <property><name>yarn.scheduler.capacity.root.prod.capacity</name><value>62.5</value></property>
  <property><name>yarn.scheduler.capacity.root.prod.maximum-capacity</name><value>-1</value></property>
  <property><name>yarn.scheduler.capacity.root.prod.etl.capacity</name><value>3w</value></property>
  <property><name>yarn.scheduler.capacity.root.prod.ml.capacity</name><value>1w</value></property>
  <property><name>yarn.scheduler.capacity.root.prod.ml.ordering-policy</name><value>fair</value></property>
  <property><name>yarn.scheduler.capacity.root.adhoc.capacity</name><value>37.5</value></property>
  <property><name>yarn.scheduler.capacity.root.adhoc.maximum-capacity</name><value>50</value></property>
  <property><name>yarn.scheduler.capacity.root.adhoc.user-limit-factor</name><value>2.5</value></property>
  <property><name>yarn.scheduler.capacity.root.adhoc.minimum-user-limit-percent</name><value>25</value></property>
  <property><name>yarn.scheduler.capacity.root.adhoc.state</name><value>STOPPED</value></property>
  <property><name>yarn.scheduler.capacity.root.adhoc.acl_submit_applications</name><value>alice,bob etl</value></property>
  <property><name>yarn.scheduler.capacity.root.adhoc.maximum-application-lifetime</name><value>3600</value></property>
  <property><name>yarn.scheduler.capacity.root.adhoc.disable_preemption</name><value>true</value></property>
  <property><name>yarn.scheduler.capacity.root.adhoc.intra-queue-preemption.disable_preemption</name><value>true</value></property>
  <property><name>yarn.scheduler.capacity.root.adhoc.user-settings.alice.weight</name><value>1.5</value></property>
  <property><name>yarn.scheduler.capacity.root.gpu.capacity</name><value>[memory=10240,vcores=12]</value></property>
  <property><name>yarn.scheduler.capacity.root.gpu.maximum-allocation-mb</name><value>8192</value></property>
  <property><name>yarn.scheduler.capacity.root.gpu.maximum-allocation-vcores</name><value>4</value></property>
  <property><name>yarn.scheduler.capacity.root.gpu.accessible-node-labels</name><value>gpu</value></property>
  <property><name>yarn.scheduler.capacity.root.gpu.accessible-node-labels.gpu.capacity</name><value>100</value></property>
  <property><name>yarn.scheduler.capacity.root.gpu.auto-queue-creation-v2.enabled</name><value>true</value></property>
  <property><name>yarn.scheduler.capacity.root.gpu.auto-queue-creation-v2.maximum-queue-depth</name><value>3</value></property>
  <property><name>yarn.scheduler.capacity.auto-queue-creation-v2.maximum-queue-depth</name><value>4</value></property>
  <property><name>yarn.scheduler.capacity.root.adhoc.acl_application_max_priority</name>
    <value>[user=alice,bob group=etl max_priority=7 default_priority=2] [user=* max_priority=1]</value></property>
  <property><name>yarn.scheduler.capacity.root.gpu.auto-queue-creation-v2.leaf-template.capacity</name><value>2w</value></property>
  <property><name>yarn.scheduler.capacity.queue-mappings</name><value>u:alice:root.prod.etl,g:ml:root.prod.ml,u:%user:%primary_group,x</value></property>
  <property><name>yarn.resourcemanager.scheduler.monitor.enable</name><value>true</value></property>
  <property><name>yarn.resourcemanager.monitor.capacity.preemption.max_wait_before_kill</name><value>30000</value></property>
  <property><name>yarn.resourcemanager.monitor.capacity.preemption.total_preemption_per_round</name><value>0.2</value></property>
  <property><name>yarn.resourcemanager.monitor.capacity.preemption.intra-queue-preemption.enabled</name><value>true</value></property>
  <property><name>yarn.resourcemanager.monitor.capacity.preemption.intra-queue-preemption.preemption-order-policy</name><value>priority_first</value></property>
  <property><name>yarn.scheduler.capacity.root.adhoc.frobnicate</name><value>1</value></property>
</configuration>
)";

const QueueConfig& queue_at(const SchedulerConfig& config, const std::string& path) {
    const auto found = std::ranges::find(config.queues, path, &QueueConfig::path);
    EXPECT_NE(found, config.queues.end()) << path;
    return *found;
}

std::string setting(const QueueConfig& queue, const std::string& name) {
    for (const auto& [key, text] : settings_of(queue)) {
        if (key == name) {
            return text;
        }
    }
    return "(none)";
}

TEST(YarnMigration, TakesWhatHasACounterpart) {
    const auto properties = parse_yarn_xml(kFile);
    ASSERT_TRUE(properties.ok()) << properties.error().message;
    const YarnMigration migration = scheduler_from_yarn(*properties);
    const SchedulerConfig& config = migration.config;
    EXPECT_TRUE(check(config).ok()) << check(config).error().message;
    std::vector<std::string> paths;
    for (const QueueConfig& queue : config.queues) {
        paths.push_back(queue.path);
    }
    EXPECT_EQ(join(paths, " "), "root root.prod root.prod.etl root.prod.ml root.adhoc root.gpu");
    EXPECT_EQ(setting(queue_at(config, "root"), "applications_max"), "5000");
    EXPECT_EQ(setting(queue_at(config, "root"), "masters_percent_max"), "25");
    EXPECT_EQ(setting(queue_at(config, "root.prod"), "capacity"), "62.5%");
    EXPECT_EQ(setting(queue_at(config, "root.prod.etl"), "capacity"), "3w");
    EXPECT_EQ(setting(queue_at(config, "root.prod.ml"), "order"), "fair");
    const QueueConfig& adhoc = queue_at(config, "root.adhoc");
    EXPECT_EQ(setting(adhoc, "capacity_max"), "50%");
    EXPECT_EQ(setting(adhoc, "user_limit_factor"), "2.5");
    EXPECT_EQ(setting(adhoc, "user_limit_percent_min"), "25");
    EXPECT_EQ(setting(adhoc, "state"), "stopped");
    EXPECT_EQ(setting(adhoc, "submit"), "alice,bob etl");
    EXPECT_EQ(setting(adhoc, "lifetime_max"), "1h");
    EXPECT_EQ(setting(adhoc, "preemption_disabled"), "true");
    EXPECT_EQ(setting(adhoc, "intra_preemption_disabled"), "true");
    EXPECT_EQ(setting(adhoc, "user_weight.alice"), "1.5");
    const QueueConfig& gpu = queue_at(config, "root.gpu");
    EXPECT_EQ(setting(gpu, "capacity"), "[memory=10240,vcores=12]");
    EXPECT_EQ(setting(gpu, "container_max"), "memory=8192,vcores=4");
    EXPECT_EQ(setting(gpu, "labels_usable"), "gpu");
    EXPECT_EQ(setting(gpu, "labels.gpu.capacity"), "100%");
    EXPECT_EQ(setting(gpu, "auto_creation.enabled"), "true");
    EXPECT_EQ(setting(gpu, "auto_creation.leaf_template.capacity"), "2w");
    EXPECT_EQ(setting(gpu, "auto_creation.depth_max"), "3");
    EXPECT_EQ(setting(queue_at(config, "root"), "auto_creation.depth_max"), "4");
    EXPECT_EQ(
        setting(adhoc, "application_priority_limits"),
        "[user=alice,bob group=etl max_priority=7 default_priority=2] [user=* max_priority=1]");
    EXPECT_TRUE(config.labels.at("gpu"));
    ASSERT_EQ(config.rules.size(), 3U);
    EXPECT_EQ(config.rules[0].matches, "alice");
    EXPECT_EQ(config.rules[0].custom, "root.prod.etl");
    EXPECT_EQ(config.rules[1].type, PlacementRule::Matches::Group);
    EXPECT_EQ(config.rules[2].matches, "*");
    EXPECT_EQ(config.rules[2].custom, "root.%primary_group");
    EXPECT_TRUE(config.preemption.enabled);
    EXPECT_EQ(config.preemption.grace, seconds(30));
    EXPECT_EQ(config.preemption.round_percent_max, 20);
    EXPECT_TRUE(config.preemption.intra_queue);
    EXPECT_EQ(config.preemption.intra_queue_order, InsideOrder::PriorityFirst);
}

TEST(YarnMigration, SaysWhatItLeavesOutAndWhy) {
    const YarnMigration migration = scheduler_from_yarn(*parse_yarn_xml(kFile));
    EXPECT_EQ(migration.left_out.size(), 3U) << join(migration.left_out, "\n");
    const std::string all = join(migration.left_out, "\n");
    EXPECT_NE(all.find("frobnicate = 1: unknown key 'frobnicate'"), std::string::npos) << all;
    EXPECT_NE(all.find("vcores always count here"), std::string::npos) << all;
    EXPECT_NE(all.find("queue-mappings = x: a mapping is u:USER:QUEUE"), std::string::npos) << all;
}

TEST(YarnMigration, ReadsTheRulesOfTheJsonEngine) {
    const YarnMigration migration = scheduler_from_yarn(
        {{"yarn.scheduler.capacity.root.queues", "users"},
         {"yarn.scheduler.capacity.root.users.auto-queue-creation-v2.enabled", "true"},
         {"yarn.scheduler.capacity.mapping-rule-format", "json"},
         {"yarn.scheduler.capacity.mapping-rule-json",
          R"({"rules": [{"type": "user", "matches": "*", "policy": "primaryGroupUser",
              "parentQueue": "users", "create": true, "fallbackResult": "reject"},
              {"type": "user", "matches": "*", "policy": "nonsense"}]})"}});
    ASSERT_EQ(migration.config.rules.size(), 1U);
    const PlacementRule& rule = migration.config.rules[0];
    EXPECT_EQ(rule.policy, PlacementRule::Policy::PrimaryGroupUser);
    EXPECT_EQ(rule.parent, "root.users");
    EXPECT_TRUE(rule.create);
    EXPECT_EQ(rule.fallback, PlacementRule::Fallback::Reject);
    EXPECT_EQ(migration.left_out.size(), 1U);
}

std::vector<YarnProperty> priorities(std::vector<YarnProperty> more) {
    const std::string prefix = "yarn.scheduler.capacity.root.";
    std::vector<YarnProperty> out = {{prefix + "queues", "a,b"},
                                     {prefix + "a.queues", "x,y"},
                                     {prefix + "a.priority", "5"},
                                     {prefix + "a.x.priority", "3"}};
    for (auto& [key, value] : more) {
        out.emplace_back(prefix + key, value);
    }
    return out;
}

TEST(YarnMigration, CountsPrioritiesOfQueuesWhereParentsSaySo) {
    for (const auto& said :
         std::vector<std::vector<YarnProperty>>{{}, {{"ordering-policy", "utilization"}}}) {
        const YarnMigration none = scheduler_from_yarn(priorities(said));
        EXPECT_FALSE(none.config.queue_priorities);
        EXPECT_EQ(queue_at(none.config, "root.a").priority, 5);
        EXPECT_EQ(queue_at(none.config, "root.a").queue_order, std::nullopt);
        EXPECT_EQ(join(none.left_out, "\n"), "");
    }
    // What root says holds below it.
    const YarnMigration all =
        scheduler_from_yarn(priorities({{"ordering-policy", "priority-utilization"}}));
    EXPECT_TRUE(all.config.queue_priorities);
    EXPECT_EQ(join(all.left_out, "\n"), "");
    const YarnMigration some = scheduler_from_yarn(priorities(
        {{"ordering-policy", "utilization"}, {"a.ordering-policy", "priority-utilization"}}));
    EXPECT_FALSE(some.config.queue_priorities);
    EXPECT_EQ(queue_at(some.config, "root.a").queue_order, QueueOrder::Priority);
    EXPECT_EQ(queue_at(some.config, "root.a").priority, 5);
    EXPECT_EQ(join(some.left_out, "\n"), "");
    const YarnMigration leaf =
        scheduler_from_yarn(priorities({{"b.ordering-policy", "utilization"}}));
    EXPECT_NE(join(leaf.left_out, "\n").find("write fifo or fair"), std::string::npos);
}

TEST(YarnMigration, TakesHowManyApplicationsAUserRuns) {
    const YarnMigration migration =
        scheduler_from_yarn({{"yarn.scheduler.capacity.user.max-parallel-apps", "4"},
                             {"yarn.scheduler.capacity.user.ann.lee.max-parallel-apps", "2"},
                             {"yarn.scheduler.capacity.user.bob.max-parallel-apps", "few"}});
    EXPECT_EQ(migration.config.applications_parallel_max_per_user, 4);
    EXPECT_EQ(migration.config.applications_parallel_max_by_user.at("ann.lee"), 2);
    EXPECT_EQ(join(migration.left_out, "\n"),
              "yarn.scheduler.capacity.user.bob.max-parallel-apps = few: 'few' was found; write a "
              "whole number");
    YarnMigration again = scheduler_from_yarn(yarn_properties(migration.config));
    EXPECT_EQ(again.config.applications_parallel_max_per_user, 4);
    EXPECT_EQ(again.config.applications_parallel_max_by_user.at("ann.lee"), 2);
}

TEST(YarnMigration, SaysWhyAFileIsNone) {
    EXPECT_NE(parse_yarn_xml("<configuration>\n<property></configuration>")
                  .error()
                  .message.find("line 2"),
              std::string::npos);
    EXPECT_NE(parse_yarn_xml("<queues/>").error().message.find("not 'configuration'"),
              std::string::npos);
}

TEST(YarnProperties, GiveTheSameConfigurationBack) {
    const SchedulerConfig config = scheduler_from_yarn(*parse_yarn_xml(kFile)).config;
    const YarnMigration again = scheduler_from_yarn(yarn_properties(config));
    EXPECT_EQ(join(difference(config, again.config), "\n"), "");
    EXPECT_EQ(join(again.left_out, "\n"), "");
}

SchedulerConfig two_queues() {
    SchedulerConfig config;
    config.queues = {queue_config("root.default"), queue_config("root.a")};
    config.queues[0].pending_max = seconds(60);  // unknown to YARN
    return config;
}

TEST(YarnUpdate, IsTheSameInJsonAndXml) {
    const auto json = parse_yarn_update(R"({"sched-conf": {
        "add-queue": {"queue-name": "root.b", "params": {"entry": {"key": "capacity", "value": "3w"}}},
        "update-queue": [{"queue-name": "root.default", "params": {"entry": [
            {"key": "state", "value": "STOPPED"}, {"key": "maximum-capacity", "value": 50}]}}],
        "remove-queue": ["root.a"],
        "global-updates": {"entry": [{"key": "yarn.scheduler.capacity.maximum-applications",
                                      "value": "77"}]}}})");
    const auto xml = parse_yarn_update(R"(<sched-conf>
        <add-queue><queue-name>root.b</queue-name><params><entry><key>capacity</key>
            <value>3w</value></entry></params></add-queue>
        <update-queue><queue-name>root.default</queue-name><params>
            <entry><key>state</key><value>STOPPED</value></entry>
            <entry><key>maximum-capacity</key><value>50</value></entry></params></update-queue>
        <remove-queue>root.a</remove-queue>
        <global-updates><entry><key>yarn.scheduler.capacity.maximum-applications</key>
            <value>77</value></entry></global-updates></sched-conf>)");
    ASSERT_TRUE(json.ok()) << json.error().message;
    ASSERT_TRUE(xml.ok()) << xml.error().message;
    for (const auto* update : {&*json, &*xml}) {
        const auto applied = apply_yarn_update(two_queues(), *update);
        ASSERT_TRUE(applied.ok()) << applied.error().message;
        EXPECT_EQ(join(difference(two_queues(), applied->config), "\n"),
                  "+ root.default capacity_max = 50%\n+ root.default state = stopped\n"
                  "- queue root.a\n+ queue root\n+ root applications_max = 77\n"
                  "+ queue root.b\n+ root.b capacity = 3w");
        EXPECT_EQ(queue_at(applied->config, "root.default").pending_max, seconds(60));
    }
}

TEST(YarnUpdate, NamesEveryMistake) {
    const auto update = parse_yarn_update(R"({
        "add-queue": [{"queue-name": "root.a"}],
        "update-queue": [{"queue-name": "root.nowhere"}, {"queue-name": "root.default", "params":
            {"entry": [{"key": "maximum-capacty", "value": "5"}, {"key": "state", "value": "OFF"}]}}],
        "remove-queue": "root.x",
        "global-updates": {"entry": {"key": "yarn.foo", "value": "1"}}})");
    ASSERT_TRUE(update.ok()) << update.error().message;
    const auto applied = apply_yarn_update(two_queues(), *update);
    ASSERT_FALSE(applied.ok());
    const std::string& message = applied.error().message;
    for (const char* part :
         {"queue root.x: there is no such queue to remove", "queue root.a: it is there already",
          "queue root.nowhere: there is no such queue",
          "unknown key 'maximum-capacty' (did you mean 'maximum-capacity'?)",
          "state: 'OFF' was found; write one of running, draining, stopped",
          "unknown key 'yarn.foo'"}) {
        EXPECT_NE(message.find(part), std::string::npos) << part << "\nin\n" << message;
    }
    EXPECT_FALSE(parse_yarn_update(R"({"update-queues": []})").ok());
    EXPECT_FALSE(parse_yarn_update("<configuration/>").ok());
    EXPECT_FALSE(parse_yarn_update("[]").ok());
}

YarnUpdate globally(std::vector<YarnProperty> properties) {
    YarnUpdate update;
    for (auto& [name, value] : properties) {
        update.global.emplace_back("yarn.scheduler.capacity." + name, value);
    }
    return update;
}

TEST(YarnUpdate, SetsPlacementRulesInBothWays) {
    const auto mapped = apply_yarn_update(
        two_queues(), globally({{"queue-mappings", "u:alice:root.a, g:ml:default"},
                                {"queue-mappings-override.enable", "true"}}));
    ASSERT_TRUE(mapped.ok()) << mapped.error().message;
    ASSERT_EQ(mapped->config.rules.size(), 2U);
    EXPECT_EQ(mapped->config.rules[1].custom, "root.default");
    EXPECT_TRUE(mapped->config.override_specified_queue);
    // As GET shows them they can be sent back, and mean the same.
    std::vector<YarnProperty> shown;
    for (const auto& [name, value] : yarn_properties(mapped->config)) {
        if (name.find("mapping-rule") != std::string::npos) {
            shown.emplace_back(name.substr(std::string("yarn.scheduler.capacity.").size()), value);
        }
    }
    ASSERT_EQ(shown.size(), 2U);
    const auto again = apply_yarn_update(two_queues(), globally(shown));
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(again->config.rules, mapped->config.rules);
    const auto none = apply_yarn_update(mapped->config, globally({{"queue-mappings", ""}}));
    ASSERT_TRUE(none.ok()) << none.error().message;
    EXPECT_TRUE(none->config.rules.empty());
}

TEST(YarnUpdate, RefusesRulesThatItCannotRead) {
    const auto message = [](std::vector<YarnProperty> properties) {
        const auto applied = apply_yarn_update(two_queues(), globally(std::move(properties)));
        return applied.ok() ? std::string("taken") : applied.error().message;
    };
    EXPECT_NE(message({{"queue-mappings", "u:alice"}, {"mapping-rule-format", "yaml"}})
                  .find("'yaml' was found; write json or legacy"),
              std::string::npos);
    EXPECT_NE(message({{"queue-mappings", "x"}}).find("queue-mappings: x: a mapping is u:USER"),
              std::string::npos);
    EXPECT_NE(message({{"mapping-rule-format", "json"}}).find("with mapping-rule-json"),
              std::string::npos);
    EXPECT_NE(message({{"mapping-rule-json", R"({"rules": [{"policy": "nonsense"}]})"}})
                  .find("mapping-rule-json: rule 1: policy: 'nonsense' was found; write one of"),
              std::string::npos);
}

TEST(YarnUpdate, SetsTheOrderOfQueuesOfEachParent) {
    YarnUpdate update;
    update.update = {{"root", {{"ordering-policy", "utilization"}}}};
    auto applied = apply_yarn_update(two_queues(), update);
    ASSERT_TRUE(applied.ok()) << applied.error().message;
    EXPECT_FALSE(applied->config.queue_priorities);
    // The queues below it come later in the same change.
    update.add = {{"root.b", {{"ordering-policy", "priority-utilization"}}}, {"root.b.x", {}}};
    applied = apply_yarn_update(two_queues(), update);
    ASSERT_TRUE(applied.ok()) << applied.error().message;
    EXPECT_FALSE(applied->config.queue_priorities);
    EXPECT_EQ(queue_at(applied->config, "root.b").queue_order, QueueOrder::Priority);
    update.add = {{"root.b", {{"ordering-policy", "utilization"}}}};
    applied = apply_yarn_update(two_queues(), update);
    ASSERT_FALSE(applied.ok());
    EXPECT_NE(applied.error().message.find("root.b: ordering-policy: 'utilization' was found, and "
                                           "the queue has none below it; write fifo or fair"),
              std::string::npos)
        << applied.error().message;
}

// A weight is one way to say the capacity: what is set last holds, whatever it was called before.
TEST(YarnUpdate, SetsTheCapacityOfATemplateThatHasAWeight) {
    SchedulerConfig config = two_queues();
    config.queues[0].auto_creation.leaf_template = {{"weight", "1"}, {"applications_max", "7"}};
    YarnUpdate update;
    update.update = {
        {config.queues[0].path, {{"auto-queue-creation-v2.leaf-template.capacity", "3w"}}}};
    const auto applied = apply_yarn_update(config, update);
    ASSERT_TRUE(applied.ok()) << applied.error().message;
    const auto& settings =
        queue_at(applied->config, config.queues[0].path).auto_creation.leaf_template;
    EXPECT_EQ(settings,
              (std::map<std::string, std::string>{{"applications_max", "7"}, {"capacity", "3w"}}));
    EXPECT_EQ(yarn_template(settings),
              (std::vector<YarnProperty>{{"capacity", "3w"}, {"maximum-applications", "7"}}));
}

TEST(YarnUpdate, SetsHowManyApplicationsAUserRuns) {
    const auto applied = apply_yarn_update(
        two_queues(),
        globally({{"user.max-parallel-apps", "3"}, {"user.alice.max-parallel-apps", "9"}}));
    ASSERT_TRUE(applied.ok()) << applied.error().message;
    EXPECT_EQ(applied->config.applications_parallel_max_per_user, 3);
    EXPECT_EQ(applied->config.applications_parallel_max_by_user.at("alice"), 9);
}

}  // namespace
}  // namespace heddle::wire
