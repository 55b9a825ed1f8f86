#include "common/net/http_syntax.h"

#include <gtest/gtest.h>

namespace heddle::net {
namespace {

TEST(Target, DecodesSegmentsAndQuery) {
    const Target target = parse_target("/ws/v1/a%20b/?x=1&y=a%2Fb+c&flag").value();
    EXPECT_EQ(target.path, "/ws/v1/a b");
    EXPECT_EQ(target.segments, (std::vector<std::string>{"ws", "v1", "a b"}));
    ASSERT_EQ(target.query.size(), 3u);
    EXPECT_EQ(target.query[1].second, "a/b c");
    EXPECT_EQ(target.query[2].first, "flag");
    EXPECT_EQ(parse_target("/").value().path, "/");
}

TEST(Target, RefusesWhatCouldLeaveAFolder) {
    for (const char* bad :
         {"/a/../b", "/%2e%2e/b", "/.", "/a%2fb", "/a%5cb", "/a%00", "/a%0a", "/a//b", "//", "/a%2",
          "/a%zz", "/%ff", "/a?b=%zz", "/a?b=%ff", "/a?%00"}) {
        EXPECT_FALSE(parse_target(bad)) << bad;
    }
    EXPECT_EQ(parse_target("/%252e").value().path, "/%2e");  // decoded once
}

TEST(Utf8, RefusesOverlongSurrogatesAndTruncation) {
    EXPECT_TRUE(is_valid_utf8("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"));
    for (const char* bad : {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xc3",
                            "\x80", "\xe2\x82"}) {
        EXPECT_FALSE(is_valid_utf8(bad));
    }
}

}  // namespace
}  // namespace heddle::net
