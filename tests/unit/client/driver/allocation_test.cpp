// Executors by demand.
#include "client/driver/core/allocation.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

AllocationRules rules() {
    AllocationRules on;
    on.enabled = true;
    on.slots = 2;
    on.executors_max = 10;
    return on;
}

TimePoint at(std::int64_t second) {
    return TimePoint{} + seconds(second);
}

TEST(Allocation, AsksForMoreInRoundsThatGrow) {
    Allocation allocation(rules());
    EXPECT_EQ(allocation.look(at(0), 100, true), std::nullopt);
    EXPECT_EQ(allocation.next_round(), at(1));
    EXPECT_EQ(allocation.look(at(1), 100, true), 1);
    EXPECT_EQ(allocation.look(at(1), 100, true), std::nullopt);
    EXPECT_EQ(allocation.look(at(2), 100, true), 3);
    EXPECT_EQ(allocation.look(at(3), 100, true), 7);
    EXPECT_EQ(allocation.look(at(4), 100, true), 10);
    EXPECT_EQ(allocation.look(at(5), 100, true), std::nullopt) << "that is the most";
}

TEST(Allocation, WantsNoMoreThanTasksCanUse) {
    Allocation allocation(rules());
    (void)allocation.look(at(0), 3, true);
    (void)allocation.look(at(1), 3, true);
    EXPECT_EQ(allocation.look(at(2), 3, true), 2) << "3 tasks take 2 executors of 2 slots";
    EXPECT_EQ(allocation.look(at(3), 1, false), 1);
    EXPECT_EQ(allocation.next_round(), TimePoint::never());
    EXPECT_EQ(allocation.look(at(3), 0, false), 0);
}

TEST(Allocation, BeginsAnewWithOneWhenNothingHasWaited) {
    Allocation allocation(rules());
    (void)allocation.look(at(0), 100, true);
    (void)allocation.look(at(1), 100, true);
    (void)allocation.look(at(2), 100, true);
    (void)allocation.look(at(3), 100, false);
    (void)allocation.look(at(4), 100, true);
    EXPECT_EQ(allocation.look(at(5), 100, true), 4);
}

TEST(Allocation, TheInitialCountHoldsUntilThereIsWork) {
    AllocationRules some = rules();
    some.executors_initial = 4;
    some.executors_min = 1;
    Allocation allocation(some);
    EXPECT_EQ(allocation.target(), 4);
    EXPECT_EQ(allocation.look(at(0), 0, false), std::nullopt);
    EXPECT_EQ(allocation.look(at(1), 2, false), 1);
    EXPECT_EQ(allocation.look(at(2), 0, false), std::nullopt) << "the minimum";
    EXPECT_EQ(allocation.surplus(3), 2);
    EXPECT_EQ(allocation.surplus(1), 0);
}

TEST(Allocation, WhatAnExecutorHoldsKeepsIt) {
    AllocationRules some = rules();
    EXPECT_EQ(Allocation(some).idle_max(false, false), seconds(60));
    EXPECT_EQ(Allocation(some).idle_max(true, false), std::nullopt);
    some.cached_idle_timeout = seconds(300);
    EXPECT_EQ(Allocation(some).idle_max(true, false), seconds(300));
    EXPECT_EQ(Allocation(some).idle_max(true, true), std::nullopt);
    some.shuffle_idle_timeout = seconds(10);
    EXPECT_EQ(Allocation(some).idle_max(false, true), seconds(60));
}

class AllocationInDriver : public ::testing::Test {
protected:
    AllocationInDriver() : core_(config()) {}
    static Config config() {
        Config config;
        config.allocation = rules();
        config.executor_timeout = seconds(100'000);
        return config;
    }
    void run(std::int32_t job, std::int32_t partitions) {
        const rdd::RddNode source = source_of(partitions);
        core_.submit(job, test::plan_of({source}), source);
    }

    Core core_;
};

TEST_F(AllocationInDriver, SlotsThatStayUnusedBesideWideTasksAreNotCounted) {
    Config wide = config();
    wide.allocation.slots = 4;
    wide.task_cpus = 3;
    Core core(wide);
    const rdd::RddNode source = source_of(4);
    core.submit(0, test::plan_of({source}), source);
    for (int round = 0; round < 4; ++round) {
        core.advance(seconds(1));
    }
    EXPECT_EQ(core.wanted_.back(), 4) << "each takes one of the 4 tasks";
}

TEST_F(AllocationInDriver, TasksThatWaitBringExecutorsAndIdleOnesGo) {
    EXPECT_EQ(core_.wanted_, (std::vector<std::int32_t>{}));
    run(0, 6);
    EXPECT_EQ(core_.driver_.next_deadline(), at(1));
    core_.advance(seconds(1));
    core_.advance(seconds(1));
    EXPECT_EQ(core_.wanted_, (std::vector<std::int32_t>{0, 1, 3}));
    core_.add_executor(1, "node-1", 2);
    core_.add_executor(2, "node-2", 2);
    core_.add_executor(3, "node-3", 2);
    for (std::size_t i = 0; i < 6; ++i) {
        core_.succeed(i);
    }
    EXPECT_FALSE(core_.error_);
    EXPECT_EQ(core_.wanted_.back(), 0) << "nothing is to be done";
    EXPECT_TRUE(core_.dropped_.empty());
    core_.advance(seconds(59));
    EXPECT_TRUE(core_.dropped_.empty());
    core_.advance(seconds(1));
    EXPECT_EQ(core_.dropped_.size(), 3U);
    EXPECT_EQ(core_.released_, core_.dropped_);
}

TEST_F(AllocationInDriver, AnIdleOneThatWasToLeaveAndStaysIsGivenBack) {
    run(0, 1);
    core_.advance(seconds(1));
    core_.add_executor(1, "node-1", 2);
    core_.succeed(0);
    core_.tell(ExecutorLeaving{rdd::ExecutorId{1}, true, false});
    core_.advance(seconds(61));
    core_.tell(ExecutorLeaving{rdd::ExecutorId{1}, false, true});
    EXPECT_TRUE(core_.dropped_.empty());
    core_.advance(seconds(60));
    EXPECT_EQ(core_.dropped_.size(), 1U);
}

TEST_F(AllocationInDriver, TheTargetHoldsWhileALostInputWaitsToBeComputedAgain) {
    const rdd::RddNode source = source_of(2);
    const rdd::RddNode dealt = test::shuffled(1, source, 0, 1);
    core_.submit(0, test::plan_of({source, dealt}), dealt);
    core_.advance(seconds(1));
    core_.add_executor(1, "node-1", 1);
    core_.add_executor(2, "node-2", 1);
    core_.succeed(0, 1);
    core_.succeed(1, 1);
    const std::vector<std::int32_t> wanted = core_.wanted_;
    rdd::TaskFailure missed;
    missed.kind = rdd::FailureKind::FetchFailed;
    missed.shuffle = rdd::ShuffleId{0};
    missed.map_index = 0;
    missed.map_task = core_.launched_[0].task.task;
    missed.executor = "1";
    core_.fail(2, missed);
    EXPECT_EQ(core_.wanted_, wanted);
    core_.advance(seconds(1));
    EXPECT_EQ(core_.launched_.back().task.partition, 0) << "the map task runs again";
}

TEST_F(AllocationInDriver, ExecutorsThatHoldMapOutputStay) {
    const rdd::RddNode source = source_of(2);
    const rdd::RddNode dealt = test::shuffled(1, source, 0, 1);
    core_.submit(0, test::plan_of({source, dealt}), dealt);
    core_.advance(seconds(1));
    core_.add_executor(1, "node-1", 1);
    core_.add_executor(2, "node-2", 1);
    core_.succeed(0, 1);
    core_.succeed(1, 1);
    core_.succeed(2);
    core_.advance(seconds(200));
    EXPECT_TRUE(core_.dropped_.empty());
    core_.tell(ShuffleReleased{rdd::ShuffleId{0}});
    core_.advance(seconds(60));
    EXPECT_EQ(core_.dropped_.size(), 2U);
}

TEST_F(AllocationInDriver, RefusesBarrierStagesAsSparkDoes) {
    const rdd::RddNode source = source_of(2);
    rdd::RddNode met = test::sorted(1, source);
    met.barrier = true;
    core_.submit(0, test::plan_of({source, met}), met);
    ASSERT_TRUE(core_.error_);
    EXPECT_EQ(core_.error_->message.find("[SPARK-24942]"), 0U) << core_.error_->message;
}

}  // namespace
}  // namespace heddle::driver
