// Whom a node believes, and when it connects again.

#include <gtest/gtest.h>

#include "tests/unit/nodeagent/core/node_fixture.h"

namespace heddle::node {

using namespace literals;

TEST(NodeLink, RegistersFirstAndSendsAllOnceWelcome) {
    NodeFixture node;
    node.boot();
    EXPECT_EQ(node.trace(), "connect 1\n");
    node.send(Connected{1});
    EXPECT_EQ(node.trace(), "register\n");
    node.welcome(3, 100);
    EXPECT_EQ(node.trace(), "save epoch 3\nall\n");
    node.advance(3_s);
    EXPECT_EQ(node.trace(), "all\nall\nall\n");
}

TEST(NodeLink, CarriesOutNoOrderBeforeItsEpochIsOnDisk) {
    NodeFixture node;
    node.boot();
    node.answer_saves = false;
    node.send(Connected{1});
    node.welcome(3, 100);
    node.start(node.order(1));
    EXPECT_TRUE(node.agent.containers().containers().empty());
    node.saves.clear();
    node.trace();
    node.send(EpochSaveFailed{3, "No space left on device"});
    EXPECT_EQ(node.trace(), "");
    node.advance(1_s);  // tries again
    EXPECT_EQ(node.trace(), "save epoch 3\nall\n");
    node.answer_saves = true;
    node.send(Tick{});
    EXPECT_EQ(node.state(1), ContainerState::Localising);
}

TEST(NodeLink, RefusesAnOlderManager) {
    NodeFixture node;
    node.boot(5);
    node.send(Connected{1});
    node.trace();
    node.welcome(4, 100);
    EXPECT_EQ(node.trace(), "disconnect 1\n");
    EXPECT_EQ(node.agent.counters().stale_epoch, 1u);
    node.advance(100_ms);
    EXPECT_EQ(node.trace(), "connect 2\n");
}

TEST(NodeLink, DropsOrdersOfALowerEpochOrAnotherSession) {
    NodeFixture node;
    node.join(2);
    NodeOrders orders = node.orders();
    orders.starts = {node.order(1)};
    orders.epoch = 1;
    node.message(orders);
    orders.epoch = 2;
    orders.session = 99;
    node.message(orders);
    EXPECT_EQ(node.trace(), "");
    EXPECT_EQ(node.agent.counters().stale_epoch, 1u);
    EXPECT_EQ(node.agent.counters().stale_session, 1u);
    orders.session = 100;
    orders.starts[0].epoch = 1;  // a start of a lower epoch in orders of the current one
    node.message(orders);
    EXPECT_EQ(node.agent.counters().stale_epoch, 2u);
    EXPECT_TRUE(node.agent.containers().containers().empty());
}

TEST(NodeLink, DropsDoubledAndOvertakenOrders) {
    NodeFixture node;
    node.join();
    NodeOrders start = node.orders();
    start.starts = {node.order(1)};
    NodeOrders stop = node.orders();
    stop.stops = {{container_id(1), 1_s, "no longer wanted"}};
    node.message(stop);
    node.message(start);  // overtaken by its own stop
    node.message(stop);
    EXPECT_TRUE(node.agent.containers().containers().empty());
    EXPECT_EQ(node.agent.counters().stale_orders, 2u);
}

TEST(NodeLink, DropsWhatComesFromAnEarlierConnection) {
    NodeFixture node;
    node.join();
    const std::uint64_t old = node.agent.link().connection();
    node.send(Disconnected{old, "reset"});
    node.advance(1_s);
    node.send(Connected{node.agent.link().connection()});
    node.welcome(1, 100);
    node.trace();
    NodeOrders orders = node.orders();
    orders.starts = {node.order(1)};
    node.send(MessageReceived{old, orders});
    node.send(Disconnected{old, "again"});
    EXPECT_EQ(node.trace(), "");
    EXPECT_TRUE(node.agent.link().registered());
    EXPECT_EQ(node.agent.counters().stale_connection, 2u);
}

TEST(NodeLink, WaitsLongerEachTimeWithJitterAndNeverBeyondItsLimit) {
    NodeFixture node;
    node.boot();
    Duration total{};
    for (int i = 0; i < 12; ++i) {
        node.send(Disconnected{node.agent.link().connection(), "refused"});
        const Duration wait = node.agent.next_deadline() - node.now;
        EXPECT_LE(wait, 1_s);
        EXPECT_GE(wait, 25_ms);
        total = total + wait;
        node.advance(wait);
    }
    EXPECT_GT(total, 4_s);
    EXPECT_EQ(node.agent.counters().connects, 13u);
}

TEST(NodeLink, GivesUpAConnectionThatIsNotAnswered) {
    NodeFixture node;
    node.boot();
    node.trace();
    node.advance(5_s);
    EXPECT_EQ(node.trace().substr(0, 13), "disconnect 1\n");
    NodeFixture silent;
    silent.boot();
    silent.send(Connected{1});
    silent.trace();
    silent.advance(5_s);
    EXPECT_EQ(silent.trace().substr(0, 13), "disconnect 1\n");
}

TEST(NodeLink, TriesAgainWhenItIsRefused) {
    NodeFixture node;
    node.boot();
    node.send(Connected{1});
    node.trace();
    node.message(NodeRefused{"decommissioned"});
    EXPECT_EQ(node.trace(), "disconnect 1\n");
    node.advance(1_s);
    EXPECT_EQ(node.trace().substr(0, 10), "connect 2\n");
}

TEST(NodeLink, LimitsTheOrdersThatWaitForTheEpoch) {
    NodeConfig config = test_config();
    config.orders_waiting_max = 2;
    NodeFixture node(config);
    node.boot();
    node.answer_saves = false;
    node.send(Connected{1});
    node.welcome(3, 100);
    for (int i = 1; i <= 3; ++i) {
        node.start(node.order(i));
    }
    EXPECT_EQ(node.agent.counters().orders_dropped, 1u);
    node.answer_saves = true;
    node.send(Tick{});
    EXPECT_EQ(node.agent.containers().containers().size(), 2u);
}

TEST(NodeLink, SaysFarewellAndStopsNothing) {
    NodeFixture node;
    node.join();
    node.run(1);
    node.trace();
    node.send(ShutdownRequested{});
    EXPECT_EQ(node.trace(), "leaving\ndisconnect 1\n");
    EXPECT_EQ(node.agent.next_deadline(), TimePoint::never());
}

}  // namespace heddle::node
