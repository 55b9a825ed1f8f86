// Cached partitions leave in the order of use, map output goes to disk first, and books stay right.
#include "common/blocks/store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/unit/common/blocks/records.h"

namespace heddle::blocks {
namespace {

using rdd::BlockId;

class Stores : public ::testing::Test {
protected:
    Stores()
        : folder_(::testing::TempDir() + "heddle-store-" + std::to_string(::getpid())),
          accountant_(90'000),
          store_(accountant_, folder_ + "-cache"),
          shuffles_(accountant_, folder_ + "-shuffle") {
        accountant_.set_evict(
            [this](std::int64_t bytes, rdd::RddId spared) { store_.evict(bytes, spared); });
    }
    static BlockPtr numbers(std::uint64_t first) {
        return block_of(std::vector<std::uint64_t>(4000, first), false);  // 32 kB and a little
    }
    static BlockId id(int split) { return BlockId::rdd({1}, split); }
    static BlockId of_rdd(int rdd) { return BlockId::rdd({rdd}, 0); }

    std::string folder_;
    Accountant accountant_;
    BlockStore store_;
    ShuffleStore shuffles_;
};

TEST_F(Stores, LeastRecentlyUsedLeavesFirst) {
    EXPECT_TRUE(store_.put(of_rdd(0), numbers(0), rdd::kMemoryOnly));
    EXPECT_TRUE(store_.put(of_rdd(1), numbers(1), rdd::kMemoryOnly));
    EXPECT_NE(store_.get(of_rdd(0)), nullptr);
    EXPECT_TRUE(store_.put(of_rdd(2), numbers(2), rdd::kMemoryOnly));
    EXPECT_NE(store_.get(of_rdd(0)), nullptr);
    EXPECT_EQ(store_.get(of_rdd(1)), nullptr);
    const auto updates = store_.take_updates();
    ASSERT_EQ(updates.size(), 4U);
    EXPECT_EQ(updates[2], (rdd::BlockUpdate{of_rdd(1), 0, 0}));
    EXPECT_TRUE(store_.take_updates().empty());
}

TEST_F(Stores, APartitionTakesNoRoomFromOthersOfItsRdd) {
    EXPECT_TRUE(store_.put(id(0), numbers(0), rdd::kMemoryOnly));
    EXPECT_TRUE(store_.put(id(1), numbers(1), rdd::kMemoryOnly));
    EXPECT_FALSE(store_.put(id(2), numbers(2), rdd::kMemoryOnly));
    EXPECT_TRUE(store_.put(id(3), numbers(3), rdd::kMemoryAndDisk));
    EXPECT_NE(store_.get(id(0)), nullptr);
    EXPECT_NE(store_.get(id(1)), nullptr);
    const auto kept = store_.list();
    ASSERT_EQ(kept.size(), 3U);
    EXPECT_EQ(kept[2].memory, 0);
    EXPECT_GT(kept[2].disk, 0);
}

TEST_F(Stores, NothingLeavesForAPartitionThatWouldNotFitAfterwards) {
    EXPECT_TRUE(store_.put(of_rdd(2), numbers(0), rdd::kMemoryOnly));
    EXPECT_TRUE(store_.put(id(0), numbers(1), rdd::kMemoryOnly));
    const BlockPtr large = block_of(std::vector<std::uint64_t>(8000, 7), false);
    EXPECT_FALSE(store_.put(id(1), large, rdd::kMemoryOnly));
    EXPECT_NE(store_.get(of_rdd(2)), nullptr);
}

TEST_F(Stores, ExecutionTakesFromAnyRdd) {
    EXPECT_TRUE(store_.put(id(0), numbers(0), rdd::kMemoryOnly));
    EXPECT_TRUE(store_.put(id(1), numbers(1), rdd::kMemoryAndDisk));
    EXPECT_FALSE(accountant_.acquire_execution(45'000));
    EXPECT_EQ(store_.get(id(0)), nullptr);
    EXPECT_NE(store_.get(id(1)), nullptr);
}

TEST_F(Stores, ACopyThatWasDroppedBeforeItCameIsNotTakenIn) {
    for (const rdd::StorageLevel& level : {rdd::kMemoryOnly, rdd::kDiskOnly}) {
        store_.expect(id(0));
        store_.drop_rdd({1});
        const auto late = store_.put_expected(id(0), numbers(0), level);
        EXPECT_EQ(late, (rdd::BlockUpdate{id(0), 0, 0}));
        EXPECT_EQ(store_.get(id(0)), nullptr);
        EXPECT_EQ(accountant_.usage().storage, 0);
        store_.expect(id(0));
        const auto kept = store_.put_expected(id(0), numbers(0), level);
        EXPECT_GE(kept.memory + kept.disk, 32'000);
        store_.drop_rdd({1});
    }
    store_.expect(id(0));
    EXPECT_EQ(store_.put_expected(id(0), nullptr, rdd::kMemoryOnly).memory, 0);
    EXPECT_TRUE(std::filesystem::is_empty(folder_ + "-cache"));
}

TEST_F(Stores, MemoryAndDiskKeepsVictimsOnDisk) {
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(
            store_.put(of_rdd(i), numbers(static_cast<std::uint64_t>(i)), rdd::kMemoryAndDisk));
    }
    for (int i = 0; i < 5; ++i) {
        const BlockPtr block = store_.get(of_rdd(i));
        ASSERT_NE(block, nullptr) << i;
        EXPECT_EQ(records_of<std::uint64_t>(*block)[0], static_cast<std::uint64_t>(i));
    }
    EXPECT_EQ(store_.list().front().memory, 0);
    EXPECT_GT(store_.list().front().disk, 0);
    for (int i = 0; i < 5; ++i) {
        store_.drop_rdd({i});
    }
    EXPECT_TRUE(store_.list().empty());
    EXPECT_EQ(accountant_.usage().storage, 0);
    EXPECT_TRUE(std::filesystem::is_empty(folder_ + "-cache"));
}

TEST_F(Stores, AnEmptyPartitionIsReportedAsHeld) {
    const BlockPtr empty = block_of(std::vector<std::uint64_t>(), true);
    ASSERT_EQ(empty->memory(), 0) << "nothing would read as gone";
    EXPECT_TRUE(store_.put(id(0), empty, rdd::kMemoryAndDisk));
    const auto updates = store_.take_updates();
    ASSERT_EQ(updates.size(), 1U);
    EXPECT_GT(updates[0].memory, 0);
    store_.drop(id(0));
    EXPECT_EQ(accountant_.usage().storage, 0);
}

TEST_F(Stores, AReaderKeepsItsBlockWhenItIsDropped) {
    EXPECT_TRUE(store_.put(id(0), numbers(7), rdd::kMemoryOnly));
    const BlockPtr block = store_.get(id(0));
    store_.drop(id(0));
    EXPECT_EQ(records_of<std::uint64_t>(*block).size(), 4000U);
}

// It lies in the message that it came in, though the block itself has no memory of its own.
TEST_F(Stores, MapOutputThatCameFromElsewhereCountsAndGoesToDiskWhenThereIsNoRoom) {
    const auto message = std::make_shared<const rdd::Bytes>(bytes_of(*numbers(1)));
    const auto came = parse_block(*message, message);
    ASSERT_TRUE(came.ok());
    ASSERT_EQ((*came)->memory(), 0);
    for (const std::int64_t task : {1, 2, 3}) {
        shuffles_.expect({3}, {task});
        EXPECT_TRUE(shuffles_.put_expected({3}, {task}, {*came}));
    }
    EXPECT_EQ(shuffles_.totals().memory, 64'000);
    EXPECT_GE(shuffles_.totals().disk, 32'000);
    EXPECT_EQ(accountant_.usage().storage, 64'000);
    shuffles_.drop({3});
    EXPECT_EQ(accountant_.usage().storage, 0);
}

TEST_F(Stores, MapOutputThatWasDroppedBeforeItCameIsNotTakenIn) {
    shuffles_.expect({3}, {10});
    shuffles_.drop({3});
    EXPECT_FALSE(shuffles_.put_expected({3}, {10}, {numbers(5)}));
    EXPECT_EQ(shuffles_.totals().outputs, 0);
    EXPECT_EQ(accountant_.usage().storage, 0);
    shuffles_.expect({3}, {10});
    EXPECT_TRUE(shuffles_.put_expected({3}, {10}, {nullptr, numbers(5)}));
    EXPECT_NE(shuffles_.get(BlockId::shuffle({3}, {10}, 1)), nullptr);
    EXPECT_FALSE(shuffles_.put_expected({3}, {11}, {numbers(6)})) << "nobody expects it";
    shuffles_.expect({3}, {12});
    shuffles_.expect_no_more({3}, {12});
    EXPECT_FALSE(shuffles_.put_expected({3}, {12}, {numbers(6)}));
    EXPECT_EQ(shuffles_.totals().outputs, 1);
}

TEST_F(Stores, MapOutputGoesToDiskBeforeCachedBlocksLeave) {
    EXPECT_TRUE(store_.put(id(0), numbers(0), rdd::kMemoryOnly));
    EXPECT_TRUE(store_.put(id(1), numbers(1), rdd::kMemoryOnly));
    ASSERT_TRUE(shuffles_.put({3}, {10}, {numbers(5), nullptr, numbers(6)}).ok());
    EXPECT_NE(store_.get(id(0)), nullptr);
    EXPECT_NE(store_.get(id(1)), nullptr);
    EXPECT_GT(shuffles_.totals().disk, 0);
    bool known = false;
    EXPECT_EQ(records_of<std::uint64_t>(*shuffles_.get(BlockId::shuffle({3}, {10}, 2)))[0], 6U);
    EXPECT_EQ(shuffles_.get(BlockId::shuffle({3}, {10}, 1), &known), nullptr);
    EXPECT_TRUE(known);
    EXPECT_EQ(shuffles_.get(BlockId::shuffle({3}, {11}, 1), &known), nullptr);
    EXPECT_FALSE(known);
    ASSERT_TRUE(shuffles_.put({3}, {10}, {numbers(5)}).ok());  // started twice: the first stays
    EXPECT_EQ(shuffles_.totals().outputs, 1);
    EXPECT_NE(shuffles_.get(BlockId::shuffle({3}, {10}, 2)), nullptr);
    shuffles_.drop({3});
    EXPECT_EQ(shuffles_.totals().outputs, 0);
    EXPECT_TRUE(std::filesystem::is_empty(folder_ + "-shuffle"));
}

TEST_F(Stores, MapOutputIsLookedUpForManyTasksAtOnce) {
    const rdd::ShuffleId shuffle{3};
    const BlockPtr first = numbers(1);
    const BlockPtr second = numbers(2);
    ASSERT_TRUE(shuffles_.put(shuffle, rdd::TaskId{10}, {nullptr, first}).ok());
    ASSERT_TRUE(shuffles_.put(shuffle, rdd::TaskId{11}, {nullptr, nullptr}).ok());
    ASSERT_TRUE(shuffles_.put(shuffle, rdd::TaskId{12}, {nullptr, second}).ok());
    const std::vector<rdd::TaskId> tasks{rdd::TaskId{12}, rdd::TaskId{9}, rdd::TaskId{11},
                                         rdd::TaskId{10}};
    const auto found = shuffles_.get(shuffle, 1, tasks);
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(found[0].block, second);
    EXPECT_FALSE(found[1].known);
    EXPECT_TRUE(found[2].known && found[2].block == nullptr);
    EXPECT_EQ(found[3].block, first);
    EXPECT_FALSE(shuffles_.get(shuffle, 2, tasks)[0].known);
    EXPECT_FALSE(shuffles_.get(rdd::ShuffleId{4}, 1, tasks)[0].known);
    shuffles_.drop_map(shuffle, rdd::TaskId{12});
    EXPECT_FALSE(shuffles_.get(shuffle, 1, tasks)[0].known);
    EXPECT_EQ(shuffles_.totals().outputs, 2);
    shuffles_.drop(shuffle);
    EXPECT_EQ(shuffles_.totals().outputs, 0);
    EXPECT_EQ(accountant_.usage().storage, 0);
}

}  // namespace
}  // namespace heddle::blocks
