// Tasks whose memory ran out get an executor to themselves.
#include <gtest/gtest.h>

#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

using namespace heddle::literals;

rdd::TaskFailure out_of_memory() {
    rdd::TaskFailure failure;
    failure.kind = rdd::FailureKind::ExceptionFailure;
    failure.message = "wanted 8.0 MiB, available 1.0 MiB of 64.0 MiB";
    failure.out_of_memory = true;
    return failure;
}

TEST(Alone, ATaskThatRanOutOfMemoryWaitsForAnExecutorToItself) {
    Core core;
    core.add_executor(1, "node-1", 2);
    const rdd::RddNode source = source_of(4);
    core.submit(1, {{source}}, source);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\nrun 0/1 on 1\n");
    core.fail(0, out_of_memory());
    EXPECT_EQ(core.trace(), "");  // though a slot is free and two tasks wait
    core.succeed(1);
    EXPECT_EQ(core.trace(), "result 1\nrun 0/0 on 1\n");
    core.succeed(2);
    EXPECT_EQ(core.trace(), "result 0\nrun 0/2 on 1\nrun 0/3 on 1\n");
}

TEST(Alone, TheLeastBusyExecutorIsKeptForIt) {
    Core core;
    core.add_executor(1, "node-1", 2);
    core.add_executor(2, "node-2", 2);
    const rdd::RddNode source = source_of(6);
    core.submit(1, {{source}}, source);
    core.trace();
    core.succeed(1);  // of executor 2, which gets another at once
    core.fail(0, out_of_memory());
    EXPECT_EQ(core.trace(), "result 1\nrun 0/4 on 2\n");
    core.succeed(2);  // the other one of executor 1
    EXPECT_EQ(core.trace(), "result 2\nrun 0/0 on 1\n");
}

TEST(Alone, NothingIsKeptForAJobThatIsOver) {
    Core core;
    core.add_executor(1, "node-1", 2);
    const rdd::RddNode source = source_of(2);
    core.submit(1, {{source}}, source);
    core.fail(0, out_of_memory());
    JobCancelled cancel;
    cancel.job = rdd::JobId{1};
    core.tell(cancel);
    core.trace();
    core.submit(2, {{source}}, source);
    EXPECT_EQ(core.trace(), "run 1/0 on 1\n");
}

TEST(Alone, AnExecutorThatIsLostIsKeptForNobody) {
    Core core;
    core.add_executor(1, "node-1", 2);
    const rdd::RddNode source = source_of(2);
    core.submit(1, {{source}}, source);
    core.fail(0, out_of_memory());
    core.trace();
    core.tell(ExecutorLost{rdd::ExecutorId{1}, "gone", false});
    core.add_executor(2, "node-2", 2);
    EXPECT_EQ(core.trace(), "run 0/0 on 2\n");  // and the other waits
    core.succeed(2);
    EXPECT_EQ(core.trace(), "result 0\nrun 0/1 on 2\n");
}

TEST(Alone, WithoutOthersItWasAloneAlready) {
    Core core;
    core.add_executor(1, "node-1", 1);
    const rdd::RddNode source = source_of(2);
    core.submit(1, {{source}}, source);
    core.fail(0, out_of_memory());
    EXPECT_EQ(core.trace(), "run 0/0 on 1\nrun 0/0 on 1\n");
}

}  // namespace
}  // namespace heddle::driver
