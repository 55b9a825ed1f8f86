// Stages whose tasks take several cores.
#include <gtest/gtest.h>

#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

using namespace heddle::literals;

struct Lineage {
    explicit Lineage(std::int32_t partitions, std::int32_t cpus = 2)
        : source(source_of(partitions)), wide(test::sorted(1, source)) {
        wide.task_cpus = cpus;
        plan = test::plan_of({source, wide});
    }
    rdd::RddNode source;
    rdd::RddNode wide;
    rdd::Plan plan;
};

TEST(TaskCpus, FewerTasksRunAtTheSameTime) {
    Core core;
    core.add_executor(1, "node-1", 4);
    core.add_executor(2, "node-2", 3);
    const Lineage lineage(4);
    core.submit(1, lineage.plan, lineage.wide);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\nrun 0/1 on 2\nrun 0/2 on 1\n");
    core.succeed(1);
    EXPECT_EQ(core.trace(), "result 1\nrun 0/3 on 2\n");
}

TEST(TaskCpus, OthersTakeWhatIsLeft) {
    Core core;
    core.add_executor(1, "node-1", 3);
    const Lineage lineage(2);
    core.submit(1, lineage.plan, lineage.wide);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\n");
    const rdd::RddNode source = source_of(2);
    core.submit(2, {{source}}, source);
    EXPECT_EQ(core.trace(), "run 1/0 on 1\n");
    core.succeed(0);
    EXPECT_EQ(core.trace(), "result 0\nrun 0/1 on 1\n");
}

TEST(TaskCpus, TheContextSaysWhatStagesDoNot) {
    Config config;
    config.task_cpus = 2;
    Core core(config);
    core.add_executor(1, "node-1", 4);
    const rdd::RddNode source = source_of(3);
    core.submit(1, {{source}}, source);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\nrun 0/1 on 1\n");
}

TEST(TaskCpus, MoreThanExecutorsHaveFailTheJob) {
    Core core;
    const Lineage lineage(1, 4);
    core.submit(1, lineage.plan, lineage.wide);
    EXPECT_FALSE(core.error_);
    core.add_executor(1, "node-1", 2);
    ASSERT_TRUE(core.error_);
    EXPECT_EQ(core.error_->message,
              "stage 0.0 (sort) takes 4 cores for a task, and executors have 2; give them more "
              "(executor.cores, or N of local[N]), or tasks fewer (task.cpus, with_resources)");
}

TEST(TaskCpus, RddsOfOneStageHaveToAgree) {
    Lineage lineage(1);
    lineage.source.task_cpus = 3;
    const rdd::Plan plan = test::plan_of({lineage.source, lineage.wide});
    Core core;
    core.add_executor(1, "node-1", 4);
    core.submit(1, plan, lineage.wide);
    ASSERT_TRUE(core.error_);
    EXPECT_EQ(core.error_->message.find("Multiple ResourceProfiles specified in the RDDs for this "
                                        "stage (sort asks for 2 cores a task, "),
              0U)
        << core.error_->message;
    Config config;
    config.merge_profiles = true;
    Core merging(config);
    merging.add_executor(1, "node-1", 5);
    merging.submit(1, plan, lineage.wide);
    EXPECT_FALSE(merging.error_);
    EXPECT_EQ(merging.driver_.executors().find(rdd::ExecutorId{1})->used, 3);
}

TEST(TaskCpus, StagesOfAJobDiffer) {
    Core core;
    core.add_executor(1, "node-1", 2);
    const Lineage lineage(2);
    const rdd::RddNode dealt = test::shuffled(2, lineage.wide, 0, 2);
    core.submit(1, test::plan_of({lineage.source, lineage.wide, dealt}), dealt);
    EXPECT_EQ(core.trace(), "run 0/0 on 1\n");
    core.succeed(0, 2);
    EXPECT_EQ(core.trace(), "run 0/1 on 1\n");
    core.succeed(1, 2);
    EXPECT_EQ(core.trace(), "outputs of shuffle 0\nrun 1/0 on 1\nrun 1/1 on 1\n");
}

TEST(TaskCpus, ABarrierStageNeedsThatManyForEach) {
    Core core;
    core.add_executor(1, "node-1", 3);
    Lineage lineage(2);
    lineage.wide.barrier = true;
    core.submit(1, test::plan_of({lineage.source, lineage.wide}), lineage.wide);
    ASSERT_TRUE(core.error_);
    EXPECT_NE(core.error_->message.find("requires 2 slots at the same time, of 2 cores each, and "
                                        "there are 1 on 1 executors"),
              std::string::npos)
        << core.error_->message;
}

}  // namespace
}  // namespace heddle::driver
