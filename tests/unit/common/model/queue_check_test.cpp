#include "common/model/queue_check.h"

#include <gtest/gtest.h>

#include <functional>

#include "common/base/strings.h"
#include "common/model/queue_settings.h"

namespace heddle {
namespace {

SchedulerConfig sound() {
    SchedulerConfig config;
    config.queues = {queue_config("root.a"), queue_config("root.a.x"), queue_config("root.b")};
    config.queue_default = "root.b";
    config.labels = {{"gpu", true}};
    return config;
}

void set(SchedulerConfig& config, std::size_t queue, const char* name, const char* text) {
    const Status status = set_setting(config.queues[queue], name, text);
    ASSERT_TRUE(status.ok()) << status.error().message;
}

TEST(QueueCheck, AcceptsWhatAddsUp) {
    EXPECT_TRUE(check(sound()).ok());
    EXPECT_TRUE(check(default_scheduler_config()).ok());
    SchedulerConfig config = sound();
    set(config, 0, "capacity", "30%");
    set(config, 2, "capacity", "60%");
    EXPECT_TRUE(check(config).ok()) << "percentages may leave something";
}

struct Case {
    const char* name;
    std::function<void(SchedulerConfig&)> spoil;
    const char* expected;
};

Case on_queue(const char* name, const char* setting, const char* text, const char* expected) {
    return {name, [=](SchedulerConfig& config) { set(config, 2, setting, text); }, expected};
}

const std::vector<Case>& cases() {
    static const std::vector<Case> kCases = {
        {"PathFromElsewhere", [](SchedulerConfig& c) { c.queues.push_back(queue_config("etl.x")); },
         "queue etl.x: its path begins with 'etl'"},
        {"EmptyPart", [](SchedulerConfig& c) { c.queues.push_back(queue_config("root..x")); },
         "queue root..x: a part of its path is ''"},
        {"StrangeCharacters",
         [](SchedulerConfig& c) { c.queues.push_back(queue_config("root.a b")); },
         "a part of its path is 'a b'"},
        {"TooDeep",
         [](SchedulerConfig& c) {
             std::string path = "root";
             for (int i = 0; i < 40; ++i) {
                 path += ".a";
             }
             c.queues.push_back(queue_config(path));
         },
         "its path has 41 levels"},
        {"Twice", [](SchedulerConfig& c) { c.queues.push_back(queue_config("root.b")); },
         "queue root.b: it is named twice"},
        {"None", [](SchedulerConfig& c) { c.queues.clear(); }, "no queue is configured below root"},
        {"Over100",
         [](SchedulerConfig& c) {
             set(c, 0, "capacity", "60%");
             set(c, 2, "capacity", "41%");
         },
         "queue root: the queues below it ask for 101% of memory"},
        {"Over100OfOneResource",
         [](SchedulerConfig& c) {
             set(c, 0, "capacity", "[*=1w,vcores=60%]");
             set(c, 2, "capacity", "[*=1w,vcores=60%]");
         },
         "ask for 120% of vcores"},
        {"ChildrenOverParent",
         [](SchedulerConfig& c) {
             set(c, 0, "capacity", "[memory=100]");
             set(c, 1, "capacity", "[memory=101]");
         },
         "queue root.a: the queues below it ask for 101 of memory, and it has 100"},
        {"MaximumBelowGuarantee",
         [](SchedulerConfig& c) {
             set(c, 2, "capacity", "50%");
             set(c, 2, "capacity_max", "40%");
         },
         "queue root.b: capacity_max is 40% of memory, less than its capacity of 50%"},
        on_queue("WeightAsMaximum", "capacity_max", "2w", "a weight; write a percentage"),
        on_queue("MoreThanAll", "capacity", "101%", "write at most 100%"),
        on_queue("HugeWeight", "capacity", "9999999w", "weights go up to 1000000"),
        on_queue("HugeAmount", "capacity", "[memory=9000000000000]", "amounts go up to"),
        {"Negative",
         [](SchedulerConfig& c) { c.queues[2].capacity[kNoLabel].guaranteed.all.value = -1; },
         "capacity is negative"},
        {"CapacityOfRoot",
         [](SchedulerConfig& c) {
             c.queues.push_back(queue_config("root"));
             set(c, 3, "capacity_max", "50%");
         },
         "root, which has all of the cluster"},
        on_queue("UnknownLabel", "labels.gpus.capacity", "50%",
                 "'gpus', and there is no such label (did you mean 'gpu'?)"),
        on_queue("UnknownLabelUsable", "labels_usable", "fast", "labels_usable names 'fast'"),
        {"CapacityOfLabelNotUsable",
         [](SchedulerConfig& c) {
             set(c, 0, "labels_usable", "none");
             set(c, 1, "labels.gpu.capacity", "50%");
         },
         "queue root.a.x: labels.gpu.capacity is given, and it may not use that label; add 'gpu' "
         "to "
         "its labels_usable, or leave the capacity out"},
        {"CapacitiesOfLabelOverAll",
         [](SchedulerConfig& c) {
             set(c, 0, "labels.gpu.capacity", "60%");
             set(c, 2, "labels.gpu.capacity", "50%");
         },
         "queue root: the queues below it ask for 110% of memory on nodes labelled 'gpu'; lower "
         "them "
         "to 100% together"},
        {"DefaultLabelNotUsable",
         [](SchedulerConfig& c) {
             set(c, 2, "labels_usable", "none");
             set(c, 2, "label_default", "gpu");
         },
         "which labels_usable does not name"},
        on_queue("UserLimitZero", "user_limit_percent_min", "0", "write a number from 1 to 100"),
        on_queue("UserLimitHuge", "user_limit_percent_min", "101", "write a number from 1 to 100"),
        on_queue("UserFactorZero", "user_limit_factor", "0", "user_limit_factor is 0"),
        on_queue("UserWeightZero", "user_weight.alice", "0", "the weight of user 'alice' is 0"),
        on_queue("NoApplications", "applications_max", "0", "applications_max is 0"),
        on_queue("NoMasters", "masters_percent_max", "0", "masters_percent_max is 0"),
        on_queue("PriorityOverMaximum", "application_priority_default", "101",
                 "application_priority_default is 101; write a number from 0 to 100"),
        on_queue("ContainerMax", "container_max", "memory=0,vcores=1", "less than container_min"),
        {"ContainerMaxOfAnotherResource",
         [](SchedulerConfig& c) {
             c.container_min.named.set("gpu", 2);
             set(c, 2, "container_max", "memory=8g,vcores=4,gpu=1");
         },
         "less than container_min"},
        on_queue("LifetimeZero", "lifetime_max", "0s", "lifetime_max is 0 ms"),
        {"LifetimeDefaultOverMaximum",
         [](SchedulerConfig& c) {
             set(c, 2, "lifetime_default", "2h");
             set(c, 2, "lifetime_max", "1h");
         },
         "lifetime_default is longer than lifetime_max"},
        on_queue("TemplateUnknown", "auto_creation.leaf_template.wieght", "2",
                 "auto_creation.leaf_template.wieght: unknown setting 'wieght' (did you mean "
                 "'weight'?)"),
        on_queue("TemplateRange", "auto_creation.leaf_template.user_limit_percent_min", "0",
                 "auto_creation.leaf_template: user_limit_percent_min is 0"),
        on_queue("TemplateOfTemplates", "auto_creation.leaf_template.auto_creation.enabled", "true",
                 "sets auto_creation"),
        on_queue("CreationDepth", "auto_creation.depth_max", "0",
                 "auto_creation.depth_max is 0; write a number from 1 to"),
        on_queue(
            "PriorityLimit", "application_priority_limits", "[user=* max_priority=101]",
            "max_priority in application_priority_limits is 101; write a number from 0 to 100"),
        on_queue(
            "PriorityLimitDefault", "application_priority_limits",
            "[user=* max_priority=5 default_priority=6]",
            "default_priority in application_priority_limits is 6; write a number from 0 to 5"),
        {"DefaultQueueUnknown", [](SchedulerConfig& c) { c.queue_default = "root.nowhere"; },
         "queue_default is 'root.nowhere', which is no queue; name a leaf that is configured"},
        {"DefaultQueueShort", [](SchedulerConfig& c) { c.queue_default = "b"; },
         "queue_default is 'b', which is no queue"},
        {"DefaultQueueParent", [](SchedulerConfig& c) { c.queue_default = "root.a"; },
         "queue_default is 'root.a', which has queues below it"},
        {"RuleCustomBelowNothing",
         [](SchedulerConfig& c) {
             c.rules.emplace_back();
             c.rules[0].policy = PlacementRule::Policy::Custom;
             c.rules[0].custom = "root.nowhere.%user";
         },
         "rule 1: custom begins with 'root.nowhere', which is no queue"},
        {"RuleCustomBelowALeaf",
         [](SchedulerConfig& c) {
             c.rules.emplace_back();
             c.rules[0].policy = PlacementRule::Policy::Custom;
             c.rules[0].custom = "b.%user.x";
         },
         "rule 1: custom begins with 'root.b', which is a leaf"},
        on_queue("QueuesMax", "auto_creation.queues_max", "0", "auto_creation.queues_max is 0"),
        {"RuleParentUnknown",
         [](SchedulerConfig& c) {
             c.rules.emplace_back();
             c.rules[0].parent = "root.nowhere";
         },
         "rule 1: its parent 'root.nowhere' is no queue"},
        {"RuleParentLeaf",
         [](SchedulerConfig& c) {
             c.rules.emplace_back();
             c.rules[0].parent = "root.b";
         },
         "rule 1: its parent 'root.b' is a leaf"},
        {"RuleCustomMissing",
         [](SchedulerConfig& c) {
             c.rules.emplace_back();
             c.rules[0].policy = PlacementRule::Policy::Custom;
         },
         "custom is missing"},
        {"RuleDefaultMissing",
         [](SchedulerConfig& c) {
             c.rules.emplace_back();
             c.rules[0].policy = PlacementRule::Policy::SetDefaultQueue;
         },
         "rule 1: its policy is setDefaultQueue and custom is missing; write a path"},
        {"NaturalTermination",
         [](SchedulerConfig& c) { c.preemption.natural_termination_percent = 0; },
         "preemption.natural_termination_percent is 0; write a number from 1 to 100"},
        {"InsideThreshold",
         [](SchedulerConfig& c) { c.preemption.intra_queue_threshold_percent = 101; },
         "preemption.intra_queue_threshold_percent is 101; write a number from 0 to 100"},
        {"InsidePart", [](SchedulerConfig& c) { c.preemption.intra_queue_percent_max = 0; },
         "preemption.intra_queue_percent_max is 0; write a number from 1 to 100"},
        {"WorkflowQueue",
         [](SchedulerConfig& c) {
             c.workflow_priorities = {{"nightly", "root.gone", 1}};
         },
         "workflow_priorities, entry 'nightly:root.gone', names a queue that is not there; write"},
        {"WorkflowPriority",
         [](SchedulerConfig& c) {
             c.workflow_priorities = {{"nightly", "root.b", 101}};
         },
         "workflow_priorities, entry 'nightly:root.b', priority is 101; write a number from 0"},
        on_queue("LabelMasters", "labels.gpu.masters_percent_max", "101",
                 "labels.gpu.masters_percent_max is 101; write a number from 1 to 100"),
        on_queue("LabelMastersUnknown", "labels.gpv.masters_percent_max", "10",
                 "a masters_percent_max is given for label 'gpv', and there is no such label"),
        {"RuleVariable",
         [](SchedulerConfig& c) {
             c.rules.emplace_back();
             c.rules[0].policy = PlacementRule::Policy::Custom;
             c.rules[0].custom = "root.a.%usr";
         },
         "custom has '%usr'"},
        {"ContainerMin",
         [](SchedulerConfig& c) {
             c.container_min = {0, 1};
         },
         "container_min is memory=0,vcores=1"},
        {"PreemptionRound", [](SchedulerConfig& c) { c.preemption.round_percent_max = 0; },
         "preemption.round_percent_max is 0"},
        {"LabelName", [](SchedulerConfig& c) { c.labels["a b"] = true; },
         "a label is called 'a b'"},
    };
    return kCases;
}

TEST(QueueCheck, RefusesWhatDoesNot) {
    for (const Case& one : cases()) {
        SchedulerConfig config = sound();
        one.spoil(config);
        const Status status = check(config);
        ASSERT_FALSE(status.ok()) << one.name;
        EXPECT_NE(status.error().message.find(one.expected), std::string::npos)
            << one.name << ": " << status.error().message;
        EXPECT_EQ(split(status.error().message, '\n').size(), 1U)
            << one.name << ": " << status.error().message;
    }
}

TEST(QueueCheck, SaysAllMistakesAtOnce) {
    SchedulerConfig config = sound();
    set(config, 0, "user_limit_percent_min", "0");
    set(config, 2, "applications_max", "0");
    config.queues.push_back(queue_config("root.b"));
    const Status status = check(config);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(split(status.error().message, '\n').size(), 3U) << status.error().message;
}

}  // namespace
}  // namespace heddle
