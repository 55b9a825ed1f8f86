#include "common/wire/pools_file.h"

#include <gtest/gtest.h>

namespace heddle::wire {
namespace {

TEST(PoolsFile, ReadsWhatSparkReads) {
    const auto pools = parse_pools(R"(<?xml version="1.0"?>
<allocations>
  <pool name="production">
    <schedulingMode>FAIR</schedulingMode> <weight> 2 </weight> <minShare>4</minShare>
  </pool>
  <pool name="test"/>
</allocations>)");
    ASSERT_TRUE(pools.ok()) << pools.error().message;
    ASSERT_EQ(pools->size(), 2U);
    EXPECT_EQ(pools->front().name, "production");
    EXPECT_TRUE(pools->front().fair);
    EXPECT_EQ(pools->front().weight, 2);
    EXPECT_EQ(pools->front().share_min, 4);
    EXPECT_FALSE(pools->back().fair);
    EXPECT_EQ(pools->back().weight, 1);
}

TEST(PoolsFile, SaysWhatIsWrong) {
    const auto wrong = [](const char* xml) {
        const auto pools = parse_pools(xml);
        return pools.ok() ? std::string() : pools.error().message;
    };
    EXPECT_NE(wrong("<allocations><pool").find("no XML"), std::string::npos);
    EXPECT_NE(wrong("<pools/>").find("<allocations>"), std::string::npos);
    EXPECT_NE(wrong("<allocations><pool/></allocations>").find("no name"), std::string::npos);
    EXPECT_EQ(wrong("<allocations><pool name='a'><weight>0</weight></pool></allocations>"),
              "pool 'a': weight is '0'; expected a whole number from 1 on");
    EXPECT_EQ(wrong("<allocations><pool name='a'><schedulingMode>BEST</schedulingMode></pool>"
                    "</allocations>"),
              "pool 'a': schedulingMode is 'BEST'; expected FIFO or FAIR");
}

}  // namespace
}  // namespace heddle::wire
