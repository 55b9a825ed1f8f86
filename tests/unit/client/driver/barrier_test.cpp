// Barrier stages in the driver's core: all tasks at once, and all again when one fails.
#include <gtest/gtest.h>

#include <string>

#include "client/driver/core/barrier_rules.h"
#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

// A barrier RDD over a source.
struct Lineage {
    explicit Lineage(std::int32_t partitions, const std::string& host = "")
        : source(source_of(partitions, host)), met(test::sorted(1, source)) {
        met.barrier = true;
        plan = test::plan_of({source, met});
    }
    rdd::RddNode source;
    rdd::RddNode met;
    rdd::Plan plan;
};

rdd::TaskFailure failure(const std::string& message) {
    rdd::TaskFailure made;
    made.kind = rdd::FailureKind::ExceptionFailure;
    made.message = message;
    return made;
}

class Barrier : public ::testing::Test {
protected:
    explicit Barrier(Config with = config()) : core_(with) {}
    static Config config() {
        Config config;
        config.executors_kept = 2;
        config.executor_timeout = seconds(100'000);
        return config;
    }
    void run(std::int32_t job, const Lineage& lineage) {
        core_.submit(job, lineage.plan, lineage.met);
    }
    void wait(std::size_t launch, std::int32_t epoch, bool gather = false) {
        const Core::Launched& of = core_.launched_.at(launch);
        core_.tell(
            ExecutorSaid{of.executor, rdd::BarrierRequest{of.task.task, epoch, gather, "m"}});
    }

    Core core_;
};

TEST_F(Barrier, TasksStartTogetherOrNotAtAll) {
    core_.add_executor(1, "node-1", 2);
    run(0, Lineage(3));
    EXPECT_EQ(core_.trace(), "");
    core_.add_executor(2, "node-2", 2);
    EXPECT_EQ(core_.trace(), "run 0/0 on 1\nrun 0/1 on 2\nrun 0/2 on 1\n");
    EXPECT_EQ(core_.gangs_.at(0),
              (std::vector<std::string>{"10.0.0.1:1", "10.0.0.2:1", "10.0.0.1:1"}));
}

TEST_F(Barrier, GoesToItsDataWhereThatHasRoom) {
    core_.add_executor(1, "node-1", 2);
    core_.add_executor(2, "node-2", 2);
    run(0, Lineage(2, "node-2"));
    EXPECT_EQ(core_.trace(), "run 0/0 on 2\nrun 0/1 on 2\n");
}

TEST_F(Barrier, FreeSlotsAreKeptForItUntilThereAreEnough) {
    core_.add_executor(1, "node-1", 1);
    core_.add_executor(2, "node-2", 1);
    const rdd::RddNode other = source_of(1);
    core_.submit(0, test::plan_of({other}), other);
    run(1, Lineage(2));
    const rdd::RddNode late = source_of(2);
    core_.submit(2, test::plan_of({late}), late);
    EXPECT_EQ(core_.trace(), "run 0/0 on 1\n");
    EXPECT_GE(core_.driver_.next_deadline(), TimePoint{} + seconds(10)) << "nothing to look for";
    core_.succeed(0);
    EXPECT_EQ(core_.trace(), "result 0\nend 0\nrun 1/0 on 1\nrun 1/1 on 2\n");
}

TEST_F(Barrier, OthersGoOnWhileItCannotStartAtAll) {
    core_.add_executor(1, "node-1", 1);
    run(0, Lineage(2));
    const rdd::RddNode other = source_of(1);
    core_.submit(1, test::plan_of({other}), other);
    EXPECT_EQ(core_.trace(), "run 1/0 on 1\n");
}

TEST_F(Barrier, ResultsCountWhenAllAreDone) {
    core_.add_executor(1, "node-1", 2);
    run(0, Lineage(2));
    core_.trace();
    core_.succeed(1, 0, "one");
    EXPECT_EQ(core_.trace(), "");
    core_.succeed(0, 0, "two");
    EXPECT_EQ(core_.trace(), "add two\nresult 0\nadd one\nresult 1\nend 0\n");
}

TEST_F(Barrier, AFailureOfOneBeginsAllOfThemAgain) {
    core_.add_executor(1, "node-1", 2);
    run(0, Lineage(2));
    core_.trace();
    core_.succeed(1, 0, "lost");
    core_.fail(0, failure("bad disk"));
    EXPECT_EQ(core_.trace(), "");
    core_.advance(milliseconds(200));
    EXPECT_EQ(core_.trace(), "run 0/0 on 1\nrun 0/1 on 1\n");
    core_.succeed(2);
    core_.succeed(3, 0, "kept");
    EXPECT_EQ(core_.trace(), "result 0\nadd kept\nresult 1\nend 0\n");
}

TEST_F(Barrier, TheOthersAreStoppedAndTheirAnswersDoNotCount) {
    core_.add_executor(1, "node-1", 2);
    core_.add_executor(2, "node-2", 2);
    run(0, Lineage(2));
    core_.trace();
    core_.fail(0, failure("bad disk"));
    EXPECT_EQ(core_.cancelled_, std::vector<rdd::TaskId>{core_.launched_[1].task.task});
    core_.succeed(1);
    EXPECT_EQ(core_.trace(), "");
    core_.advance(milliseconds(200));
    EXPECT_EQ(core_.trace(), "run 0/0 on 1\nrun 0/1 on 2\n");
}

TEST_F(Barrier, ItIsGivenUpAfterFourAttempts) {
    core_.add_executor(1, "node-1", 2);
    run(0, Lineage(2));
    for (std::size_t attempt = 0; attempt < 4; ++attempt) {
        EXPECT_FALSE(core_.error_);
        core_.succeed(2 * attempt + 1);
        core_.fail(2 * attempt, failure("bad disk"));
        core_.advance(milliseconds(200));
    }
    ASSERT_TRUE(core_.error_);
    EXPECT_NE(core_.error_->message.find(
                  "failed the maximum allowable number of times: 4; most recent failure reason: "
                  "barrier task for partition 0 finished unsuccessfully on executor 1: "),
              std::string::npos)
        << core_.error_->message;
}

TEST_F(Barrier, TheLossOfAnExecutorBeginsAllOfThemAgain) {
    core_.add_executor(1, "node-1", 1);
    core_.add_executor(2, "node-2", 1);
    core_.add_executor(3, "node-3", 1);
    run(0, Lineage(2));
    EXPECT_EQ(core_.trace(), "run 0/0 on 1\nrun 0/1 on 2\n");
    core_.tell(ExecutorLost{rdd::ExecutorId{2}, "gone", false});
    core_.fail(0, failure("killed"));
    core_.advance(milliseconds(200));
    EXPECT_EQ(core_.trace(), "run 0/0 on 1\nrun 0/1 on 3\n");
}

TEST_F(Barrier, MapOutputThatIsLostBeforeAllAreDoneIsComputedAgain) {
    const Lineage lineage(2);
    const rdd::RddNode dealt = test::shuffled(2, lineage.met, 0, 1);
    core_.add_executor(1, "node-1", 1);
    core_.add_executor(2, "node-2", 1);
    core_.submit(0, test::plan_of({lineage.source, lineage.met, dealt}), dealt);
    EXPECT_EQ(core_.trace(), "run 0/0 on 1\nrun 0/1 on 2\n");
    core_.succeed(0, 1);
    core_.tell(ExecutorLost{rdd::ExecutorId{1}, "gone", false});
    core_.fail(1, failure("killed"));
    core_.add_executor(3, "node-1", 1);
    core_.advance(milliseconds(200));
    EXPECT_EQ(core_.trace(), "run 0/0 on 2\nrun 0/1 on 3\n");
    core_.succeed(2, 1);
    core_.succeed(3, 1);
    EXPECT_EQ(core_.trace(), "outputs of shuffle 0\nrun 1/0 on 2\n");
}

TEST_F(Barrier, AllOfItIsComputedAgainWhenAPartOfItsOutputIsLostLater) {
    const Lineage lineage(2);
    const rdd::RddNode dealt = test::shuffled(2, lineage.met, 0, 1);
    core_.add_executor(1, "node-1", 1);
    core_.add_executor(2, "node-2", 1);
    core_.submit(0, test::plan_of({lineage.source, lineage.met, dealt}), dealt);
    core_.succeed(0, 1);
    core_.succeed(1, 1);
    core_.trace();
    core_.tell(ExecutorLost{rdd::ExecutorId{2}, "gone", false});
    core_.fail(2, failure("killed"));
    core_.add_executor(3, "node-2", 1);
    core_.advance(milliseconds(200));
    EXPECT_EQ(core_.trace(), "run 0/0 on 1\nrun 0/1 on 3\n");
}

TEST_F(Barrier, TasksHearWhatTheOthersSaid) {
    core_.add_executor(1, "node-1", 2);
    run(0, Lineage(2));
    core_.trace();
    wait(0, 0, true);
    EXPECT_TRUE(core_.answers_.empty());
    wait(1, 0, true);
    ASSERT_EQ(core_.answers_.size(), 2U);
    EXPECT_EQ(core_.answers_[0].messages->size(), 2U);
    wait(1, 1);
    wait(1, 0, true);  // late, and repeated
    EXPECT_EQ(core_.answers_.size(), 2U);
}

TEST_F(Barrier, AWaitThatEndsFailsTheTasksThatWait) {
    Config with = config();
    with.barrier.sync_timeout = seconds(3);
    Core core(with);
    core.add_executor(1, "node-1", 2);
    const Lineage lineage(2);
    core.submit(0, lineage.plan, lineage.met);
    core.tell(ExecutorSaid{core.launched_[1].executor,
                           rdd::BarrierRequest{core.launched_[1].task.task, 0, false, ""}});
    core.advance(seconds(2));
    EXPECT_TRUE(core.answers_.empty());
    core.advance(seconds(1));
    ASSERT_EQ(core.answers_.size(), 1U);
    EXPECT_NE(core.answers_[0].error.find("1 of 2 tasks have come within 3000 ms"),
              std::string::npos)
        << core.answers_[0].error;
}

TEST_F(Barrier, TooFewSlotsAreLookedForAndThenFailTheJobWithNumbers) {
    core_.add_executor(1, "node-1", 2);
    run(0, Lineage(3));
    for (int check = 0; check < 39; ++check) {
        core_.advance(seconds(15));
    }
    EXPECT_FALSE(core_.error_);
    core_.advance(seconds(15));
    ASSERT_TRUE(core_.error_);
    EXPECT_NE(core_.error_->message.find("requires 3 slots at the same time, and there are 2 on 1 "
                                         "executors after 40 checks"),
              std::string::npos)
        << core_.error_->message;
}

TEST_F(Barrier, TooFewSlotsFailTheJobAtOnceWhereNoneWillCome) {
    Core core;
    core.add_executor(1, "localhost", 2);
    const Lineage lineage(3);
    core.submit(0, lineage.plan, lineage.met);
    ASSERT_TRUE(core.error_);
    EXPECT_EQ(core.error_->message.find("[SPARK-24819]: barrier stage 0 (sort) requires 3 slots"),
              0U)
        << core.error_->message;
}

TEST_F(Barrier, AnExecutorOnWhichOneFailedIsLeftByAllOfThem) {
    Config with = config();
    with.exclusion.enabled = true;
    Core core(with);
    core.add_executor(1, "node-1", 2);
    core.add_executor(2, "node-2", 2);
    const Lineage lineage(2, "node-1");
    core.submit(0, lineage.plan, lineage.met);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\nrun 0/1 on 1\n");
    core.succeed(1);
    core.fail(0, failure("bad disk"));
    core.advance(milliseconds(200));
    EXPECT_EQ(core.trace(), "run 0/0 on 2\nrun 0/1 on 2\n");
}

TEST(BarrierExclusion, LimitsOfANodeForOneTaskKeepNoneFromStarting) {
    Config with;
    with.executors_kept = 2;
    with.exclusion.enabled = true;
    with.exclusion.task_attempts_per_node_max = 1;
    Core core(with);
    for (std::int32_t id = 1; id <= 4; ++id) {
        core.add_executor(id, "node-1");
    }
    const Lineage lineage(2);
    core.submit(0, lineage.plan, lineage.met);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\nrun 0/1 on 2\n");
    core.succeed(1);
    core.fail(0, failure("bad luck"));
    core.advance(milliseconds(200));
    EXPECT_EQ(core.trace(), "run 0/0 on 2\nrun 0/1 on 3\n");
}

TEST_F(Barrier, FailuresOfAJobThatIsOverDoNotCount) {
    core_.add_executor(1, "node-1", 2);
    const Lineage lineage(2);
    const rdd::RddNode dealt = test::shuffled(4, lineage.met, 0, 1);
    const rdd::Plan plan = test::plan_of({lineage.source, lineage.met, dealt});
    for (std::int32_t job = 0; job < 2; ++job) {
        core_.error_.reset();
        core_.submit(job, plan, dealt);
        const std::size_t failures = job == 0 ? 4 : 3;
        for (std::size_t i = 0; i < failures; ++i) {
            core_.succeed(core_.launched_.size() - 1, 1);
            core_.fail(core_.launched_.size() - 2, failure("bad luck"));
            core_.advance(milliseconds(200));
        }
        EXPECT_EQ(core_.error_.has_value(), job == 0);
    }
}

TEST_F(Barrier, WhatIsCachedInPartIsComputedAsAWhole) {
    core_.add_executor(1, "node-1", 2);
    Lineage lineage(2);
    lineage.met.storage = rdd::kMemoryOnly;
    lineage.plan = test::plan_of({lineage.source, lineage.met});
    run(0, lineage);
    rdd::ExecutorHeartbeat beat;
    rdd::BlockUpdate held;
    held.block = rdd::BlockId::rdd(lineage.met.id, 0);
    held.memory = 10;
    beat.blocks.push_back(held);
    core_.tell(ExecutorSaid{rdd::ExecutorId{1}, beat});
    core_.succeed(0);
    core_.succeed(1);
    EXPECT_TRUE(core_.drops_.empty());
    run(1, lineage);
    ASSERT_EQ(core_.drops_.size(), 1U);
    EXPECT_EQ(core_.drops_[0].message.rdd, lineage.met.id);
}

TEST_F(Barrier, WhatIsGatheredHasALimitThatIsNamed) {
    core_.add_executor(1, "node-1", 2);
    run(0, Lineage(2));
    const Core::Launched& of = core_.launched_.at(0);
    rdd::BarrierRequest request{of.task.task, 0, true, std::string(33 << 20, 'm')};
    core_.tell(ExecutorSaid{of.executor, request});
    ASSERT_EQ(core_.answers_.size(), 1U);
    EXPECT_NE(core_.answers_[0].error.find("at most 33554432 are taken"), std::string::npos)
        << core_.answers_[0].error;
}

TEST_F(Barrier, ATaskThatEndsWhileAThreadOfItWaitsIsNoEndOfTheDriver) {
    core_.add_executor(1, "node-1", 2);
    run(0, Lineage(2));
    wait(0, 0);
    core_.succeed(0);
    EXPECT_TRUE(core_.answers_.empty());
    wait(1, 0);
    ASSERT_EQ(core_.answers_.size(), 1U);
    EXPECT_NE(core_.answers_[0].error.find("partitions 0 have ended without it"), std::string::npos)
        << core_.answers_[0].error;
}

TEST(BarrierRules, RefuseLineagesThatHaveOtherPartitions) {
    const Lineage lineage(3);
    const rdd::RddNode after = test::sorted(2, lineage.met);
    rdd::RddNode halved = test::sorted(3, after);
    halved.partitions = 2;
    halved.dependencies[0].kind = rdd::DependencyKind::Strided;
    halved.dependencies[0].length = 2;
    const rdd::RddNode dealt = test::shuffled(4, lineage.met, 0, 2);
    const rdd::Plan plan = test::plan_of({lineage.source, lineage.met, after, halved, dealt});
    ASSERT_TRUE(rdd::check(plan));
    EXPECT_FALSE(barrier_refusal(plan, after.id, 3));
    EXPECT_FALSE(barrier_refusal(plan, dealt.id, 1)) << "it is another stage that takes one";
    const auto first = barrier_refusal(plan, after.id, 1);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->find("[SPARK-24820][SPARK-24821]: barrier execution mode does not allow"), 0U);
    EXPECT_TRUE(barrier_refusal(plan, halved.id, 2));
    EXPECT_TRUE(is_barrier(plan, after.id));
    EXPECT_FALSE(is_barrier(plan, dealt.id));
    EXPECT_FALSE(is_barrier(plan, lineage.source.id));
}

TEST(BarrierRules, RefuseAnRddOfTwoBarrierRdds) {
    const Lineage lineage(3);
    rdd::RddNode twin = test::sorted(2, lineage.source);
    twin.barrier = true;
    rdd::RddNode zipped = test::sorted(3, lineage.met);
    zipped.dependencies.push_back(zipped.dependencies[0]);
    zipped.dependencies[1].parent = twin.id;
    const rdd::RddNode dealt = test::shuffled(4, zipped, 0, 2);
    const rdd::Plan plan = test::plan_of({lineage.source, lineage.met, twin, zipped, dealt});
    EXPECT_TRUE(barrier_refusal(plan, zipped.id, 3));
    EXPECT_TRUE(barrier_refusal(plan, dealt.id, 2)) << "of a stage that the job needs";
}

}  // namespace
}  // namespace heddle::driver
