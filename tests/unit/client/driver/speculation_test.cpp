// Second attempts of slow tasks.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/client/driver/driver_core.h"

namespace heddle::driver {
namespace {

using namespace heddle::literals;

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

}  // namespace
}  // namespace heddle::driver
