// The driver's core by events and effects: no threads, no clock.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

using namespace heddle::literals;

rdd::TaskFailure exception(const std::string& message) {
    rdd::TaskFailure failure;
    failure.kind = rdd::FailureKind::ExceptionFailure;
    failure.message = message;
    return failure;
}

TEST(DriverCore, DeliversEachResultOnceAndEndsTheJob) {
    Core core;
    core.add_executor(1, "node-1", 2);
    core.submit(0, test::plan_of({source_of(2)}), source_of(2));
    EXPECT_EQ(core.trace(), "run 0/0 on 1\nrun 0/1 on 1\n");
    core.succeed(1);
    core.succeed(1);  // doubled
    EXPECT_EQ(core.trace(), "result 1\n");
    EXPECT_EQ(core.driver_.stale_messages(), 1);
    core.succeed(0);
    EXPECT_EQ(core.trace(), "result 0\nend 0\n");
    EXPECT_FALSE(core.error_);
}

TEST(DriverCore, WaitsForThePreferredNodeAndThenGoesAnywhere) {
    Core core;
    core.add_executor(1, "node-1");
    core.add_executor(2, "node-2");
    const rdd::RddNode source = source_of(2, "node-2");
    core.submit(0, test::plan_of({source}), source);
    EXPECT_EQ(core.trace(), "run 0/0 on 2\n");  // node-2 is full now, node-1 idles
    core.advance(2999_ms);
    EXPECT_EQ(core.trace(), "");
    EXPECT_EQ(core.driver_.next_deadline(), TimePoint{3'000'000});
    core.advance(1_ms);
    EXPECT_EQ(core.trace(), "run 0/1 on 1\n");
    const auto& tasks = core.driver_.progress().stages().begin()->second.task_views;
    EXPECT_EQ(tasks[0].locality, "NODE_LOCAL");
    EXPECT_EQ(tasks[1].locality, "ANY");
}

TEST(DriverCore, PrefersTheExecutorThatHasThePartitionCached) {
    Core core;
    core.add_executor(1, "node-1");
    core.add_executor(2, "node-2");
    rdd::RddNode source = source_of(1);
    source.storage = rdd::kMemoryOnly;
    core.submit(0, test::plan_of({source}), source);
    core.succeed(0);
    core.tell(ExecutorSaid{
        rdd::ExecutorId{2},
        rdd::ExecutorHeartbeat{{{rdd::BlockId::rdd(source.id, 0), 100, 0}}, 0, 0, 0, 0}});
    core.trace();
    core.submit(1, test::plan_of({source}), source);
    EXPECT_EQ(core.trace(), "run 1/0 on 2\n");
    EXPECT_EQ(core.driver_.progress().stages().rbegin()->second.task_views[0].locality,
              "PROCESS_LOCAL");
}

TEST(DriverCore, GivesUpAfterFourFailuresOfOneTaskAndSaysWhy) {
    Core core;
    core.add_executor(1, "node-1");
    core.submit(0, test::plan_of({source_of(1)}), source_of(1));
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_FALSE(core.error_);
        core.fail(i, exception("bad date"));
    }
    ASSERT_TRUE(core.error_);
    EXPECT_NE(core.error_->message.find("failed 4 times"), std::string::npos);
    EXPECT_NE(core.error_->message.find("bad date"), std::string::npos);
    EXPECT_EQ(core.error_->partition, 0);
}

// Both tasks of a map stage meet lost input, each in another attempt, and the one that was running
// beside it answers after all: the output is complete while the stage waits to be tried again.
TEST(DriverCore, GoesOnWhenLateTasksCompleteAStageThatWaits) {
    Core core;
    core.add_executor(1, "node-1", 4);
    const rdd::RddNode source = source_of(1);
    const rdd::RddNode first = test::shuffled(1, source, 0, 2);
    const rdd::RddNode second = test::sorted(2, first);
    const rdd::RddNode last = test::shuffled(3, second, 1, 1);
    core.submit(0, test::plan_of({source, first, second, last}), last);
    core.succeed(0, 2);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\noutputs of shuffle 0\nrun 1/0 on 1\nrun 1/1 on 1\n");
    const auto lost = [&](std::size_t map_launch) {
        rdd::TaskFailure failure;
        failure.kind = rdd::FailureKind::FetchFailed;
        failure.shuffle = rdd::ShuffleId{0};
        failure.map_index = 0;
        failure.map_task = core.launched_.at(map_launch).task.task;
        return failure;
    };
    core.fail(2, lost(0));
    core.advance(200_ms);
    core.succeed(3, 2);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\noutputs of shuffle 0\nrun 1/0 on 1\nrun 1/1 on 1\n");
    core.fail(4, lost(3));
    core.succeed(1, 1);  // of the first attempt
    core.succeed(5, 1);
    EXPECT_EQ(core.trace(), "");
    core.advance(200_ms);
    EXPECT_EQ(core.trace(), "outputs of shuffle 1\nrun 2/0 on 1\n");
}

TEST(DriverCore, DoesNotCountTheLossOfAnExecutor) {
    Core core;
    for (std::int32_t id = 1; id <= 8; ++id) {
        core.add_executor(id, "node-1");
        if (id == 1) {
            core.submit(0, test::plan_of({source_of(1)}), source_of(1));
        }
        core.tell(ExecutorLost{rdd::ExecutorId{id}, "killed"});
    }
    EXPECT_FALSE(core.error_);
    core.add_executor(9, "node-1");
    core.succeed(8);
    EXPECT_FALSE(core.error_);
    EXPECT_TRUE(core.driver_.idle());
}

// What the cluster takes back with notice gets no new tasks, and its end counts for nobody.
TEST(DriverCore, GivesNoNewTasksToAnExecutorThatIsToMakeWay) {
    Config config;
    config.executor_failures_max = 2;
    config.task_executor_losses_max = 2;
    Core core(config);
    core.add_executor(1, "node-1", 2);
    core.tell(ExecutorLeaving{rdd::ExecutorId{1}});
    core.submit(0, test::plan_of({source_of(2)}), source_of(2));
    EXPECT_EQ(core.trace(), "");
    core.add_executor(2, "node-2");
    EXPECT_EQ(core.trace(), "run 0/0 on 2\n");
    core.tell(ExecutorLeaving{rdd::ExecutorId{1}, false});  // the need has gone
    EXPECT_EQ(core.trace(), "run 0/1 on 1\n");
    for (std::int32_t id = 3; id <= 6; ++id) {
        core.tell(ExecutorLeaving{rdd::ExecutorId{id == 3 ? 1 : id - 1}});
        core.add_executor(id, "node-3");
        core.tell(ExecutorLost{rdd::ExecutorId{id == 3 ? 1 : id - 1}, "preempted"});
        EXPECT_EQ(core.trace(), "run 0/1 on " + std::to_string(id) + "\n");
    }
    EXPECT_FALSE(core.error_);
}

// A task that takes its executor down fails its job as soon as one that throws would, and says
// where, however few executors in a row may come to nothing.
TEST(DriverCore, GivesUpAfterFourCrashesUnderOneTaskAndSaysWhere) {
    Config config;
    config.executor_failures_max = 2;
    Core core(config);
    core.submit(0, test::plan_of({source_of(1)}), source_of(1));
    for (std::int32_t id = 1; id <= 4; ++id) {
        EXPECT_FALSE(core.error_);
        core.add_executor(id, "node-1");
        core.tell(ExecutorLost{rdd::ExecutorId{id}, "ended by signal 11", true});
    }
    ASSERT_TRUE(core.error_);
    EXPECT_EQ(core.error_->partition, 0);
    EXPECT_EQ(core.error_->stage, rdd::StageId{0});
    ASSERT_TRUE(core.error_->cause);
    EXPECT_EQ(core.error_->cause->kind, rdd::FailureKind::ExecutorLostFailure);
    for (const char* part : {"partition 0 of stage 0.0", "failed 4 times", "with its executor 4",
                             "node-1", "ended by signal 11"}) {
        EXPECT_NE(core.error_->message.find(part), std::string::npos) << core.error_->message;
    }
}

// Tiny tasks are sent ahead and answered together: the first crash tells nothing of any of them.
// After it nothing is sent ahead, and the task that ends its executor each time fails the job.
TEST(DriverCore, CountsACrashWithATaskOnlyWhereItIsKnownThatItRan) {
    Core core;
    core.add_executor(1, "node-1");
    core.submit(0, test::plan_of({source_of(60)}), source_of(60));
    std::size_t ended = 0;
    while (ended < 30) {  // more and more of them are sent ahead
        core.succeed(ended++);
    }
    ASSERT_GT(core.launched_.size() - ended, 4U);
    core.tell(ExecutorLost{rdd::ExecutorId{1}, "exited with code 3", true});
    std::optional<rdd::Partition> culprit;
    for (std::int32_t id = 2; id <= 5; ++id) {
        ASSERT_FALSE(core.error_) << core.error_->message;
        const std::size_t before = core.launched_.size();
        core.add_executor(id, "node-1");
        ASSERT_EQ(core.launched_.size(), before + 1) << "nothing is sent ahead";
        const rdd::Partition partition = core.launched_.back().task.partition;
        EXPECT_EQ(culprit.value_or(partition), partition);
        culprit = partition;
        core.tell(ExecutorLost{rdd::ExecutorId{id}, "exited with code 3", true});
    }
    ASSERT_TRUE(core.error_);
    EXPECT_EQ(core.error_->partition, culprit);
    EXPECT_NE(core.error_->message.find("failed 4 times"), std::string::npos);
}

TEST(DriverCore, ComputesLostMapOutputAgainAfterTheGraceTime) {
    Core core;
    core.add_executor(1, "node-1");
    const rdd::RddNode source = source_of(1);
    const rdd::RddNode reader = test::shuffled(1, source, 0, 1);
    core.submit(0, test::plan_of({source, reader}), reader);
    core.succeed(0, 1);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\noutputs of shuffle 0\nrun 1/0 on 1\n");
    rdd::TaskFailure failure;
    failure.kind = rdd::FailureKind::FetchFailed;
    failure.map_task = core.launched_[0].task.task;
    failure.map_index = 0;
    core.fail(1, failure);
    EXPECT_EQ(core.trace(), "");
    core.advance(200_ms);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\n");
    core.succeed(2, 1);
    EXPECT_EQ(core.trace(), "outputs of shuffle 0\nrun 1/0 on 1\n");
    core.succeed(3);
    EXPECT_EQ(core.trace(), "result 0\nend 0\n");
}

// One fetch failure after the other; `between`: an attempt that goes well.
TEST(DriverCore, GivesUpAStageAfterFourFetchFailuresInARowOnly) {
    const rdd::RddNode source = source_of(1);
    const rdd::RddNode middle = test::shuffled(1, source, 0, 1);
    const rdd::RddNode reader = test::shuffled(2, middle, 1, 1);
    Core core;
    core.add_executor(1, "node-1");
    core.submit(0, test::plan_of({source, middle, reader}), reader);
    const auto fetch_fails = [&] {  // of the stage in the middle, whose parent then runs again
        const std::size_t at = core.launched_.size() - 1;
        rdd::TaskFailure failure;
        failure.kind = rdd::FailureKind::FetchFailed;
        failure.shuffle = rdd::ShuffleId{0};
        failure.map_index = 0;
        failure.map_task = core.launched_[at - 1].task.task;
        core.fail(at, failure);
        core.advance(200_ms);
    };
    const auto succeed_last = [&] { core.succeed(core.launched_.size() - 1, 1); };
    succeed_last();
    for (int i = 0; i < 3; ++i) {
        fetch_fails();
        succeed_last();
    }
    succeed_last();  // the middle one goes well
    ASSERT_FALSE(core.error_);
    // Its output is lost, so it runs again: three more do not make a fourth in a row.
    rdd::TaskFailure lost;
    lost.kind = rdd::FailureKind::FetchFailed;
    lost.shuffle = rdd::ShuffleId{1};
    lost.map_index = 0;
    lost.map_task = core.launched_[core.launched_.size() - 2].task.task;
    core.fail(core.launched_.size() - 1, lost);
    core.advance(200_ms);
    for (int i = 0; i < 3; ++i) {
        const std::size_t at = core.launched_.size() - 1;
        rdd::TaskFailure failure;
        failure.kind = rdd::FailureKind::FetchFailed;
        failure.shuffle = rdd::ShuffleId{0};
        failure.map_index = 0;
        failure.map_task = rdd::TaskId{-1};
        for (const Core::Launched& launch : core.launched_) {
            if (launch.task.stage == core.launched_[0].task.stage) {
                failure.map_task = launch.task.task;
            }
        }
        core.fail(at, failure);
        core.advance(200_ms);
        ASSERT_FALSE(core.error_) << core.error_->message;
        succeed_last();
    }
    fetch_fails();
    ASSERT_TRUE(core.error_);
    EXPECT_NE(core.error_->message.find("4 times in a row"), std::string::npos);
}

TEST(DriverCore, CountsWhatATaskAddsWithTheOneResultOfItsPartition) {
    Core core;
    core.add_executor(1, "node-1", 2);
    core.submit(0, test::plan_of({source_of(2)}), source_of(2));
    core.trace();
    core.succeed(0, 0, "5");
    EXPECT_EQ(core.trace(), "add 5\nresult 0\n");
    core.succeed(0, 0, "5");  // doubled
    EXPECT_EQ(core.trace(), "");
    core.fail(1, exception("bad date"));
    EXPECT_EQ(core.trace(), "run 0/1 on 1\n");
    core.succeed(2, 0, "6");
    EXPECT_EQ(core.trace(), "add 6\nresult 1\nend 0\n") << "before the end of the job";
}

// A map task of an attempt that was given up and one of its successor both succeed, and later the
// output is lost and computed again: the partition counts once.
TEST(DriverCore, CountsWhatAMapTaskAddsOnceHoweverOftenItsOutputIsComputed) {
    Core core;
    core.add_executor(1, "node-1");
    core.add_executor(2, "node-2");
    const rdd::RddNode source = source_of(1);
    const rdd::RddNode reader = test::shuffled(1, source, 0, 1);
    core.submit(0, test::plan_of({source, reader}), reader);
    core.succeed(0, 1, "4");
    EXPECT_EQ(core.trace(), "run 0/0 on 1\nadd 4\noutputs of shuffle 0\nrun 1/0 on 1\n");
    core.tell(ExecutorLost{rdd::ExecutorId{1}, "killed"});
    core.advance(200_ms);
    EXPECT_EQ(core.trace(), "run 0/0 on 2\n");
    core.succeed(2, 1, "4");
    EXPECT_EQ(core.trace(), "outputs of shuffle 0\nrun 1/0 on 2\n");
    core.succeed(3, 0, "9");
    EXPECT_EQ(core.trace(), "add 9\nresult 0\nend 0\n");
}

TEST(DriverCore, TellsExecutorsWhoHoldsChunksOfABroadcastAndForgetsTheLost) {
    Core core;
    for (std::int32_t id = 1; id <= 3; ++id) {
        core.add_executor(id, "node-1");
    }
    const rdd::BroadcastKept kept{rdd::BroadcastId{5}, 1};
    core.tell(ExecutorSaid{rdd::ExecutorId{2}, kept});
    EXPECT_EQ(core.trace(), "tell 1: chunk 1 is on 2\ntell 3: chunk 1 is on 2\n");
    core.tell(ExecutorSaid{rdd::ExecutorId{2}, kept});  // doubled
    EXPECT_EQ(core.trace(), "");
    core.add_executor(4, "node-1");
    EXPECT_EQ(core.trace(), "tell 4: chunk 1 is on 2\n");
    core.tell(ExecutorLost{rdd::ExecutorId{2}, "killed"});
    core.tell(ExecutorSaid{rdd::ExecutorId{2}, kept});  // late
    core.add_executor(5, "node-1");
    EXPECT_EQ(core.trace(), "") << "nobody holds it";
}

TEST(DriverCore, DropsABroadcastEverywhereAndADestroyedOneWhereverItTurnsUp) {
    Core core;
    core.add_executor(1, "node-1");
    core.add_executor(2, "node-1");
    const rdd::BroadcastKept kept{rdd::BroadcastId{5}, 1};
    core.tell(ExecutorSaid{rdd::ExecutorId{1}, kept});
    EXPECT_EQ(core.trace(), "tell 2: chunk 1 is on 1\n");
    core.tell(BroadcastDropped{rdd::BroadcastId{5}, false});
    EXPECT_EQ(core.trace(), "drop broadcast on 1\ndrop broadcast on 2\n");
    core.tell(ExecutorSaid{rdd::ExecutorId{1}, kept});  // fetched again
    EXPECT_EQ(core.trace(), "tell 2: chunk 1 is on 1\n");
    core.tell(BroadcastDropped{rdd::BroadcastId{5}, true});
    core.trace();
    core.tell(ExecutorSaid{rdd::ExecutorId{2}, kept});  // it was fetching
    EXPECT_EQ(core.trace(), "drop broadcast on 2\n");
}

TEST(DriverCore, SharesAChunkBetweenAFewHoldersOnly) {
    Core core;
    for (std::int32_t id = 1; id <= 6; ++id) {
        core.add_executor(id, "node-1");
        core.trace();
        core.tell(ExecutorSaid{rdd::ExecutorId{id}, rdd::BroadcastKept{rdd::BroadcastId{5}, 1}});
    }
    EXPECT_EQ(core.trace(), "") << "four are enough";
}

TEST(DriverCore, ShowsNamedAccumulatorsWithTheirStageAndTask) {
    Core core;
    core.add_executor(1, "node-1");
    core.submit(0, test::plan_of({source_of(1)}), source_of(1));
    core.succeed(0, 0, "5");
    core.tell(AccumulatorsMerged{rdd::StageId{0},
                                 0,
                                 core.launched_[0].task.task,
                                 {{rdd::AccumulatorId{7}, "rows", "5", "12"}}});
    const StageView& stage = core.driver_.progress().stages().begin()->second;
    ASSERT_EQ(stage.accumulators.size(), 1U);
    EXPECT_EQ(stage.accumulators.begin()->second.name, "rows");
    EXPECT_EQ(stage.accumulators.begin()->second.value, "12");
    ASSERT_EQ(stage.task_views.at(0).accumulators.size(), 1U);
    EXPECT_EQ(stage.task_views[0].accumulators[0].update, "5");
}

TEST(DriverCore, SkipsAStageWhoseOutputIsThere) {
    Core core;
    core.add_executor(1, "node-1");
    const rdd::RddNode source = source_of(1);
    const rdd::RddNode reader = test::shuffled(1, source, 0, 1);
    core.submit(0, test::plan_of({source, reader}), reader);
    core.succeed(0, 1);
    core.succeed(1);
    core.trace();
    core.submit(1, test::plan_of({source, reader}), reader);
    EXPECT_EQ(core.trace(), "run 2/0 on 1\n");
    core.succeed(2);
    EXPECT_EQ(core.driver_.progress().jobs().rbegin()->second.skipped_stages, 1);
}

TEST(DriverCore, FailsAJobWhoseIndeterminateInputIsLostAfterAResultWasDelivered) {
    Core core;
    core.add_executor(1, "node-1");
    core.add_executor(2, "node-2");
    rdd::RddNode source = source_of(1);
    source.determinism = rdd::Determinism::Unordered;
    const rdd::RddNode dealt = test::shuffled(1, source, 0, 3, rdd::PartitionerKind::RoundRobin);
    core.submit(0, test::plan_of({source, dealt}), dealt);
    core.succeed(0, 3);
    core.succeed(1);  // one result is delivered
    const rdd::ExecutorId holder = core.launched_[0].executor;
    core.tell(ExecutorLost{holder, "killed"});
    core.advance(200_ms);
    ASSERT_TRUE(core.error_);
    EXPECT_EQ(core.error_->code, ErrorCode::DataLoss);
    EXPECT_NE(core.error_->message.find("would not give the same records"), std::string::npos);
}

TEST(DriverCore, SaysOnceThatTheTasksOfAStageCarryMuch) {
    Core core;
    core.add_executor(1, "node-1", 2);
    rdd::RddNode source = source_of(3);
    core.submit(0, test::plan_of({source}), source);
    EXPECT_EQ(core.driver_.large_stages(), 0);
    for (rdd::SourcePartition& partition : source.sources) {
        partition.payload.assign(std::size_t{1025} << 10U, 'x');
    }
    core.succeed(0);
    core.succeed(1);
    core.succeed(2);
    core.submit(1, test::plan_of({source}), source);
    EXPECT_EQ(core.launched_.size(), 5U);
    EXPECT_EQ(core.driver_.large_stages(), 1);
}

TEST(DriverCore, RunsTheStagesOfTheOldestJobFirst) {
    Core core;
    core.submit(0, test::plan_of({source_of(2)}), source_of(2));
    core.submit(1, test::plan_of({source_of(1)}), source_of(1));
    core.add_executor(1, "node-1");
    core.succeed(0);
    core.succeed(1);
    EXPECT_EQ(core.trace(),
              "run 0/0 on 1\nresult 0\nrun 0/1 on 1\nresult 1\nend 0\nrun 1/0 on 1\n");
}

TEST(DriverCore, DropsASilentExecutor) {
    Core core;
    core.add_executor(1, "node-1");
    core.submit(0, test::plan_of({source_of(1)}), source_of(1));
    for (int i = 0; i < 5; ++i) {
        core.advance(30_s);
    }
    EXPECT_TRUE(core.driver_.executors().all().empty());
    core.succeed(0);  // too late
    EXPECT_EQ(core.driver_.stale_messages(), 1);
}

TEST(DriverCore, ProgressCountsWhatIsLeftToRunAndDoesNotFallWhenOutputIsLost) {
    Config config;
    config.locality_wait = {};
    Core core(config);
    core.add_executor(1, "node-1", 2);
    const rdd::RddNode source = source_of(2);
    const rdd::RddNode dealt = test::shuffled(1, source, 0, 2);
    const rdd::Plan plan = test::plan_of({source, dealt});
    const auto percent = [&] { return core.driver_.progress().percent(); };
    core.submit(0, plan, dealt);
    EXPECT_EQ(percent(), 0);
    core.succeed(0, 2);
    EXPECT_EQ(percent(), 25);
    core.succeed(1, 2);
    core.succeed(2);
    EXPECT_EQ(percent(), 75);
    core.add_executor(2, "node-2", 2);
    core.tell(ExecutorLost{rdd::ExecutorId{1}, "killed"});  // with all map output
    core.advance(1_s);
    ASSERT_EQ(core.launched_.size(), 6U);
    core.succeed(4, 2);
    EXPECT_EQ(percent(), 99);  // four tasks have succeeded, and it is not over
    core.succeed(5, 2);
    core.succeed(6);
    EXPECT_EQ(percent(), 100);
    core.submit(1, plan, dealt);  // its map output is there: two tasks are all of it
    EXPECT_EQ(percent(), 0);
    core.succeed(7);
    EXPECT_EQ(percent(), 50);
}

TEST(DriverCore, CountsTheBlocksOfEachExecutor) {
    Core core;
    core.add_executor(1, "node-1");
    core.add_executor(2, "node-2");
    const auto held = [&](int executor) {
        const BlockTable::Held all = core.driver_.blocks().held(rdd::ExecutorId{executor});
        return std::to_string(all.blocks) + " " + std::to_string(all.memory) + " " +
               std::to_string(all.disk);
    };
    const auto say = [&](int executor, std::vector<rdd::BlockUpdate> blocks) {
        rdd::ExecutorHeartbeat beat;
        beat.blocks = std::move(blocks);
        core.tell(ExecutorSaid{rdd::ExecutorId{executor}, beat});
    };
    const auto block = [](int rdd, int partition) {
        return rdd::BlockId::rdd(rdd::RddId{rdd}, partition);
    };
    say(1, {{block(1, 0), 100, 0}, {block(1, 1), 50, 0}, {block(2, 0), 0, 70}});
    say(2, {{block(1, 0), 100, 0}});
    EXPECT_EQ(held(1), "3 150 70");
    say(1, {{block(1, 0), 0, 90}, {block(1, 1), 0, 0}});  // one to disk, one out
    EXPECT_EQ(held(1), "2 0 160");
    core.tell(RddUnpersisted{rdd::RddId{1}});
    EXPECT_EQ(held(1), "1 0 70");
    EXPECT_EQ(held(2), "0 0 0");
    core.tell(ExecutorLost{rdd::ExecutorId{1}, "killed"});
    EXPECT_EQ(held(1), "0 0 0");
}

}  // namespace
}  // namespace heddle::driver
