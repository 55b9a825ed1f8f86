// Tasks that do not end though they are cancelled.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

using namespace heddle::literals;

Config config() {
    Config config;
    config.executors_kept = 2;
    config.executor_timeout = seconds(100'000);
    config.reaper.patience = seconds(3);
    config.reaper.kill_timeout = seconds(60);
    return config;
}

rdd::TaskFailure failure(rdd::FailureKind kind) {
    rdd::TaskFailure made;
    made.kind = kind;
    return made;
}

TEST(Reaper, EndsAnExecutorWhoseTaskDoesNotEnd) {
    Core core(config());
    core.add_executor(1, "node-1", 2);
    core.submit(0, test::plan_of({source_of(1)}), source_of(1));
    core.submit(1, test::plan_of({source_of(1)}), source_of(1));
    core.tell(JobCancelled{rdd::JobId{0}, ErrorCode::Cancelled, "enough"});
    ASSERT_EQ(core.cancelled_.size(), 1U);
    core.advance(59'999_ms);
    EXPECT_TRUE(core.dropped_.empty());
    core.trace();
    core.advance(1_ms);
    EXPECT_EQ(core.dropped_, std::vector{rdd::ExecutorId{1}});
    core.add_executor(2, "node-2", 1);
    EXPECT_EQ(core.trace(), "run 1/0 on 2\n") << "the other job's task is lost with it";
    for (int i = 0; i < 3; ++i) {
        core.fail(static_cast<std::size_t>(2 + i), failure(rdd::FailureKind::ExceptionFailure));
        EXPECT_FALSE(core.error_ && core.error_->cause) << "the loss was not its failure";
    }
    core.succeed(5);
    EXPECT_FALSE(core.error_);
}

TEST(Reaper, LeavesAnExecutorWhoseTaskEndsInTime) {
    Core core(config());
    core.add_executor(1, "node-1");
    core.submit(0, test::plan_of({source_of(1)}), source_of(1));
    core.tell(JobCancelled{rdd::JobId{0}, ErrorCode::Cancelled, "enough"});
    core.advance(seconds(59));
    core.fail(0, failure(rdd::FailureKind::TaskKilled));
    core.advance(seconds(600));
    EXPECT_TRUE(core.dropped_.empty());
}

TEST(Reaper, LeavesTheTaskBehindWithinTheDriversProcess) {
    Core core(config());
    ExecutorRegistered here;
    here.executor = rdd::ExecutorId{1};
    here.host = "localhost";
    here.slots = 1;
    here.in_process = true;
    core.tell(here);
    core.submit(0, test::plan_of({source_of(1)}), source_of(1));
    core.tell(JobCancelled{rdd::JobId{0}, ErrorCode::Cancelled, "enough"});
    EXPECT_EQ(core.driver_.next_deadline(), core.now_ + 3_s);
    core.advance(3_s);
    EXPECT_EQ(core.abandoned_, std::vector{core.launched_[0].task.task});
    core.advance(600_s);
    EXPECT_EQ(core.abandoned_.size(), 1U) << "told once";
    EXPECT_TRUE(core.dropped_.empty());
}

TEST(Reaper, DoesNothingWhereItIsOff) {
    Config off = config();
    off.reaper.enabled = false;
    Core core(off);
    core.add_executor(1, "node-1");
    core.submit(0, test::plan_of({source_of(1)}), source_of(1));
    core.tell(JobCancelled{rdd::JobId{0}, ErrorCode::Cancelled, "enough"});
    core.advance(seconds(6000));
    EXPECT_TRUE(core.dropped_.empty());
}

// A gang that waits for such a slot would hold all others for ever.
TEST(Reaper, NoGangWaitsForTheSlotOfSuchATask) {
    Core core(config());
    core.add_executor(1, "node-1");
    core.add_executor(2, "node-2");
    core.submit(0, test::plan_of({source_of(1)}), source_of(1));
    const rdd::RddNode source = source_of(2);
    rdd::RddNode met = test::sorted(1, source);
    met.barrier = true;
    core.submit(1, test::plan_of({source, met}), met);
    core.submit(2, test::plan_of({source_of(1)}), source_of(1));
    EXPECT_EQ(core.trace(), "run 0/0 on 1\n") << "the other slot is kept for the gang";
    core.tell(JobCancelled{rdd::JobId{0}, ErrorCode::Cancelled, "enough"});
    core.trace();
    core.advance(2'999_ms);
    EXPECT_EQ(core.trace(), "");
    core.advance(1_ms);
    EXPECT_EQ(core.trace(), "run 2/0 on 2\n");
    core.succeed(1);
    core.advance(57_s);
    EXPECT_EQ(core.dropped_, std::vector{rdd::ExecutorId{1}});
    core.trace();
    core.add_executor(3, "node-1");
    EXPECT_EQ(core.trace(), "run 1/0 on 2\nrun 1/1 on 3\n");
}

}  // namespace
}  // namespace heddle::driver
