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
        written([](auto& out) { write_activities(out, {waiting()}, "n1", {1'000'000}); });
    EXPECT_EQ(*at(json, "nodeId").string(), "n1");
    EXPECT_EQ(*at(json, "dateTime").string(), "Thu Jan 01 00:16:40 GMT 1970");
    const wire::Json& root = at(first(json, "allocations"), "root");
    EXPECT_EQ(*at(root, "name").string(), "root");
    const wire::Json& etl = first(root, "children");
    const wire::Json& daily = first(etl, "children");
    EXPECT_EQ(*at(daily, "name").string(), "root.etl.daily");
    const wire::Json& app = first(daily, "children");
    EXPECT_EQ(*at(app, "name").string(), "application_1_0002");
    EXPECT_EQ(*at(app, "diagnostic").string(),
              "Node's available resource is insufficient for request. Waits for 2 containers.");
    const wire::Json& request = first(app, "children");
    EXPECT_EQ(*at(request, "requestPriority").integer(), 5);
    EXPECT_EQ(*at(request, "allocationRequestId").integer(), 3);
    EXPECT_EQ(*at(first(request, "children"), "count").integer(), 2);
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
