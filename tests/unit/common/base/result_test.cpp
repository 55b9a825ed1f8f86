#include "common/base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace heddle {
namespace {

Result<int> half(int n) {
    if (n % 2 != 0) {
        return Error{ErrorCode::InvalidArgument, std::to_string(n) + " is odd"};
    }
    return n / 2;
}

Status is_even(int n) {
    TRY(half(n));
    return {};
}

Result<int> quarter(int n) {
    TRY(is_even(n));
    TRY(const int first, half(n));
    TRY(const int second, half(first));
    return second;
}

TEST(Result, TryReturnsTheFirstError) {
    EXPECT_EQ(quarter(8).value(), 2);
    EXPECT_EQ(quarter(3).error().message, "3 is odd");
    EXPECT_EQ(quarter(6).error().message, "3 is odd");
}

TEST(Result, CarriesMoveOnlyValues) {
    Result<std::unique_ptr<int>> result(std::make_unique<int>(5));
    EXPECT_EQ(*std::move(result).value(), 5);
}

TEST(ResultDeathTest, ValueOfAnErrorStopsTheProcess) {
    EXPECT_DEATH(half(1).value(), "CHECK failed");
}

}  // namespace
}  // namespace heddle
