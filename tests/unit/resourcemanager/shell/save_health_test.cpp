#include "resourcemanager/shell/save_health.h"

#include <gtest/gtest.h>

namespace heddle::rm {
namespace {

TimePoint at(std::int64_t milli) {
    return TimePoint{} + milliseconds(milli);
}

TEST(SaveHealth, SaysOnceThatSavingFailsAndOnceThatItWorks) {
    SaveHealth health;
    EXPECT_FALSE(health.note(std::nullopt, at(0)));
    EXPECT_EQ(health.trouble(), std::nullopt);
    EXPECT_TRUE(health.note("full", at(1000)));
    EXPECT_EQ(health.trouble(), "full");
    EXPECT_FALSE(health.note("full", at(1100)));
    EXPECT_FALSE(health.note("full", at(10'900)));
    EXPECT_TRUE(health.note("full", at(11'000)));  // still
    EXPECT_TRUE(health.note(std::nullopt, at(11'100)));
    EXPECT_FALSE(health.note(std::nullopt, at(11'200)));
    EXPECT_EQ(health.trouble(), std::nullopt);
}

TEST(SaveHealth, TriesTheDiskOnceASecondWhileThereIsTrouble) {
    SaveHealth health;
    EXPECT_FALSE(health.look_again(at(5000)));
    health.note("full", at(6000));
    EXPECT_FALSE(health.look_again(at(6500)));
    EXPECT_TRUE(health.look_again(at(7000)));
    EXPECT_FALSE(health.look_again(at(7900)));
    EXPECT_TRUE(health.look_again(at(8000)));
}

}  // namespace
}  // namespace heddle::rm
