#include "common/model/priority_limit.h"

#include <gtest/gtest.h>

namespace heddle {
namespace {

TEST(PriorityLimits, AreNoneForEverybody) {
    const auto limits = parse_priority_limits(" * ");
    ASSERT_TRUE(limits.ok());
    EXPECT_TRUE(limits->empty());
    EXPECT_FALSE(parse_priority_limits("* [user=ada max_priority=1]").ok());
}

}  // namespace
}  // namespace heddle
