// Container records and the epoch on disk.

#include "nodeagent/shell/state_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace heddle::node {

namespace {

class StateStoreTest : public ::testing::Test {
protected:
    StateStoreTest() {
        std::string path = "/tmp/heddle-state-XXXXXX";
        EXPECT_NE(::mkdtemp(path.data()), nullptr);
        paths.root = path;
    }
    ~StateStoreTest() override { std::filesystem::remove_all(paths.root); }

    static ContainerRecord running() {
        ContainerRecord record;
        record.order.container = {{{1700000000000, 1}, 1}, 2, 3};
        record.order.key = {record.order.container.attempt, 4, 5};
        record.order.epoch = 2;
        record.order.size = {512, 1};
        record.order.user = "ann";
        record.order.spec.argv = {"/bin/true", "", "a b"};
        record.order.spec.secrets = {{"token", std::string("\0\xff", 2)}};
        record.state = ContainerState::Stopping;
        record.pid = 77;
        record.started = {1'700'000'000'123};
        record.stop_reason = "killed by ann";
        record.order.execution = ExecutionType::Opportunistic;
        record.queued = 12;
        record.displaced = true;
        return record;
    }

    NodePaths paths;
};

}  // namespace

TEST_F(StateStoreTest, ReadsRecordsAsTheyWereSaved) {
    const StateStore store(paths);
    const ContainerRecord record = running();
    ASSERT_TRUE(store.save(record).ok());
    ContainerRecord first;  // only ordered
    first.order = record.order;
    first.order.container.sequence = 4;
    ASSERT_TRUE(store.save(first).ok());
    const auto all = store.load_all().records;
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].order.container.sequence == 3 ? all[0] : all[1], record);
    EXPECT_EQ(all[0].order.container.sequence == 3 ? all[1] : all[0], first);
    store.remove(first.order.container);
    EXPECT_EQ(store.load_all().records.size(), 1u);
}

TEST_F(StateStoreTest, ReadsTheEndOfAContainer) {
    const StateStore store(paths);
    ContainerRecord record = running();
    record.order.spec = {};
    record.state = ContainerState::Done;
    record.exit = ContainerExit{ExitReason::Stopped, -106, 15, "killed by ann", 12, {99}};
    record.acknowledged = true;
    ASSERT_TRUE(store.save(record).ok());
    ASSERT_EQ(store.load_all().records.size(), 1u);
    EXPECT_EQ(store.load_all().records[0], record);
}

TEST_F(StateStoreTest, SetsDamagedRecordsAside) {
    const StateStore store(paths);
    const ContainerRecord record = running();
    const std::string bytes = encode_container_record(record);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::string damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        EXPECT_FALSE(decode_container_record(damaged).ok()) << i;
        EXPECT_FALSE(decode_container_record(std::string_view(bytes).substr(0, i)).ok()) << i;
    }
    ASSERT_TRUE(store.save(record).ok());
    std::ofstream(paths.state(record.order.container) + "/record") << "nonsense";
    std::filesystem::create_directory(paths.state_root() + "/strange");
    const auto found = store.load_all();
    EXPECT_TRUE(found.records.empty());
    EXPECT_EQ(found.damaged, std::vector{record.order.container});
    const std::string name = to_string(record.order.container);
    EXPECT_EQ(store.set_record_aside(record.order.container), paths.root + "/damaged-" + name);
    EXPECT_TRUE(std::filesystem::exists(paths.root + "/damaged-" + name + "/record"));
    EXPECT_TRUE(std::filesystem::exists(paths.root + "/damaged-strange"));
    // The agent may end before it has saved the end: the next start finds the container again.
    EXPECT_EQ(store.load_all().damaged, std::vector{record.order.container});
    EXPECT_EQ(store.set_record_aside(record.order.container), "");
    ASSERT_TRUE(store.save(record).ok());
    EXPECT_EQ(store.set_record_aside(record.order.container),
              paths.root + "/damaged-" + name + "-2");
}

TEST_F(StateStoreTest, LeavesNoRecordWhenAnEndCannotBeSaved) {
    const StateStore store(paths);
    ContainerRecord record = running();
    ASSERT_TRUE(store.save(record).ok());
    std::filesystem::create_directory(paths.state(record.order.container) + "/record.tmp");
    record.state = ContainerState::Done;
    record.exit = ContainerExit{};
    EXPECT_FALSE(store.save(record).ok());
    EXPECT_FALSE(std::filesystem::exists(paths.state(record.order.container) + "/record"));
}

TEST_F(StateStoreTest, RemembersTheEpoch) {
    const StateStore store(paths);
    EXPECT_EQ(*store.load_epoch(), 0);
    ASSERT_TRUE(store.save_epoch(41).ok());
    EXPECT_EQ(*store.load_epoch(), 41);
    std::ofstream(paths.epoch_file()) << "x";
    EXPECT_EQ(store.load_epoch().error().code, ErrorCode::DataLoss);
}

}  // namespace heddle::node
