#include "common/wire/yarn_scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/base/strings.h"
#include "common/model/queue_check.h"
#include "common/model/queue_settings.h"

namespace heddle::wire {
namespace {

std::string path_list(const SchedulerConfig& config) {
    std::vector<std::string> paths;
    for (const QueueConfig& queue : config.queues) {
        paths.push_back(queue.path);
    }
    return join(paths, " ");
}

std::vector<YarnProperty> below(const std::vector<YarnProperty>& properties) {
    std::vector<YarnProperty> out;
    for (const auto& [name, value] : properties) {
        out.emplace_back("yarn.scheduler.capacity." + name, value);
    }
    return out;
}

TEST(YarnMigrationOfLists, CountsAChildOnceAndFollowsNoCircle) {
    const YarnMigration twice = scheduler_from_yarn(
        below({{"root.queues", "a,b, a"}, {"root.a.queues", "x"}, {"root.b.capacity", "50"}}));
    EXPECT_EQ(path_list(twice.config), "root.a root.a.x root.b");
    EXPECT_EQ(join(twice.left_out, "\n"),
              "yarn.scheduler.capacity.root.queues = a: it is in the list twice, and counts once");
    // The same last name below itself is another queue; by its whole path it would be a circle.
    const YarnMigration circle = scheduler_from_yarn(
        below({{"root.queues", "a"}, {"root.a.queues", "root.a,a"}, {"root.a.a.queues", "root"}}));
    EXPECT_EQ(path_list(circle.config), "root.a root.a.a root.a.a.root");
    EXPECT_EQ(join(circle.left_out, "\n"),
              "yarn.scheduler.capacity.root.a.queues = root.a: a queue is named in the list of the "
              "one above it by the last part of its path, without dots");
    EXPECT_TRUE(check(circle.config).ok()) << check(circle.config).error().message;
}

TEST(YarnMigrationOfLists, NamesListsBelowQueuesThatNobodyLists) {
    const YarnMigration lost = scheduler_from_yarn(
        below({{"root.queues", "a"}, {"root.b.queues", "x"}, {"root.b.x.capacity", "5"}}));
    EXPECT_EQ(path_list(lost.config), "root root.a");
    EXPECT_NE(join(lost.left_out, "\n")
                  .find("root.b.queues = x: no queue is called root.b; name it in the queues of "
                        "the one above it"),
              std::string::npos)
        << join(lost.left_out, "\n");
}

TEST(YarnMigrationOfSettings, TakesWhatCameLater) {
    const YarnMigration migration = scheduler_from_yarn(
        below({{"root.queues", "a"},
               {"root.a.ordering-policy", "fair"},
               {"root.a.ordering-policy.fair.enable-size-based-weight", "true"},
               {"root.a.accessible-node-labels", "gpu"},
               {"root.a.accessible-node-labels.gpu.maximum-am-resource-percent", "0.35"},
               {"workflow-priority-mappings", " Nightly : root.a : 7 "},
               {"workflow-priority-mappings-override.enable", "true"},
               {"auto-queue-creation-v2.queue-expiration-time", "45"}}));
    EXPECT_EQ(join(migration.left_out, "\n"), "");
    const SchedulerConfig& config = migration.config;
    EXPECT_EQ(path_list(config), "root root.a");
    EXPECT_EQ(config.queues[0].auto_creation.idle_removal, seconds(45));
    EXPECT_TRUE(config.queues[1].size_based_weight);
    EXPECT_EQ(config.queues[1].masters_percent_by_label.at("gpu"), 35);
    const std::vector<WorkflowPriority> workflows = {{"nightly", "root.a", 7}};
    EXPECT_EQ(config.workflow_priorities, workflows);
    EXPECT_TRUE(config.workflow_priorities_override);
}

TEST(YarnMigrationOfSettings, TakesTheOrderOfNodesAndLazyPreemption) {
    const YarnMigration migration = scheduler_from_yarn(
        below({{"root.queues", "a,b,c"},
               {"lazy-preemption-enabled", "true"},
               {"multi-node-placement-enabled", "true"},
               {"multi-node-sorting.policy", "resource-usage"},
               {"multi-node-sorting.policy.names", "resource-usage"},
               {"multi-node-sorting.policy.resource-usage.class",
                "org.apache.hadoop.yarn.server.resourcemanager.scheduler.placement."
                "ResourceUsageMultiNodeLookupPolicy"},
               {"multi-node-sorting.policy.resource-usage.sorting-interval.ms", "1000"},
               {"root.a.multi-node-sorting.policy", "pack"},
               {"root.b.multi-node-sorting.policy", "their-own"}}));
    const SchedulerConfig& config = migration.config;
    ASSERT_EQ(path_list(config), "root root.a root.b root.c");
    EXPECT_EQ(config.queues[0].node_order, NodeOrder::Spread);
    EXPECT_EQ(config.queues[1].node_order, NodeOrder::Pack);
    EXPECT_EQ(config.queues[2].node_order, NodeOrder::Spread);
    EXPECT_EQ(config.queues[3].node_order, std::nullopt);
    EXPECT_TRUE(config.preemption.lazy);
    const std::string left_out = join(migration.left_out, "\n");
    EXPECT_EQ(migration.left_out.size(), 5U) << left_out;
    EXPECT_NE(left_out.find("their-own: it is taken as node_order = spread"), std::string::npos);
    EXPECT_NE(left_out.find("policies are not defined here"), std::string::npos);
}

// Whether created queues go and after which time are two settings there, and files have an order.
TEST(YarnMigrationOfSettings, KeepsTheTimeOfRemovalAndThatThereIsNone) {
    const std::string time = "auto-queue-creation-v2.queue-expiration-time";
    const std::string removal = "root.auto-queue-creation-v2.queue-auto-removal.enable";
    const std::string own = "root.auto-queue-creation-v2.queue-expiration-time";
    const auto removed_after = [&](std::vector<YarnProperty> lines) {
        lines.insert(lines.begin(), {"root.queues", "a"});
        const YarnMigration migration = scheduler_from_yarn(below(lines));
        EXPECT_EQ(join(migration.left_out, "\n"), "");
        const auto set = migration.config.queues[0].auto_creation.idle_removal;
        return set ? set->milliseconds() / 1000 : 0;
    };
    constexpr std::int64_t kNever = std::int64_t{3650} * 86400;
    EXPECT_EQ(removed_after({{time, "600"}, {removal, "true"}}), 600);
    EXPECT_EQ(removed_after({{removal, "true"}, {time, "600"}}), 600);
    EXPECT_EQ(removed_after({{removal, "false"}, {time, "600"}}), kNever);
    EXPECT_EQ(removed_after({{removal, "false"}, {own, "600"}}), kNever);
    EXPECT_EQ(removed_after({{own, "600"}, {removal, "false"}}), kNever);
    EXPECT_EQ(removed_after({{removal, "false"}, {removal, "true"}}), 0);
    EXPECT_EQ(removed_after({{removal, "true"}}), 0);
}

TEST(YarnMigrationOfSettings, SaysWhatHasNoCounterpart) {
    std::vector<YarnProperty> properties =
        below({{"root.queues", "a"},
               {"root.a.ordering-policy", "fifo-for-pending-apps"},
               {"root.a.reservable", "true"},
               {"legacy-queue-mode.enabled", "false"}});
    properties.emplace_back("yarn.resourcemanager.resource-profiles.enabled", "true");
    const YarnMigration migration = scheduler_from_yarn(properties);
    EXPECT_EQ(migration.config.queues[0].order, LeafOrder::Fifo);
    ASSERT_EQ(migration.left_out.size(), 3U) << join(migration.left_out, "\n");
    EXPECT_NE(migration.left_out[0].find("it is taken as fifo"), std::string::npos);
    EXPECT_NE(migration.left_out[1].find("capacity cannot be reserved"), std::string::npos);
    EXPECT_NE(migration.left_out[2].find("there are no resource profiles"), std::string::npos);
}

}  // namespace
}  // namespace heddle::wire
