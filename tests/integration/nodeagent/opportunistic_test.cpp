// Opportunistic containers as processes: they wait in the agent's queue, also over its restart, run
// in room that is lent, and make room.

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/integration/nodeagent/fake_manager.h"

namespace heddle::node {
namespace {

class OpportunisticProcesses : public ::testing::Test {
protected:
    // The machine has 1024 MiB.
    ContainerStart order(std::int64_t number, std::int64_t memory_mib,
                         ExecutionType execution = ExecutionType::Opportunistic) const {
        ContainerStart start = manager.order(number, {"/bin/sh", "-c", "sleep 1000"});
        start.size = {memory_mib, 1};
        start.execution = execution;
        return start;
    }
    void wait_queued(std::int64_t number) {
        const ContainerReport report = manager.wait_report(
            test_container(number),
            [](const ContainerReport& seen) { return seen.phase == ContainerPhase::Ready; });
        EXPECT_EQ(report.execution, ExecutionType::Opportunistic);
    }

    FakeManager manager;
    TemporaryDirectory temporary;
    AgentProcess agent{manager, temporary.path()};
};

}  // namespace

TEST_F(OpportunisticProcesses, MakeRoomForAGuaranteedOneAndGoOnAfterIt) {
    EXPECT_EQ(manager.wait_registered().opportunistic_queue_max, 15);
    manager.start(order(1, 512));
    manager.start(order(2, 512));
    const ContainerReport first = manager.wait_running(test_container(1));
    const ContainerReport second = manager.wait_running(test_container(2));
    manager.start(order(3, 512));
    wait_queued(3);

    agent.kill_hard();
    agent.start();
    manager.wait_registered(2);
    wait_queued(3);
    EXPECT_EQ(::kill(static_cast<pid_t>(first.pid), 0), 0);
    EXPECT_EQ(::kill(static_cast<pid_t>(second.pid), 0), 0);

    manager.start(order(4, 256, ExecutionType::Guaranteed));
    const ContainerExit exit = manager.wait_end(test_container(2));  // the newest that runs
    EXPECT_EQ(exit.reason, ExitReason::Displaced);
    EXPECT_EQ(exit.code, kExitKilledByContainerScheduler);
    EXPECT_EQ(exit.message, "made room for a guaranteed container");
    manager.wait_running(test_container(4));
    EXPECT_EQ(::kill(static_cast<pid_t>(first.pid), 0), 0);

    manager.stop(test_container(4), seconds(1));
    manager.wait_end(test_container(4));
    manager.wait_running(test_container(3));
}

TEST_F(OpportunisticProcesses, AreTakenBackOnlyWhileTheyWait) {
    manager.wait_registered();
    manager.start(order(1, 1024));
    manager.wait_running(test_container(1));
    manager.start(order(2, 512));
    wait_queued(2);
    NodeOrders orders;
    orders.take_backs = {test_container(1), test_container(2)};
    manager.send(orders);
    EXPECT_EQ(manager.wait_end(test_container(2)).reason, ExitReason::Displaced);
    EXPECT_EQ(manager.wait_running(test_container(1)).phase, ContainerPhase::Running);
}

}  // namespace heddle::node
