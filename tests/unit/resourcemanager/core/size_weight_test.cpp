#include "resourcemanager/core/size_weight.h"

#include <gtest/gtest.h>

#include <cmath>

namespace heddle::rm {
namespace {

TEST(SizeWeight, IsTheBinaryLogarithm) {
    EXPECT_EQ(size_weight(0), 1U);  // never nothing: shares are divided by it
    EXPECT_EQ(size_weight(-5), 1U);
    EXPECT_EQ(size_weight(1), kWholeWeight);
    EXPECT_EQ(size_weight(1023), 10 * kWholeWeight);
    for (std::int64_t mib = 1; mib < std::int64_t{1} << 50; mib = mib * 5 / 3 + 1) {
        const double exact = std::log2(1.0 + static_cast<double>(mib)) * kWholeWeight;
        EXPECT_NEAR(static_cast<double>(size_weight(mib)), exact, 2.0) << mib;
        EXPECT_LE(size_weight(mib), size_weight(mib + 1)) << mib;
    }
}

}  // namespace
}  // namespace heddle::rm
