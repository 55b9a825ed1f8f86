// Where tasks are not tried again after they have failed.
#include "client/driver/core/exclusion.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

ExclusionRules rules() {
    ExclusionRules on;
    on.enabled = true;
    return on;
}

constexpr rdd::ExecutorId kFirst{1};
constexpr rdd::ExecutorId kSecond{2};
constexpr rdd::ExecutorId kThird{3};

TEST(StageExclusion, ATaskIsNotTriedAgainWhereItFailed) {
    StageExclusion stage(rules());
    stage.failed(TimePoint{}, 0, kFirst, "node-1", "bad disk");
    EXPECT_TRUE(stage.bars(0, kFirst, "node-1"));
    EXPECT_FALSE(stage.bars(1, kFirst, "node-1"));
    EXPECT_FALSE(stage.bars(0, kSecond, "node-1"));
    stage.failed(TimePoint{}, 0, kSecond, "node-1", "bad disk");
    EXPECT_TRUE(stage.bars(0, kThird, "node-1"));  // twice on the node
    EXPECT_FALSE(stage.bars(0, kThird, "node-2"));
    EXPECT_EQ(stage.last_reason(), "bad disk");
}

TEST(StageExclusion, AnExecutorWhereTwoTasksFailedAndThenItsNodeAreOut) {
    StageExclusion stage(rules());
    stage.failed(TimePoint{}, 0, kFirst, "node-1", "");
    stage.failed(TimePoint{}, 1, kFirst, "node-1", "");
    EXPECT_TRUE(stage.bars_all(kFirst, "node-1"));
    EXPECT_FALSE(stage.bars_all(kSecond, "node-1"));
    stage.failed(TimePoint{}, 2, kSecond, "node-1", "");
    stage.failed(TimePoint{}, 3, kSecond, "node-1", "");
    EXPECT_TRUE(stage.bars_all(kThird, "node-1"));
    EXPECT_FALSE(stage.bars_all(kThird, "node-2"));
}

TEST(StageExclusion, MeansNothingWhenItIsOff) {
    StageExclusion stage(ExclusionRules{});
    for (std::size_t task = 0; task < 5; ++task) {
        stage.failed(TimePoint{}, task, kFirst, "node-1", "");
    }
    EXPECT_FALSE(stage.bars(0, kFirst, "node-1"));
}

TEST(Exclusion, CountsFailuresOfStagesThatSucceededAndForgetsThem) {
    Exclusion application(rules());
    StageExclusion stage(rules());
    stage.failed(TimePoint{}, 0, kFirst, "node-1", "");
    application.stage_succeeded(TimePoint{}, stage);
    EXPECT_FALSE(application.bars(kFirst, "node-1"));
    application.stage_succeeded(TimePoint{} + seconds(10), stage);
    EXPECT_TRUE(application.bars(kFirst, "node-1"));
    EXPECT_FALSE(application.bars(kSecond, "node-1"));
    EXPECT_EQ(application.next_expiry(), TimePoint{} + seconds(3610));
    EXPECT_FALSE(application.expire(TimePoint{} + seconds(3609)));
    EXPECT_TRUE(application.expire(TimePoint{} + seconds(3610)));
    EXPECT_FALSE(application.bars(kFirst, "node-1"));
    EXPECT_EQ(application.next_expiry(), TimePoint::never());
}

TEST(Exclusion, FailuresThatAreOldDoNotCountTogetherWithNewOnes) {
    Exclusion application(rules());
    StageExclusion early(rules());
    early.failed(TimePoint{}, 0, kFirst, "node-1", "");
    application.stage_succeeded(TimePoint{}, early);
    StageExclusion late(rules());
    late.failed(TimePoint{} + seconds(3600), 0, kFirst, "node-1", "");
    application.stage_succeeded(TimePoint{} + seconds(3600), late);
    EXPECT_FALSE(application.bars(kFirst, "node-1"));
    application.stage_succeeded(TimePoint{} + seconds(3601), late);
    EXPECT_TRUE(application.bars(kFirst, "node-1"));
}

TEST(Exclusion, AFetchFailureCountsAtOnceOnlyWhereThatIsWished) {
    Exclusion application(rules());
    application.fetch_failed(TimePoint{}, kFirst, "node-1");
    EXPECT_FALSE(application.bars(kFirst, "node-1"));
    ExclusionRules wished = rules();
    wished.fetch_failures_count = true;
    Exclusion strict(wished);
    strict.fetch_failed(TimePoint{}, kFirst, "node-1");
    EXPECT_TRUE(strict.bars(kFirst, "node-1"));
    EXPECT_FALSE(strict.bars(kSecond, "node-1"));
    strict.fetch_failed(TimePoint{}, kSecond, "node-1");
    EXPECT_TRUE(strict.bars(kThird, "node-1"));
    EXPECT_EQ(strict.hosts(), std::set<std::string>{"node-1"});
}

TEST(Exclusion, ANodeWithTwoExcludedExecutorsIsOut) {
    Exclusion application(rules());
    StageExclusion stage(rules());
    for (const rdd::ExecutorId executor : {kFirst, kSecond}) {
        stage.failed(TimePoint{}, 0, executor, "node-1", "");
        stage.failed(TimePoint{}, 1, executor, "node-1", "");
    }
    application.stage_succeeded(TimePoint{}, stage);
    EXPECT_TRUE(application.bars(kThird, "node-1"));
    EXPECT_FALSE(application.bars(kThird, "node-2"));
}

TEST(StageExclusion, SaysWhichNodesATaskKeepsOff) {
    StageExclusion stage(rules());
    stage.failed(TimePoint{}, 0, kFirst, "node-1", "");
    EXPECT_TRUE(stage.hosts_barred(0).empty());
    stage.failed(TimePoint{}, 0, kSecond, "node-1", "");
    EXPECT_EQ(stage.hosts_barred(0), std::vector<std::string>{"node-1"});
    EXPECT_TRUE(stage.hosts_barred(1).empty());
}

class ExclusionInDriver : public ::testing::Test {
protected:
    explicit ExclusionInDriver(Config with = config()) : core_(with) {
        core_.add_executor(1, "node-1");
        core_.add_executor(2, "node-2");
    }
    static Config config() {
        Config config;
        config.exclusion = rules();
        config.executor_timeout = seconds(100'000);
        return config;
    }
    void run(std::int32_t job, std::int32_t partitions) {
        const rdd::RddNode source = source_of(partitions);
        core_.submit(job, test::plan_of({source}), source);
    }
    void fail(std::size_t launch) {
        rdd::TaskFailure failure;
        failure.kind = rdd::FailureKind::ExceptionFailure;
        failure.message = "bad disk";
        core_.fail(launch, failure);
    }
    // Two stages in which executor 1 fails a task and executor 2 does it.
    void fail_two_stages_on_the_first() {
        for (int stage = 0; stage < 2; ++stage) {
            run(next_job_++, 1);
            fail(core_.launched_.size() - 1);
            core_.succeed(core_.launched_.size() - 1);
        }
        core_.trace();
    }
    bool shown_excluded(std::int32_t executor) const {
        return core_.driver_.progress().executors().at(rdd::ExecutorId{executor}).excluded;
    }

    Core core_;
    std::int32_t next_job_ = 0;
};

TEST_F(ExclusionInDriver, ATaskGoesToAnotherExecutorAndThenNowhere) {
    run(0, 1);
    EXPECT_EQ(core_.trace(), "run 0/0 on 1\n");
    fail(0);
    EXPECT_EQ(core_.trace(), "run 0/0 on 2\n");
    fail(1);
    EXPECT_EQ(core_.trace(), "end 0\n");
    ASSERT_TRUE(core_.error_);
    const std::string& said = core_.error_->message;
    EXPECT_NE(said.find("because task 0 (partition 0) cannot run anywhere due to node and executor "
                        "excludeOnFailure: there are 2 executors, and none may run it"),
              std::string::npos)
        << said;
    EXPECT_NE(said.find("bad disk"), std::string::npos) << said;
    EXPECT_TRUE(core_.dropped_.empty()) << "nobody would replace it";
}

TEST_F(ExclusionInDriver, ATaskWhoseMemoryRanOutBesideOthersIsTriedThereAlone) {
    Core core(config());
    core.add_executor(1, "node-1", 2);
    const rdd::RddNode source = source_of(2);
    core.submit(0, test::plan_of({source}), source);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\nrun 0/1 on 1\n");
    rdd::TaskFailure failure;
    failure.kind = rdd::FailureKind::ExceptionFailure;
    failure.out_of_memory = true;
    core.fail(0, failure);
    core.succeed(1);
    EXPECT_EQ(core.trace(), "result 1\nrun 0/0 on 1\n");
    core.fail(2, failure);
    EXPECT_EQ(core.trace(), "end 0\n") << "alone it does, and there is no other executor";
}

TEST_F(ExclusionInDriver, OtherTasksOfTheStageGoOnWhereOneHasFailed) {
    run(0, 3);
    EXPECT_EQ(core_.trace(), "run 0/0 on 1\nrun 0/1 on 2\n");
    fail(0);
    EXPECT_EQ(core_.trace(), "run 0/2 on 1\n");
    core_.succeed(2);
    EXPECT_EQ(core_.trace(), "result 2\n") << "partition 0 waits for the other executor";
    core_.succeed(1);
    EXPECT_EQ(core_.trace(), "result 1\nrun 0/0 on 2\n");
}

TEST_F(ExclusionInDriver, AnExecutorThatLeavesATaskWithoutAPlaceFailsTheJob) {
    run(0, 1);
    fail(0);
    core_.trace();
    core_.tell(ExecutorLost{kSecond, "gone", false});
    EXPECT_EQ(core_.trace(), "end 0\n");
}

TEST_F(ExclusionInDriver, WithoutItATaskIsTriedOnTheSameExecutor) {
    Core core;
    core.add_executor(1, "node-1");
    const rdd::RddNode source = source_of(1);
    core.submit(0, test::plan_of({source}), source);
    rdd::TaskFailure failure;
    failure.kind = rdd::FailureKind::ExceptionFailure;
    core.fail(0, failure);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\nrun 0/0 on 1\n");
}

TEST_F(ExclusionInDriver, AnExecutorIsLeftOutUntilItsTimeIsOver) {
    fail_two_stages_on_the_first();
    EXPECT_TRUE(shown_excluded(1));
    run(2, 2);
    EXPECT_EQ(core_.trace(), "run 2/0 on 2\n");
    EXPECT_EQ(core_.driver_.next_deadline(), TimePoint{} + seconds(3600));
    core_.advance(seconds(3600));
    EXPECT_EQ(core_.trace(), "run 2/1 on 1\n");
    EXPECT_FALSE(shown_excluded(1));
}

TEST_F(ExclusionInDriver, AStageThatLeavesAnExecutorSaysSo) {
    run(0, 4);
    fail(0);  // on 1, which goes on with another
    fail(2);
    EXPECT_EQ(core_.driver_.excluded_in(kFirst).size(), 1U);
    EXPECT_TRUE(core_.driver_.excluded_in(kSecond).empty());
    const StageView& stage = core_.driver_.progress().stages().begin()->second;
    EXPECT_EQ(stage.excluded, std::set<rdd::ExecutorId>{kFirst});
    EXPECT_FALSE(shown_excluded(1)) << "that is for all stages";
}

TEST_F(ExclusionInDriver, ACrashOfAnExecutorUnderATaskCountsWithItsNode) {
    run(0, 1);
    core_.tell(ExecutorLost{kFirst, "signal 11", true});
    core_.add_executor(3, "node-1");
    core_.trace();
    core_.tell(ExecutorLost{kSecond, "signal 11", true});
    EXPECT_EQ(core_.trace(), "run 0/0 on 3\n");
    core_.tell(ExecutorLost{kThird, "signal 11", true});
    core_.add_executor(4, "node-1");
    EXPECT_EQ(core_.trace(), "end 0\n") << "two of its attempts have ended on the node";
}

class ReplacedExecutors : public ExclusionInDriver {
protected:
    explicit ReplacedExecutors(bool kill = false) : ExclusionInDriver(kept(kill)) {}
    static Config kept(bool kill) {
        Config with = config();
        with.executors_kept = 2;
        with.exclusion.kill = kill;
        return with;
    }
};

TEST_F(ReplacedExecutors, AnIdleOneMakesWayForOneThatMayRunTheTask) {
    run(0, 1);
    fail(0);
    core_.trace();
    fail(1);
    EXPECT_EQ(core_.trace(), "");
    EXPECT_EQ(core_.dropped_, std::vector<rdd::ExecutorId>{kFirst});
    EXPECT_TRUE(core_.avoided_.empty()) << "one failure on each node";
    core_.advance(seconds(119));
    EXPECT_EQ(core_.dropped_.size(), 1U) << "another one is on its way already";
    core_.add_executor(3, "node-1");
    EXPECT_EQ(core_.trace(), "run 0/0 on 3\n");
    fail(2);
    EXPECT_EQ(core_.avoided_, std::vector<std::string>{"node-1"});
    EXPECT_EQ(core_.dropped_, (std::vector<rdd::ExecutorId>{kFirst, kSecond}));
    core_.add_executor(4, "node-3");
    EXPECT_EQ(core_.trace(), "run 0/0 on 4\n");
    core_.succeed(3);
    EXPECT_EQ(core_.trace(), "result 0\nend 0\n");
    EXPECT_FALSE(core_.error_);
}

TEST_F(ReplacedExecutors, ATaskThatAlwaysFailsEndsItsJobThoughEachReplacementCostsItsInput) {
    const rdd::RddNode source = source_of(2);
    const rdd::RddNode dealt = test::shuffled(1, source, 0, 1);
    core_.submit(0, test::plan_of({source, dealt}), dealt);
    std::size_t next = 0;
    for (std::int32_t id = 3; id < 20 && !core_.error_; ++id) {
        for (; next < core_.launched_.size(); ++next) {
            const bool maps = core_.launched_[next].task.stage != rdd::StageId{0};
            maps ? core_.succeed(next, 1) : fail(next);
        }
        core_.add_executor(id, "node-" + std::to_string(id));
        core_.advance(seconds(1));
    }
    ASSERT_TRUE(core_.error_) << "it would go on for ever";
    EXPECT_NE(core_.error_->message.find("failed 4 times"), std::string::npos)
        << core_.error_->message;
}

TEST(ReplacedForABarrierStage, NoneThatItMayUse) {
    Config with;
    with.executors_kept = 3;
    with.exclusion.enabled = true;
    Core core(with);
    for (std::int32_t id = 1; id <= 3; ++id) {
        core.add_executor(id, "node-" + std::to_string(id));
    }
    const rdd::RddNode source = source_of(3);
    rdd::RddNode met = test::sorted(1, source);
    met.barrier = true;
    core.submit(0, test::plan_of({source, met}), met);
    const auto on_third = std::ranges::find_if(
        core.launched_, [](const Core::Launched& launched) { return launched.executor == kThird; });
    ASSERT_NE(on_third, core.launched_.end());
    rdd::TaskFailure failure;
    failure.kind = rdd::FailureKind::ExceptionFailure;
    const auto index = static_cast<std::size_t>(on_third - core.launched_.begin());
    for (std::size_t i = 0; i < 3; ++i) {
        i == index ? core.fail(i, failure) : core.succeed(i);
    }
    core.advance(seconds(1));
    EXPECT_EQ(core.dropped_, std::vector<rdd::ExecutorId>{kThird});
}

TEST_F(ReplacedExecutors, NodesAreAvoidedUntilAnotherOneHasCome) {
    core_.tell(ExecutorLost{kSecond, "gone", false});
    run(0, 1);
    fail(0);
    core_.add_executor(3, "node-1");
    fail(1);
    const std::vector<std::string> avoided{"node-1"};
    EXPECT_EQ(core_.avoided_, avoided);
    core_.tell(ExecutorLost{kThird, "gone", false});
    EXPECT_TRUE(core_.driver_.executors().all().empty());
    EXPECT_EQ(core_.avoided_, avoided);
    core_.add_executor(4, "node-2");
    EXPECT_TRUE(core_.avoided_.empty());
    core_.succeed(2);
    EXPECT_FALSE(core_.error_);
}

TEST_F(ReplacedExecutors, TheWaitForOneEnds) {
    run(0, 1);
    fail(0);
    fail(1);
    core_.trace();
    core_.add_executor(3, "node-2");  // the second failure on this node
    core_.trace();
    fail(2);
    core_.tell(Tick{});
    EXPECT_EQ(core_.trace(), "");
    EXPECT_EQ(core_.driver_.next_deadline(), TimePoint{} + seconds(120));
    core_.advance(seconds(120));
    EXPECT_EQ(core_.trace(), "end 0\n");
    ASSERT_TRUE(core_.error_);
    EXPECT_NE(core_.error_->message.find("none that may has come in 120000 ms"), std::string::npos)
        << core_.error_->message;
}

TEST_F(ReplacedExecutors, ABusyOneIsReplacedWhenItIsIdle) {
    run(0, 1);
    fail(0);
    run(1, 1);  // on 1
    fail(1);    // 0/0 on 2
    EXPECT_EQ(core_.dropped_, std::vector<rdd::ExecutorId>{kSecond});
}

TEST_F(ReplacedExecutors, AreKeptWhenExcludedUnlessThatIsWished) {
    fail_two_stages_on_the_first();
    EXPECT_TRUE(shown_excluded(1));
    EXPECT_TRUE(core_.dropped_.empty());
}

class KilledExecutors : public ReplacedExecutors {
protected:
    KilledExecutors() : ReplacedExecutors(true) {}
};

TEST_F(KilledExecutors, AnExcludedOneIsReplaced) {
    fail_two_stages_on_the_first();
    EXPECT_EQ(core_.dropped_, std::vector<rdd::ExecutorId>{kFirst});
    EXPECT_TRUE(core_.avoided_.empty());
    core_.add_executor(3, "node-1");
    run(2, 2);
    EXPECT_EQ(core_.trace(), "run 2/0 on 2\nrun 2/1 on 3\n");
}

TEST_F(KilledExecutors, ANodeWithTwoExcludedOnesIsAvoided) {
    fail_two_stages_on_the_first();
    core_.add_executor(3, "node-1");
    core_.tell(ExecutorLost{kSecond, "gone", false});
    core_.add_executor(4, "node-2");
    fail_two_stages_on_the_first();  // on 3, as it is the first by number
    EXPECT_EQ(core_.dropped_, (std::vector<rdd::ExecutorId>{kFirst, kThird}));
    EXPECT_EQ(core_.avoided_, std::vector<std::string>{"node-1"});
}

}  // namespace
}  // namespace heddle::driver
