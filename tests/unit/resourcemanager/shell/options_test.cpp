// The command line: what is wrong ends at once with the agreed exit code and a useful sentence.

#include "resourcemanager/shell/options.h"

#include <gtest/gtest.h>

#include <fstream>

namespace heddle::rm {
namespace {

EarlyExit early(const std::vector<std::string>& arguments) {
    const auto parsed = parse_options(arguments);
    const auto* exit = std::get_if<EarlyExit>(&parsed);
    return exit == nullptr ? EarlyExit{-1, "no exit"} : *exit;
}

TEST(Options, EndWithTheAgreedCodes) {
    EXPECT_EQ(early({"--help"}).code, 0);
    EXPECT_EQ(early({"--version"}).code, 0);
    const EarlyExit unknown = early({"--prot", "1"});
    EXPECT_EQ(unknown.code, 2);
    EXPECT_NE(unknown.text.find("did you mean '--port'?"), std::string::npos) << unknown.text;
    EXPECT_EQ(early({"--port"}).code, 2);
    EXPECT_EQ(early({"serve"}).code, 2);
    EXPECT_EQ(early({"--port", "70000"}).code, 8);
    EXPECT_EQ(early({"--set", "manager.prot=1"}).code, 8);
    EXPECT_EQ(early({"--config", "/nonexistent.toml"}).code, 8);
    EXPECT_EQ(early({"--set", "scheduler.node_expiry=1s"}).code, 8);
}

TEST(Options, RefuseToListenToStrangers) {
    const EarlyExit refused = early({"--address", "0.0.0.0"});
    EXPECT_EQ(refused.code, 8);
    EXPECT_NE(refused.text.find("needs TLS and authentication, not in this version"),
              std::string::npos);
    const auto parsed =
        parse_options({"--address", "10.99.0.1", "--i-know-this-network-is-a-test-namespace"});
    ASSERT_TRUE(std::holds_alternative<Options>(parsed));
    EXPECT_EQ(std::get<Options>(parsed).address, "10.99.0.1");
}

TEST(Options, AreResolved) {
    const auto parsed = parse_options({"--port=0", "--node-port", "1234", "--state-dir", "/x",
                                       "--set", "scheduler.queues=etl,root.adhoc"});
    ASSERT_TRUE(std::holds_alternative<Options>(parsed));
    const auto& options = std::get<Options>(parsed);
    EXPECT_EQ(options.port, 0);
    EXPECT_EQ(options.node_port, 1234);
    EXPECT_EQ(options.state_dir, "/x");
    EXPECT_EQ(options.address, "127.0.0.1");
    ASSERT_EQ(options.core.scheduler.queues.size(), 2U);
    EXPECT_EQ(options.core.scheduler.queues[0].path, "root.etl");
    EXPECT_EQ(options.core.scheduler.queues[1].path, "root.adhoc");
}

std::string written(const std::string& name, const std::string& text) {
    const std::string path = testing::TempDir() + name;
    std::ofstream(path) << text;
    return path;
}

TEST(Options, TakeTheSchedulersConfigurationFromItsFile) {
    const std::string path = written("scheduler.toml", "[queues.\"root.etl\"]\nweight = 3\n");
    const auto parsed = parse_options({"--set", "scheduler.file=" + path});
    ASSERT_TRUE(std::holds_alternative<Options>(parsed));
    const auto& queues = std::get<Options>(parsed).core.scheduler.queues;
    ASSERT_EQ(queues.size(), 1U);
    EXPECT_EQ(queues[0].capacity.at(kNoLabel).guaranteed.all.value, 3000);
    const auto both =
        parse_options({"--set", "scheduler.file=" + path, "--set", "scheduler.queues=a"});
    ASSERT_TRUE(std::holds_alternative<EarlyExit>(both));
    EXPECT_EQ(std::get<EarlyExit>(both).code, 8);
    EXPECT_NE(std::get<EarlyExit>(both).text.find("leave scheduler.queues out"), std::string::npos);
}

TEST(Options, RefuseASchedulersConfigurationThatDoesNotAddUp) {
    const std::string path =
        written("scheduler_bad.toml", "[queues.\"root.etl\"]\ncapacity = \"140%\"\n");
    const auto parsed = parse_options({"--set", "scheduler.file=" + path});
    ASSERT_TRUE(std::holds_alternative<EarlyExit>(parsed));
    EXPECT_EQ(std::get<EarlyExit>(parsed).code, 8);
    EXPECT_NE(std::get<EarlyExit>(parsed).text.find(path + ":1:1: queue root.etl: capacity is"),
              std::string::npos)
        << std::get<EarlyExit>(parsed).text;
    const auto missing = parse_options({"--set", "scheduler.file=/nowhere/scheduler.toml"});
    ASSERT_TRUE(std::holds_alternative<EarlyExit>(missing));
    EXPECT_NE(std::get<EarlyExit>(missing).text.find("cannot read /nowhere/scheduler.toml"),
              std::string::npos);
}

}  // namespace
}  // namespace heddle::rm
