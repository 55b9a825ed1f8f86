// What a node does about another size for a container that runs.

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/nodeagent/core/node_fixture.h"

namespace heddle::node {
namespace {

void order_size(NodeFixture& node, std::int64_t sequence, std::int64_t version, Resource size) {
    NodeOrders orders = node.orders();
    orders.sizes = {{container_id(sequence), version, size}};
    node.message(orders);
}

const ContainerReport& last_report(const NodeFixture& node) {
    return std::get<NodeStatus>(node.messages.back()).containers.back();
}

NodeConfig enforcing() {
    NodeConfig config = test_config();
    config.memory_enforced = true;
    return config;
}

TEST(ContainerSize, IsReportedWhenItIsOnDisk) {
    NodeFixture node;
    node.join();
    node.run(1);
    node.answer_saves = false;
    node.trace();
    order_size(node, 1, 1, {512, 1});
    EXPECT_EQ(node.trace(), "");
    EXPECT_EQ(node.agent.containers().reports().at(0).size, (Resource{1024, 1}));
    EXPECT_EQ(node.agent.containers().reports().at(0).version, 0);
    node.send(node.saves.front());
    EXPECT_EQ(node.trace(), "news c1=RUNNING\n");
    EXPECT_EQ(last_report(node).size, (Resource{512, 1}));
    EXPECT_EQ(last_report(node).version, 1);
    EXPECT_EQ(node.agent.containers().used(), (Resource{512, 1}));
}

// A manager that learns of it in between must not give away what the container is about to get.
TEST(ContainerSize, IsTheLargerOneWhileItGrows) {
    NodeFixture node;
    node.join();
    node.run(1);
    node.answer_saves = false;
    order_size(node, 1, 1, {2048, 1});
    EXPECT_EQ(node.agent.containers().reports().at(0).size, (Resource{2048, 1}));
    EXPECT_EQ(node.agent.containers().reports().at(0).version, 0);
}

TEST(ContainerSize, StaysWhenTheRecordCannotBeWritten) {
    NodeFixture node;
    node.join();
    node.run(1);
    node.answer_saves = false;
    order_size(node, 1, 1, {2048, 1});
    const auto saved = std::get<ContainerSaved>(node.saves.front());
    node.send(ContainerSaveFailed{saved.container, saved.version, "disk full"});
    const ContainerReport report = node.agent.containers().reports().at(0);
    EXPECT_EQ(report.size, (Resource{1024, 1}));
    EXPECT_EQ(report.version, 0);
    EXPECT_EQ(node.agent.containers().used(), (Resource{1024, 1}));
}

TEST(ContainerSize, OfADoubledOrderIsSavedOnce) {
    NodeFixture node;
    node.join();
    node.run(1);
    order_size(node, 1, 1, {2048, 1});
    const std::size_t saves = node.records.size();
    order_size(node, 1, 1, {2048, 1});
    EXPECT_EQ(node.records.size(), saves);
}

TEST(ContainerSize, OfAnUnknownContainerIsAnsweredWithAllThereIs) {
    NodeFixture node;
    node.join();
    order_size(node, 9, 1, {2048, 1});
    EXPECT_EQ(node.trace(), "all\n");
}

TEST(ContainerSize, SurvivesARestartOfTheAgent) {
    NodeFixture before;
    before.join();
    before.run(1);
    order_size(before, 1, 3, {2048, 2});
    NodeFixture node;
    node.boot(1, {{before.records.back(), RecoveredContainer::Running{4001, {5}}}});
    const ContainerReport report = node.agent.containers().reports().at(0);
    EXPECT_EQ(report.size, (Resource{2048, 2}));
    EXPECT_EQ(report.version, 3);
}

// A machine of 4096 MiB and 4 vcores: one guaranteed container of 1024 MiB, the others
// opportunistic.
void run_beside(NodeFixture& node, std::int64_t sequence) {
    ContainerStart start = node.order(sequence);
    start.execution = ExecutionType::Opportunistic;
    node.start(start);
    node.send(Localised{start.container});
    if (node.state(sequence) == ContainerState::Starting) {
        node.send(Started{start.container, 4000 + sequence});
    }
}

TEST(ContainerSize, ThatGrowsEndsOpportunisticContainersInItsWay) {
    NodeFixture node;
    node.join();
    node.run(1);
    run_beside(node, 2);
    run_beside(node, 3);
    node.answer_saves = false;
    order_size(node, 1, 1, {3072, 1});
    EXPECT_EQ(node.state(2), ContainerState::Running);
    EXPECT_EQ(node.state(3), ContainerState::Stopping);
}

// What is given back is free when the record is on disk, and not before.
TEST(ContainerSize, ThatShrinksLetsOpportunisticContainersStart) {
    NodeFixture node;
    node.join();
    node.start(node.order(1, {4096, 1}));
    node.send(Localised{container_id(1)});
    node.send(Started{container_id(1), 4001});
    run_beside(node, 2);
    node.answer_saves = false;
    order_size(node, 1, 1, {3072, 1});
    EXPECT_EQ(node.state(2), ContainerState::Ready);
    node.send(node.saves.front());
    EXPECT_EQ(node.state(2), ContainerState::Starting);
}

// A manager that has begun anew does not know of the change that is being saved.
TEST(ContainerSize, ThatCannotBeWrittenIsTakenBackFromAContainerThatWasDemotedMeanwhile) {
    NodeFixture node;
    node.join();
    node.run(1);
    node.answer_saves = false;
    order_size(node, 1, 1, {2048, 1});
    const auto saved = std::get<ContainerSaved>(node.saves.front());
    NodeOrders orders = node.orders();
    orders.execution_changes = {{container_id(1), ExecutionType::Opportunistic}};
    node.message(orders);
    EXPECT_EQ(node.agent.containers().used(), Resource{});
    EXPECT_EQ(node.agent.containers().opportunistic().used(), (Resource{2048, 1}));
    node.send(ContainerSaveFailed{saved.container, saved.version, "disk full"});
    EXPECT_EQ(node.agent.containers().opportunistic().used(), (Resource{1024, 1}));
}

TEST(ContainerMemory, BeyondTheSizeTwiceEndsTheContainer) {
    NodeFixture node(enforcing());
    node.join();
    node.run(1);
    node.trace();
    node.send(UsageMeasured{{}, {{container_id(1), 1025}}});
    node.send(UsageMeasured{{}, {{container_id(1), 1024}}});
    node.send(UsageMeasured{{}, {{container_id(1), 1025}}});
    EXPECT_EQ(node.trace(), "");
    node.send(UsageMeasured{{}, {{container_id(1), 1026}}});
    EXPECT_EQ(node.trace(), "terminate c1\nnews c1=STOPPING\n");
    node.exit(1, 143);
    const ContainerExit exit = *node.agent.containers().reports().at(0).exit;
    EXPECT_EQ(exit.reason, ExitReason::OutOfMemory);
    EXPECT_EQ(exit.code, kExitOverMemory);
    EXPECT_EQ(exit.message, "over its memory limit: it uses 1026 MiB and its size is 1024 MiB");
}

TEST(ContainerMemory, IsComparedWithTheSizeThatHoldsNow) {
    NodeFixture node(enforcing());
    node.join();
    node.run(1);
    order_size(node, 1, 1, {2048, 1});
    node.trace();
    for (int i = 0; i < 3; ++i) {
        node.send(UsageMeasured{{}, {{container_id(1), 1500}}});
    }
    EXPECT_EQ(node.trace(), "");
    order_size(node, 1, 2, {1024, 1});
    node.trace();
    for (int i = 0; i < 2; ++i) {
        node.send(UsageMeasured{{}, {{container_id(1), 1500}}});
    }
    EXPECT_EQ(node.trace(), "terminate c1\nnews c1=STOPPING\n");
}

TEST(ContainerMemory, IsNobodysConcernWhereItIsNotEnforced) {
    NodeFixture node;
    node.join();
    node.run(1);
    node.trace();
    for (int i = 0; i < 3; ++i) {
        node.send(UsageMeasured{{}, {{container_id(1), 5000}}});
    }
    EXPECT_EQ(node.trace(), "");
}

}  // namespace
}  // namespace heddle::node
