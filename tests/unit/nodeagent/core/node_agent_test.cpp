// Containers in a node agent's core: every row of their life, doubled and lost messages, restarts.

#include "nodeagent/core/node_agent.h"

#include <gtest/gtest.h>

#include "tests/unit/nodeagent/core/node_fixture.h"

namespace heddle::node {

using namespace literals;

TEST(NodeAgent, RunsAContainerFromOrderToAcknowledgedEnd) {
    NodeFixture node;
    node.join();
    node.start(node.order(1));
    EXPECT_EQ(node.trace(), "news c1=LOCALIZING\nlocalise c1\n");
    node.send(Localised{container_id(1)});
    EXPECT_EQ(node.trace(), "start c1\nnews c1=READY\n");
    node.send(Started{container_id(1), 4001});
    EXPECT_EQ(node.trace(), "news c1=RUNNING\n");
    node.exit(1, 3);
    EXPECT_EQ(node.trace(), "delete work c1\nnews c1=DONE:exited\n");
    const auto& report = std::get<NodeStatus>(node.messages.back()).containers.at(0);
    EXPECT_EQ(report.exit->code, 3);
    EXPECT_EQ(report.key, node.order(1).key);
    EXPECT_EQ(report.pid, 4001);
    node.advance(1_s);
    EXPECT_EQ(node.trace(), "all c1=DONE:exited\n");  // until acknowledged
    node.acknowledge(1);
    node.advance(1_s);
    EXPECT_EQ(node.trace(), "all\n");
    node.advance(seconds(3 * 3600));
    EXPECT_NE(node.trace().find("delete c1\n"), std::string::npos);
    EXPECT_TRUE(node.agent.containers().containers().empty());
}

TEST(NodeAgent, LocalisesOnlyWhenTheOrderIsOnDisk) {
    NodeFixture node;
    node.join();
    node.answer_saves = false;
    node.start(node.order(1));
    EXPECT_EQ(node.trace(), "news c1=LOCALIZING\n");
    node.answer_saves = true;
    node.send(Tick{});
    EXPECT_EQ(node.trace(), "localise c1\n");
}

TEST(NodeAgent, ReportsAnEndOnlyWhenItIsOnDisk) {
    NodeFixture node;
    node.join();
    node.run(1);
    node.trace();
    node.answer_saves = false;
    node.exit(1);
    EXPECT_EQ(node.trace(), "delete work c1\n");
    node.advance(1_s);
    EXPECT_EQ(node.trace(), "all c1=RUNNING\n");
    node.answer_saves = true;
    node.send(Tick{});
    EXPECT_EQ(node.trace(), "news c1=DONE:exited\n");
}

TEST(NodeAgent, SaysLaunchFailedWhenTheRecordCannotBeWritten) {
    NodeFixture node;
    node.join();
    node.answer_saves = false;
    node.start(node.order(1));
    node.saves.clear();
    node.send(ContainerSaveFailed{container_id(1), 1, "No space left on device"});
    node.saves.clear();
    node.trace();
    node.send(ContainerSaveFailed{container_id(1), 2, "No space left on device"});
    EXPECT_EQ(node.trace(), "news c1=DONE:launch failed\n");
    const auto& exit = std::get<NodeStatus>(node.messages.back()).containers.at(0).exit;
    EXPECT_EQ(exit->message, "cannot write the container's record: No space left on device");
    node.answer_saves = true;
    node.run(2);  // the agent lives on
    EXPECT_EQ(node.state(2), ContainerState::Running);
}

TEST(NodeAgent, SaysLaunchFailedWhenLocalisingOrStartingFails) {
    NodeFixture node;
    node.join();
    node.start(node.order(1));
    node.send(LocaliseFailed{container_id(1), "no artifact 'x'"});
    node.start(node.order(2));
    node.send(Localised{container_id(2)});
    node.trace();
    node.send(StartFailed{container_id(2), "fork: Resource temporarily unavailable"});
    EXPECT_EQ(node.trace(), "delete work c2\nnews c2=DONE:launch failed\n");
    EXPECT_TRUE(node.agent.containers().used().is_zero());
}

TEST(NodeAgent, HoldsAContainerUntilItsMasterSaysStart) {
    NodeFixture node;
    node.join();
    ContainerStart held = node.order(1);
    held.hold = true;
    node.start(held);
    node.send(Localised{container_id(1)});
    EXPECT_EQ(node.state(1), ContainerState::Ready);
    node.trace();
    NodeOrders orders = node.orders();
    orders.releases_hold = {container_id(1)};
    node.message(orders);
    EXPECT_EQ(node.trace(), "start c1\n");
    orders = node.orders();
    orders.releases_hold = {container_id(1)};
    node.message(orders);  // repeated
    EXPECT_EQ(node.trace(), "");
}

TEST(NodeAgent, ReleasesAHoldThatIsLiftedWhileLocalising) {
    NodeFixture node;
    node.join();
    ContainerStart held = node.order(1);
    held.hold = true;
    NodeOrders orders = node.orders();
    orders.starts = {held};
    orders.releases_hold = {container_id(1)};
    node.message(orders);
    node.trace();
    node.send(Localised{container_id(1)});
    EXPECT_EQ(node.trace(), "start c1\nnews c1=READY\n");
}

TEST(NodeAgent, StopsByTermThenKillAfterTheGrace) {
    NodeFixture node;
    node.join();
    node.run(1);
    node.trace();
    node.stop(1, 5_s);
    EXPECT_EQ(node.trace(), "terminate c1\nnews c1=STOPPING\n");
    node.advance(4999_ms);
    EXPECT_EQ(node.trace().find("kill"), std::string::npos);
    node.advance(1_ms);
    EXPECT_NE(node.trace().find("kill c1\n"), std::string::npos);
    node.advance(2_s);  // not seen to die: again
    EXPECT_NE(node.trace().find("kill c1\n"), std::string::npos);
    ContainerExit exit;
    exit.reason = ExitReason::Signalled;
    exit.code = 137;
    exit.signal = 9;
    node.send(ContainerExited{container_id(1), exit});
    EXPECT_EQ(node.trace(), "delete work c1\nnews c1=DONE:stopped\n");
    const auto& report = std::get<NodeStatus>(node.messages.back()).containers.at(0);
    EXPECT_EQ(report.exit->code, kExitKilledByResourceManager);
    EXPECT_EQ(report.exit->message, "killed by ann");
}

TEST(NodeAgent, PassesASignalToARunningProcessAndToNoOther) {
    NodeFixture node;
    node.join();
    node.start(node.order(1));
    node.trace();
    NodeOrders all = node.orders();
    all.signals = {{container_id(1), SignalKind::ThreadDump}, {container_id(7), SignalKind::Kill}};
    node.message(all);
    EXPECT_EQ(node.trace(), "");  // no process yet, and no such container
    node.send(Localised{container_id(1)});
    node.send(Started{container_id(1), 4001});
    node.trace();
    all = node.orders();
    all.signals = {{container_id(1), SignalKind::ThreadDump},
                   {container_id(1), SignalKind::Terminate},
                   {container_id(1), SignalKind::Kill}};
    node.message(all);
    EXPECT_EQ(node.trace(), "quit c1\nterminate c1\nkill c1\n");  // and it is not stopping
}

TEST(NodeAgent, TakesTheEarlierOfTwoStops) {
    NodeFixture node;
    node.join();
    node.run(1);
    node.stop(1, 60_s);
    node.trace();
    node.stop(1, 0_s);
    EXPECT_EQ(node.trace(), "kill c1\n");
}

TEST(NodeAgent, StopsInEveryStateBeforeRunning) {
    NodeFixture node;
    node.join();
    node.answer_saves = false;
    node.start(node.order(1));
    node.stop(1);  // while its order is being saved
    node.answer_saves = true;
    node.send(Tick{});
    EXPECT_EQ(node.state(1), ContainerState::Done);
    EXPECT_EQ(node.trace().find("localise"), std::string::npos);

    node.start(node.order(2));
    node.stop(2);
    node.send(Localised{container_id(2)});  // too late
    EXPECT_EQ(node.state(2), ContainerState::Done);
    EXPECT_EQ(node.trace().find("start c2"), std::string::npos);

    node.start(node.order(3));
    node.send(Localised{container_id(3)});
    node.stop(3);  // the shim has not answered
    EXPECT_EQ(node.state(3), ContainerState::Stopping);
    node.trace();
    node.send(Started{container_id(3), 4003});
    EXPECT_EQ(node.trace(), "terminate c3\nnews c3=STOPPING\n");
    node.exit(3);
    EXPECT_EQ(node.state(3), ContainerState::Done);
}

TEST(NodeAgent, KillsAShimThatDoesNotAnswerWhenTheGraceOfAStopIsOver) {
    NodeFixture node;
    node.join();
    node.start(node.order(1));
    node.send(Localised{container_id(1)});
    node.stop(1, 5_s);
    EXPECT_EQ(node.trace().find("terminate"), std::string::npos);
    node.advance(5_s);
    EXPECT_NE(node.trace().find("kill c1\n"), std::string::npos);
    node.send(StartFailed{container_id(1), "its shim ended before the process was started"});
    EXPECT_EQ(node.state(1), ContainerState::Done);
    EXPECT_EQ(node.records.back().exit->reason, ExitReason::Stopped);
    node.advance(10_s);
    EXPECT_EQ(node.trace().find("kill"), std::string::npos);
}

TEST(NodeAgent, StartsAContainerOnceHoweverOftenItIsOrdered) {
    NodeFixture node;
    node.join();
    node.run(1);
    node.trace();
    node.start(node.order(1));
    EXPECT_EQ(node.trace(), "");
    node.exit(1);
    node.trace();
    node.start(node.order(1));  // has ended, and the manager has not heard
    EXPECT_EQ(node.trace(), "news c1=DONE:exited\n");
    node.acknowledge(1);
    node.start(node.order(1));
    EXPECT_EQ(node.trace(), "all\n");  // not here any more
    EXPECT_EQ(node.agent.counters().doubled_starts, 3u);
    EXPECT_EQ(node.agent.counters().started, 1u);
}

TEST(NodeAgent, AnswersAStopOfAnUnknownContainerWithAllItHas) {
    NodeFixture node;
    node.join();
    node.run(1);
    node.trace();
    node.stop(9);
    EXPECT_EQ(node.trace(), "all c1=RUNNING\n");
    EXPECT_EQ(std::get<NodeStatus>(node.messages.back()).orders_seen, node.order_sequence);
}

TEST(NodeAgent, RepeatsAnEndWhoseAcknowledgementWasLost) {
    NodeFixture node;
    node.join();
    node.run(1);
    node.exit(1);
    node.trace();
    node.send(Disconnected{node.agent.link().connection(), "reset"});
    node.advance(1_s);
    node.send(Connected{node.agent.link().connection()});
    EXPECT_NE(node.trace().find("register c1=DONE:exited\n"), std::string::npos);
    node.welcome(1, 101);
    node.acknowledge(1);
    node.trace();
    node.acknowledge(1);  // doubled
    node.advance(1_s);
    EXPECT_EQ(node.trace(), "all\n");
}

TEST(NodeAgent, IgnoresTheAcknowledgementOfWhatHasNotEnded) {
    NodeFixture node;
    node.join();
    node.run(1);
    node.acknowledge(1);
    EXPECT_EQ(node.state(1), ContainerState::Running);
}

TEST(NodeAgent, ObeysAnOrderBeyondItsResourcesAndRefusesOneBeyondItsLimit) {
    NodeConfig config = test_config();
    config.containers_max = 2;
    NodeFixture node(config);
    node.join();
    node.start(node.order(1, {8192, 1}));
    EXPECT_EQ(node.state(1), ContainerState::Localising);
    EXPECT_EQ(node.agent.counters().over_capacity, 1u);
    node.start(node.order(2));
    node.trace();
    node.start(node.order(3));
    EXPECT_EQ(node.trace(), "delete work c3\nnews c3=DONE:launch failed\n");
}

TEST(NodeAgent, KeepsTheNewestLogsUpToItsLimit) {
    NodeConfig config = test_config();
    config.logs_kept_max = 2;
    NodeFixture node(config);
    node.join();
    for (int i = 1; i <= 3; ++i) {
        node.run(i);
        node.exit(i);
        node.now = node.now + 10_ms;
        node.acknowledge(i);
    }
    EXPECT_NE(node.trace().find("delete c1\n"), std::string::npos);
    EXPECT_EQ(node.agent.containers().containers().size(), 2u);
}

TEST(NodeAgent, KeepsNoSecretAfterTheEnd) {
    NodeFixture node;
    node.join();
    ContainerStart order = node.order(1);
    order.spec.secrets = {{"token", "xyzzy"}};
    node.start(order);
    node.send(LocaliseFailed{container_id(1), "no"});
    EXPECT_EQ(node.records.back().order.spec, LaunchSpec{});
}

TEST(NodeAgent, KnowsAfterTheEndWhichLogsStay) {
    NodeFixture node;
    node.join();
    ContainerStart order = node.order(1);
    order.log_patterns.include = "^std";
    node.start(order);
    node.trace();
    node.send(LocaliseFailed{container_id(1), "no"});
    EXPECT_EQ(node.trace(), "delete work c1, keeps ^std\nnews c1=DONE:launch failed\n");
    EXPECT_EQ(node.records.back().order.log_patterns.include, "^std");  // a restart trims them, too
}

TEST(NodeAgent, PushesAChangeOfHealth) {
    NodeFixture node;
    node.join();
    node.send(UsageMeasured{{10, 0, 0, ""}});
    EXPECT_EQ(node.trace(), "");
    node.send(UsageMeasured{{10, 0, 0, "disk full"}});
    EXPECT_EQ(node.trace(), "news\n");
    EXPECT_EQ(std::get<NodeStatus>(node.messages.back()).usage.health, "disk full");
}

// Restarts of the agent: the records that were saved, and what is true of the processes.

RecoveredContainer recovered(const NodeFixture& node, std::int64_t sequence,
                             decltype(RecoveredContainer::process) process) {
    RecoveredContainer found;
    for (const ContainerRecord& record : node.records) {
        if (record.order.container == container_id(sequence)) {
            found.record = record;
        }
    }
    found.process = std::move(process);
    return found;
}

TEST(NodeAgentRestart, KeepsWhatRunsAndReportsWhatEndedMeanwhile) {
    NodeFixture before;
    before.join();
    before.run(1);
    before.run(2);
    before.run(3);
    before.start(before.order(4));

    NodeFixture after;
    ContainerExit exit;
    exit.code = 7;
    after.boot(1, {recovered(before, 1, RecoveredContainer::Running{4001, {5}}),
                   recovered(before, 2, exit), recovered(before, 3, ProcessLost{}),
                   recovered(before, 4, RecoveredContainer::NotStarted{})});
    EXPECT_EQ(after.trace(), "adopt c1\nlocalise c4\ndelete work c2\ndelete work c3\nconnect 1\n");
    after.send(Connected{1});
    EXPECT_EQ(after.trace(), "register c1=RUNNING c2=DONE:exited c3=DONE:unknown c4=LOCALIZING\n");
    EXPECT_EQ(std::get<NodeRegister>(after.messages.back()).containers.at(1).exit->code, 7);
    EXPECT_EQ(std::get<NodeRegister>(after.messages.back()).epoch_seen, 1);
    after.exit(1);
    EXPECT_EQ(after.state(1), ContainerState::Done);
}

TEST(NodeAgentRestart, GoesOnStoppingAndKnowsThatItWasAStop) {
    NodeFixture before;
    before.join();
    before.run(1);
    before.run(2);
    before.stop(1, 60_s);
    before.stop(2, 60_s);

    NodeFixture after;
    ContainerExit exit;
    exit.reason = ExitReason::Signalled;
    exit.signal = 15;
    after.boot(1, {recovered(before, 1, RecoveredContainer::Running{4001, {5}}),
                   recovered(before, 2, exit)});
    EXPECT_EQ(after.trace().substr(0, 22), "adopt c1\nterminate c1\n");
    EXPECT_EQ(after.records.back().exit->reason, ExitReason::Stopped);
    after.advance(2_s);
    EXPECT_NE(after.trace().find("kill c1\n"), std::string::npos);
}

TEST(NodeAgentRestart, RemembersEndsUntilTheLogsAreGone) {
    NodeFixture before;
    before.join();
    before.run(1);
    before.exit(1);
    before.run(2);
    before.exit(2);
    before.acknowledge(2);

    NodeFixture after;
    after.boot(1, {recovered(before, 1, ProcessLost{}), recovered(before, 2, ProcessLost{})});
    after.join();
    after.advance(1_s);
    EXPECT_EQ(after.trace(), "all c1=DONE:exited\n");
    after.start(after.order(2));  // never again
    EXPECT_EQ(after.agent.counters().started, 0u);
    after.advance(seconds(3 * 3600));
    EXPECT_EQ(after.agent.containers().containers().size(), 1u);
}

}  // namespace heddle::node
