// Dates of YARN's REST.

#include "common/base/iso_time.h"

#include <gtest/gtest.h>

namespace heddle {
namespace {

TEST(IsoTime, IsWrittenInUtc) {
    EXPECT_EQ(iso_time({0}), "1970-01-01T00:00:00.000+0000");
    EXPECT_EQ(iso_time({1480953060104}), "2016-12-05T15:51:00.104+0000");
}

TEST(IsoTime, IsReadInEveryZone) {
    EXPECT_EQ(parse_iso_time("2016-12-05T22:51:00.104+0700"), WallTime{1480953060104});
    EXPECT_EQ(parse_iso_time("2016-12-05T15:51:00.104Z"), WallTime{1480953060104});
    EXPECT_EQ(parse_iso_time("2016-12-05T10:21:00.104-05:30"), WallTime{1480953060104});
    EXPECT_EQ(parse_iso_time("2016-12-05T15:51:00Z"), WallTime{1480953060000});
    EXPECT_EQ(parse_iso_time("2024-02-29T00:00:00.5Z"), WallTime{1709164800500});
    EXPECT_EQ(parse_iso_time(iso_time({1732470301007})), WallTime{1732470301007});
}

TEST(IsoTime, IsNothingWhenThereIsNoSuchMoment) {
    for (const char* text : {"", "2016-12-05", "2016-12-05T22:51:00", "2016-13-05T22:51:00Z",
                             "2023-02-29T00:00:00Z", "2016-12-05T24:00:00Z", "2016-12-05T22:60:00Z",
                             "2016-12-05T22:51:00+99:00", "2016-12-05T22:51:00Z ",
                             "2016-12-05 22:51:00Z", "+016-12-05T22:51:00Z", "1480953060104"}) {
        EXPECT_EQ(parse_iso_time(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace heddle
