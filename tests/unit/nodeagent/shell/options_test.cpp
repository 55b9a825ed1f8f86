// The agent's command line: what it means, and what is refused with which exit code.

#include "nodeagent/shell/options.h"

#include <gtest/gtest.h>

namespace heddle::node {

namespace {

EarlyExit refused(const std::vector<std::string>& arguments) {
    const auto result = parse_options(arguments);
    const auto* exit = std::get_if<EarlyExit>(&result);
    return exit == nullptr ? EarlyExit{-1, "accepted"} : *exit;
}

}  // namespace

TEST(NodeOptions, TakesFlagsAndSettings) {
    const auto result = parse_options({"--name", "node-2", "--address=127.0.0.2", "--port", "0",
                                       "--manager", "127.0.0.1:9031", "--memory", "2g", "--vcores",
                                       "3", "--dir", "/x", "--set", "node.log_retention=5m"});
    const auto& options = std::get<NodeOptions>(result);
    EXPECT_EQ(options.name, "node-2");
    EXPECT_EQ(options.total, (Resource{2048, 3}));
    EXPECT_EQ(options.server, net::Endpoint::tcp("127.0.0.1", 9031));
    EXPECT_EQ(options.manager_rest, net::Endpoint::tcp("127.0.0.1", 8088));
    EXPECT_EQ(options.token_file, "/x/token");
    EXPECT_EQ(options.log_retention, seconds(300));
}

TEST(NodeOptions, RefusesUnknownFlagsWithTheNearest) {
    EXPECT_EQ(refused({"--nme", "x"}).code, 2);
    EXPECT_NE(refused({"--nme", "x"}).text.find("did you mean '--name'"), std::string::npos);
    EXPECT_EQ(refused({"--name"}).code, 2);
    EXPECT_EQ(refused({"--help"}).code, 0);
}

TEST(NodeOptions, RefusesAnAddressBeyondLoopbackUnlessToldLoudly) {
    const EarlyExit exit = refused({"--address", "0.0.0.0"});
    EXPECT_EQ(exit.code, 8);
    EXPECT_NE(exit.text.find("needs TLS and authentication, not in this version"),
              std::string::npos);
    EXPECT_EQ(refused({"--address", "10.0.0.1", "--i-know-this-network-is-a-test-namespace"}).text,
              "accepted");
}

TEST(NodeOptions, TakesNamedResources) {
    const auto result = parse_options({"--memory", "2g", "--vcores", "3", "--dir", "/x",
                                       "--resources", "yarn.io/gpu=2,licence=10"});
    EXPECT_EQ(std::get<NodeOptions>(result).total,
              (Resource{2048, 3, {{"gpu", 2}, {"licence", 10}}}));
    for (const char* bad : {"gpu", "gpu=0", "gpu=-1", "gpu=x", "vcores=2", "gpu=1,yarn.io/gpu=1"}) {
        EXPECT_EQ(refused({"--resources", bad}).code, 8) << bad;
    }
    EXPECT_NE(refused({"--resources", "gpu"}).text.find("write NAME=COUNT, such as gpu=2"),
              std::string::npos);
}

TEST(NodeOptions, TakesLabelAndAttributes) {
    const auto result = parse_options(
        {"--dir", "/x", "--set", "node.label=ssd", "--set", "node.attributes=os=debian,tier=a=b"});
    const auto& options = std::get<NodeOptions>(result);
    EXPECT_EQ(options.label, "ssd");
    EXPECT_EQ(options.attributes,
              (std::map<std::string, std::string>{{"os", "debian"}, {"tier", "a=b"}}));
    const auto prefixed =
        parse_options({"--dir", "/x", "--set", "node.attributes=nm.yarn.io/os=a"});
    EXPECT_EQ(std::get<NodeOptions>(prefixed).attributes,
              (std::map<std::string, std::string>{{"os", "a"}}));
    EXPECT_EQ(refused({"--set", "node.attributes=rm.yarn.io/os=a"}).code, 8);
    EXPECT_EQ(refused({"--set", "node.label=a b"}).code, 8);
    EXPECT_EQ(refused({"--set", "node.label=-a"}).code, 8);
    EXPECT_EQ(refused({"--set", "node.attributes=os"}).code, 8);
    EXPECT_EQ(refused({"--set", "node.attributes=os=a,os=b"}).code, 8);
}

TEST(NodeOptions, RefusesBadSettings) {
    EXPECT_EQ(refused({"--set", "node.memroy=1g"}).code, 8);
    EXPECT_EQ(refused({"--name", "a/b"}).code, 8);
    EXPECT_EQ(refused({"--manager", "nowhere"}).code, 8);
    EXPECT_EQ(refused({"--memory", "lots"}).code, 8);
}

}  // namespace heddle::node
