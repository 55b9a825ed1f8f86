// Explanations as JSON, and in YARN's shape.

#include "resourcemanager/shell/json_explanations.h"

#include <gtest/gtest.h>

#include "common/wire/json.h"

namespace heddle::rm {
namespace {

Explanation waiting() {
    Blocker blocker;
    blocker.reason = Reason::NoNodeFits;
    blocker.sentence = "No node has 4 GiB free.";
    blocker.need = Resource{4096, 1};
    blocker.limit = Resource{8192, 8};
    blocker.used = Resource{6144, 2};
    blocker.holders = {{{1, 1}, {6144, 2}, 3}};
    blocker.rejections = {{"memory", 2}, {"lost", 1}};
    blocker.near_miss = NearMiss{{"n1"}, {2048, 6}, {2048, 0}};
    AskExplanation ask;
    ask.ask = 3;
    ask.priority = 5;
    ask.size = {4096, 1};
    ask.count = 2;
    ask.blockers = {blocker};
    ask.estimate.sentence = "No estimate.";
    ask.next_step = "Wait.";
    Explanation explanation;
    explanation.application = {1, 2};
    explanation.queue = "root.etl.daily";
    explanation.state = AppState::Accepted;
    explanation.waiting = true;
    explanation.reason = Reason::NoNodeFits;
    explanation.headline = "Waits for 2 containers.";
    explanation.asks = {ask};
    explanation.asks_count = 1;
    explanation.priority = 6;
    return explanation;
}

template <typename Write>
wire::Json written(Write&& write) {
    wire::JsonWriter json;
    write(json);
    auto tree = wire::parse_json(json.text());
    EXPECT_TRUE(tree.ok());
    return *tree;
}

const wire::Json& at(const wire::Json& json, std::string_view key) {
    const wire::Json* found = json.find(key);
    EXPECT_NE(found, nullptr) << key;
    return *found;
}
const wire::Json& first(const wire::Json& json, std::string_view key) {
    return at(json, key).array()->at(0);
}

TEST(ExplanationJson, SaysWhatStandsInTheWayWithFigures) {
    const wire::Json json = written([](auto& out) { write_explanation(out, waiting()); });
    EXPECT_EQ(*at(json, "reason").string(), "NO_NODE_FITS");
    EXPECT_EQ(*at(json, "page").string(), "docs/reasons/NO_NODE_FITS.md");
    const wire::Json& ask = first(json, "asks");
    EXPECT_EQ(*at(ask, "containers").integer(), 2);
    const wire::Json& blocker = first(ask, "blockers");
    EXPECT_EQ(*at(at(blocker, "used"), "memory").integer(), 6144);
    EXPECT_EQ(*at(first(blocker, "holders"), "application").string(), "application_1_0001");
    EXPECT_EQ(*at(at(at(blocker, "nearest"), "missing"), "memory").integer(), 2048);
    EXPECT_EQ(*at(first(blocker, "rejected"), "nodes").integer(), 2);
}

TEST(ActivityJson, HasYarnsTreeOfQueuesAndItsDiagnostics) {
    const wire::Json json =
        written([](auto& out) { write_activities(out, {waiting()}, {}, "", {1'000'000}); });
    EXPECT_EQ(json.find("nodeId"), nullptr);
    EXPECT_EQ(*at(json, "dateTime").string(), "Thu Jan 01 00:16:40 GMT 1970");
    const wire::Json& root = at(first(json, "allocations"), "root");
    EXPECT_EQ(*at(root, "name").string(), "root");
    const wire::Json& etl = first(root, "children");
    const wire::Json& daily = first(etl, "children");
    EXPECT_EQ(*at(daily, "name").string(), "root.etl.daily");
    const wire::Json& app = first(daily, "children");
    EXPECT_EQ(*at(app, "name").string(), "application_1_0002");
    EXPECT_EQ(*at(app, "appPriority").integer(), 6);
    EXPECT_EQ(*at(app, "diagnostic").string(),
              "Node's available resource is insufficient for request. Waits for 2 containers.");
    const wire::Json& request = first(app, "children");
    EXPECT_EQ(*at(request, "requestPriority").integer(), 5);
    EXPECT_EQ(*at(request, "allocationRequestId").integer(), 3);
    EXPECT_EQ(*at(first(request, "children"), "count").integer(), 2);
}

// The same with every node looked at: two lack memory, one has another label.
Explanation looked_at() {
    Explanation explanation = waiting();
    AskExplanation& ask = explanation.asks.front();
    ask.label = "ssd";
    ask.each_node = true;
    ask.verdicts = {{{"n1"}, Reason::NoNodeFits, "memory"},
                    {{"n2"}, Reason::Label, "of another label"},
                    {{"n3"}, Reason::NoNodeFits, "memory"}};
    return explanation;
}

// "n1: memory" of the first ask of the first application in the first tree.
std::string nodes_in(const wire::Json& request) {
    std::string text;
    for (const wire::Json& node : *at(request, "children").array()) {
        if (const wire::Json* id = node.find("nodeId")) {
            text += *id->string() + ";";
        } else {
            text += std::to_string(*at(node, "count").integer()) + "x";
            for (const wire::Json& each : *at(node, "nodeIds").array()) {
                text += " " + *each.string();
            }
            text += ";";
        }
    }
    return text;
}

TEST(ActivityJson, CountsStandWhereNobodyLookedAtTheNode) {
    ActivityFilter filter;
    filter.node = NodeId{"n1"};
    // Its verdicts would be those of all nodes; it was not looked at, and has another label.
    const auto tree = [&](const std::string& label) {
        return written(
            [&](auto& out) { write_activities(out, {waiting()}, filter, label, {1000}); });
    };
    const wire::Json same = tree("");
    const wire::Json& root = at(first(same, "allocations"), "root");
    const wire::Json& app = first(first(first(root, "children"), "children"), "children");
    EXPECT_EQ(*at(first(first(app, "children"), "children"), "count").integer(), 2);
    EXPECT_TRUE(at(tree("ssd"), "allocations").array()->empty());
}

TEST(ActivityJson, AnApplicationThatNoNodeKeepsWaitingIsShownOnce) {
    const wire::Json json =
        written([](auto& out) { write_app_activities(out, waiting(), {}, {1000}, true); });
    ASSERT_EQ(at(json, "allocations").array()->size(), 1U);
    EXPECT_EQ(first(json, "allocations").find("nodeId"), nullptr);
}

TEST(ActivityJson, FewerNodesAreShownWhenEachHasManyRequests) {
    EXPECT_EQ(most_nodes(0), kActivityLines);
    EXPECT_EQ(most_nodes(500), kActivityLines / 500);
    EXPECT_EQ(most_nodes(kActivityLines + 1), 1U);
}

std::string activities_of(const ActivityFilter& filter, const std::string& label = "") {
    const wire::Json json =
        written([&](auto& out) { write_activities(out, {looked_at()}, filter, label, {1000}); });
    const auto& trees = *at(json, "allocations").array();
    if (trees.empty()) {
        return *at(json, "diagnostic").string();
    }
    const wire::Json& app =
        first(first(first(at(trees[0], "root"), "children"), "children"), "children");
    return *at(trees[0], "partition").string() + ": " + nodes_in(first(app, "children"));
}

TEST(ActivityJson, NamesEachNodeUnlessTheyAreGrouped) {
    EXPECT_EQ(activities_of({}), "ssd: n1;n2;n3;");
    ActivityFilter filter;
    filter.grouped = true;
    EXPECT_EQ(activities_of(filter), "ssd: 2x n1 n3;1x n2;");
}

TEST(ActivityJson, OfOneNodeHasOnlyWhatItHasToDoWith) {
    ActivityFilter filter;
    filter.node = NodeId{"n3"};
    EXPECT_EQ(activities_of(filter, "ssd"), "ssd: n3;");
    filter.node = NodeId{"n2"};  // the ask may not go there
    EXPECT_EQ(activities_of(filter, "hdd"), "Queue does not need more resource");
    filter.node = NodeId{"n4"};  // it has room
    EXPECT_EQ(activities_of(filter, "ssd"), "ssd: ");
}

TEST(ActivityJson, OfOneApplicationHasAnAllocationForEachNodeWhenAsked) {
    const auto nodes = [](std::size_t limit) {
        std::string text;
        const wire::Json json = written(
            [&](auto& out) { write_app_activities(out, looked_at(), {}, {1000}, true, limit); });
        for (const wire::Json& one : *at(json, "allocations").array()) {
            text += *at(one, "nodeId").string() + " ";
        }
        return text;
    };
    EXPECT_EQ(nodes(100), "n1 n2 n3 ");
    EXPECT_EQ(nodes(2), "n1 n2 ");
    const wire::Json json =
        written([](auto& out) { write_app_activities(out, looked_at(), {}, {1000}); });
    EXPECT_EQ(at(json, "allocations").array()->size(), 1U);
    EXPECT_EQ(*at(first(json, "allocations"), "appPriority").integer(), 6);
    EXPECT_EQ(nodes_in(first(first(json, "allocations"), "children")), "n1;n2;n3;");
}

TEST(ActivityJson, OfOneApplicationIsFilteredAndSaysWhenThereIsNothing) {
    const auto requests = [](const ActivityFilter& filter) {
        const wire::Json json =
            written([&](auto& out) { write_app_activities(out, waiting(), filter, {1'000'000}); });
        EXPECT_EQ(*at(json, "applicationId").string(), "application_1_0002");
        return at(first(json, "allocations"), "children").array()->size();
    };
    EXPECT_EQ(requests({}), 1U);
    EXPECT_EQ(requests({{5}, {3}}), 1U);
    EXPECT_EQ(requests({{4}, {}}), 0U);
    EXPECT_EQ(requests({{}, {4}}), 0U);
    Explanation runs;
    runs.headline = "It runs, and waits for nothing.";
    const wire::Json json =
        written([&](auto& out) { write_app_activities(out, runs, {}, {1'000'000}); });
    EXPECT_EQ(*at(json, "diagnostic").string(), "It runs, and waits for nothing.");
    EXPECT_TRUE(at(json, "allocations").array()->empty());
}

}  // namespace
}  // namespace heddle::rm
