// Results that come in pieces, and how much of them the driver takes.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

using namespace heddle::literals;

constexpr std::uint64_t kMib = std::uint64_t{1} << 20U;

class Results : public ::testing::Test {
protected:
    static Config config(std::int64_t bytes_max) {
        Config config;
        config.executors_kept = 1;
        config.executor_timeout = seconds(100'000);
        config.result_bytes_max = bytes_max;
        return config;
    }
    static void succeed_with(Core& core, std::size_t index, std::size_t bytes) {
        rdd::TaskResult result;
        result.task = core.launched_.at(index).task.task;
        result.value = std::string(bytes, 'x');
        core.tell(ExecutorSaid{core.launched_[index].executor, rdd::TaskDone{result}});
    }
    static void run(Core& core, std::int32_t partitions) {
        core.submit(0, test::plan_of({source_of(partitions)}), source_of(partitions));
        core.trace();
    }
};

TEST_F(Results, OfAJobHaveALimitThatIsNamed) {
    Core core(config(1000));
    core.add_executor(1, "node-1", 3);
    run(core, 3);
    succeed_with(core, 0, 500);
    succeed_with(core, 1, 500);
    EXPECT_FALSE(core.error_);
    succeed_with(core, 2, 1);
    ASSERT_TRUE(core.error_);
    EXPECT_EQ(core.error_->code, ErrorCode::ResourceExhausted);
    EXPECT_NE(core.error_->message.find("driver.max_result_size"), std::string::npos);
    EXPECT_NE(core.error_->message.find("3 of 3 tasks"), std::string::npos) << core.error_->message;
}

TEST_F(Results, HaveNoLimitAtZero) {
    Core core(config(0));
    core.add_executor(1, "node-1");
    run(core, 1);
    succeed_with(core, 0, 100'000);
    EXPECT_EQ(core.trace(), "result 0\nend 0\n");
    EXPECT_FALSE(core.error_);
}

TEST_F(Results, ThatWaitAreFetchedInPieces) {
    Core core(config(0));
    core.add_executor(1, "node-1");
    run(core, 1);
    core.park(0, 9 * kMib);
    EXPECT_EQ(core.trace(), "ask 1 for result of 0 from 0\n");
    core.send_piece();
    EXPECT_EQ(core.trace(), "ask 1 for result of 0 from 4194304\n");
    core.send_piece();
    core.tell(ExecutorSaid{rdd::ExecutorId{1}, rdd::ResultPiece{rdd::TaskId{0}, 0, "late"}});
    EXPECT_EQ(core.driver_.stale_messages(), 1);
    EXPECT_EQ(core.trace(), "ask 1 for result of 0 from 8388608\n");
    EXPECT_EQ(core.wanted_results_.back().size, kMib);
    core.send_piece();
    EXPECT_EQ(core.trace(), "drop result of 0\nresult 0\nend 0\n");
    EXPECT_FALSE(core.error_);
}

TEST_F(Results, ThatWaitAreRefusedBeforeTheyAreFetched) {
    Core core(config(static_cast<std::int64_t>(8 * kMib)));
    core.add_executor(1, "node-1", 2);
    run(core, 2);
    core.park(0, 5 * kMib);
    core.trace();
    core.park(1, 5 * kMib);
    ASSERT_TRUE(core.error_);
    EXPECT_NE(core.error_->message.find("10.0 MiB"), std::string::npos) << core.error_->message;
    EXPECT_EQ(core.trace(), "drop result of 0\nend 0\ndrop result of 1\n");
}

TEST_F(Results, ThatAreLostAreComputedAgain) {
    Core core(config(0));
    core.add_executor(1, "node-1");
    run(core, 1);
    core.park(0, kMib);
    core.send_piece(false);
    EXPECT_EQ(core.trace(), "ask 1 for result of 0 from 0\ndrop result of 0\nrun 0/0 on 1\n");
    core.park(1, kMib);
    core.tell(ExecutorLost{rdd::ExecutorId{1}, "ended by signal 9", true});
    EXPECT_FALSE(core.error_);
    core.trace();
    core.add_executor(2, "node-2");
    EXPECT_EQ(core.trace(), "run 0/0 on 2\n");
    core.park(2, kMib);
    core.send_piece();
    EXPECT_EQ(core.trace(), "ask 2 for result of 2 from 0\ndrop result of 2\nresult 0\nend 0\n");
}

TEST_F(Results, ThatNobodyWantsAnyMoreAreDropped) {
    Core core(config(0));
    core.add_executor(1, "node-1");
    run(core, 1);
    core.park(0, kMib);
    core.trace();
    core.tell(JobCancelled{rdd::JobId{0}, ErrorCode::Cancelled, "enough"});
    EXPECT_EQ(core.trace(), "drop result of 0\nend 0\n");
    core.send_piece();
    EXPECT_EQ(core.driver_.stale_messages(), 1);
}

}  // namespace
}  // namespace heddle::driver
