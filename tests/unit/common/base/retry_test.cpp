#include "common/base/retry.h"

#include <gtest/gtest.h>

namespace heddle {
namespace {

TEST(UntilAvailable, WaitsAsLongAsItIsTold) {
    int calls = 0;
    std::vector<std::string> heard;
    const TimePoint begin = monotonic_now();
    const auto answer = until_available(
        seconds(20),
        [&]() -> Result<int> {
            if (++calls == 3) {
                return 7;
            }
            return Error{ErrorCode::Unavailable, "full " + std::to_string(calls)};
        },
        [] { return false; },
        [&](const Error& error) {
            heard.push_back(error.message);
            return milliseconds(250);
        });
    EXPECT_EQ(answer.value(), 7);
    EXPECT_EQ(heard, (std::vector<std::string>{"full 1", "full 2"}));
    EXPECT_GE(monotonic_now() - begin, milliseconds(500));
}

TEST(UntilAvailable, EndsWithTheLastWords) {
    const auto answer = until_available(
        milliseconds(150),
        []() -> Result<int> {
            return Error{ErrorCode::Unavailable, "the disk is full"};
        },
        [] { return false; });
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().message, "the disk is full");
}

TEST(UntilAvailable, StopsWaitingWhenToldTo) {
    bool stop = false;
    const TimePoint begin = monotonic_now();
    (void)until_available(
        seconds(30),
        []() -> Result<int> {
            return Error{ErrorCode::Unavailable, "away"};
        },
        [&] { return stop; },
        [&](const Error&) {
            stop = true;
            return seconds(20);
        });
    EXPECT_LT(monotonic_now() - begin, seconds(10));
}

}  // namespace
}  // namespace heddle
