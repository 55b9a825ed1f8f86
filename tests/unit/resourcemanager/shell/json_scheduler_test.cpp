// Queues in YARN's shape show what is enforced.

#include <gtest/gtest.h>

#include "common/model/priority_limit.h"
#include "resourcemanager/core/capacities.h"
#include "resourcemanager/core/queue_terms.h"
#include "resourcemanager/shell/json_views.h"
#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm {
namespace {

using wire::Json;

constexpr const char* kDaily = "root.etl.daily";
constexpr const char* kAdhoc = "root.etl.adhoc";

QueueConfig weighted(std::string path, std::int64_t thousandths) {
    QueueConfig queue = queue_config(std::move(path));
    queue.capacity[kNoLabel].guaranteed.all = {Share::Kind::Weight, thousandths};
    return queue;
}

// Two levels by weight; one leaf of them with every limit.
Config two_levels() {
    QueueConfig adhoc = weighted(kAdhoc, 3000);
    adhoc.capacity[kNoLabel].maximum.all = {Share::Kind::Percent, 50'000};
    adhoc.order = LeafOrder::Fair;
    adhoc.priority = 4;
    adhoc.user_limit_percent_min = 25;
    adhoc.user_limit_factor = 1500;
    adhoc.applications_max = 70;
    adhoc.applications_parallel_max = 5;
    adhoc.masters_percent_max = 20;
    adhoc.application_priority_default = 3;
    adhoc.lifetime_max = seconds(600);
    adhoc.container_max = Resource{1024, 2, {{"gpu", 1}}};
    adhoc.state = QueueState::Stopped;
    adhoc.intra_preemption_disabled = true;
    QueueConfig daily = weighted(kDaily, 1000);
    daily.user_weights["alice"] = 500;
    Config config;
    config.scheduler.queues = {weighted("root.batch", 1000), weighted("root.etl", 3000), daily,
                               adhoc};
    config.scheduler.queue_default = kDaily;
    config.scheduler.preemption.enabled = true;
    config.scheduler.preemption.intra_queue = true;
    return config;
}

Json shown(test::CoreFixture& fixture) {
    wire::JsonWriter json;
    write_scheduler(json, *fixture.rm.publish({5000}).view);
    return *wire::parse_json(json.text())->find("schedulerInfo");
}

const Json* find_queue(const Json& parent, const std::string& path) {
    const Json* queues = parent.find("queues");
    if (queues == nullptr) {
        return nullptr;
    }
    for (const Json& queue : *queues->find("queue")->array()) {
        if (*queue.find("queuePath")->string() == path) {
            return &queue;
        }
        if (const Json* below = find_queue(queue, path)) {
            return below;
        }
    }
    return nullptr;
}

Resource resource(const Json& queue, const char* name) {
    const Json& json = *queue.find(name);
    Resource amount{*json.find("memory")->integer(), *json.find("vCores")->integer(), {}};
    for (const Json& entry :
         *json.find("resourceInformations")->find("resourceInformation")->array()) {
        if (*entry.find("name")->string() == "yarn.io/gpu") {
            amount.named.set("gpu", *entry.find("value")->integer());
        }
    }
    return amount;
}

double real(const Json& queue, const char* name) {
    return *queue.find(name)->real();
}

std::string text(const Json& queue, const char* name) {
    return *queue.find(name)->string();
}

std::int64_t whole(const Json& queue, const char* name) {
    return *queue.find(name)->integer();
}

TEST(SchedulerJson, ShowsTheEffectiveCapacitiesOfTwoLevels) {
    const Config config = two_levels();
    const Resource total{8192, 8, {{"gpu", 4}}};
    test::CoreFixture fixture(config);
    fixture.boot();
    fixture.add_node("n1", total);
    const Json root = shown(fixture);
    const auto queues = normalised(config.scheduler.queues);
    const auto entitled = effective_capacities(queues, parents_of(queues), kNoLabel, total);
    for (std::size_t i = 1; i < queues.size(); ++i) {
        const Json* queue = find_queue(root, queues[i].path);
        ASSERT_NE(queue, nullptr) << queues[i].path;
        EXPECT_EQ(resource(*queue, "minEffectiveCapacity"), entitled[i].guaranteed);
        EXPECT_EQ(resource(*queue, "maxEffectiveCapacity"), entitled[i].maximum);
    }
    const Json& adhoc = *find_queue(root, kAdhoc);
    EXPECT_EQ(real(adhoc, "weight"), 3.0);
    EXPECT_EQ(real(adhoc, "normalizedWeight"), 0.75);
    EXPECT_EQ(real(adhoc, "capacity"), 75.0);
    EXPECT_EQ(real(adhoc, "maxCapacity"), 50.0);
    EXPECT_EQ(real(adhoc, "absoluteMaxCapacity"), 50.0);
    EXPECT_EQ(real(adhoc, "absoluteCapacity"), 50.0);  // 56.25, and at most 50
    EXPECT_EQ(real(*find_queue(root, kDaily), "absoluteCapacity"), 18.75);
    EXPECT_EQ(text(adhoc, "mode"), "weight");
    const Json& partition =
        adhoc.find("capacities")->find("queueCapacitiesByPartition")->array()->front();
    EXPECT_EQ(text(*partition.find("queueCapacityVectorInfo"), "configuredCapacityVector"),
              "[memory-mb=3.0w,vcores=3.0w]");
}

std::string lists_of(const Json& queue) {
    std::string lists;
    for (const Json& entry : *queue.find("queueAcls")->find("queueAcl")->array()) {
        lists += text(entry, "accessType") + "=[" + text(entry, "accessControlList") + "] ";
    }
    return lists;
}

TEST(SchedulerJson, ShowsTheAccessListsThatAreAsked) {
    Config config = two_levels();
    config.scheduler.queues[2].submit = {false, {"ada", "eve"}, {"etl"}};  // daily
    config.scheduler.queues[2].administer.groups = {"ops"};
    test::CoreFixture fixture(config);
    fixture.boot();
    const auto daily = [&](bool access_lists) {
        wire::JsonWriter json;
        write_scheduler(json, *fixture.rm.publish({5000}).view, access_lists);
        return lists_of(*find_queue(*wire::parse_json(json.text())->find("schedulerInfo"), kDaily));
    };
    EXPECT_EQ(daily(true),
              "ADMINISTER_QUEUE=[ ops] APPLICATION_MAX_PRIORITY=[*] SUBMIT_APP=[ada,eve etl] ");
    EXPECT_EQ(daily(false), "ADMINISTER_QUEUE=[*] APPLICATION_MAX_PRIORITY=[*] SUBMIT_APP=[*] ");
}

TEST(SchedulerJson, ShowsTheLimitsOfPriorities) {
    Config config = two_levels();
    config.scheduler.queues[3].priority_limits =
        *parse_priority_limits("[user=ada group=ops max_priority=9 default_priority=4]");
    test::CoreFixture fixture(config);
    fixture.boot();
    EXPECT_EQ(lists_of(*find_queue(shown(fixture), kAdhoc)),
              "ADMINISTER_QUEUE=[*] APPLICATION_MAX_PRIORITY=[[user=ada group=ops max_priority=9 "
              "default_priority=4]] SUBMIT_APP=[*] ");
}

TEST(SchedulerJson, ShowsTheLabelThatIsMeantWhenNoneIsNamed) {
    Config config = two_levels();
    config.scheduler.labels = {{"ssd", true}};
    config.scheduler.queues[1].label_default = "ssd";  // root.etl
    test::CoreFixture fixture(config);
    fixture.boot();
    const Json root = shown(fixture);
    EXPECT_EQ(text(*find_queue(root, "root.etl"), "defaultNodeLabelExpression"), "ssd");
    EXPECT_EQ(text(*find_queue(root, kDaily), "defaultNodeLabelExpression"), "ssd");  // inherited
    EXPECT_EQ(find_queue(root, "root.batch")->find("defaultNodeLabelExpression"), nullptr);
}

TEST(SchedulerJson, ShowsWhatTheSchedulerHasDoneLast) {
    test::CoreFixture fixture(two_levels());
    fixture.boot();
    const auto operation = [&](const char* list, std::size_t at) {
        return shown(fixture).find("health")->find(list)->array()->at(at);
    };
    EXPECT_EQ(text(operation("operationsInfo", 0), "nodeId"), "N/A");
    fixture.add_node("n1", {8192, 8});
    fixture.submit();
    fixture.all_saved();
    const Json last = operation("operationsInfo", 0);
    EXPECT_EQ(text(last, "operation"), "last-allocation");
    EXPECT_EQ(text(last, "nodeId"), "n1");
    EXPECT_EQ(text(last, "containerId"), "container_1_0001_01_000001");
    EXPECT_EQ(text(last, "queue"), kDaily);
    EXPECT_EQ(text(operation("operationsInfo", 1), "containerId"), "N/A");  // no release
    const Json sum = operation("lastRunDetails", 1);
    EXPECT_EQ(text(sum, "operation"), "allocations");
    EXPECT_EQ(whole(sum, "count"), 1);
    EXPECT_EQ(resource(sum, "resources"), (Resource{512, 1}));
    EXPECT_GT(whole(*shown(fixture).find("health"), "lastrun"), 0);
}

TEST(SchedulerJson, ShowsTheSettingsOfQueuesToCome) {
    Config config = two_levels();
    config.scheduler.queues[1].auto_creation.enabled = true;
    config.scheduler.queues[1].auto_creation.leaf_template = {{"weight", "2"}};
    test::CoreFixture fixture(config);
    fixture.boot();
    const Json root = shown(fixture);
    const Json& etl = *find_queue(root, "root.etl");
    const Json& setting =
        etl.find("autoQueueLeafTemplateProperties")->find("property")->array()->front();
    EXPECT_EQ(text(setting, "name") + "=" + text(setting, "value"), "capacity=2w");
    EXPECT_EQ(etl.find("autoQueueTemplateProperties")->find("property"), nullptr);
}

TEST(SchedulerJson, OverviewShowsWhatHoldsForContainersAndPriorities) {
    Config config = two_levels();
    config.scheduler.application_priority_max = 7;
    config.scheduler.container_min = {128, 1, {}};
    config.scheduler.container_max = Resource{1024, 2, {}};
    test::CoreFixture fixture(config);
    fixture.boot();
    fixture.add_node("n1", {8192, 8, {{"gpu", 4}}});
    wire::JsonWriter json;
    write_scheduler_overview(json, *fixture.rm.publish({5000}).view, {12, 0, 34});
    const Json overview = *wire::parse_json(json.text());
    EXPECT_EQ(whole(overview, "applicationPriority"), 7);
    EXPECT_EQ(resource(overview, "minimumAllocation"), (Resource{128, 1}));
    EXPECT_EQ(resource(overview, "maximumAllocation").memory_mib, 1024);
    EXPECT_EQ(whole(overview, "rmDispatcherEventQueueSize"), 12);
    EXPECT_EQ(whole(overview, "schedulerBusy"), 34);
    EXPECT_EQ(text(overview, "schedulingResourceType"),
              "[memory-mb (unit=Mi), vcores, yarn.io/gpu]");
}

TEST(SchedulerJson, ShowsTheLimitsOfALeaf) {
    test::CoreFixture fixture(two_levels());
    fixture.boot();
    fixture.add_node("n1", {8192, 8, {{"gpu", 4}}});
    const Json root = shown(fixture);
    const Json& adhoc = *find_queue(root, kAdhoc);
    EXPECT_EQ(text(adhoc, "state"), "STOPPED");
    EXPECT_EQ(text(adhoc, "orderingPolicyInfo"), "fair");
    EXPECT_EQ(whole(adhoc, "queuePriority"), 4);
    EXPECT_EQ(real(adhoc, "userLimit"), 25.0);
    EXPECT_EQ(real(adhoc, "userLimitFactor"), 1.5);
    EXPECT_EQ(whole(adhoc, "maxApplications"), 70);
    EXPECT_EQ(whole(adhoc, "maxParallelApps"), 5);
    EXPECT_EQ(real(adhoc, "configuredMaxAMResourceLimit"), 0.2);
    EXPECT_EQ(resource(adhoc, "AMResourceLimit"), (Resource{819, 0}));  // a fifth of the maximum
    EXPECT_EQ(whole(adhoc, "defaultPriority"), 3);
    EXPECT_EQ(whole(adhoc, "maxApplicationLifetime"), 600);
    EXPECT_EQ(whole(adhoc, "defaultApplicationLifetime"), 600);
    EXPECT_EQ(resource(adhoc, "maximumAllocation"), (Resource{1024, 2, {{"gpu", 1}}}));
    EXPECT_FALSE(*adhoc.find("preemptionDisabled")->boolean());
    EXPECT_TRUE(*adhoc.find("intraQueuePreemptionDisabled")->boolean());
    const Json& daily = *find_queue(root, kDaily);
    EXPECT_EQ(text(daily, "state"), "RUNNING");
    EXPECT_EQ(text(daily, "orderingPolicyInfo"), "fifo");
    EXPECT_EQ(real(daily, "userLimitFactor"), -1.0);
    EXPECT_FALSE(*daily.find("intraQueuePreemptionDisabled")->boolean());
    EXPECT_EQ(whole(daily, "maxParallelApps"), INT32_MAX);
    EXPECT_EQ(whole(daily, "maxApplicationLifetime"), -1);
    EXPECT_EQ(whole(daily, "defaultApplicationLifetime"), -1);
    EXPECT_EQ(text(*find_queue(root, "root.etl"), "orderingPolicyInfo"), "priority-utilization");
}

TEST(SchedulerJson, ShowsWhatAUserHasAndMayHave) {
    test::CoreFixture fixture(two_levels());
    fixture.boot();
    fixture.add_node("n1", {16384, 16});
    fixture.submit();
    fixture.all_saved();
    const Json root = shown(fixture);
    const Json& daily = *find_queue(root, kDaily);
    const Json& alice = daily.find("users")->find("user")->array()->front();
    EXPECT_EQ(text(alice, "username"), "alice");
    EXPECT_EQ(resource(alice, "resourcesUsed"), (Resource{512, 1}));
    EXPECT_EQ(real(alice, "userWeight"), 0.5);
    EXPECT_EQ(resource(daily, "minEffectiveCapacity"), (Resource{3072, 3}));
    EXPECT_EQ(resource(alice, "userResourceLimit"), (Resource{1536, 1}));
    EXPECT_DOUBLE_EQ(real(daily, "usedCapacity"), 100.0 / 3);  // of vcores
    EXPECT_DOUBLE_EQ(real(daily, "absoluteUsedCapacity"), 100.0 / 16);
}

// A row for the nodes without a label, and one for each label that the queue may use.
TEST(SchedulerJson, ShowsCapacitiesAndUseByLabel) {
    Config config = two_levels();
    config.scheduler.labels = {{"ssd", true}, {"spot", false}};
    config.scheduler.queues[0].labels = std::vector<std::string>{"ssd"};
    QueueCapacity& ssd = config.scheduler.queues[0].capacity["ssd"];
    ssd.guaranteed.all = {Share::Kind::Percent, 25'000};
    ssd.maximum.all = {Share::Kind::Percent, 50'000};
    test::CoreFixture fixture(config);
    fixture.boot();
    fixture.add_node("n1", {8192, 8});
    NodeRegister labelled = test::CoreFixture::registration("s1", {4096, 4});
    labelled.info.label = "ssd";
    fixture.step(NodeMessage{ConnectionId{++fixture.connections}, labelled});
    fixture.all_saved();
    const Json root = shown(fixture);
    const Json& batch = *find_queue(root, "root.batch");
    const auto& rows = *batch.find("capacities")->find("queueCapacitiesByPartition")->array();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(text(rows[0], "partitionName"), "");
    EXPECT_EQ(resource(rows[0], "effectiveMinResource"), (Resource{2048, 2}));
    EXPECT_EQ(text(rows[1], "partitionName"), "ssd");
    EXPECT_EQ(real(rows[1], "capacity"), 25.0);
    EXPECT_EQ(real(rows[1], "absoluteMaxCapacity"), 50.0);
    EXPECT_EQ(resource(rows[1], "effectiveMinResource"), (Resource{1024, 1}));
    EXPECT_EQ(resource(rows[1], "effectiveMaxResource"), (Resource{2048, 2}));
    const auto& uses = *batch.find("resources")->find("resourceUsagesByPartition")->array();
    ASSERT_EQ(uses.size(), 2U);
    EXPECT_EQ(text(uses[1], "partitionName"), "ssd");
    EXPECT_EQ(resource(uses[1], "used"), Resource{});
    fixture.submit();
    fixture.all_saved();
    const Json now = shown(fixture);
    const Json& user = find_queue(now, kDaily)->find("users")->find("user")->array()->front();
    const auto& of_user = *user.find("resources")->find("resourceUsagesByPartition")->array();
    ASSERT_EQ(of_user.size(), 3U);  // as many as its queue may use
    EXPECT_EQ(text(of_user[0], "partitionName"), "");
    EXPECT_EQ(resource(of_user[0], "used"), (Resource{512, 1}));
    EXPECT_EQ(text(of_user[2], "partitionName"), "ssd");
    EXPECT_EQ(resource(of_user[2], "used"), Resource{});
    // Of the nodes without a label alone.
    EXPECT_EQ(resource(batch, "minEffectiveCapacity"), (Resource{2048, 2}));
    EXPECT_EQ(find_queue(root, kDaily)
                  ->find("capacities")
                  ->find("queueCapacitiesByPartition")
                  ->array()
                  ->size(),
              3U);
}

// Published with every change; built only when the configuration or the cluster has changed.
TEST(SchedulerJson, SharesTermsAmongSnapshots) {
    test::CoreFixture fixture(two_levels());
    fixture.boot();
    fixture.add_node("n1", {8192, 8});
    const auto before = fixture.rm.publish({5000}).view->queues.find(kDaily)->terms;
    fixture.submit();
    fixture.all_saved();
    EXPECT_EQ(fixture.rm.publish({6000}).view->queues.find(kDaily)->terms, before);
    fixture.add_node("n2", {8192, 8});
    const auto after = fixture.rm.publish({7000}).view->queues.find(kDaily)->terms;
    EXPECT_EQ(after->unlabelled().guaranteed.memory_mib,
              2 * before->unlabelled().guaranteed.memory_mib);
}

// What has happened is made anew, not what there is.
TEST(SchedulerJson, SharesQueuesThatDidNotChangeAmongSnapshots) {
    test::CoreFixture fixture(two_levels());
    fixture.boot();
    fixture.add_node("n1", {8192, 8});
    const auto before = fixture.rm.publish({5000}).view;
    fixture.submit();
    fixture.all_saved();
    const auto after = fixture.rm.publish({6000}).view;
    int shared = 0;
    after->queues.for_each([&](const std::string& path, const auto& queue) {
        shared += queue == before->queues.find(path) ? 1 : 0;
        return true;
    });
    EXPECT_EQ(after->queues.size(), before->queues.size());
    EXPECT_GT(shared, 0);
    EXPECT_NE(after->queues.find("root"), before->queues.find("root"));
    EXPECT_EQ(before->queues.find("root")->applications_pending, 0);
    EXPECT_EQ(after->queues.find("root")->applications_pending, 1);
}

}  // namespace
}  // namespace heddle::rm
