// Actions that do not wait, and answers that come before the end, on a driver with real threads.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <heddle/heddle.h>

#include "client/api/quantiles.h"

namespace heddle {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<driver::JobRunner> two_threads() {
    driver::RunnerOptions options;
    options.master = "local[2]";
    options.application_name = "test";
    return std::move(driver::make_runner(options)).value();
}

std::atomic<bool> open_gate{false};
std::atomic<std::int64_t> visited{0};

std::vector<std::int64_t> numbers(std::int64_t count) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 1; i <= count; ++i) {
        all.push_back(i);
    }
    return all;
}

// Numbers above the limit wait at the gate.
std::int64_t past_the_gate(std::int64_t number) {
    if (number > 600) {
        open_gate.wait(false);
    }
    return number;
}

class Async : public ::testing::Test {
protected:
    Async() : context_(two_threads()) {
        open_gate = false;
        visited = 0;
    }
    ~Async() override { open(); }
    static void open() {
        open_gate = true;
        open_gate.notify_all();
    }
    // 1000 numbers in ten partitions, of which the last four wait.
    Rdd<std::int64_t> gated() {
        return context_.parallelize(numbers(1000), 10).map([](std::int64_t number) {
            return past_the_gate(number);
        });
    }

    Context context_;
};

TEST_F(Async, ActionsGiveWhatThoseThatWaitGive) {
    const auto rdd = context_.parallelize(numbers(100), 7);
    const auto count = rdd.count_async();
    const auto all = rdd.collect_async();
    const auto some = rdd.take_async(30);
    EXPECT_EQ(count.get(), 100U);
    EXPECT_EQ(all.get(), numbers(100));
    EXPECT_EQ(all.get(), numbers(100));  // as often as one likes
    EXPECT_EQ(some.get(), numbers(30));
    EXPECT_TRUE(some.is_completed());
    EXPECT_GT(some.job_ids().size(), 1U);
    EXPECT_EQ(count.job_ids().size(), 1U);
    rdd.foreach_async([](std::int64_t number) { visited += number; }).get();
    EXPECT_EQ(visited, 5050);
    rdd.foreach_partition_async([](std::span<const std::int64_t> part) {
           visited += static_cast<std::int64_t>(part.size());
       })
        .get();
    EXPECT_EQ(visited, 5150);
}

TEST_F(Async, AFutureShowsWhetherTheActionGoesOn) {
    const auto count = gated().count_async();
    EXPECT_FALSE(count.wait_for(1ms));
    EXPECT_FALSE(count.is_completed());
    open();
    count.wait();
    EXPECT_TRUE(count.is_completed());
    EXPECT_FALSE(count.is_cancelled());
    EXPECT_EQ(count.get(), 1000U);
}

TEST_F(Async, CancelEndsTheAction) {
    const auto count = gated().count_async();
    const auto take = gated().take_async(1000);
    while (count.job_ids().empty() || take.job_ids().empty()) {
    }
    count.cancel("no longer wanted");
    take.cancel();
    EXPECT_TRUE(count.is_cancelled());
    try {
        (void)count.get();
        FAIL() << "it was cancelled";
    } catch (const JobFailed& error) {
        EXPECT_EQ(error.code(), ErrorCode::Cancelled);
        EXPECT_NE(std::string(error.what()).find("no longer wanted"), std::string::npos);
    }
    EXPECT_THROW((void)take.get(), JobFailed);
    open();
    EXPECT_EQ(context_.parallelize(numbers(3), 1).count(), 3U);  // others live on
}

TEST_F(Async, AFailureIsTheFuturesAndPropertiesAreTheCallers) {
    context_.set_job_group("nightly", "load");
    const auto failing = context_.parallelize(numbers(4), 2).map([](std::int64_t number) {
        if (number == 3) {
            throw std::runtime_error("cannot digest this");
        }
        return number;
    });
    const auto action = failing.count_async();
    EXPECT_THROW((void)action.get(), JobFailed);
    EXPECT_TRUE(action.is_completed());
    EXPECT_EQ(context_.status_tracker().get_job_ids_for_group("nightly"), action.job_ids());
}

TEST_F(Async, ActionsEndWithTheContext) {
    const auto rdd = gated();
    const auto count = rdd.count_async();
    while (count.job_ids().empty()) {
    }
    open();
    context_.stop();
    EXPECT_TRUE(count.is_completed());
    EXPECT_THROW((void)rdd.count_async(), UsageError);
}

TEST_F(Async, ACountBeforeTheEndHasBoundsAndIsExactInTheEnd) {
    auto known = gated().count_approx(0ms, 0.9);
    // At most six partitions are in: ask again until one is.
    for (auto time = 1ms; known.initial_value().mean == 0; time *= 2) {
        open();
        EXPECT_EQ(known.get_final_value().mean, 1000);
        open_gate = false;
        known = gated().count_approx(time, 0.9);
    }
    EXPECT_FALSE(known.is_initial_value_final());
    EXPECT_NEAR(known.initial_value().mean, 1000, 1e-9);  // all partitions have a hundred
    EXPECT_LT(known.initial_value().low, 1000);
    EXPECT_GT(known.initial_value().high, 1000);
    EXPECT_GE(known.initial_value().low, 100);
    EXPECT_EQ(known.initial_value().confidence, 0.9);
    open();
    EXPECT_EQ(known.get_final_value().mean, 1000);
    EXPECT_EQ(known.get_final_value().confidence, 1);
    EXPECT_EQ(known.get_final_value().to_string(), "[1000.000, 1000.000]");
}

TEST_F(Async, SumsMeansAndCountsByValueAreExactInTheEnd) {
    open();
    const auto rdd = gated();
    EXPECT_NEAR(rdd.sum_approx(1min).initial_value().mean, 500'500, 1e-6);
    EXPECT_NEAR(rdd.mean_approx(1min).get_final_value().mean, 500.5, 1e-9);
    const auto parity = rdd.map([](std::int64_t number) {
        return number % 2 == 0 ? std::string("even") : std::string("odd");
    });
    const auto counts = parity.count_by_value_approx(1min);
    ASSERT_TRUE(counts.is_initial_value_final());
    EXPECT_EQ(counts.initial_value().at("even").mean, 500);
    EXPECT_EQ(counts.get_final_value().at("odd").low, 500);
    EXPECT_THROW((void)rdd.count_approx(1s, 1.5), UsageError);
    EXPECT_THROW((void)rdd.sum_approx(-1s), UsageError);
    EXPECT_THROW((void)rdd.mean_approx(1s, std::nan("")), UsageError);
}

TEST(Bounds, HoldTheSpreadOfWhatWasSeen) {
    const api::Seen half{5, 10};
    const BoundedDouble count = api::bound_count(100, half, 0.95);
    EXPECT_EQ(count.mean, 200);
    EXPECT_NEAR(count.low, 200 - 1.96 * std::sqrt(200), 1);
    EXPECT_NEAR(count.high, 200 + 1.96 * std::sqrt(200), 1);
    EXPECT_EQ(api::bound_count(0, half, 0.95).high, INFINITY);
    StatCounter stats;
    for (int i = 0; i < 10; ++i) {
        stats.merge(i % 2 == 0 ? 1.0 : 3.0);
    }
    const BoundedDouble mean = api::bound_mean(stats, half, 0.95);
    EXPECT_NEAR(mean.high - mean.mean, 2.262157 * std::sqrt(10.0 / 9 / 10), 1e-5);
    const BoundedDouble sum = api::bound_sum(stats, half, 0.95);
    EXPECT_NEAR(sum.mean, 40, 1e-9);
    EXPECT_LT(sum.low, 30);
    EXPECT_NEAR(api::bound_sum(stats, {10, 10}, 0.95).low, 20, 1e-9);
    EXPECT_EQ(api::bound_mean(StatCounter{}, {0, 10}, 0.95).low, -INFINITY);
}

TEST(Bounds, QuantilesAreThoseOfTheTables) {
    EXPECT_NEAR(api::normal_quantile(0.975), 1.959963985, 1e-8);
    EXPECT_NEAR(api::normal_quantile(0.5), 0, 1e-12);
    EXPECT_NEAR(api::student_quantile(1, 0.975), 12.7062047, 1e-6);
    EXPECT_NEAR(api::student_quantile(9, 0.975), 2.2621572, 1e-6);
    EXPECT_NEAR(api::student_quantile(30, 0.05), -1.6972609, 1e-6);
    EXPECT_EQ(api::normal_quantile(1), INFINITY);
}

}  // namespace
}  // namespace heddle
