// Opportunistic containers in a node agent's core: the queue, what starts, and what makes room.

#include <gtest/gtest.h>

#include "common/model/opportunistic_queue.h"
#include "tests/unit/nodeagent/core/node_fixture.h"

namespace heddle::node {
namespace {

using namespace literals;

// A machine of 4096 MiB and 4 vcores.
class Machine : public NodeFixture {
public:
    explicit Machine(std::int32_t queue_max = 15) : NodeFixture(with_queue(queue_max)) { join(); }

    static NodeConfig with_queue(std::int32_t queue_max) {
        NodeConfig config = test_config();
        config.opportunistic_queue_max = queue_max;
        return config;
    }
    ContainerStart opportunistic(std::int64_t sequence, Resource size = {1024, 1}) const {
        ContainerStart start = order(sequence, size);
        start.execution = ExecutionType::Opportunistic;
        return start;
    }
    /// Ordered and in place: it runs if there is room.
    void bring(const ContainerStart& order) {
        start(order);
        send(Localised{order.container});
        if (state(order.container.sequence) == ContainerState::Starting) {
            send(Started{order.container, 4000 + order.container.sequence});
        }
    }
    void take_back(std::int64_t sequence) {
        NodeOrders all = orders();
        all.take_backs = {container_id(sequence)};
        message(all);
    }
    void change(std::int64_t sequence, ExecutionType to) {
        NodeOrders all = orders();
        all.execution_changes = {{container_id(sequence), to}};
        message(all);
    }
    ContainerExit exit_of(std::int64_t sequence) const {
        return *agent.containers().containers().at(container_id(sequence)).record.exit;
    }
};

}  // namespace

TEST(OpportunisticQueue, EndsTheNewestAndNotOneMoreThanIsNeeded) {
    OpportunisticQueue queue;
    for (std::int64_t i = 1; i <= 4; ++i) {
        queue.add(container_id(i), {i == 2 ? 2048 : 512, 1}, static_cast<std::uint64_t>(i));
        queue.started(container_id(i));
    }
    EXPECT_TRUE(queue.in_the_way({3584, 4}).empty());
    EXPECT_EQ(queue.in_the_way({3072, 4}), (std::vector{container_id(4)}));
    EXPECT_EQ(queue.in_the_way({2560, 4}), (std::vector{container_id(4), container_id(3)}));
    // The large one has to end as well, and then the small ones that were newer may stay.
    EXPECT_EQ(queue.in_the_way({2048, 4}), (std::vector{container_id(2)}));
    queue.stopping(container_id(4));
    EXPECT_TRUE(queue.in_the_way({3072, 4}).empty());
}

TEST(OpportunisticQueue, EndsNothingThatDoesNotHelp) {
    OpportunisticQueue queue;
    queue.add(container_id(1), {512, 1, {{"gpu", 1}}}, 1);
    queue.add(container_id(2), {512, 1}, 2);
    queue.started(container_id(1));
    queue.started(container_id(2));
    EXPECT_EQ(queue.in_the_way({4096, 4, {}}), (std::vector{container_id(1)}));
}

TEST(OpportunisticQueue, CountsTheSizeThatAContainerHasNow) {
    OpportunisticQueue queue;
    queue.add(container_id(1), {1024, 1}, 1);
    queue.resize(container_id(1), {2048, 1});
    EXPECT_EQ(queue.used(), Resource{});
    queue.ready(container_id(1));
    EXPECT_FALSE(queue.next({1024, 1}).has_value());
    queue.started(container_id(1));
    queue.resize(container_id(1), {512, 1});
    queue.resize(container_id(2), {512, 1});  // not here
    EXPECT_EQ(queue.used(), (Resource{512, 1}));
    queue.check();
}

TEST(NodeAgent, StartsOpportunisticContainersInRoomThatNobodyUses) {
    Machine node;
    node.bring(node.order(1, {3072, 3}));
    node.bring(node.opportunistic(2));
    EXPECT_EQ(node.state(2), ContainerState::Running);
    node.bring(node.opportunistic(3));
    EXPECT_EQ(node.state(3), ContainerState::Ready);
    EXPECT_EQ(node.agent.containers().opportunistic().waiting(), 1u);
    node.exit(1);
    EXPECT_EQ(node.state(3), ContainerState::Starting);
}

TEST(NodeAgent, StartsTheFirstInTheQueueFirst) {
    Machine node;
    node.bring(node.order(1, {4096, 4}));
    node.bring(node.opportunistic(2, {2048, 2}));
    node.bring(node.opportunistic(3, {512, 1}));
    node.bring(node.opportunistic(4, {3072, 2}));
    node.bring(node.opportunistic(5, {512, 1}));
    node.exit(1);
    EXPECT_EQ(node.state(2), ContainerState::Starting);
    EXPECT_EQ(node.state(3), ContainerState::Starting);
    EXPECT_EQ(node.state(4), ContainerState::Ready);
    EXPECT_EQ(node.state(5), ContainerState::Ready);  // the large one before it holds it back
}

TEST(NodeAgent, StartsAGuaranteedContainerAtOnceAndEndsTheNewestOpportunisticOnes) {
    Machine node;
    for (std::int64_t i = 1; i <= 4; ++i) {
        node.bring(node.opportunistic(i));
    }
    node.trace();
    node.bring(node.order(5, {1536, 2}));
    EXPECT_EQ(node.state(5), ContainerState::Running);
    EXPECT_EQ(node.state(1), ContainerState::Running);
    EXPECT_EQ(node.state(2), ContainerState::Running);
    EXPECT_EQ(node.state(3), ContainerState::Stopping);
    EXPECT_EQ(node.state(4), ContainerState::Stopping);
    node.exit(4, 143);
    EXPECT_EQ(node.exit_of(4).reason, ExitReason::Displaced);
    EXPECT_EQ(node.exit_of(4).code, kExitKilledByContainerScheduler);
    EXPECT_EQ(node.exit_of(4).message, "made room for a guaranteed container");
    node.trace();
    node.advance(milliseconds(250));
    EXPECT_EQ(node.trace(), "kill c3\n");
}

TEST(NodeAgent, RefusesWhatItsQueueHasNoPlaceFor) {
    Machine node(1);
    node.bring(node.order(1, {4096, 4}));
    node.bring(node.opportunistic(2));
    node.start(node.opportunistic(3));
    EXPECT_EQ(node.state(3), ContainerState::Done);
    EXPECT_EQ(node.exit_of(3).reason, ExitReason::Displaced);
    EXPECT_EQ(node.exit_of(3).message, "its node's queue of opportunistic containers is full (1)");
    Machine without(0);
    without.start(without.opportunistic(1));
    EXPECT_EQ(without.state(1), ContainerState::Done);
}

TEST(NodeAgent, GivesBackOnlyWhatHasNotStarted) {
    Machine node;
    node.bring(node.opportunistic(1, {4096, 4}));
    node.bring(node.opportunistic(2));
    node.take_back(1);
    node.take_back(2);
    EXPECT_EQ(node.state(1), ContainerState::Running);
    EXPECT_EQ(node.state(2), ContainerState::Done);
    EXPECT_EQ(node.exit_of(2).reason, ExitReason::Displaced);
    node.exit(1);
    EXPECT_EQ(node.agent.containers().opportunistic().waiting(), 0u);
}

TEST(NodeAgent, KeepsItsQueueOverARestart) {
    Machine node;
    node.bring(node.order(1, {4096, 4}));
    node.bring(node.opportunistic(9));  // came first
    node.bring(node.opportunistic(2));
    std::map<ContainerId, ContainerRecord> disk;
    for (const ContainerRecord& record : node.records) {
        disk[record.order.container] = record;
    }
    NodeFixture again;
    std::vector<RecoveredContainer> found;
    for (const auto& [id, record] : disk) {
        RecoveredContainer recovered{record, RecoveredContainer::NotStarted{}};
        if (id == container_id(1)) {
            recovered.process = RecoveredContainer::Running{4001, {}};
        }
        found.push_back(recovered);
    }
    again.boot(1, found);
    again.join();
    again.send(Localised{container_id(2)});
    again.send(Localised{container_id(9)});
    EXPECT_EQ(again.agent.containers().opportunistic().waiting(), 2u);
    again.trace();
    again.exit(1);
    const std::string trace = again.trace();
    EXPECT_LT(trace.find("start c9"), trace.find("start c2")) << trace;
}

TEST(NodeAgent, PromotesAndDemotesWhatRuns) {
    Machine node;
    node.bring(node.opportunistic(1, {2048, 2}));
    node.bring(node.opportunistic(2, {2048, 2}));
    node.change(2, ExecutionType::Guaranteed);
    node.bring(node.order(3, {2048, 2}));  // the oldest is the only one that may be ended
    EXPECT_EQ(node.state(1), ContainerState::Stopping);
    EXPECT_EQ(node.state(2), ContainerState::Running);
    node.exit(1);
    node.change(2, ExecutionType::Opportunistic);
    EXPECT_EQ(node.state(2), ContainerState::Running);
    node.bring(node.order(4, {1024, 1}));
    EXPECT_EQ(node.state(2), ContainerState::Stopping);
}

TEST(NodeAgent, StartsWhatIsPromotedInTheQueue) {
    Machine node;
    node.bring(node.opportunistic(1, {4096, 4}));
    node.bring(node.opportunistic(2));
    node.change(2, ExecutionType::Guaranteed);
    EXPECT_EQ(node.state(2), ContainerState::Starting);
    EXPECT_EQ(node.state(1), ContainerState::Stopping);
}

}  // namespace heddle::node
