// Tasks that run out of memory though they have an executor to themselves.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

using namespace heddle::literals;

class MoreMemory : public ::testing::Test {
protected:
    static Config config() {
        Config config;
        config.executors_kept = 1;
        config.executors_grow = true;
        config.executor_timeout = seconds(100'000);
        return config;
    }
    static rdd::TaskFailure too_little() {
        rdd::TaskFailure failure;
        failure.kind = rdd::FailureKind::ExceptionFailure;
        failure.message = "wanted 4 MiB";
        failure.out_of_memory = true;
        return failure;
    }
    void run(std::int32_t slots) {
        core_.add_executor(1, "node-1", slots);
        core_.submit(0, test::plan_of({source_of(1)}), source_of(1));
        core_.trace();
    }
    void answer(std::int64_t memory, std::int32_t executor = 1) {
        core_.tell(ExecutorResized{rdd::ExecutorId{executor}, memory});
    }
    Core core_{config()};
};

TEST_F(MoreMemory, TheyAreTriedAgainWithMore) {
    run(1);
    core_.fail(0, too_little());
    EXPECT_EQ(core_.trace(), "grow 1\n");
    answer(2000);
    EXPECT_EQ(core_.trace(), "memory of 1: 2000\nrun 0/0 on 1\n");
    core_.fail(1, too_little());
    EXPECT_EQ(core_.trace(), "grow 1\n") << "and with more again";
    answer(4000);
    core_.succeed(2);
    EXPECT_FALSE(core_.error_);
}

TEST_F(MoreMemory, BesideOthersTheyAreTriedAloneFirst) {
    run(2);
    core_.fail(0, too_little());
    EXPECT_EQ(core_.trace(), "run 0/0 on 1\n");
    core_.fail(1, too_little());
    EXPECT_EQ(core_.trace(), "grow 1\n");
}

TEST_F(MoreMemory, TheyAreTriedWithWhatThereIsWhereThereIsNoMore) {
    run(1);
    core_.fail(0, too_little());
    core_.trace();
    answer(0);
    EXPECT_EQ(core_.trace(), "run 0/0 on 1\n");
    core_.fail(1, too_little());
    EXPECT_EQ(core_.trace(), "grow 1\n");
    core_.advance(29_s);
    EXPECT_EQ(core_.trace(), "");
    core_.advance(1_s);
    EXPECT_EQ(core_.trace(), "run 0/0 on 1\n") << "nobody has answered";
    core_.fail(2, too_little());
    answer(0);
    core_.fail(3, too_little());
    ASSERT_TRUE(core_.error_);
    EXPECT_NE(core_.error_->message.find("failed 4 times"), std::string::npos);
}

TEST_F(MoreMemory, AnExecutorThatWasEndedForItsSizeIsFollowedByALargerOne) {
    run(1);
    core_.tell(ExecutorLost{rdd::ExecutorId{1}, "over its memory limit", true, true});
    core_.trace();
    core_.add_executor(2, "node-1", 1);
    EXPECT_EQ(core_.trace(), "grow 2\n");
    answer(2000, 2);
    EXPECT_EQ(core_.trace(), "memory of 2: 2000\nrun 0/0 on 2\n");
}

TEST_F(MoreMemory, NothingElseStartsOnAnExecutorThatGrows) {
    run(1);
    core_.fail(0, too_little());
    core_.submit(1, test::plan_of({source_of(1)}), source_of(1));
    EXPECT_EQ(core_.trace(), "grow 1\n");
    core_.tell(JobCancelled{rdd::JobId{0}, ErrorCode::Cancelled, "enough"});
    EXPECT_EQ(core_.trace(), "end 0\nrun 1/0 on 1\n");
    answer(2000);
    EXPECT_EQ(core_.trace(), "memory of 1: 2000\n");
}

}  // namespace
}  // namespace heddle::driver
