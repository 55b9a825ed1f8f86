// Names of settings.

#include "common/rdd/setting_names.h"

#include <gtest/gtest.h>

namespace heddle::rdd {
namespace {

TEST(SettingNames, MapSparksNamesThatMeanTheSame) {
    EXPECT_EQ(setting_name("spark.task.maxFailures"), "task.max_failures");
    EXPECT_EQ(setting_name("spark.yarn.queue"), "queue");
    EXPECT_EQ(setting_name("spark.eventLog.enabled"), "spark.eventLog.enabled");
    EXPECT_TRUE(is_setting("spark.executor.memory"));
    EXPECT_FALSE(is_setting("spark.eventLog.enabled"));
}

TEST(SettingNames, RefuseATypingErrorWithTheNearestName) {
    const Status wrong = check_setting_name("executor.memry");
    ASSERT_FALSE(wrong.ok());
    EXPECT_EQ(wrong.error().code, ErrorCode::InvalidArgument);
    EXPECT_EQ(wrong.error().message,
              "no setting named 'executor.memry' (did you mean 'executor.memory'?)");
    EXPECT_FALSE(check_setting_name("default.paralellism").ok());
}

TEST(SettingNames, LeaveNamesOfOthersAlone) {
    for (const char* name : {"executor.memory", "queue", "spark.executor.cores",
                             "spark.executor.memoryOverhead", "my.program.setting"}) {
        EXPECT_TRUE(check_setting_name(name).ok()) << name;
    }
}

}  // namespace
}  // namespace heddle::rdd
