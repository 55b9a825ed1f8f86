#include "common/base/quality.h"

#include <gtest/gtest.h>

namespace heddle {
namespace {

TEST(QualityOf, ReadsWhatAListSaysOfOneName) {
    EXPECT_EQ(quality_of("", "gzip"), std::nullopt);
    EXPECT_EQ(quality_of("br, GZIP", "gzip"), 1000);
    EXPECT_EQ(quality_of("gzip;q=0.5", "gzip"), 500);
    EXPECT_EQ(quality_of("gzip ; Q=0.125", "gzip"), 125);
    EXPECT_EQ(quality_of("gzip;q=1.000", "gzip"), 1000);
    EXPECT_EQ(quality_of("gzip;q=0", "gzip"), 0);
    EXPECT_EQ(quality_of("gzip;q=0.000, *", "gzip"), 0);
    EXPECT_EQ(quality_of("text/html;level=1;q=0.7", "text/html"), 700);
    EXPECT_EQ(quality_of("xgzip, gzipx", "gzip"), std::nullopt);
    for (const char* broken : {"gzip;q=", "gzip;q=x", "gzip;q=2", "gzip;q=-1", "gzip;q=0.1234"}) {
        EXPECT_EQ(quality_of(broken, "gzip"), 0) << broken;
    }
}

}  // namespace
}  // namespace heddle
