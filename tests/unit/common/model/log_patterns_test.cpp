// Which log files stay after the end.

#include "common/model/log_patterns.h"

#include <gtest/gtest.h>

namespace heddle {
namespace {

std::string kept(const LogPatterns& patterns) {
    const auto logs = KeptLogs::of(patterns);
    EXPECT_TRUE(logs.ok()) << logs.error().message;
    std::string text;
    for (const char* file : {"stdout", "stderr", "gc.log", "gc.log.1"}) {
        text += logs.ok() && logs->keeps(file) ? std::string(file) + " " : "";
    }
    return text;
}

TEST(LogPatterns, WhatIsIncludedAndNotExcludedStays) {
    EXPECT_EQ(kept({}), "stdout stderr gc.log gc.log.1 ");
    EXPECT_EQ(kept({"^std", "", "", ""}), "stdout stderr ");
    EXPECT_EQ(kept({"", "\\.log", "", ""}), "stdout stderr ");
    EXPECT_EQ(kept({"^std", "err$", "", ""}), "stdout ");
}

TEST(LogPatterns, SoDoesWhatIsRolled) {
    EXPECT_EQ(kept({"^stdout$", "", "gc\\.log", ""}), "stdout gc.log gc.log.1 ");
    EXPECT_EQ(kept({"^stdout$", "", "gc\\.log", "log$"}), "stdout gc.log.1 ");
    EXPECT_EQ(kept({"^stdout$", "", "", ".*"}), "stdout ");
}

TEST(LogPatterns, AMistakeIsNamed) {
    EXPECT_EQ(KeptLogs::of({"", "a)", "", ""}).error().message,
              "'a)' is no regular expression that is known here: unexpected ): a)");
    EXPECT_FALSE(KeptLogs::of({"", "", "", "["}));
    EXPECT_FALSE(KeptLogs::of({"(?=a)", "", "", ""}));
    EXPECT_FALSE(KeptLogs::of({"((a{1000}){1000}){1000}", "", "", ""}));
}

TEST(LogPatterns, NamesAreBytes) {
    const auto logs = KeptLogs::of({"^gc.log$", "", "", ""});
    ASSERT_TRUE(logs);
    EXPECT_TRUE(logs->keeps("gc\xfflog"));
}

}  // namespace
}  // namespace heddle
