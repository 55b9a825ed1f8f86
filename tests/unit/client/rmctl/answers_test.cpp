// Reading what servers answer, in the shapes that YARN's REST has.

#include "client/rmctl/answers.h"

#include <gtest/gtest.h>

namespace heddle::rmctl {
namespace {

TEST(Answers, ReadListsInAllTheirShapes) {
    EXPECT_EQ(read_applications(R"({"apps":{}})")->size(), 0U);
    EXPECT_EQ(read_applications(R"({"apps":null})")->size(), 0U);
    EXPECT_EQ(read_applications(R"({"apps":{"app":{"id":"a"}}})")->at(0).id, "a");
    EXPECT_EQ(read_applications(R"({"apps":{"app":[{"id":"a"},{"id":"b"}]}})")->at(1).id, "b");
    EXPECT_EQ(read_containers(R"({"container":{"containerId":"c"}})")->at(0).id, "c");
    EXPECT_EQ(read_containers(R"({"containers":{"container":[{"containerId":"c"}]}})")->size(), 1U);
}

TEST(Answers, FindTheMasterContainerInTheLogLink) {
    const auto app = read_application(
        R"({"app":{"id":"a","amContainerLogs":"http://h:8042/node/containerlogs/container_1_2_01_000001/u"}})");
    EXPECT_EQ(app->master_container, "container_1_2_01_000001");
}

TEST(Answers, AnApplicationSaysWhatItHoldsAndWhenItIsEnded) {
    const auto app = read_application(R"({"app":{"id":"a","allocatedMB":64,"allocatedVCores":1,
        "resourceInfo":{"resourceUsagesByPartition":[
            {"partitionName":"","used":{"memory":64,"vCores":1}},
            {"partitionName":"ssd","used":{"resourceInformations":{"resourceInformation":[
                {"name":"yarn.io/gpu","value":2}]}}}]},
        "timeouts":{"timeout":[{"type":"LIFETIME","expiryTime":"2026-11-24T18:05:00.000+0000"}]},
        "appNodeLabelExpression":"ssd","priority":3}})");
    EXPECT_EQ(app->held, (Resource{64, 1, {{"gpu", 2}}}));
    EXPECT_EQ(app->expires, "2026-11-24T18:05:00.000+0000");
    EXPECT_EQ(app->label, "ssd");
    EXPECT_EQ(app->priority, 3);
    EXPECT_EQ(read_application(R"({"app":{"timeouts":{"timeout":[{"expiryTime":"UNLIMITED"}]}}})")
                  ->expires,
              "");
}

TEST(Answers, WalkQueuesDownTheTree) {
    const auto queues = read_queues(
        R"({"scheduler":{"schedulerInfo":{"queueName":"root","capacity":100.0,"queues":{"queue":[
           {"queuePath":"root.a","capacity":25,"numActiveApplications":3,"resourcesUsed":{"memory":512,"vCores":1}}]}}}})");
    ASSERT_EQ(queues->size(), 2U);
    EXPECT_EQ(queues->at(0).path, "root");
    EXPECT_EQ(queues->at(0).held.memory_mib, 512);  // which the root itself does not say
    EXPECT_EQ(queues->at(0).applications_running, 3);
    EXPECT_EQ(queues->at(1).path, "root.a");
    EXPECT_EQ(queues->at(1).depth, 1U);
    EXPECT_EQ(queues->at(1).capacity, 25.0);
    EXPECT_EQ(queues->at(1).held.memory_mib, 512);
}

TEST(Answers, GiveTheRootQueueAState) {
    const auto state = [](const std::string& child) {
        return read_queues(R"({"scheduler":{"schedulerInfo":{"queueName":"root","queues":{"queue":[
               {"queuePath":"root.a","state":")" +
                           child + R"("}]}}}})")
            ->at(0)
            .state;
    };
    EXPECT_EQ(state("RUNNING"), "RUNNING");
    EXPECT_EQ(state("STOPPED"), "STOPPED");
}

TEST(Answers, ReadWhatANodeTells) {
    const auto node = read_node(
        R"({"node":{"id":"node-1","rack":"/r1","state":"LOST","lastHealthUpdate":1732459149000,
            "healthReport":"disk full","memUtilization":37,"cpuUtilization":12,"nodeLabels":["gpu"],
            "resourceUtilization":{"nodePhysicalMemoryMB":900,
                                   "aggregatedContainersPhysicalMemoryMB":300},
            "nodeAttributesInfo":{"nodeAttributeInfo":[
                {"prefix":"heddle/isolation","name":"rlimits"},
                {"prefix":"nm.yarn.io","name":"os","value":"linux"},
                {"prefix":"rm.yarn.io","name":"tier","value":"gold"}]},
            "allocationTags":{"allocationTagInfo":[{"allocationTag":"web","allocationsCount":2}]},
            "numRunningOpportContainers":1,"numQueuedContainers":4,
            "usedMemoryMB":100,"availMemoryMB":-20,"usedVirtualCores":1,"availableVirtualCores":3,
            "usedResource":{"resourceInformations":{"resourceInformation":[
                {"name":"yarn.io/gpu","value":1}]}},
            "totalResource":{"resourceInformations":{"resourceInformation":[
                {"name":"yarn.io/gpu","value":2}]}}}})");
    ASSERT_TRUE(node.ok());
    EXPECT_EQ(node->rack, "/r1");
    EXPECT_EQ(node->heard_ms, 1732459149000);
    EXPECT_EQ(node->labels, std::vector<std::string>{"gpu"});
    EXPECT_EQ(node->isolation, std::vector<std::string>{"rlimits"});
    EXPECT_EQ(node->attributes, (std::vector<std::string>{"os=linux", "rm.yarn.io/tier=gold"}));
    EXPECT_EQ(node->tags, std::vector<std::string>{"web 2"});
    EXPECT_EQ(node->opportunistic_queued, 4);
    EXPECT_EQ(node->used, (Resource{100, 1, {{"gpu", 1}}}));
    EXPECT_EQ(node->total, (Resource{80, 4, {{"gpu", 2}}}));
    EXPECT_EQ(node->memory_measured_mib, 900);
    EXPECT_EQ(node->memory_measured_containers_mib, 300);
    EXPECT_EQ(node->memory_percent, 37.0);
}

TEST(Answers, ReadTheSizesOfLogFiles) {
    const auto files = read_log_files(R"({"files":[{"name":"stdout","size":12},{"name":"x"}]})");
    ASSERT_EQ(files->size(), 2U);
    EXPECT_EQ(files->at(0).name, "stdout");
    EXPECT_EQ(files->at(0).size, 12);
    EXPECT_EQ(files->at(1).size, 0);
}

TEST(Answers, RefuseWhatIsNotTheExpectedJson) {
    EXPECT_EQ(read_application("<html>").error().code, ErrorCode::DataLoss);
    EXPECT_EQ(read_application("{}").error().code, ErrorCode::DataLoss);
    EXPECT_EQ(read_new_application(R"({"application-id":"a"})").error().code, ErrorCode::DataLoss);
}

}  // namespace
}  // namespace heddle::rmctl
