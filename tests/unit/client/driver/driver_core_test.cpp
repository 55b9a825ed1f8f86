// The driver's core by events and effects: no threads, no clock.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/driver/core/driver.h"
#include "client/driver/core/master_book.h"
#include "tests/support/plans.h"

namespace heddle::driver {
namespace {

using namespace heddle::literals;

class Core {
public:
    explicit Core(Config config = {}) : driver_(config) {}

    void tell(const Event& event) {
        Effects effects;
        driver_.step(now_, event, effects);
        driver_.check();
        for (Effect& effect : effects) {
            if (auto* send = std::get_if<Send>(&effect)) {
                if (auto* launch = std::get_if<rdd::TaskLaunch>(&send->message)) {
                    launched_.push_back({send->executor, launch->task});
                    trace_ += "run " + std::to_string(launch->task.stage.value) + "/" +
                              std::to_string(launch->task.partition) + " on " +
                              rdd::to_string(send->executor) + "\n";
                } else if (const auto* table = std::get_if<rdd::MapOutputsKnown>(&send->message)) {
                    trace_ +=
                        "outputs of shuffle " + std::to_string(table->table->shuffle.value) + "\n";
                } else if (const auto* held = std::get_if<rdd::BroadcastHeld>(&send->message)) {
                    trace_ += "tell " + rdd::to_string(send->executor) + ": chunk " +
                              std::to_string(held->chunk) + " is on " +
                              rdd::to_string(held->executor) + "\n";
                } else if (std::holds_alternative<rdd::DropBroadcast>(send->message)) {
                    trace_ += "drop broadcast on " + rdd::to_string(send->executor) + "\n";
                }
            } else if (const auto* result = std::get_if<DeliverResult>(&effect)) {
                trace_ += "result " + std::to_string(result->partition) + "\n";
            } else if (const auto* merge = std::get_if<MergeAccumulators>(&effect)) {
                for (const rdd::AccumulatorUpdate& update : merge->updates) {
                    trace_ += "add " + update.part + "\n";
                }
            } else if (const auto* end = std::get_if<EndJob>(&effect)) {
                trace_ += "end " + std::to_string(end->job.value) + "\n";
                error_ = end->error;
            }
        }
    }
    void advance(Duration by) {
        now_ = now_ + by;
        tell(Tick{});
    }
    void add_executor(std::int32_t id, const std::string& host, std::int32_t slots = 1) {
        ExecutorRegistered event;
        event.executor = rdd::ExecutorId{id};
        event.host = host;
        event.slots = slots;
        event.port = 1;
        tell(event);
    }
    void submit(std::int32_t id, const rdd::Plan& plan, const rdd::RddNode& node) {
        JobSubmitted event;
        event.job = rdd::JobId{id};
        event.plan = std::make_shared<const rdd::Plan>(plan);
        event.rdd = node.id;
        event.partitions = test::all_partitions(node);
        tell(event);
    }
    // Answers the launch number `index`; map tasks with as many sizes as there are reducers.
    void succeed(std::size_t index, std::size_t reducers = 0, const std::string& adds = "") {
        rdd::TaskResult result;
        if (!adds.empty()) {
            result.accumulators = {{rdd::AccumulatorId{7}, "rows", adds, adds}};
        }
        result.task = launched_.at(index).task.task;
        if (reducers > 0) {
            result.map = rdd::MapStatus{result.task, launched_[index].task.partition, "",
                                        std::vector<std::uint64_t>(reducers, 10)};
        }
        tell(ExecutorSaid{launched_[index].executor, rdd::TaskDone{result}});
    }
    void fail(std::size_t index, rdd::TaskFailure failure) {
        rdd::TaskResult result;
        result.task = launched_.at(index).task.task;
        result.failure = std::move(failure);
        tell(ExecutorSaid{launched_[index].executor, rdd::TaskDone{result}});
    }
    std::string trace() { return std::exchange(trace_, {}); }

    struct Launched {
        rdd::ExecutorId executor;
        rdd::TaskDescription task;
    };
    TimePoint now_;
    Driver driver_;
    std::vector<Launched> launched_;
    std::string trace_;
    std::optional<JobError> error_;
};

rdd::RddNode source_of(std::int32_t partitions, const std::string& host = "") {
    rdd::RddNode node = test::text_source(0, test::distinct_texts(partitions, 1));
    if (!host.empty()) {
        for (rdd::SourcePartition& partition : node.sources) {
            partition.hosts = {host};
        }
    }
    return node;
}

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

TEST(MasterBook, SaysProgressWithWhateverItSays) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    book.progress(40);
    EXPECT_FALSE(book.progress_waits());  // nobody is there to hear it: the welcome will say it
    MasterWelcome welcome;
    welcome.session = 7;
    const auto reaction = book.hear(welcome);
    EXPECT_EQ(std::get<MasterUpdate>(reaction.send.at(0)).progress_percent, 40);
    EXPECT_FALSE(book.progress_waits());
    book.progress(60);
    EXPECT_TRUE(book.progress_waits());
    EXPECT_EQ(std::get<MasterUpdate>(book.want(1).at(0)).progress_percent, 60);
    EXPECT_FALSE(book.progress_waits());
}

TEST(MasterBook, AsksUnderTheGenerationOfItsContext) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1}, 1);
    (void)book.want(2);
    MasterWelcome welcome;
    welcome.session = 7;
    const auto reaction = book.hear(welcome);
    EXPECT_EQ(std::get<MasterUpdate>(reaction.send.at(0)).asks.at(0).generation, 1);
}

TEST(MasterBook, StatesTheWholeBookAfterEveryWelcome) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    EXPECT_TRUE(book.want(3).empty());  // not welcomed yet
    MasterWelcome welcome;
    welcome.session = 7;
    const auto reaction = book.hear(welcome);
    ASSERT_EQ(reaction.send.size(), 1U);
    const auto& update = std::get<MasterUpdate>(reaction.send[0]);
    EXPECT_TRUE(update.complete);
    EXPECT_EQ(update.asks.at(0).count, 3);
    EXPECT_EQ(update.templates.size(), 1U);
}

TEST(MasterBook, TakesNewsOnceAndAsksForTheSameCountAfterAnEnd) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    MasterWelcome welcome;
    welcome.session = 7;
    (void)book.hear(welcome);
    (void)book.want(2);
    MasterNews news;
    news.session = 7;
    news.sequence = 1;
    const ContainerId container{{{1, 2}, 1}, 1, 5};
    news.granted.push_back({container, {{{1, 2}, 1}, 1, 0}, {"node-1"}, "", 0, {}});
    news.ended.push_back({container, {}});
    const auto reaction = book.hear(news);
    ASSERT_EQ(reaction.ended.size(), 1U);
    const auto& update = std::get<MasterUpdate>(reaction.send.at(0));
    EXPECT_EQ(update.news_seen, 1U);
    EXPECT_EQ(update.asks.at(0).count, 2);
    EXPECT_TRUE(book.hear(news).ended.empty());  // repeated
    news.session = 6;
    news.sequence = 2;
    EXPECT_TRUE(book.hear(news).ended.empty());  // of an earlier connection
}

// The second context of a program meets the executors of the first, which are on their way out.
TEST(MasterBook, LeavesContainersOfAnEarlierGenerationAlone) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1}, 1);
    const ContainerId theirs{{{1, 2}, 1}, 1, 5};
    const ContainerId ours{{{1, 2}, 1}, 1, 6};
    MasterWelcome welcome;
    welcome.session = 7;
    welcome.containers.push_back({theirs, {{{1, 2}, 1}, 1, 0}, {"node-1"}, "", 0, {}});
    (void)book.hear(welcome);
    EXPECT_EQ(book.node_of(to_string(theirs)), "");
    MasterNews news;
    news.session = 7;
    news.sequence = 1;
    news.granted.push_back({ours, {{{1, 2}, 1}, 1, 1}, {"node-2"}, "", 0, {}});
    news.ended = {{theirs, {}}, {ours, {}}};
    const auto reaction = book.hear(news);
    ASSERT_EQ(reaction.ended.size(), 1U);
    EXPECT_EQ(reaction.ended[0].container, ours);
}

TEST(MasterBook, ConnectsAgainWhenNewsAreMissing) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    book.hear(MasterWelcome{7, 1, seconds(1), {}, {}});
    MasterNews news;
    news.session = 7;
    news.sequence = 1;
    EXPECT_FALSE(book.hear(news).reconnect);
    news.sequence = 3;
    EXPECT_TRUE(book.hear(news).reconnect);
    // The next connection tells everything again.
    book.connection_lost();
    EXPECT_TRUE(book.hear(MasterWelcome{8, 1, seconds(1), {}, {}}).welcomed);
    news.session = 8;
    news.sequence = 1;
    EXPECT_FALSE(book.hear(news).reconnect);
}

TEST(MasterBook, TakesARepeatedWelcomeOnce) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    const MasterWelcome welcome{7, 1, seconds(1), {}, {}};
    EXPECT_TRUE(book.hear(welcome).welcomed);
    const auto first = std::get<MasterUpdate>(book.want(2).front());
    const MasterBook::Reaction again = book.hear(welcome);
    EXPECT_FALSE(again.welcomed);
    EXPECT_TRUE(again.send.empty());
    // Its updates go on counting: lower numbers would be dropped as stale.
    EXPECT_GT(std::get<MasterUpdate>(book.want(3).front()).sequence, first.sequence);
}

TEST(MasterBook, StatesTheWholeBookWithABeatNowAndThen) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    book.hear(MasterWelcome{7, 1, seconds(1), {}, {}});
    book.want(2);  // lost on its way
    bool stated = false;
    for (int beat = 0; beat < 10; ++beat) {
        const auto update = std::get<MasterUpdate>(book.beat().front());
        stated = stated || (update.complete && update.asks.at(0).count == 2);
    }
    EXPECT_TRUE(stated);
}

TEST(MasterBook, RepeatsTheEndWithEveryBeatUntilItIsConfirmed) {
    MasterBook book(AttemptId{{1, 2}, 1}, LaunchSpec{}, {512, 1});
    book.hear(MasterWelcome{7, 1, seconds(1), {}, {}});
    EXPECT_EQ(book.beat().size(), 1U);
    book.finish(FinalStatus::Succeeded, "");  // lost on its way
    const std::vector<MasterToManager> messages = book.beat();
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_EQ(std::get<MasterFinish>(messages.back()).status, FinalStatus::Succeeded);
}

Config speculating() {
    Config config;
    config.speculation.enabled = true;
    config.speculation.quantile_permille = 500;
    return config;
}

TEST(Speculation, TriesASlowTaskAgainOnAnotherHostAndTakesTheFirstAnswer) {
    Core core(speculating());
    core.add_executor(1, "node-1");
    core.add_executor(2, "node-1");
    const rdd::RddNode source = source_of(2);
    core.submit(1, {{source}}, source);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\nrun 0/1 on 2\n");
    core.advance(10_ms);
    core.succeed(0);
    core.advance(200_ms);
    EXPECT_EQ(core.trace(), "result 0\n");  // the other executor of the host is as slow
    core.add_executor(3, "node-2");
    EXPECT_EQ(core.trace(), "run 0/1 on 3\n");
    core.advance(200_ms);
    EXPECT_EQ(core.trace(), "");  // one copy is enough
    core.succeed(2);
    EXPECT_EQ(core.trace(), "result 1\nend 1\n");
    core.succeed(1);
    EXPECT_EQ(core.trace(), "");
    EXPECT_EQ(core.driver_.copies_launched(), 1);
}

TEST(Speculation, WaitsUntilEnoughTasksHaveEnded) {
    Core core(speculating());
    for (std::int32_t id = 1; id <= 4; ++id) {
        core.add_executor(id, "node-" + std::to_string(id));
    }
    const rdd::RddNode source = source_of(4);
    core.submit(1, {{source}}, source);
    core.succeed(0);
    core.trace();
    core.advance(10_s);
    EXPECT_EQ(core.trace(), "");
    core.succeed(1);
    core.advance(100_ms);
    EXPECT_EQ(core.trace(), "result 1\nrun 0/2 on 1\nrun 0/3 on 2\n");
}

TEST(Speculation, DoesNotRepeatWhatWouldNotBeTheSame) {
    Core core(speculating());
    core.add_executor(1, "node-1");
    core.add_executor(2, "node-2");
    rdd::RddNode source = source_of(2);
    source.determinism = rdd::Determinism::Indeterminate;
    core.submit(1, {{source}}, source);
    core.succeed(0);
    core.trace();
    core.advance(10_s);
    EXPECT_EQ(core.trace(), "");
}

// Candidates as "pool:stage", with the tasks of each stage.
std::string order_of(const SchedulingRules& rules, std::vector<Candidate> candidates) {
    std::map<std::string, std::int64_t> running;
    for (const Candidate& candidate : candidates) {
        running[candidate.pool] += candidate.running;
    }
    order_stages(candidates, rules, running);
    std::string text;
    for (const Candidate& candidate : candidates) {
        text += candidate.pool + std::to_string(candidate.stage.value) + " ";
    }
    return text;
}

Candidate candidate(std::int32_t stage, const std::string& pool, std::int64_t running) {
    return {rdd::JobId{stage}, rdd::StageId{stage}, pool, running};
}

TEST(Pools, FirstInFirstOutKnowsNoPools) {
    EXPECT_EQ(order_of({}, {candidate(2, "b", 0), candidate(1, "a", 9)}), "a1 b2 ");
}

TEST(Pools, ShareByWeightAfterMinimumShares) {
    SchedulingRules rules;
    rules.fair = true;
    rules.pools["a"].weight = 3;
    EXPECT_EQ(order_of(rules, {candidate(1, "a", 4), candidate(2, "b", 2)}), "a1 b2 ");
    EXPECT_EQ(order_of(rules, {candidate(1, "a", 7), candidate(2, "b", 2)}), "b2 a1 ");
    rules.pools["c"].share_min = 2;
    EXPECT_EQ(order_of(rules, {candidate(1, "a", 0), candidate(2, "c", 1)}), "c2 a1 ");
    rules.pools["d"].share_min = 8;  // lacks more of its share
    EXPECT_EQ(order_of(rules, {candidate(1, "c", 1), candidate(2, "d", 1)}), "d2 c1 ");
}

TEST(Pools, ShareInsideAsTheyAreTold) {
    SchedulingRules rules;
    rules.fair = true;
    EXPECT_EQ(order_of(rules, {candidate(1, "a", 5), candidate(2, "a", 0)}), "a1 a2 ");
    rules.pools["a"].fair = true;
    EXPECT_EQ(order_of(rules, {candidate(1, "a", 5), candidate(2, "a", 0)}), "a2 a1 ");
}

TEST(Pools, LetASmallJobInBesideALargeOne) {
    Config config;
    config.scheduling.fair = true;
    Core core(config);
    core.add_executor(1, "node-1", 2);
    const rdd::RddNode large = source_of(6);
    core.submit(1, {{large}}, large);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\nrun 0/1 on 1\n");
    JobSubmitted small;
    small.job = rdd::JobId{2};
    rdd::RddNode few = source_of(2);
    few.id = rdd::RddId{9};
    small.plan = std::make_shared<const rdd::Plan>(rdd::Plan{{few}});
    small.rdd = few.id;
    small.partitions = {0, 1};
    small.properties.pool = "small";
    core.tell(small);
    core.succeed(0);
    EXPECT_EQ(core.trace(), "result 0\nrun 1/0 on 1\n");
    core.succeed(1);
    EXPECT_EQ(core.trace(), "result 1\nrun 0/2 on 1\n");  // one each
}

TEST(JobSelection, CancelsWhatItMeansAndNothingElse) {
    Core core;
    for (std::int32_t job = 1; job <= 3; ++job) {
        JobSubmitted event;
        event.job = rdd::JobId{job};
        rdd::RddNode node = source_of(1);
        node.id = rdd::RddId{job};
        event.plan = std::make_shared<const rdd::Plan>(rdd::Plan{{node}});
        event.rdd = node.id;
        event.partitions = {0};
        event.properties.group = job == 1 ? "etl" : "";
        event.properties.tags =
            job == 2 ? std::vector<std::string>{"night", "eu"} : std::vector<std::string>{};
        core.tell(event);
    }
    core.tell(JobsCancelled{{std::nullopt, "eu"}, "enough"});
    EXPECT_EQ(core.trace(), "end 2\n");
    EXPECT_EQ(core.error_->message, "enough");
    core.tell(JobsCancelled{{"etl", std::nullopt}, "enough"});
    EXPECT_EQ(core.trace(), "end 1\n");
    core.tell(JobsCancelled{{"none", std::nullopt}, "enough"});
    EXPECT_EQ(core.trace(), "");
    core.tell(JobsCancelled{{}, "enough"});
    EXPECT_EQ(core.trace(), "end 3\n");
}

}  // namespace
}  // namespace heddle::driver
