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

// Of a queue with queues below it, of a leaf, and of the whole: every key that a change may set,
// each with a value that is not what holds without it.
const std::vector<YarnProperty> kOfParent = {
    {"capacity", "3w"},
    {"maximum-capacity", "80"},
    {"state", "RUNNING"},
    {"priority", "4"},
    {"ordering-policy", "utilization"},
    {"acl_administer_queue", "ann ops"},
    {"max-parallel-apps", "12"},
    {"accessible-node-labels", "gpu"},
    {"accessible-node-labels.gpu.capacity", "50"},
    {"accessible-node-labels.gpu.maximum-capacity", "60"},
    {"accessible-node-labels.gpu.maximum-am-resource-percent", "0.2"},
    {"auto-queue-creation-v2.enabled", "true"},
    {"auto-queue-creation-v2.max-queues", "7"},
    {"auto-queue-creation-v2.maximum-queue-depth", "1"},
    {"auto-queue-creation-v2.queue-expiration-time", "60"},
    {"auto-queue-creation-v2.leaf-template.capacity", "2w"},
    {"auto-queue-creation-v2.leaf-template.user-limit-factor", "2"},
    {"auto-queue-creation-v2.leaf-template.maximum-allocation-mb", "4096"},
    {"auto-queue-creation-v2.leaf-template.maximum-allocation-vcores", "4"},
    {"auto-queue-creation-v2.leaf-template.user-settings.bob.weight", "1.5"},
    {"auto-queue-creation-v2.parent-template.capacity", "5w"},
    {"auto-queue-creation-v2.parent-template.priority", "2"},
};
const std::vector<YarnProperty> kOfLeaf = {
    {"capacity", "[memory=1024,vcores=2]"},
    {"maximum-capacity", "50"},
    {"minimum-user-limit-percent", "25"},
    {"user-limit-factor", "2.5"},
    {"maximum-applications", "50"},
    {"max-parallel-apps", "5"},
    {"maximum-am-resource-percent", "0.3"},
    {"acl_submit_applications", "alice etl"},
    {"acl_application_max_priority", "[user=alice max_priority=7 default_priority=2]"},
    {"ordering-policy", "fair"},
    {"ordering-policy.fair.enable-size-based-weight", "true"},
    {"maximum-allocation", "memory=8192,vcores=4,gpu=2"},
    {"maximum-allocation-mb", "8192"},
    {"maximum-allocation-vcores", "4"},
    {"default-application-priority", "3"},
    {"maximum-application-lifetime", "3600"},
    {"default-application-lifetime", "60"},
    {"disable_preemption", "true"},
    {"intra-queue-preemption.disable_preemption", "true"},
    {"multi-node-sorting.policy", "pack"},
    {"default-node-label-expression", "gpu"},
    {"user-settings.alice.weight", "1.5"},
};
const std::vector<YarnProperty> kOfAll = {
    {"yarn.scheduler.capacity.queue-mappings-override.enable", "true"},
    {"yarn.scheduler.capacity.user.max-parallel-apps", "4"},
    {"yarn.scheduler.capacity.user.ann.lee.max-parallel-apps", "2"},
    {"yarn.scheduler.capacity.workflow-priority-mappings", "nightly:root.a:7,nightly:root.a.x:2"},
    {"yarn.scheduler.capacity.workflow-priority-mappings-override.enable", "true"},
    {"yarn.cluster.max-application-priority", "10"},
    {"yarn.scheduler.capacity.lazy-preemption-enabled", "true"},
    {"yarn.resourcemanager.monitor.capacity.preemption.observe_only", "true"},
    {"yarn.resourcemanager.monitor.capacity.preemption.monitoring_interval", "1000"},
    {"yarn.resourcemanager.monitor.capacity.preemption.max_wait_before_kill", "9000"},
    {"yarn.resourcemanager.monitor.capacity.preemption.total_preemption_per_round", "0.2"},
    {"yarn.resourcemanager.monitor.capacity.preemption.max_ignored_over_capacity", "0.3"},
    {"yarn.resourcemanager.monitor.capacity.preemption.natural_termination_factor", "0.2"},
    {"yarn.resourcemanager.monitor.capacity.preemption.intra-queue-preemption.enabled", "true"},
    {"yarn.resourcemanager.monitor.capacity.preemption.intra-queue-preemption.preemption-order-"
     "policy",
     "priority_first"},
    {"yarn.resourcemanager.monitor.capacity.preemption.intra-queue-preemption.minimum-threshold",
     "0.5"},
    {"yarn.resourcemanager.monitor.capacity.preemption.intra-queue-preemption.max-allowable-limit",
     "0.2"},
};

SchedulerConfig labelled() {
    SchedulerConfig config;
    config.queues = {queue_config("root"), queue_config("root.default")};
    config.labels = {{"gpu", true}};
    return config;
}

TEST(YarnProperties, ShowAllThatAChangeMaySet) {
    YarnUpdate update;
    update.add = {{"root.a", kOfParent}, {"root.a.x", {}}, {"root.leaf", kOfLeaf}};
    update.global = kOfAll;
    const auto applied = apply_yarn_update(labelled(), update);
    ASSERT_TRUE(applied.ok()) << applied.error().message;
    EXPECT_TRUE(check(applied->config).ok()) << check(applied->config).error().message;
    const std::vector<YarnProperty> shown = yarn_properties(applied->config);
    const auto expect = [&](const std::string& prefix, const std::vector<YarnProperty>& all) {
        for (const auto& [key, value] : all) {
            const bool is_default = value == "RUNNING";
            const auto found = std::ranges::find(shown, prefix + key, &YarnProperty::first);
            EXPECT_TRUE(is_default || found != shown.end()) << prefix << key;
            EXPECT_TRUE(found == shown.end() || found->second == value)
                << prefix << key << " = " << found->second;
        }
    };
    expect("yarn.scheduler.capacity.root.a.", kOfParent);
    expect("yarn.scheduler.capacity.root.leaf.", kOfLeaf);
    expect("", kOfAll);
    const YarnMigration again = scheduler_from_yarn(shown);
    EXPECT_EQ(join(difference(applied->config, again.config), "\n"), "");
    EXPECT_EQ(join(again.left_out, "\n"), "");
}

TEST(YarnProperties, ShowQueuesThatNeverGo) {
    YarnUpdate update;
    update.add = {{"root.a",
                   {{"auto-queue-creation-v2.enabled", "true"},
                    {"auto-queue-creation-v2.queue-auto-removal.enable", "false"}}}};
    const auto applied = apply_yarn_update(labelled(), update);
    ASSERT_TRUE(applied.ok()) << applied.error().message;
    EXPECT_TRUE(check(applied->config).ok()) << check(applied->config).error().message;
    const YarnProperty never{
        "yarn.scheduler.capacity.root.a.auto-queue-creation-v2.queue-auto-removal.enable", "false"};
    const std::vector<YarnProperty> shown = yarn_properties(applied->config);
    EXPECT_NE(std::ranges::find(shown, never), shown.end());
}

TEST(YarnProperties, ListQueuesThatAreThereOnlyForThoseBelowThem) {
    SchedulerConfig config;
    config.queues = {queue_config("root.a.x"), queue_config("root.a.y")};
    const std::vector<YarnProperty> shown = yarn_properties(config);
    for (const YarnProperty& list :
         {YarnProperty{"yarn.scheduler.capacity.root.queues", "a"},
          YarnProperty{"yarn.scheduler.capacity.root.a.queues", "x,y"}}) {
        EXPECT_NE(std::ranges::find(shown, list), shown.end()) << list.first;
    }
}

TEST(YarnProperties, WriteTheDefaultQueueOfARuleAsYarnDoes) {
    SchedulerConfig config = labelled();
    PlacementRule rule;
    rule.policy = PlacementRule::Policy::SetDefaultQueue;
    rule.custom = "root.default";
    config.rules = {rule};
    const std::vector<YarnProperty> shown = yarn_properties(config);
    const auto found =
        std::ranges::find(shown, "yarn.scheduler.capacity.mapping-rule-json", &YarnProperty::first);
    ASSERT_NE(found, shown.end());
    EXPECT_NE(found->second.find(R"("value":"root.default")"), std::string::npos) << found->second;
    EXPECT_EQ(scheduler_from_yarn(shown).config.rules, config.rules);
}

}  // namespace
}  // namespace heddle::wire
