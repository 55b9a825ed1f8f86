// The registry: position decides, names and build ids check.
#include "common/rdd/registry.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/support/inline_runner.h"
#include "tests/unit/common/rdd/registry_twins.h"

namespace heddle {
namespace {

TEST(Registry, EquallyNamedLambdasOfTwoFilesRunAsThemselves) {
    Context context(std::make_unique<test::InlineRunner>());
    EXPECT_EQ(run_twin_one(context), (std::vector<int>{2, 3, 4}));
    EXPECT_EQ(run_twin_two(context), (std::vector<int>{100, 200, 300}));
}

TEST(Registry, AnOperatorOfAnotherBuildIsRefused) {
    rdd::OperatorRef op = rdd::registered_operator(0, "map", {});
    EXPECT_TRUE(rdd::find_registered(op).ok());
    op.type_hash ^= 1;
    ASSERT_FALSE(rdd::find_registered(op).ok());
    EXPECT_EQ(rdd::find_registered(op).error().code, ErrorCode::Conflict);
    op.ordinal = 1'000'000;
    EXPECT_EQ(rdd::find_registered(op).error().code, ErrorCode::NotFound);
}

TEST(Registry, ThisProgramHasOneModuleWithABuildId) {
    const rdd::ProgramIdentity identity = rdd::program_identity();
    EXPECT_GT(identity.entries, 0U);
    ASSERT_EQ(identity.modules.size(), 1U);
    EXPECT_EQ(identity.modules[0].name, "program");
    EXPECT_FALSE(identity.modules[0].build_id.empty());
    EXPECT_EQ(identity, rdd::program_identity());
}

}  // namespace
}  // namespace heddle
