// Applications in YARN's shape, from what the core publishes.

#include <gtest/gtest.h>

#include "resourcemanager/shell/json_views.h"
#include "tests/unit/resourcemanager/core/master_fixture.h"

namespace heddle::rm {
namespace {

using test::MasterFixture;
using test::TestMaster;
using wire::Json;

Json shown(test::CoreFixture& core, const ApplicationId& id) {
    const auto view = core.rm.publish({5000}).view;
    wire::JsonWriter json;
    write_app(json, *view, *view->applications.find(id), ServerInfo{}, AppParts{});
    return *wire::parse_json(json.text());
}

std::string entries(const Json& app, const char* map) {
    std::string text;
    for (const Json& entry : *app.find(map)->find("entry")->array()) {
        text += (text.empty() ? "" : " ") + *entry.find("key")->string() + "=" +
                *entry.find("value")->string();
    }
    return text;
}

TEST(AppJson, CountsSecondsOfNamedResources) {
    MasterFixture core;
    core.add_node("n1", {8192, 8, {{"gpu", 4}}});
    TestMaster master = core.master();
    core.say(master, {MasterFixture::ask(1, {1024, 1, {{"gpu", 2}}}, 1)});
    core.pass(seconds(5));
    EXPECT_EQ(entries(shown(core, master.attempt.application), "resourceSecondsMap"),
              "memory-mb=5120 vcores=5 yarn.io/gpu=10");
}

TEST(AppJson, GoesOnCountingNamedResourcesAfterARestart) {
    ApplicationRecord record;
    record.submission.id = {1, 1};
    record.submission.user = "alice";
    record.submission.master.argv = {"program"};
    record.submission.master_size = {512, 1};
    record.state = AppState::Finished;
    record.memory_mib_seconds = 5;
    record.vcore_seconds = 6;
    record.named_seconds = {{"gpu", 7}};
    Booted booted;
    booted.applications = {record};
    test::CoreFixture core;
    core.boot(std::move(booted));
    EXPECT_EQ(entries(shown(core, {1, 1}), "resourceSecondsMap"),
              "memory-mb=5 vcores=6 yarn.io/gpu=7");
    EXPECT_EQ(record_of(*core.rm.books().applications.find(ApplicationId{1, 1})).named_seconds,
              (NamedCounts{{"gpu", 7}}));
}

TEST(AppJson, HasALineForEachPartition) {
    Config config;
    config.scheduler.labels = {{"ssd", true}, {"hdd", true}};
    MasterFixture core(config);
    core.add_node("n1");
    NodeRegister labelled = MasterFixture::registration("s1");
    labelled.info.label = "ssd";
    core.step(NodeMessage{ConnectionId{++core.connections}, labelled});
    core.all_saved();
    TestMaster master = core.master();
    Ask ssd = MasterFixture::ask(2, {2048, 2}, 1);
    ssd.label = "ssd";
    Ask more = MasterFixture::ask(3, {8192, 8}, 2);
    more.label = "ssd";
    core.say(master, {MasterFixture::ask(1, {1024, 1}, 1), ssd, more});
    std::string lines;
    const Json app = shown(core, master.attempt.application);
    for (const Json& line : *app.find("resourceInfo")->find("resourceUsagesByPartition")->array()) {
        lines += "[" + *line.find("partitionName")->string() + " " +
                 std::to_string(*line.find("used")->find("memory")->integer()) + " " +
                 std::to_string(*line.find("pending")->find("memory")->integer()) + "]";
    }
    EXPECT_EQ(lines, "[ 1024 0][ssd 2048 16384]");
}

TEST(AppJson, AttemptsNameTheNodesThatAreAvoided) {
    MasterFixture core;
    core.add_node("n1");
    TestMaster master = core.master();
    MasterUpdate update;
    update.session = master.session;
    update.sequence = ++master.sequence;
    update.blacklist = std::vector<NodeId>{{"n7"}, {"n1"}};
    core.rm.publish({4000});
    core.step(MasterMessage{master.connection, update});
    const auto view = core.rm.publish({5000}).view;
    AttemptView attempt = view->applications.find(master.attempt.application)->attempts.back();
    attempt.kept_off = {{"n3"}, {"n4"}};
    wire::JsonWriter json;
    write_attempt(json, *view, attempt, ServerInfo{});
    const Json read = *wire::parse_json(json.text());
    EXPECT_EQ(*read.find("blacklistedNodes")->string(), "n1, n7");
    EXPECT_EQ(*read.find("nodesBlacklistedBySystem")->string(), "n3, n4");
}

}  // namespace
}  // namespace heddle::rm
