// What people read of answers, on canned ones.

#include <gtest/gtest.h>

#include "client/rmctl/answers.h"
#include "client/rmctl/apps.h"
#include "client/rmctl/attempts.h"
#include "client/rmctl/attributes.h"
#include "client/rmctl/cluster.h"
#include "client/rmctl/config.h"
#include "client/rmctl/json_fields.h"
#include "client/rmctl/operator.h"
#include "client/rmctl/queues.h"
#include "client/rmctl/table.h"

namespace heddle::rmctl {
namespace {

wire::Json json_of(const std::string& text) {
    const auto json = fields::parse(text);
    EXPECT_TRUE(json.ok()) << text;
    return json.ok() ? *json : wire::Json();
}

std::string amount(int memory, int vcores, int gpus) {
    return R"({"memory":)" + std::to_string(memory) + R"(,"vCores":)" + std::to_string(vcores) +
           R"(,"resourceInformations":{"resourceInformation":[{"name":"yarn.io/gpu","value":)" +
           std::to_string(gpus) + "}]}}";
}

std::string value_of(const Fields& fields, std::string_view name) {
    for (const auto& [key, value] : fields) {
        if (key == name) {
            return value;
        }
    }
    return "(none)";
}

TEST(Shown, AttributesByNodeAndByName) {
    const Table by_node = attributes_by_node(json_of(
        R"({"nodeToAttributes":[{"node":"node-1","nodeAttributeInfo":[
            {"prefix":"rm.yarn.io","name":"os","type":"STRING","value":"linux"}]},
            {"node":"node-2","nodeAttributeInfo":[]}]})"));
    EXPECT_EQ(by_node.rows,
              (std::vector<std::vector<std::string>>{{"node-1", "rm.yarn.io/os", "linux"}}));
    const Table by_name = attributes_by_name(json_of(
        R"({"attributesToNodes":[{"attribute":"os","nodes":[{"node":"node-1","value":"linux"},
            {"node":"node-3","value":"hurd"}]}]})"));
    EXPECT_EQ(by_name.rows, (std::vector<std::vector<std::string>>{{"node-1", "os", "linux"},
                                                                   {"node-3", "os", "hurd"}}));
}

TEST(Shown, AttributeMappingsBecomeABody) {
    EXPECT_EQ(*attribute_body({"add", {"n1:os=linux,tier", "n2:os=hurd"}, false}),
              R"({"operation":"add","failOnUnknownNodes":true,"nodesToAttributes":[)"
              R"({"node":"n1","nodeAttributes":[{"name":"os","value":"linux"},)"
              R"({"name":"tier","value":""}]},)"
              R"({"node":"n2","nodeAttributes":[{"name":"os","value":"hurd"}]}]})");
    EXPECT_EQ(*attribute_body({"replace", {"n1:"}, true}),
              R"({"operation":"replace","failOnUnknownNodes":false,"nodesToAttributes":[)"
              R"({"node":"n1","nodeAttributes":[]}]})");
    for (const char* bad : {"n1", ":os=linux", "n1:=x", "n1:a,,b"}) {
        EXPECT_FALSE(attribute_body({"add", {bad}, false}).ok()) << bad;
    }
}

TEST(Shown, ReservationsSayAllThatIsWantedAndHeld) {
    const Table table = reservations_of(
        json_of(R"({"reservations":{"reservation":[{"application":"a","ask":1,"size":)" +
                amount(1024, 1, 2) + R"(,"held":)" + amount(512, 1, 1) + "}]}}"));
    ASSERT_EQ(table.rows.size(), 1U);
    EXPECT_EQ(table.rows[0][4], "1024 MiB, 1 vcore, 2 gpu");
    EXPECT_EQ(table.rows[0][5], "512 MiB, 1 vcore, 1 gpu");
}

TEST(Shown, PreemptionsAreThoseThatTheServerLists) {
    const Table table = preemptions_of(json_of(
        R"({"preemptions":{"taken":[{"container":"c","time":1,"from":{"queue":"root.a"},
            "to":{"queue":"root.b"},"forApplication":"app","size":)" +
        amount(1024, 1, 2) + R"(}],"marked":[],"queues":[]}})"));
    ASSERT_EQ(table.rows.size(), 1U);
    EXPECT_EQ(table.rows[0][0], "c");
    EXPECT_EQ(table.rows[0][2], "root.a");
    EXPECT_EQ(table.rows[0][3], "root.b");
    EXPECT_EQ(table.rows[0][4], "1024 MiB, 1 vcore, 2 gpu");
    EXPECT_EQ(table.rows[0][5], "app");
}

TEST(Shown, LabelsSayAllThatTheirNodesHave) {
    const Table table =
        labels_of(json_of(R"({"nodeLabelInfo":[{"name":"ssd","exclusivity":true,"activeNMs":2,
                    "partitionInfo":{"resourceAvailable":)" +
                          amount(1024, 1, 2) + "}}]}"));
    EXPECT_EQ(table.rows.at(0),
              (std::vector<std::string>{"ssd", "yes", "2", "1024 MiB, 1 vcore, 2 gpu"}));
}

TEST(Shown, ContainersHaveAColumnForOtherResourcesWhereThereAreAny) {
    const std::string plain = R"({"containerId":"c","containerState":"RUNNING","allocatedMB":64,
        "allocatedVCores":1,"allocatedResources":[{"key":"memory-mb","value":"64"}]})";
    const std::string rich = R"({"containerId":"d","containerState":"COMPLETE","allocatedMB":64,
        "allocatedVCores":1,"allocatedResources":[{"key":"yarn.io/gpu","value":"2"}]})";
    EXPECT_EQ(container_table(json_of("{\"container\":[" + plain + "]}")).columns.size(), 7U);
    const Table table = container_table(json_of("{\"container\":[" + plain + "," + rich + "]}"));
    EXPECT_EQ(table.columns.at(5).title, "OTHER");
    EXPECT_EQ(table.rows.at(0).at(5), "");
    EXPECT_EQ(table.rows.at(1).at(5), "2 gpu");
}

TEST(Shown, ADryRunSaysWhatElseQueuesAreGiven) {
    const auto answer =
        read_config(R"({"queues":[{"path":"root.a","guaranteed":)" + amount(1024, 1, 2) +
                    R"(,"maximum":)" + amount(2048, 2, 4) + "}]}");
    const Table table = effective_table(*answer);
    EXPECT_EQ(table.rows.at(0),
              (std::vector<std::string>{"root.a", "1024", "1", "2 gpu", "2048", "2", "4 gpu"}));
    const auto plain = read_config(R"({"queues":[{"path":"root.a"}]})");
    EXPECT_EQ(effective_table(*plain).columns.size(), 5U);
}

TEST(Shown, AnExplanationReadsTheWholeSizeOfAnAsk) {
    const auto answer = read_explanation(
        R"({"explanation":{"asks":[{"ask":1,"containers":2,"size":)" + amount(1024, 1, 2) +
        R"(,"blockers":[{"reason":"QUEUE_LIMIT","holders":[{"application":"a","amount":)" +
        amount(64, 1, 1) + "}]}]}]}}");
    EXPECT_EQ(answer->asks.at(0).size, (Resource{1024, 1, {{"gpu", 2}}}));
    EXPECT_EQ(answer->asks.at(0).blockers.at(0).holders.at(0), "a  64 MiB, 1 vcore, 1 gpu");
}

TEST(Shown, WaitingApplicationsAndWhatTheyWaitFor) {
    const wire::Json json = json_of(R"({"waiting":{
        "reasons":[{"reason":"QUEUE_LIMIT","meaning":"its queue is full","applications":7}],
        "applications":[{"application":"a","reason":"QUEUE_LIMIT","headline":"root.a is full"}]}})");
    EXPECT_EQ(waiting_table(json).rows.at(0),
              (std::vector<std::string>{"a", "QUEUE_LIMIT", "root.a is full"}));
    EXPECT_EQ(reasons_table(json).rows.at(0),
              (std::vector<std::string>{"QUEUE_LIMIT", "7", "its queue is full"}));
}

TEST(Shown, MetricsLeaveOutStatesThatNoNodeIsIn) {
    const Fields figures = metrics_fields(json_of(
        R"({"activeNodes":3,"lostNodes":1,"unhealthyNodes":0,"appsSubmitted":9,"appsRunning":2,
            "pendingMB":512,"pendingVirtualCores":1,"totalUsedResourcesAcrossPartition":)" +
        amount(1024, 1, 2) + R"(,"totalClusterResourcesAcrossPartition":)" + amount(4096, 4, 4) +
        "}"));
    EXPECT_EQ(value_of(figures, "Nodes"), "3 up, 1 lost");
    EXPECT_EQ(value_of(figures, "Applications"), "9 submitted, 0 pending, 2 running");
    EXPECT_EQ(value_of(figures, "Promised"),
              "1024 MiB, 1 vcore, 2 gpu of 4096 MiB, 4 vcores, 4 gpu");
    EXPECT_EQ(value_of(figures, "Waited for"), "512 MiB, 1 vcore");
    EXPECT_EQ(value_of(cluster_fields(json_of(R"({"id":7,"state":"STARTED"})")), "State"),
              "STARTED");
    EXPECT_EQ(statistics_table(json_of(R"({"appStatInfo":{"statItem":[
                  {"state":"RUNNING","type":"*","count":3}]}})"))
                  .rows.at(0),
              (std::vector<std::string>{"RUNNING", "*", "3"}));
}

std::string leaf() {
    return R"({"queuePath":"root.a","queueName":"a","queueType":"leaf","state":"RUNNING",
        "orderingPolicyInfo":"fifo","queuePriority":2,"capacity":50,"absoluteCapacity":25,
        "maxCapacity":100,"absoluteMaxCapacity":50,"usedCapacity":30,"weight":-1,
        "minEffectiveCapacity":)" +
           amount(4096, 4, 2) + R"(,"maxEffectiveCapacity":)" + amount(8192, 8, 4) +
           R"(,"resourcesUsed":)" + amount(1024, 1, 1) +
           R"(,"allocatedContainers":3,"reservedContainers":1,"pendingContainers":2,
        "numActiveApplications":2,"numPendingApplications":1,"maxApplications":100,
        "maxParallelApps":2147483647,"userLimit":25,"userLimitFactor":1.5,"defaultPriority":0,
        "preemptionDisabled":false,"intraQueuePreemptionDisabled":true,
        "defaultApplicationLifetime":-1,"maxApplicationLifetime":3600,
        "usedAMResource":)" +
           amount(64, 1, 0) + R"(,"AMResourceLimit":)" + amount(512, 1, 0) +
           R"(,"queueAcls":{"queueAcl":[{"accessType":"SUBMIT_APP","accessControlList":"ada ops"},
             {"accessType":"ADMINISTER_QUEUE","accessControlList":" "}]},
        "nodeLabels":["","ssd"],
        "capacities":{"queueCapacitiesByPartition":[{"partitionName":""},{"partitionName":"ssd",
            "capacity":40,"effectiveMinResource":)" +
           amount(1, 1, 1) + R"(}]},
        "resources":{"resourceUsagesByPartition":[{"partitionName":"ssd","used":)" +
           amount(2, 2, 2) + R"(}]},
        "users":{"user":[{"username":"ada","numActiveApplications":1,"numPendingApplications":0,
            "userWeight":1.5,"resourcesUsed":)" +
           amount(64, 1, 1) + "}]}}";
}

TEST(Shown, AQueueSaysItsLimitsAndWhoMayUseIt) {
    const Fields shown = queue_fields(json_of(leaf()));
    EXPECT_EQ(value_of(shown, "Queue"), "root.a");
    EXPECT_EQ(value_of(shown, "Guaranteed"),
              "50 % of its parent, 25 % of all: 4096 MiB, 4 vcores, 2 gpu");
    EXPECT_EQ(value_of(shown, "Used"), "30 % of its guarantee: 1024 MiB, 1 vcore, 1 gpu");
    EXPECT_EQ(value_of(shown, "Applications"), "2 running, 1 pending; at most 100");
    EXPECT_EQ(value_of(shown, "Users"),
              "at least 25 % while others wait, at most 1.5 times its guarantee");
    EXPECT_EQ(value_of(shown, "Lifetime"), "default none, longest 1 h 0 min");
    EXPECT_EQ(value_of(shown, "Preemption"), "yes, not inside");
    EXPECT_EQ(value_of(shown, "May submit"), "ada ops");
    EXPECT_EQ(value_of(shown, "May administer"), "nobody of its own list");
    EXPECT_EQ(value_of(shown, "Labels"), "ssd");
    EXPECT_EQ(value_of(shown, "Weight"), "");
}

TEST(Shown, AQueueListsItsLabelsAndUsers) {
    const Table labels = queue_labels(json_of(leaf()));
    ASSERT_EQ(labels.rows.size(), 1U);
    EXPECT_EQ(labels.rows[0][0], "ssd");
    EXPECT_EQ(labels.rows[0][2], "2 MiB, 2 vcores, 2 gpu");
    EXPECT_EQ(labels.rows[0][3], "1 MiB, 1 vcore, 1 gpu");
    const Table users = queue_users(json_of(leaf()));
    EXPECT_EQ(users.rows.at(0).at(0), "ada");
    EXPECT_EQ(users.rows.at(0).at(3), "64 MiB, 1 vcore, 1 gpu");
    EXPECT_EQ(users.rows.at(0).at(5), "1.5");
}

TEST(Shown, OfTheRootOnlyWhatItHas) {
    const Fields shown = queue_fields(json_of(R"({"queueName":"root","usedCapacity":10})"));
    EXPECT_EQ(value_of(shown, "Queue"), "root");
    EXPECT_EQ(value_of(shown, "Used"), "10 %");
    for (const char* name : {"Guaranteed", "At most", "Containers", "Applications", "May submit"}) {
        EXPECT_EQ(value_of(shown, name), "") << name;
    }
}

TEST(Shown, AQueueIsMeantByItsPathOrALastNameThatIsUnique) {
    std::vector<QueueAnswer> queues(3);
    queues[0].path = "root.a.x";
    queues[1].path = "root.b.x";
    queues[2].path = "root.b.y";
    EXPECT_EQ(*queue_meant(queues, "y"), "root.b.y");
    EXPECT_EQ(*queue_meant(queues, "root.a.x"), "root.a.x");
    EXPECT_EQ(queue_meant(queues, "x").error().code, ErrorCode::InvalidArgument);
    EXPECT_EQ(queue_meant(queues, "z").error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace heddle::rmctl
