// What listeners are told, what tasks are told of their job, and what the program may end.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

rdd::TaskFailure killed() {
    rdd::TaskFailure failure;
    failure.kind = rdd::FailureKind::TaskKilled;
    failure.message = "killed on request";
    return failure;
}

// A short word for each.
std::string words(const std::vector<Happening>& all) {
    struct Word {
        std::string operator()(const JobStart& e) const {
            return "job " + std::to_string(e.job.job.value) + " starts";
        }
        std::string operator()(const JobEnd& e) const { return "job " + e.job.status; }
        std::string operator()(const StageSubmitted& e) const {
            return "stage of " + std::to_string(e.stage.tasks);
        }
        std::string operator()(const StageCompleted& e) const {
            return "stage " + e.stage.status + (e.stage.task_views.empty() ? "" : " with tasks");
        }
        std::string operator()(const TaskStart& e) const {
            return "task " + std::to_string(e.task.partition) + " on " + e.task.host;
        }
        std::string operator()(const TaskEnd& e) const {
            return "task " + e.task.status + (e.task.error.empty() ? "" : ": " + e.task.error);
        }
        std::string operator()(const ExecutorAdded& e) const { return "+" + e.executor.host; }
        std::string operator()(const ExecutorRemoved& e) const {
            return "-" + e.executor.host + " " + e.executor.remove_reason;
        }
        std::string operator()(const BlockUpdated& e) const {
            return rdd::to_string(e.block.block) + " " + std::to_string(e.block.memory);
        }
    };
    std::string text;
    for (const Happening& one : all) {
        text += std::visit(Word{}, one) + "\n";
    }
    return text;
}

TEST(Happenings, AreToldInOrderWhileSomebodyListens) {
    Core core;
    core.add_executor(1, "node-1");
    core.tell(ListenersChanged{true});
    core.add_executor(2, "node-2");
    core.submit(0, test::plan_of({source_of(2)}), source_of(2));
    core.tell(ExecutorSaid{
        rdd::ExecutorId{1},
        rdd::ExecutorHeartbeat{{{rdd::BlockId::rdd(rdd::RddId{7}, 0), 100, 0}}, 0, 0, 0, 0}});
    core.succeed(0);
    core.tell(ExecutorLost{rdd::ExecutorId{2}, "gone"});
    core.succeed(2);
    EXPECT_EQ(words(core.happened_),
              "+node-2\njob 0 starts\nstage of 2\ntask 0 on node-1\ntask 1 on node-2\n" +
                  rdd::to_string(rdd::BlockId::rdd(rdd::RddId{7}, 0)) +
                  " 100\ntask SUCCESS\n"
                  "-node-2 gone\ntask FAILED: ExecutorLostFailure: gone\ntask 1 on node-1\n"
                  "task SUCCESS\nstage COMPLETE\njob SUCCEEDED\n");
    core.tell(ListenersChanged{false});
    const std::size_t heard = core.happened_.size();
    core.submit(1, test::plan_of({source_of(1)}), source_of(1));
    EXPECT_EQ(core.happened_.size(), heard);
}

TEST(Happenings, TasksAreToldOfTheirJob) {
    Core core;
    core.add_executor(1, "node-1", 2);
    const rdd::RddNode source = source_of(2);
    JobSubmitted job;
    job.job = rdd::JobId{0};
    job.plan = std::make_shared<const rdd::Plan>(test::plan_of({source}));
    job.rdd = source.id;
    job.partitions = {0, 1};
    job.properties.local = {{"region", "eu"}};
    job.properties.files = {{"cities.csv", "", rdd::BroadcastRef{rdd::BroadcastId{3}, 10, 4}}};
    core.tell(job);
    ASSERT_EQ(core.begun_.size(), 1U);
    EXPECT_EQ(core.begun_[0]->properties, job.properties.local);
    EXPECT_EQ(core.begun_[0]->files, job.properties.files);
    EXPECT_EQ(core.begun_[0]->task_cpus, 1);
    const auto copy = rdd::decode_stage_plan(encode(*core.begun_[0]));
    ASSERT_TRUE(copy.ok());
    EXPECT_EQ(*copy, *core.begun_[0]);
}

TEST(AttemptsKilled, RunAgainAndAreNotHeldAgainstTheTask) {
    Core core;
    core.add_executor(1, "node-1");
    core.submit(0, test::plan_of({source_of(1)}), source_of(1));
    for (std::size_t i = 0; i < 10; ++i) {  // more often than a task may fail
        const rdd::TaskId task = core.launched_.at(i).task.task;
        EXPECT_TRUE(core.driver_.runs(task));
        core.tell(AttemptKilled{task, "too slow"});
        core.tell(AttemptKilled{task, "too slow"});  // asked again
        ASSERT_EQ(core.cancelled_.size(), i + 1);
        EXPECT_EQ(core.cancelled_.back(), task);
        core.fail(i, killed());
        EXPECT_FALSE(core.driver_.runs(task));
        ASSERT_FALSE(core.error_);
    }
    core.tell(AttemptKilled{rdd::TaskId{0}, "long gone"});
    EXPECT_EQ(core.cancelled_.size(), 10U);
    core.trace();
    core.succeed(10);
    EXPECT_EQ(core.trace(), "result 0\nend 0\n");
    const auto& views = core.driver_.progress().stages().begin()->second.task_views;
    EXPECT_EQ(views[0].status, "KILLED");
    EXPECT_EQ(views[0].error, "TaskKilled: too slow");
}

TEST(AttemptsKilled, OneThatEndedInTimeCounts) {
    Core core;
    core.add_executor(1, "node-1");
    core.submit(0, test::plan_of({source_of(1)}), source_of(1));
    core.tell(AttemptKilled{core.launched_.at(0).task.task, "too slow"});
    core.trace();
    core.succeed(0);
    EXPECT_EQ(core.trace(), "result 0\nend 0\n");
}

TEST(StagesCancelled, TakeTheJobsAlongThatNeedThem) {
    Core core;
    core.add_executor(1, "node-1", 4);
    core.submit(0, test::plan_of({source_of(1)}), source_of(1));
    core.submit(1, test::plan_of({source_of(1)}), source_of(1));
    core.trace();
    core.tell(StageCancelled{core.launched_.at(1).task.stage, "not needed"});
    EXPECT_EQ(core.trace(), "end 1\n");
    ASSERT_TRUE(core.error_);
    EXPECT_EQ(core.error_->code, ErrorCode::Cancelled);
    EXPECT_EQ(core.error_->message, "not needed");
    core.tell(StageCancelled{core.launched_.at(1).task.stage, "again"});
    core.tell(StageCancelled{rdd::StageId{99}, "never there"});
    core.succeed(0);
    EXPECT_EQ(core.trace(), "result 0\nend 0\n");
}

}  // namespace
}  // namespace heddle::driver
