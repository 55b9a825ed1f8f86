// The command line: what is wrong ends at once with the agreed exit code and a useful sentence.

#include "resourcemanager/shell/options.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace heddle::rm
