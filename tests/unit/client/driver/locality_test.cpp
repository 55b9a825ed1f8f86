// How near to its data a task runs: racks, waits of their own per level, and map output.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/driver/core/task_set.h"
#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

using namespace heddle::literals;

std::string locality_of(const Core& core, std::size_t task) {
    return std::string(
        core.driver_.progress().stages().rbegin()->second.task_views.at(task).locality);
}

TEST(Locality, ARackIsBetterThanAnywhere) {
    Core core;
    core.add_executor(1, "node-1", 1, "/rack-1");
    core.add_executor(2, "node-2", 1, "/rack-2");
    core.add_executor(3, "node-3", 1, "/rack-2");
    const rdd::RddNode source = source_of(3, "node-2");
    core.submit(0, test::plan_of({source}), source);
    EXPECT_EQ(core.trace(), "run 0/0 on 2\n");
    core.advance(3_s);
    EXPECT_EQ(core.trace(), "run 0/1 on 3\n");
    EXPECT_EQ(locality_of(core, 1), "RACK_LOCAL");
    core.advance(2_s);
    EXPECT_EQ(core.trace(), "");
    core.advance(1_s);
    EXPECT_EQ(core.trace(), "run 0/2 on 1\n");
    EXPECT_EQ(locality_of(core, 2), "ANY");
}

TEST(Locality, ARackIsKnownAfterTheExecutorThereHasGone) {
    Core core;
    core.add_executor(1, "node-1", 1, "/rack-1");
    core.add_executor(2, "node-2", 1, "/rack-1");
    core.tell(ExecutorLost{rdd::ExecutorId{2}, "gone", false});
    const rdd::RddNode source = source_of(1, "node-2");
    core.submit(0, test::plan_of({source}), source);
    EXPECT_EQ(locality_of(core, 0), "RACK_LOCAL");
}

TEST(Locality, EachLevelMayHaveAWaitOfItsOwn) {
    Config config;
    config.locality_wait.node = milliseconds(100);
    config.locality_wait.rack = seconds(10);
    Core core(config);
    core.add_executor(1, "node-1", 1, "/rack-1");
    core.add_executor(2, "node-2", 1, "/rack-2");
    core.add_executor(3, "node-3", 1, "/rack-2");
    const rdd::RddNode source = source_of(3, "node-2");
    core.submit(0, test::plan_of({source}), source);
    core.trace();
    core.advance(100_ms);
    EXPECT_EQ(core.trace(), "run 0/1 on 3\n");
    core.advance(9'999_ms);
    EXPECT_EQ(core.trace(), "");
    core.advance(1_ms);
    EXPECT_EQ(core.trace(), "run 0/2 on 1\n");
}

// Two map tasks, and a reader of as many partitions as `sizes` has.
class MapOutputPlaces : public ::testing::Test {
protected:
    static std::string reducers(Core& core, const std::vector<std::uint64_t>& first,
                                const std::vector<std::uint64_t>& second) {
        const rdd::RddNode source = source_of(2);
        const rdd::RddNode reader =
            test::shuffled(1, source, 0, static_cast<std::int32_t>(first.size()));
        core.submit(0, test::plan_of({source, reader}), reader);
        EXPECT_EQ(core.trace(), "run 0/0 on 1\nrun 0/1 on 2\n");
        for (std::size_t i = 0; i < 2; ++i) {
            rdd::TaskResult result;
            result.task = core.launched_[i].task.task;
            result.map = rdd::MapStatus{result.task, static_cast<rdd::Partition>(i), "",
                                        i == 0 ? first : second};
            core.tell(ExecutorSaid{core.launched_[i].executor, rdd::TaskDone{result}});
        }
        return core.trace();
    }
};

TEST_F(MapOutputPlaces, AFifthOfWhatATaskReadsDrawsIt) {
    Core core;
    core.add_executor(1, "node-1");
    core.add_executor(2, "node-2");
    EXPECT_EQ(reducers(core, {10, 90}, {90, 10}),
              "outputs of shuffle 0\nrun 1/1 on 1\noutputs of shuffle 0\nrun 1/0 on 2\n");
    EXPECT_EQ(locality_of(core, 0), "NODE_LOCAL");
}

TEST_F(MapOutputPlaces, CanBeLeftOut) {
    Config config;
    config.reduce_locality = false;
    Core core(config);
    core.add_executor(1, "node-1");
    core.add_executor(2, "node-2");
    EXPECT_EQ(reducers(core, {10, 90}, {90, 10}),
              "outputs of shuffle 0\nrun 1/0 on 1\noutputs of shuffle 0\nrun 1/1 on 2\n");
}

TEST_F(MapOutputPlaces, HostsWithLessThanAFifthDoNotCount) {
    Core core;
    core.add_executor(1, "node-1");
    core.add_executor(2, "node-2");
    EXPECT_EQ(reducers(core, {19, 90}, {81, 90}),
              "outputs of shuffle 0\nrun 1/1 on 1\noutputs of shuffle 0\nrun 1/0 on 2\n");
}

}  // namespace
}  // namespace heddle::driver
