// Settings come from the highest source that names them, and every mistake is reported with its
// place.

#include "common/config/settings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/config/schema.h"

namespace heddle::config {
namespace {

class SettingsTest : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/heddle-config-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        directory_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    std::string file(const std::string& name, const std::string& text) {
        std::ofstream(directory_ + "/" + name) << text;
        return directory_ + "/" + name;
    }

    std::string directory_;
};

TEST_F(SettingsTest, TakesTheHighestSourceThatNamesAKey) {
    Sources sources;
    sources.files = {file("a.toml", "[manager]\nport = 1\nnode_port = 2\n"), "/nonexistent.toml"};
    sources.required_files = {file("b.toml",
                                   "manager.port = 3\n[scheduler]\n"
                                   "node_expiry = \"2s\"\nqueues = [\"root.a\", \"b\"]\n")};
    sources.environment = {{"HEDDLE__MANAGER__NODE_PORT", "4"}, {"PATH", "x"}};
    sources.overrides = {"manager.artifact_bytes_max=2m"};
    const auto settings = load(sources);
    ASSERT_TRUE(settings.ok()) << settings.error().message;
    EXPECT_EQ(settings->integer("manager.port"), 3);
    EXPECT_EQ(settings->integer("manager.node_port"), 4);
    EXPECT_EQ(settings->bytes("manager.artifact_bytes_max"), 2 << 20);
    EXPECT_EQ(settings->duration("scheduler.node_expiry"), seconds(2));
    EXPECT_EQ(settings->texts("scheduler.queues"), (std::vector<std::string>{"root.a", "b"}));
    EXPECT_EQ(settings->text("manager.address"), "127.0.0.1");
    EXPECT_FALSE(settings->boolean("auth.anonymous_read"));
    EXPECT_EQ(settings->origin("manager.port"), directory_ + "/b.toml:1:16");
    EXPECT_EQ(settings->origin("manager.address"), "default");
}

TEST_F(SettingsTest, ReportsEveryMistakeWithItsPlace) {
    Sources sources;
    const std::string path = file("a.toml",
                                  "[manager]\nprot = 1\nport = \"8088\"\nnode_port = 70000\n"
                                  "[scheduler]\nnode_expiry = \"soon\"\n");
    sources.required_files = {path, directory_ + "/missing.toml"};
    sources.environment = {{"HEDDLE__NODE__RAK", "x"}};
    sources.overrides = {"scheduler.heartbeat_interval=1ms", "nonsense"};
    const auto settings = load(sources);
    ASSERT_FALSE(settings.ok());
    const std::string& message = settings.error().message;
    for (const std::string& expected :
         {path + ":2:8: unknown key 'manager.prot' (did you mean 'manager.port'?)",
          path + ":3:8: manager.port must be a whole number, without quotes",
          path + ":4:13: manager.node_port: '70000' is out of range; at least 0 and at most 65535",
          path + ":6:15: scheduler.node_expiry: 'soon' is not a duration",
          std::string("missing.toml"),
          std::string("HEDDLE__NODE__RAK: unknown key 'node.rak' (did you mean 'node.rack'?)"),
          std::string("--set: scheduler.heartbeat_interval: '1ms' is out of range"),
          std::string("--set nonsense: write --set section.key=value")}) {
        EXPECT_NE(message.find(expected), std::string::npos) << expected << "\nin:\n" << message;
    }
}

TEST_F(SettingsTest, SaysWhereTomlIsBroken) {
    Sources sources;
    sources.required_files = {file("a.toml", "[manager\nport = 1\n")};
    const auto settings = load(sources);
    ASSERT_FALSE(settings.ok());
    EXPECT_NE(settings.error().message.find("a.toml:1:"), std::string::npos)
        << settings.error().message;
}

TEST(Schema, IsSortedAndItsDefaultsAreValid) {
    std::string_view last;
    for (const Key& key : schema()) {
        EXPECT_LT(last, key.name);
        last = key.name;
        EXPECT_FALSE(key.doc.empty());
    }
    EXPECT_TRUE(load({}).ok());
}

TEST(Duration, ReadsUnits) {
    EXPECT_EQ(*parse_duration("250ms"), milliseconds(250));
    EXPECT_EQ(*parse_duration("5 m"), seconds(300));
    EXPECT_FALSE(parse_duration("5").ok());
    EXPECT_FALSE(parse_duration("99999999999999999999s").ok());
}

}  // namespace
}  // namespace heddle::config
