// The memory limit of a container that runs really changes: what it may use, and what it is ended
// for.

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "common/net/http_client.h"
#include "tests/integration/nodeagent/fake_manager.h"

namespace heddle::node {
namespace {

class ContainerSizes : public ::testing::Test {
protected:
    ContainerReport make_it(std::int64_t version, Resource size) {
        NodeOrders orders;
        orders.sizes = {{test_container(1), version, size}};
        manager.send(orders);
        return manager.wait_report(test_container(1), [&](const ContainerReport& report) {
            return report.version == version || report.phase == ContainerPhase::Done;
        });
    }
    std::string get(std::uint16_t port, const std::string& target) const {
        net::HttpClient client(net::Endpoint::tcp("127.0.0.1", port));
        net::ClientRequest request;
        request.target = target;
        request.headers.set("Authorization", std::string("Bearer ") + kTestToken);
        const auto response = client.send(std::move(request));
        return response ? response->body : "";
    }
    std::string measured_at(std::uint16_t port) const {
        const std::string info = get(port, "/ws/v1/node/info");
        const std::size_t at = info.find("\"lastNodeUpdateTime\":");
        return at == std::string::npos ? "" : info.substr(at, info.find(',', at) - at);
    }
    void wait_for_measurements(std::uint16_t port, int count) const {
        for (int i = 0; i < count; ++i) {
            const std::string before = measured_at(port);
            ASSERT_TRUE(eventually([&] { return measured_at(port) != before; }));
        }
    }

    FakeManager manager;
    TemporaryDirectory temporary;
    AgentProcess agent{manager, temporary.path(), {}, {"--set", "node.memory_check=100ms"}};
};

// `tail` keeps all that it reads: 100 MiB, from when it is told to.
constexpr const char* kUsesMuch =
    "until test -e <LOG_DIR>/go; do sleep 0.02; done; "
    "(head -c 104857600 /dev/zero; echo > <LOG_DIR>/read; exec sleep 600) | tail -n 1";

TEST_F(ContainerSizes, AreWhatTheContainerMayUseFromThenOn) {
    const auto port = static_cast<std::uint16_t>(manager.wait_registered().info.http_port);
    ContainerStart order = manager.order(1, {"/bin/sh", "-c", kUsesMuch});
    order.size = {64, 1};
    manager.start(order);
    manager.wait_running(test_container(1));
    EXPECT_EQ(make_it(1, {512, 2}).size, (Resource{512, 2}));
    const std::string logs = agent.directory() + "/node/logs/" +
                             to_string(test_container(1).attempt.application) + "/" +
                             to_string(test_container(1));
    std::ofstream(logs + "/go") << "\n";
    ASSERT_TRUE(eventually([&] { return std::ifstream(logs + "/read").is_open(); }));
    wait_for_measurements(port, 4);
    const std::string shown = get(port, "/ws/v1/node/containers/" + to_string(test_container(1)));
    EXPECT_NE(shown.find("\"state\":\"RUNNING\""), std::string::npos) << shown;
    EXPECT_NE(shown.find("\"totalMemoryNeededMB\":512,\"totalVCoresNeeded\":2"), std::string::npos)
        << shown;
    // A restarted agent holds it to the same.
    agent.kill_hard();
    agent.start();
    const NodeRegister back = manager.wait_registered(2);
    ASSERT_EQ(back.containers.size(), 1U);
    EXPECT_EQ(back.containers[0].size, (Resource{512, 2}));
    EXPECT_EQ(back.containers[0].version, 1);
    wait_for_measurements(static_cast<std::uint16_t>(back.info.http_port), 3);
    EXPECT_EQ(make_it(2, {64, 1}).size, (Resource{64, 1}));
    const ContainerExit exit = manager.wait_end(test_container(1));
    EXPECT_EQ(exit.reason, ExitReason::OutOfMemory);
    EXPECT_EQ(exit.code, kExitOverMemory);
    EXPECT_NE(exit.message.find("its size is 64 MiB"), std::string::npos) << exit.message;
}

}  // namespace
}  // namespace heddle::node
