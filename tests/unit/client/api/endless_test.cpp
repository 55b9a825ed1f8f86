// Functions of the program that never return.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <heddle/heddle.h>

namespace heddle {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> begun{false};
std::atomic<std::int64_t> turns{0};

Context one_thread() {
    driver::RunnerOptions options;
    options.master = "local[1]";
    options.application_name = "test";
    options.settings = {{"task.reaper.patience", "100ms"}};
    return Context(std::move(driver::make_runner(options)).value());
}

std::int64_t for_ever(std::int64_t number) {
    begun = true;
    while (number >= 0) {
        ++turns;
    }
    return number;
}

TEST(EndlessFunction, OfACancelledJobDoesNotKeepItsSlot) {
    begun = false;
    Context context = one_thread();
    const auto endless =
        context.parallelize(std::vector<std::int64_t>{1, 2}, 2).map([](std::int64_t number) {
            return for_ever(number);
        });
    const auto job = endless.count_async();
    while (!begun) {
        std::this_thread::yield();
    }
    const auto start = Clock::now();
    job.cancel();
    EXPECT_THROW(job.get(), JobFailed);
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(1));
    EXPECT_EQ(context.parallelize(std::vector<std::int64_t>{1, 2, 3}, 2).count(), 3U);
    const std::int64_t before = turns;
    while (turns == before) {  // it goes on, and nobody waits for it
        std::this_thread::yield();
    }
    context.stop();
}

TEST(EndlessFunction, DoesNotHoldTheEndOfItsContext) {
    begun = false;
    Context context = one_thread();
    const auto job = context.parallelize(std::vector<std::int64_t>{1}, 1)
                         .map([](std::int64_t number) { return for_ever(number); })
                         .count_async();
    while (!begun) {
        std::this_thread::yield();
    }
    const auto start = Clock::now();
    context.stop();
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(5));
    EXPECT_THROW(job.get(), JobFailed);
}

}  // namespace
}  // namespace heddle
