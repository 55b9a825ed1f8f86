// Copies of cached partitions: where they go, when they are made, and what they are good for.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

class ReplicationTest : public ::testing::Test {
protected:
    ReplicationTest() : kept_(source_of(1)) {
        kept_.storage = rdd::replicated(rdd::kMemoryOnly, 2);
    }

    static rdd::BlockId block() { return rdd::BlockId::rdd(rdd::RddId{0}, 0); }
    void say(std::int32_t executor, rdd::FromExecutor message) {
        core_.tell(ExecutorSaid{rdd::ExecutorId{executor}, std::move(message)});
    }
    // The launch number `index` ends, and the partition is in the cache of its executor.
    void compute(std::size_t index) {
        rdd::TaskResult result;
        result.task = core_.launched_.at(index).task.task;
        result.blocks = {{block(), 100, 0}};
        say(core_.launched_[index].executor.value, rdd::TaskDone{result});
    }
    void answer(std::size_t copy, std::int64_t memory) {
        const Core::Copy& order = core_.copies_.at(copy);
        say(order.executor.value,
            rdd::ReplicaAnswer{order.message.order, {order.message.block, memory, 0}});
    }
    void run(std::int32_t job) { core_.submit(job, test::plan_of({kept_}), kept_); }
    std::string holders() const {
        std::string text;
        const auto* found = core_.driver_.blocks().find(rdd::RddId{0}, 0);
        for (const auto& [id, holding] : found == nullptr ? BlockTable::Holders() : *found) {
            text += rdd::to_string(id) + " ";
        }
        return text;
    }

    Core core_;
    rdd::RddNode kept_;
};

TEST_F(ReplicationTest, ACopyGoesToAnotherNodeWhereThereIsOne) {
    core_.add_executor(1, "node-1");
    core_.add_executor(2, "node-1");
    core_.add_executor(3, "node-2");
    run(0);
    core_.trace();
    compute(0);
    EXPECT_EQ(core_.trace(), "result 0\nend 0\ncopy rdd_0_0 from 1 to 3\n");
    answer(0, 90);
    EXPECT_EQ(holders(), "1 3 ");
    EXPECT_EQ(core_.trace(), "");
    EXPECT_EQ(core_.driver_.storage().at(0).level, "Memory Deserialized 2x Replicated");
    EXPECT_EQ(core_.driver_.storage().at(0).memory, 190);
}

TEST_F(ReplicationTest, ACopyServesWhenTheFirstHolderIsLostAndIsCopiedAgain) {
    core_.add_executor(1, "node-1");
    core_.add_executor(2, "node-2");
    run(0);
    compute(0);
    answer(0, 90);
    core_.trace();
    core_.tell(ExecutorLost{rdd::ExecutorId{1}, "killed", true});
    EXPECT_EQ(core_.trace(), "");  // there is no place
    run(1);
    EXPECT_EQ(core_.trace(), "run 1/0 on 2\n");
    EXPECT_EQ(core_.driver_.progress().stages().rbegin()->second.task_views[0].locality,
              "PROCESS_LOCAL");
    core_.succeed(1);
    core_.trace();
    core_.add_executor(3, "node-1");
    EXPECT_EQ(core_.trace(), "copy rdd_0_0 from 2 to 3\n");
    answer(1, 90);
    EXPECT_EQ(holders(), "2 3 ");
}

TEST_F(ReplicationTest, AnExecutorThatCannotKeepACopyIsNotAskedAgain) {
    for (std::int32_t id = 1; id <= 3; ++id) {
        core_.add_executor(id, "node-" + std::to_string(id));
    }
    run(0);
    core_.trace();
    compute(0);
    answer(0, 0);
    EXPECT_EQ(core_.trace(),
              "result 0\nend 0\ncopy rdd_0_0 from 1 to 2\ncopy rdd_0_0 from 1 to 3\n");
    answer(1, 0);
    answer(1, 90);  // doubled
    EXPECT_EQ(core_.trace(), "");
    EXPECT_EQ(holders(), "1 ");
}

TEST_F(ReplicationTest, AnEvictedCopyIsNotMadeAgain) {
    core_.add_executor(1, "node-1");
    core_.add_executor(2, "node-2");
    run(0);
    compute(0);
    answer(0, 90);
    core_.trace();
    say(2, rdd::ExecutorHeartbeat{{{block(), 0, 0}}, 0, 0, 0, 0});
    EXPECT_EQ(holders(), "1 ");
    EXPECT_EQ(core_.trace(), "");
}

// The executor may say that it holds a block before it hears that it should not any more.
TEST_F(ReplicationTest, ReportsFromBeforeADropSayNothing) {
    core_.add_executor(1, "node-1");
    core_.add_executor(2, "node-2");
    run(0);
    compute(0);
    core_.tell(RddUnpersisted{rdd::RddId{0}});
    ASSERT_EQ(core_.drops_.size(), 2U);
    answer(0, 90);
    say(2, rdd::ExecutorHeartbeat{{{block(), 90, 0}}, 0, 0, 0, 0});
    EXPECT_EQ(holders(), "");
    core_.tell(RddUnpersisted{rdd::RddId{0}});
    say(2, rdd::RddDropped{rdd::RddId{0}, core_.drops_[1].message.order});
    say(2, rdd::ExecutorHeartbeat{{{block(), 90, 0}}, 0, 0, 0, 0});
    EXPECT_EQ(holders(), "");  // of the second drop
    say(2, rdd::RddDropped{rdd::RddId{0}, core_.drops_[3].message.order});
    say(2, rdd::ExecutorHeartbeat{{{block(), 90, 0}}, 0, 0, 0, 0});
    EXPECT_EQ(holders(), "2 ");
}

TEST_F(ReplicationTest, ATaskElsewhereIsToldAllHolders) {
    core_.add_executor(1, "node-1");
    core_.add_executor(2, "node-2");
    run(0);
    compute(0);
    answer(0, 90);
    const auto found = cached_inputs(test::plan_of({kept_}), kept_.id, 0, core_.driver_.blocks(),
                                     rdd::ExecutorId{3});
    EXPECT_EQ(found, (std::vector<rdd::CachedAt>{{block(), rdd::ExecutorId{1}},
                                                 {block(), rdd::ExecutorId{2}}}));
}

TEST_F(ReplicationTest, AtMostSixteenCopiesAreUnderWay) {
    kept_ = source_of(40);
    kept_.storage = rdd::replicated(rdd::kMemoryAndDisk, 2);
    core_.add_executor(1, "node-1", 40);
    core_.add_executor(2, "node-2", 1);
    rdd::ExecutorHeartbeat beat;
    for (int i = 0; i < 40; ++i) {
        beat.blocks.push_back({rdd::BlockId::rdd(kept_.id, i), 0, 10});
    }
    run(0);
    say(1, beat);
    EXPECT_EQ(core_.copies_.size(), 16U);
    for (std::size_t i = 0; i < 40; ++i) {
        answer(i, 10);
    }
    EXPECT_EQ(core_.copies_.size(), 40U);
    EXPECT_EQ(core_.driver_.blocks().held(rdd::ExecutorId{2}).blocks, 40);
}

}  // namespace
}  // namespace heddle::driver
