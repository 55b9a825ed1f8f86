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

SchedulerConfig two_queues() {
    SchedulerConfig config;
    config.queues = {queue_config("root.default"), queue_config("root.etl")};
    return config;
}

std::string answer_to(const YarnUpdate& update) {
    const auto applied = apply_yarn_update(two_queues(), update);
    return applied.ok() ? "taken" : applied.error().message;
}

// Of a queue: what was asked, what was found, where, and what to do.
TEST(YarnRefusals, SayOfEveryValueWhatToWrite) {
    const std::vector<std::pair<YarnProperty, std::string>> cases = {
        {{"capacity", "much"}, "capacity: 'much' was found; write a weight such as 3w"},
        {{"capacity", "[memory=x]"}, "capacity: 'x' was found; write memory in MiB"},
        {{"maximum-capacity", "-5"}, "maximum-capacity: '-5' was found; write a weight"},
        {{"state", "OFF"}, "state: 'OFF' was found; write one of running, draining, stopped"},
        {{"minimum-user-limit-percent", "half"},
         "minimum-user-limit-percent: 'half' was found; write a whole number"},
        {{"user-limit-factor", "x"}, "user-limit-factor: 'x' was found; write a number"},
        {{"maximum-am-resource-percent", "40"},
         "maximum-am-resource-percent: '40' was found; write a fraction from 0 to 1 such as 0.1"},
        {{"acl_application_max_priority", "alice"},
         "acl_application_max_priority: 'alice' was found; write entries such as"},
        {{"ordering-policy", "lifo"}, "ordering-policy: 'lifo' was found; write one of fifo, fair"},
        {{"ordering-policy.fair.enable-size-based-weight", "yes"},
         "enable-size-based-weight: 'yes' was found; write true or false"},
        {{"maximum-allocation", "8"}, "maximum-allocation: '8' was found; write name=amount pairs"},
        {{"maximum-allocation-mb", "8g"},
         "maximum-allocation-mb: '8g' was found; write a whole number"},
        {{"maximum-application-lifetime", "1h"},
         "maximum-application-lifetime: '1h' was found; write a whole number of seconds, or -1"},
        {{"auto-queue-creation-v2.queue-auto-removal.enable", "no"},
         "queue-auto-removal.enable: 'no' was found; write true or false"},
        {{"auto-queue-creation-v2.leaf-template.capacity", "x"},
         "leaf-template.capacity: 'x' was found; write a weight"},
        {{"auto-queue-creation-v2.leaf-template.capcity", "1w"},
         "unknown key 'capcity' (did you mean 'capacity'?)"},
        {{"accessible-node-labels.gpu.share", "1"},
         "unknown key 'accessible-node-labels.gpu.share'; of a label there are capacity"},
        {{"user-settings.alice.weight", "heavy"},
         "user-settings.alice.weight: 'heavy' was found; write a number"},
        {{"reservable", "true"}, "reservable: capacity cannot be reserved"},
        {{"multi-node-sorting.policy.names", "x"},
         "multi-node-sorting.policy.names: policies are not defined here"},
    };
    for (const auto& [property, sentence] : cases) {
        YarnUpdate update;
        update.update = {{"root.etl", {property}}};
        const std::string answer = answer_to(update);
        EXPECT_NE(answer.find("queue root.etl: "), std::string::npos) << answer;
        EXPECT_NE(answer.find(sentence), std::string::npos) << sentence << "\nin\n" << answer;
    }
}

TEST(YarnRefusals, SayOfEveryGlobalValueWhatToWrite) {
    const std::string preemption = "yarn.resourcemanager.monitor.capacity.preemption.";
    const std::vector<std::pair<YarnProperty, std::string>> cases = {
        {{preemption + "monitoring_interval", "3s"},
         "monitoring_interval: '3s' was found; write a whole number of milliseconds"},
        {{preemption + "natural_termination_factor", "20"},
         "natural_termination_factor: '20' was found; write a fraction from 0 to 1"},
        {{preemption + "max_ignored_over_capacity", "11"},
         "max_ignored_over_capacity: '11' was found; write a fraction such as 0.1, at most 10"},
        {{preemption + "intra-queue-preemption.preemption-order-policy", "both"},
         "'both' was found; write one of userlimit_first, priority_first"},
        {{"yarn.scheduler.capacity.workflow-priority-mappings", "nightly:7"},
         "workflow-priority-mappings: 'nightly:7' was found; write entries such as"},
        {{"yarn.scheduler.capacity.user.ann.max-parallel-apps", "few"},
         "user.ann.max-parallel-apps: 'few' was found; write a whole number"},
        {{"yarn.scheduler.capacity.maximum-applications", "all"},
         "maximum-applications: 'all' was found; write a whole number"},
        {{"yarn.resourcemanager.resource-profiles.enabled", "true"},
         "there are no resource profiles"},
        {{"yarn.scheduler.capacity.legacy-queue-mode.enabled", "true"}, "may always be mixed"},
        {{"yarn.scheduler.capacity.root.etl.capacity", "5"},
         "unknown key 'yarn.scheduler.capacity.root.etl.capacity'; keys of a queue are written "
         "below its name, in update-queue"},
    };
    for (const auto& [property, sentence] : cases) {
        YarnUpdate update;
        update.global = {property};
        const std::string answer = answer_to(update);
        EXPECT_NE(answer.find(sentence), std::string::npos) << sentence << "\nin\n" << answer;
    }
}

TEST(YarnRefusals, NameTheNearestQueue) {
    YarnUpdate update;
    update.remove = {"root.elt", "root"};
    update.update = {{"root.defualt", {}}};
    EXPECT_EQ(answer_to(update),
              "queue root.elt: there is no such queue to remove (did you mean 'root.etl'?)\n"
              "queue root: it cannot be removed; name the queues below it that are to go\n"
              "queue root.defualt: there is no such queue (did you mean 'root.default'?); write it "
              "as add-queue");
}

TEST(YarnRefusals, SayWhereABodyIsNoChange) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"[]", "the body is no object; write {\"update-queue\":"},
        {R"({"update-queues": []})",
         "unknown member 'update-queues' (did you mean 'update-queue'?)"},
        {R"({"update-queue": ["root.a"]})", "'root.a' was found where a queue is to be added"},
        {R"({"add-queue": {"params": {}}})", "has no 'queue-name'; write its full path"},
        {R"({"add-queue": {"queue-name": "root.a", "params": {"entry": {"value": 1}}}})",
         "an entry has no key; write {\"entry\":"},
        {R"({"remove-queue": [7]})", "'7' was found in remove-queue; write paths of queues"},
        {"<configuration/>", "the root element is 'configuration'; write <sched-conf>"},
        {"<sched-conf><drop/></sched-conf>", "unknown element 'drop'; there are add-queue"},
        {"<sched-conf><add-queue/></sched-conf>", "has no 'queue-name'; write its full path"},
        {"<sched-conf><global-updates><entry/></global-updates></sched-conf>",
         "an entry has no key; write <entry><key>"},
        {"<sched-conf>", "line 1: "},
    };
    for (const auto& [body, sentence] : cases) {
        const auto update = parse_yarn_update(body);
        ASSERT_FALSE(update.ok()) << body;
        EXPECT_NE(update.error().message.find(sentence), std::string::npos)
            << sentence << "\nin\n"
            << update.error().message;
    }
}

TEST(YarnRefusals, NoteWhatIsNotQuiteWhatWasWritten) {
    for (const char* order : {"fifo-with-partitions", "fifo-for-pending-apps"}) {
        YarnUpdate update;
        update.update = {{"root.etl", {{"ordering-policy", order}}}};
        const auto applied = apply_yarn_update(two_queues(), update);
        ASSERT_TRUE(applied.ok()) << applied.error().message;
        EXPECT_EQ(applied->config, two_queues());
        ASSERT_EQ(applied->notes.size(), 1U);
        EXPECT_TRUE(applied->notes[0].starts_with(
            "queue root.etl: ordering-policy = " + std::string(order) + ": it is taken as fifo"))
            << applied->notes[0];
    }
}

std::string rules_answer(const std::string& rule) {
    YarnUpdate update;
    update.global = {{"yarn.scheduler.capacity.mapping-rule-json", R"({"rules": [)" + rule + "]}"}};
    return answer_to(update);
}

TEST(YarnRefusals, ReadRulesWholly) {
    EXPECT_EQ(rules_answer(R"({"policy": "setDefaultQueue", "value": "root.etl"})"), "taken");
    EXPECT_NE(rules_answer(R"({"policy": "setDefaultQueue"})")
                  .find("rule 1: its policy is setDefaultQueue and value is missing; write"),
              std::string::npos);
    EXPECT_NE(rules_answer(R"({"policy": "user", "value": "root.etl"})")
                  .find("value is 'root.etl', which only setDefaultQueue takes; leave it out"),
              std::string::npos);
    EXPECT_NE(rules_answer(R"({"policy": "user", "parentqueue": "root.etl"})")
                  .find("unknown member 'parentqueue' (did you mean 'parentQueue'?)"),
              std::string::npos);
    EXPECT_NE(
        rules_answer(R"({"policy": "user", "fallbackResult": "drop"})")
            .find("fallbackResult: 'drop' was found; write one of skip, placeDefault, reject"),
        std::string::npos);
    EXPECT_NE(rules_answer("7").find("rule 1: it is no object"), std::string::npos);
}

}  // namespace
}  // namespace heddle::wire
