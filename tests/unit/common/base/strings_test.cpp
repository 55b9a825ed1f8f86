#include "common/base/strings.h"

#include <gtest/gtest.h>

namespace heddle {
namespace {

TEST(Strings, ParseBytesTakesTheUsualSuffixes) {
    EXPECT_EQ(parse_bytes("512").value(), 512);
    EXPECT_EQ(parse_bytes("512m").value(), 512LL << 20);
    EXPECT_EQ(parse_bytes(" 4 GiB ").value(), 4LL << 30);
    for (const char* bad : {"", "m", "-1g", "1.5g", "99999999999999999999", "9999999999g", "1x"}) {
        EXPECT_FALSE(parse_bytes(bad).ok()) << bad;
    }
}

TEST(Strings, NearestFindsTypingErrorsOnly) {
    constexpr std::string_view kWords[] = {"submit", "list", "kill"};
    EXPECT_EQ(nearest("sumbit", kWords), "submit");
    EXPECT_EQ(nearest("frobnicate", kWords), "");
    EXPECT_EQ(did_you_mean("lits", kWords), " (did you mean 'list'?)");
}

TEST(Strings, SplitKeepsEmptyParts) {
    const auto parts = split(",a,", ',');
    ASSERT_EQ(parts.size(), 3U);
    EXPECT_EQ(parts[1], "a");
}

}  // namespace
}  // namespace heddle
