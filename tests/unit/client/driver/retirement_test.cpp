// Executors that end as planned.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

class RetirementTest : public ::testing::Test {
protected:
    RetirementTest() : core_(config()), kept_(source_of(2)) { kept_.storage = rdd::kMemoryOnly; }

    static Config config() {
        Config config;
        config.reduce_locality = false;  // readers are to be on both executors
        config.retirement.enabled = true;
        config.retirement.storage = true;
        return config;
    }
    void say(std::int32_t executor, rdd::FromExecutor message) {
        core_.tell(ExecutorSaid{rdd::ExecutorId{executor}, std::move(message)});
    }
    // The launch number `index` ends, and its partition is in the cache of its executor.
    void compute(std::size_t index) {
        const Core::Launched& launched = core_.launched_.at(index);
        rdd::TaskResult result;
        result.task = launched.task.task;
        result.blocks = {{rdd::BlockId::rdd(rdd::RddId{0}, launched.task.partition), 100, 0}};
        say(launched.executor.value, rdd::TaskDone{result});
    }
    void answer(std::size_t copy, std::int64_t memory) {
        const Core::Copy& order = core_.copies_.at(copy);
        say(order.executor.value,
            rdd::ReplicaAnswer{order.message.order, {order.message.block, memory, 0}});
    }
    void run(std::int32_t job) { core_.submit(job, test::plan_of({kept_}), kept_); }
    void leave(std::int32_t executor, bool leaving = true) {
        core_.tell(ExecutorLeaving{rdd::ExecutorId{executor}, leaving});
    }
    // What the core has asked to be woken for.
    void wake() {
        if (core_.driver_.next_deadline() <= core_.now_) {
            core_.advance({});
        }
    }
    std::string holders(rdd::Partition partition) const {
        std::string text;
        const auto* found = core_.driver_.blocks().find(rdd::RddId{0}, partition);
        for (const auto& [id, holding] : found == nullptr ? BlockTable::Holders() : *found) {
            text += rdd::to_string(id) + " ";
        }
        return text;
    }
    std::vector<std::int32_t> dropped() const {
        std::vector<std::int32_t> ids;
        for (const rdd::ExecutorId id : core_.dropped_) {
            ids.push_back(id.value);
        }
        return ids;
    }
    using Ids = std::vector<std::int32_t>;

    Core core_;
    rdd::RddNode kept_;
};

TEST_F(RetirementTest, AnExecutorEndsWhenWhatItKeepsIsElsewhere) {
    core_.add_executor(1, "node-1");
    core_.add_executor(2, "node-2");
    run(0);
    compute(0);
    compute(1);
    core_.trace();
    leave(1);
    wake();
    EXPECT_EQ(core_.trace(), "copy rdd_0_0 from 1 to 2\n");
    EXPECT_EQ(dropped(), Ids{});
    answer(0, 90);
    wake();
    EXPECT_EQ(dropped(), Ids{1});
    EXPECT_EQ(holders(0) + "and " + holders(1), "2 and 2 ");
    run(1);
    EXPECT_EQ(core_.trace(), "run 1/0 on 2\n");
    EXPECT_EQ(core_.driver_.progress().stages().rbegin()->second.task_views[0].locality,
              "PROCESS_LOCAL");
}

TEST_F(RetirementTest, ItsTasksEndFirstAndWhatTheyKeepIsCopiedToo) {
    core_.add_executor(1, "node-1");
    core_.add_executor(2, "node-2", 2);
    run(0);
    ASSERT_EQ(core_.launched_[0].executor, rdd::ExecutorId{1});
    leave(1);
    wake();
    EXPECT_EQ(dropped(), Ids{});
    core_.trace();
    compute(0);
    EXPECT_EQ(core_.trace(), "result 0\ncopy rdd_0_0 from 1 to 2\n");
    wake();
    EXPECT_EQ(dropped(), Ids{});
    answer(0, 90);
    wake();
    EXPECT_EQ(dropped(), Ids{1});
    EXPECT_EQ(holders(0), "2 ");
}

TEST_F(RetirementTest, ItDoesNotWaitForAPlaceThatIsNotThere) {
    core_.add_executor(1, "node-1");
    core_.add_executor(2, "node-2");
    run(0);
    compute(0);
    compute(1);
    leave(1);
    answer(0, 0);  // no room
    wake();
    EXPECT_EQ(dropped(), Ids{1});
    EXPECT_EQ(holders(0), "");
    leave(2);  // the last one
    wake();
    EXPECT_EQ(dropped(), (Ids{1, 2}));
}

TEST_F(RetirementTest, APartitionThatIsHeldTwiceIsCopiedFromTheOneThatStays) {
    kept_ = source_of(1);
    kept_.storage = rdd::replicated(rdd::kMemoryOnly, 2);
    core_.add_executor(1, "node-1");
    core_.add_executor(2, "node-2");
    run(0);
    compute(0);
    answer(0, 90);
    core_.add_executor(3, "node-3");
    core_.trace();
    leave(1);
    EXPECT_EQ(core_.trace(), "copy rdd_0_0 from 2 to 3\n");
}

TEST_F(RetirementTest, PatienceEndsAndTasksGoElsewhereWithoutBlame) {
    Config some = config();
    some.retirement.patience = seconds(10);
    Core core(some);
    core.add_executor(1, "node-1");
    core.submit(0, test::plan_of({kept_}), kept_);
    core.tell(ExecutorLeaving{rdd::ExecutorId{1}, true});
    EXPECT_EQ(core.driver_.next_deadline(), core.now_ + seconds(10));
    core.add_executor(2, "node-2");
    core.trace();
    core.advance(seconds(10));
    ASSERT_EQ(core.dropped_.size(), 1U);
    core.succeed(1);
    EXPECT_EQ(core.trace(), "result 1\nrun 0/0 on 2\n");
    core.succeed(2);
    EXPECT_FALSE(core.error_);
}

TEST_F(RetirementTest, OneThatIsSparedGoesOn) {
    core_.add_executor(1, "node-1");
    core_.add_executor(2, "node-2");
    run(0);
    compute(0);
    compute(1);
    leave(1);
    leave(1, false);
    answer(0, 90);
    wake();
    EXPECT_EQ(dropped(), Ids{});
    core_.trace();
    run(1);
    EXPECT_EQ(core_.trace(), "run 1/0 on 1\nrun 1/1 on 2\n");
}

TEST_F(RetirementTest, WithoutItANodeThatDrainsKeepsItsExecutor) {
    Core core;
    core.add_executor(1, "node-1");
    core.tell(ExecutorLeaving{rdd::ExecutorId{1}, true, true});
    core.submit(0, test::plan_of({kept_}), kept_);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\n");
    EXPECT_TRUE(core.dropped_.empty());
}

TEST_F(RetirementTest, AnRddThatIsUnpersistedMeanwhileHoldsNobody) {
    core_.add_executor(1, "node-1");
    core_.add_executor(2, "node-2");
    run(0);
    compute(0);
    compute(1);
    leave(1);
    core_.tell(RddUnpersisted{rdd::RddId{0}});
    wake();
    EXPECT_EQ(dropped(), Ids{1});
}

// A shuffle of one map partition; its output is on executor 1.
class MovesOutput : public RetirementTest {
protected:
    MovesOutput() : source_(source_of(1)), dealt_(test::shuffled(1, source_, 0, 2)) {
        core_.add_executor(1, "node-1");
        submit(0);
        core_.add_executor(2, "node-2");
        core_.succeed(0, 2);
    }
    void submit(std::int32_t job) { core_.submit(job, test::plan_of({source_, dealt_}), dealt_); }
    void answer_move(std::size_t move, bool kept) {
        const Core::Move& order = core_.moves_.at(move);
        say(order.executor.value, rdd::MapOutputKept{order.message.order, kept});
    }
    rdd::TaskFailure missed(std::int32_t executor) const {
        rdd::TaskFailure failure;
        failure.kind = rdd::FailureKind::FetchFailed;
        failure.shuffle = rdd::ShuffleId{0};
        failure.map_index = 0;
        failure.map_task = core_.launched_[0].task.task;
        failure.executor = std::to_string(executor);
        return failure;
    }
    rdd::RddNode source_;
    rdd::RddNode dealt_;
};

TEST_F(MovesOutput, BeforeItsExecutorEndsAndNothingIsComputedAgain) {
    core_.succeed(1);
    core_.succeed(2);
    core_.trace();
    leave(1);
    wake();
    EXPECT_EQ(core_.trace(), "move output of task 0 from 1 to 2\n");
    EXPECT_EQ(dropped(), Ids{});
    answer_move(0, true);
    answer_move(0, true);  // doubled
    wake();
    EXPECT_EQ(dropped(), Ids{1});
    submit(1);
    EXPECT_EQ(core_.trace(), "outputs of shuffle 0\nrun 2/0 on 2\n");
}

// The readers that run have been told the old place.
TEST_F(MovesOutput, AReaderThatAsksAtTheOldPlaceAsksAgainWithoutBlame) {
    ASSERT_EQ(core_.launched_.at(1).executor, rdd::ExecutorId{1});
    ASSERT_EQ(core_.launched_.at(2).executor, rdd::ExecutorId{2});
    leave(1);
    answer_move(0, true);
    core_.succeed(1);
    wake();
    EXPECT_EQ(dropped(), Ids{1});
    for (std::size_t again = 2; again < 12; ++again) {
        core_.trace();
        core_.fail(again, missed(1));
        EXPECT_EQ(core_.trace().find("run 0/"), std::string::npos) << "the map task runs again";
    }
    core_.succeed(12);
    EXPECT_FALSE(core_.error_);
    EXPECT_EQ(core_.driver_.idle(), true);
}

TEST_F(MovesOutput, OutputThatIsLostAtTheNewPlaceIsComputedAgain) {
    leave(1);
    answer_move(0, true);
    core_.succeed(1);
    core_.trace();
    core_.fail(2, missed(2));
    core_.advance(seconds(1));
    EXPECT_NE(core_.trace().find("run 0/0 on 2"), std::string::npos);
}

TEST_F(MovesOutput, ATargetThatIsToEndMeanwhileHandsOnWhatItGot) {
    core_.succeed(1);
    core_.add_executor(3, "node-3");
    leave(1);
    ASSERT_EQ(core_.moves_.at(0).executor, rdd::ExecutorId{2});
    leave(2);  // a task runs there
    core_.trace();
    answer_move(0, true);
    EXPECT_EQ(core_.trace(), "move output of task 0 from 2 to 3\n");
    core_.succeed(2);
    wake();
    EXPECT_EQ(dropped(), Ids{1});
    answer_move(1, true);
    wake();
    EXPECT_EQ(dropped(), (Ids{1, 2}));
}

TEST_F(MovesOutput, WhatNobodyCanKeepDoesNotHoldTheEnd) {
    core_.succeed(1);
    core_.succeed(2);
    leave(1);
    answer_move(0, false);
    wake();
    EXPECT_EQ(dropped(), Ids{1});
}

TEST_F(RetirementTest, AnIdleExecutorMovesWhatItKeepsAndIsGivenBack) {
    Config some = config();
    some.allocation.enabled = true;
    some.allocation.executors_min = 1;
    some.allocation.idle_timeout = seconds(5);
    some.allocation.cached_idle_timeout = seconds(5);
    Core core(some);
    core.add_executor(1, "node-1");
    core.add_executor(2, "node-2");
    core.submit(0, test::plan_of({kept_}), kept_);
    for (std::size_t i = 0; i < 2; ++i) {
        rdd::TaskResult result;
        result.task = core.launched_.at(i).task.task;
        result.blocks = {{rdd::BlockId::rdd(rdd::RddId{0}, static_cast<std::int32_t>(i)), 9, 0}};
        core.tell(ExecutorSaid{core.launched_[i].executor, rdd::TaskDone{result}});
    }
    core.advance(seconds(5));
    ASSERT_EQ(core.copies_.size(), 1U) << "the minimum stays";
    EXPECT_TRUE(core.released_.empty());
    core.tell(ExecutorSaid{
        core.copies_[0].executor,
        rdd::ReplicaAnswer{core.copies_[0].message.order, {core.copies_[0].message.block, 9, 0}}});
    core.advance({});
    EXPECT_EQ(core.released_, (std::vector<rdd::ExecutorId>{rdd::ExecutorId{1}}));
    EXPECT_EQ(core.dropped_, core.released_);
    EXPECT_EQ(core.driver_.blocks().held(rdd::ExecutorId{2}).blocks, 2);
}

}  // namespace
}  // namespace heddle::driver
