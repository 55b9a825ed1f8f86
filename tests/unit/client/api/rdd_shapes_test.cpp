// Folds, statistics, sets, zips and samples of Rdd<T> against what plain C++ gives, by the real
// task body on one thread.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/heddle.h>

#include "tests/support/inline_runner.h"

namespace heddle {
namespace {

using test::InlineRunner;

template <typename T>
std::vector<T> sorted(std::vector<T> rows) {
    std::sort(rows.begin(), rows.end());
    return rows;
}

class RddShapes : public ::testing::Test {
protected:
    RddShapes()
        : owned_(std::make_unique<InlineRunner>()), runner_(*owned_), context_(std::move(owned_)) {}

    Rdd<int> numbers(int count, int slices) {
        std::vector<int> out(static_cast<std::size_t>(count));
        std::iota(out.begin(), out.end(), 0);
        return context_.parallelize(out, slices);
    }
    template <typename Act>
    std::string refusal(Act act) {
        try {
            act();
        } catch (const UsageError& error) {
            return error.what();
        }
        return "accepted";
    }
    template <typename Act>
    std::string failure(Act act) {
        try {
            act();
        } catch (const JobFailed& error) {
            return error.what();
        }
        return "no failure";
    }

    std::unique_ptr<InlineRunner> owned_;
    InlineRunner& runner_;
    Context context_;
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// ---- whole partitions --------------------------------------------------------------------------

TEST_F(RddShapes, PartitionsComeWithTheirIndexAndAsOneRecord) {
    const auto rows = numbers(7, 3);
    EXPECT_EQ(rows.map_partitions_with_index([](int index, std::span<const int> part) {
                      return std::vector<std::pair<int, std::size_t>>{{index, part.size()}};
                  })
                  .collect(),
              (std::vector<std::pair<int, std::size_t>>{{0, 2}, {1, 2}, {2, 3}}));
    EXPECT_EQ(
        rows.map_partitions_with_index([](int index, std::span<const int> part, Emit<int>& emit) {
                emit(index * 100 + part.front());
            })
            .collect(),
        (std::vector<int>{0, 102, 204}));
    EXPECT_EQ(rows.glom().collect(), (std::vector<std::vector<int>>{{0, 1}, {2, 3}, {4, 5, 6}}));
}

int partitions_seen = 0;  // tasks of an InlineRunner run in this process

TEST_F(RddShapes, ForeachPartitionCallsOncePerPartition) {
    partitions_seen = 0;
    numbers(10, 4).foreach_partition(
        [](std::span<const int> rows) { partitions_seen += 100 + static_cast<int>(rows.size()); });
    EXPECT_EQ(partitions_seen, 410);
    EXPECT_TRUE(has(
        failure([&] { numbers(10, 4).foreach_partition([](std::span<const int>) { throw 3; }); }),
        "foreach_partition at rdd_shapes_test.cpp"));
}

TEST_F(RddShapes, KeyByGroupByAndSortByTakeAKeyFromTheRecord) {
    const auto rows = numbers(6, 2);
    EXPECT_EQ(rows.key_by([](int x) { return std::to_string(x % 2); }).take(2),
              (std::vector<std::pair<std::string, int>>{{"0", 0}, {"1", 1}}));
    EXPECT_EQ(
        sorted(rows.group_by([](int x) { return x % 3; }).collect()),
        (std::vector<std::pair<int, std::vector<int>>>{{0, {0, 3}}, {1, {1, 4}}, {2, {2, 5}}}));
    EXPECT_EQ(rows.sort_by([](int x) { return -x; }).collect(),
              (std::vector<int>{5, 4, 3, 2, 1, 0}));
    EXPECT_EQ(rows.sort_by([](int x) { return x; }, false, 3).collect(),
              (std::vector<int>{5, 4, 3, 2, 1, 0}));
}

// ---- folds -------------------------------------------------------------------------------------

TEST_F(RddShapes, FoldAndAggregateBeginEveryPartitionWithACopyOfTheZeroValue) {
    const auto rows = numbers(10, 3);
    const auto add = [](int a, int b) { return a + b; };
    EXPECT_EQ(rows.fold(0, add), 45);
    EXPECT_EQ(rows.fold(100, add), 45 + 4 * 100);  // three partitions and the driver
    const auto all = rows.aggregate(
        std::vector<int>{},
        [](std::vector<int> sum, int x) {
            sum.push_back(x);
            return sum;
        },
        [](std::vector<int> a, const std::vector<int>& b) {
            a.insert(a.end(), b.begin(), b.end());
            return a;
        });
    EXPECT_EQ(all, rows.collect());
    EXPECT_EQ(context_.parallelize(std::vector<int>{}, 2).fold(7, add), 21);
    EXPECT_EQ(runner_.accountant().usage().execution, 0);
}

TEST_F(RddShapes, TreesGiveWhatTheFlatFormsGiveWithFewerMergesInTheDriver) {
    const auto rows = numbers(1000, 40);
    const auto add = [](std::int64_t a, std::int64_t b) { return a + b; };
    for (const int depth : {1, 2, 3, 5}) {
        EXPECT_EQ(rows.tree_aggregate(std::int64_t{0}, add, add, depth), 499500) << depth;
    }
    EXPECT_EQ(rows.tree_reduce([](int a, int b) { return std::max(a, b); }), 999);
    // Parts are merged in order, so what does not commute agrees too.
    const auto text = rows.map([](int x) { return std::to_string(x % 10); });
    const auto join = [](const std::string& a, const std::string& b) { return a + b; };
    EXPECT_EQ(text.tree_reduce(join, 1), text.reduce(join));
    EXPECT_EQ(api::tree_rounds(40, 2), (std::vector<std::int32_t>{5}));
    EXPECT_TRUE(api::tree_rounds(4, 2).empty());
    EXPECT_EQ(api::tree_rounds(1000, 3), (std::vector<std::int32_t>{100, 10}));
    EXPECT_TRUE(has(refusal([&] { (void)rows.tree_reduce(add, 0); }), "the depth of a tree is 0"));
    EXPECT_EQ(refusal([&] {
                  (void)context_.parallelize(std::vector<int>{}, 3).tree_reduce([](int a, int) {
                      return a;
                  });
              }),
              "tree_reduce: the RDD is empty");
}

TEST_F(RddShapes, ExtremesAndOrderedTakes) {
    const auto rows = context_.parallelize(std::vector<int>{3, 9, -2, 7, 9, 0}, 3);
    const auto by_last_digit = [](int a, int b) { return std::abs(a) % 7 < std::abs(b) % 7; };
    EXPECT_EQ(rows.max(), 9);
    EXPECT_EQ(rows.min(), -2);
    EXPECT_EQ(rows.max(by_last_digit), 3);
    EXPECT_EQ(rows.min(by_last_digit), 7);  // the first of 7 and 0
    EXPECT_EQ(rows.take_ordered(3), (std::vector<int>{-2, 0, 3}));
    EXPECT_EQ(rows.take_ordered(2, [](int a, int b) { return a > b; }), (std::vector<int>{9, 9}));
    const auto nothing = context_.parallelize(std::vector<int>{}, 3);
    EXPECT_EQ(refusal([&] { (void)nothing.max(); }), "max: the RDD is empty");
    EXPECT_EQ(refusal([&] { (void)nothing.min(); }), "min: the RDD is empty");
    EXPECT_TRUE(nothing.take_ordered(3).empty());
    EXPECT_TRUE(nothing.is_empty());
    EXPECT_FALSE(rows.is_empty());
    const auto words = context_.parallelize(std::vector<std::string_view>{"b", "c", "a"}, 2);
    EXPECT_EQ(words.max(), "c");
    EXPECT_EQ(words.take_ordered(2), (std::vector<std::string>{"a", "b"}));
}

TEST_F(RddShapes, CountByValueCountsEachRecord) {
    EXPECT_EQ(
        context_.parallelize(std::vector<std::string_view>{"x", "y", "x"}, 2).count_by_value(),
        (std::map<std::string, std::uint64_t>{{"x", 2}, {"y", 1}}));
}

// ---- numbers -----------------------------------------------------------------------------------

TEST_F(RddShapes, StatisticsAreThoseOfAllRecordsHoweverPartitioned) {
    for (const int slices : {1, 3, 50}) {
        const auto rows = numbers(100, slices);
        EXPECT_EQ(rows.sum(), 4950);
        const StatCounter stats = rows.stats();
        EXPECT_EQ(stats.count(), 100U);
        EXPECT_DOUBLE_EQ(stats.mean(), 49.5);
        EXPECT_DOUBLE_EQ(stats.variance(), 833.25);
        EXPECT_DOUBLE_EQ(stats.sample_variance(), 83325.0 / 99);
        EXPECT_EQ(stats.min(), 0);
        EXPECT_EQ(stats.max(), 99);
        EXPECT_DOUBLE_EQ(rows.stdev(), std::sqrt(833.25));
        EXPECT_DOUBLE_EQ(rows.sample_stdev(), std::sqrt(83325.0 / 99));
    }
    // A sum of squares would lose all of these digits.
    const auto far =
        context_.parallelize(std::vector<double>{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}, 2);
    EXPECT_DOUBLE_EQ(far.variance(), 22.5);
    const StatCounter none = context_.parallelize(std::vector<double>{}, 2).stats();
    EXPECT_EQ(none.count(), 0U);
    EXPECT_TRUE(std::isnan(none.variance()));
    EXPECT_TRUE(std::isnan(context_.parallelize(std::vector<double>{1}).sample_variance()));
    EXPECT_DOUBLE_EQ(context_.parallelize(std::vector<double>{0.5, 0.25}).sum(), 0.75);
    const std::vector<std::int64_t> large(3, std::numeric_limits<std::int64_t>::max());
    EXPECT_TRUE(has(failure([&] { (void)context_.parallelize(large, 1).sum(); }),
                    "it does not fit in 64 bits"));
}

TEST_F(RddShapes, HistogramBucketsAreClosedOnTheLeftAndTheLastOnBothSides) {
    const auto rows = numbers(51, 4);
    const Histogram two = rows.histogram(2);
    EXPECT_EQ(two.edges, (std::vector<double>{0, 25, 50}));
    EXPECT_EQ(two.counts, (std::vector<std::uint64_t>{25, 26}));
    EXPECT_EQ(rows.histogram(std::vector<double>{0, 5, 25, 50}).counts,
              (std::vector<std::uint64_t>{5, 20, 26}));
    EXPECT_EQ(rows.histogram(std::vector<double>{10, 20}).counts, (std::vector<std::uint64_t>{11}));
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto with_nan = context_.parallelize(std::vector<double>{1, nan, 2}, 2);
    EXPECT_EQ(with_nan.histogram(std::vector<double>{0, 1, 2}).counts,
              (std::vector<std::uint64_t>{0, 2}));
    const Histogram same = context_.parallelize(std::vector<double>{3, 3}, 2).histogram(4);
    EXPECT_EQ(same.counts, (std::vector<std::uint64_t>{2}));
    EXPECT_TRUE(has(refusal([&] { (void)with_nan.histogram(2); }), "infinite number or NaN"));
    EXPECT_TRUE(has(refusal([&] { (void)rows.histogram(0); }), "the number of buckets is 0"));
    EXPECT_TRUE(has(refusal([&] { (void)rows.histogram(std::vector<double>{1}); }), "two edges"));
    EXPECT_TRUE(has(refusal([&] {
                        (void)rows.histogram(std::vector<double>{1, 1});
                    }),
                    "edge 1 (1) is not greater"));
    EXPECT_TRUE(has(refusal([&] {
                        (void)rows.histogram(std::vector<double>{1, nan});
                    }),
                    "is not greater"));
}

TEST_F(RddShapes, CountApproxDistinctStaysWithinItsDeviation) {
    const auto rows = numbers(200000, 4).map([](int x) { return x % 20000; });
    for (const double deviation : {0.1, 0.05, 0.01}) {
        const auto found = static_cast<double>(rows.count_approx_distinct(deviation));
        EXPECT_NEAR(found, 20000, 3 * deviation * 20000) << deviation;
    }
    EXPECT_EQ(numbers(5, 2).count_approx_distinct(0.01), 5U);
    EXPECT_EQ(context_.parallelize(std::vector<int>{}, 2).count_approx_distinct(), 0U);
    EXPECT_TRUE(has(refusal([&] { (void)rows.count_approx_distinct(0.00001); }), "0.000017"));
}

// ---- sets --------------------------------------------------------------------------------------

TEST_F(RddShapes, SetOperations) {
    const auto a = context_.parallelize(std::vector<int>{1, 2, 2, 3, 5, 5}, 3);
    const auto b = context_.parallelize(std::vector<int>{2, 3, 3, 4}, 2);
    EXPECT_EQ(sorted(a.intersection(b).collect()), (std::vector<int>{2, 3}));
    EXPECT_EQ(sorted(a.subtract(b).collect()), (std::vector<int>{1, 5, 5}));
    EXPECT_EQ(a.cartesian(b).count(), 24U);
    EXPECT_EQ(a.cartesian(b).get_num_partitions(), 6);
    const auto pairs = context_.parallelize(std::vector<int>{1, 2, 3}, 2)
                           .cartesian(context_.parallelize(std::vector<std::string>{"x", "y"}, 2));
    EXPECT_EQ(sorted(pairs.collect()),
              (std::vector<std::pair<int, std::string>>{
                  {1, "x"}, {1, "y"}, {2, "x"}, {2, "y"}, {3, "x"}, {3, "y"}}));
    EXPECT_EQ(pairs.take(2), (std::vector<std::pair<int, std::string>>{{1, "x"}, {1, "y"}}));
    EXPECT_EQ(a.cartesian(context_.parallelize(std::vector<int>{}, 2)).count(), 0U);
    EXPECT_EQ(runner_.accountant().usage().execution, 0);
}

// ---- zips --------------------------------------------------------------------------------------

TEST_F(RddShapes, ZipPairsRecordsByPosition) {
    const auto rows = numbers(5, 2);
    const auto twice = rows.map([](int x) { return std::to_string(2 * x); });
    EXPECT_EQ(rows.zip(twice).collect(), (std::vector<std::pair<int, std::string>>{
                                             {0, "0"}, {1, "2"}, {2, "4"}, {3, "6"}, {4, "8"}}));
    EXPECT_TRUE(has(refusal([&] { (void)rows.zip(numbers(5, 3)); }),
                    "zip: can only zip RDDs with the same number of partitions: parallelize has 2 "
                    "and parallelize has 3"));
    const std::string failed = failure([&] { (void)rows.zip(numbers(6, 2)).count(); });
    EXPECT_TRUE(has(failed, "the same number of records in each partition: here they have 2 and 3"))
        << failed;
}

TEST_F(RddShapes, ZipPartitionsSeesTwoToFourPartitionsAtOnce) {
    const auto a = numbers(4, 2);
    const auto b = numbers(10, 2);
    const auto c = context_.parallelize(std::vector<std::string>{"p", "q"}, 2);
    EXPECT_EQ(a.zip_partitions(b,
                               [](std::span<const int> x, std::span<const int> y) {
                                   return std::vector<std::size_t>{x.size() * 100 + y.size()};
                               })
                  .collect(),
              (std::vector<std::size_t>{205, 205}));
    EXPECT_EQ(a.zip_partitions(b, c,
                               [](std::span<const int> x, std::span<const int> y,
                                  std::span<const std::string> z, Emit<std::string>& emit) {
                                   emit(z[0] + std::to_string(x[0] + y[0]));
                               })
                  .collect(),
              (std::vector<std::string>{"p0", "q7"}));
    EXPECT_EQ(a.zip_partitions(a, b, c,
                               [](std::span<const int>, std::span<const int>,
                                  std::span<const int> y, std::span<const std::string> z) {
                                   return std::vector<std::size_t>{y.size() + z.size()};
                               })
                  .collect(),
              (std::vector<std::size_t>{6, 6}));
    EXPECT_TRUE(has(refusal([&] {
                        (void)a.zip_partitions(numbers(3, 3),
                                               [](std::span<const int>, std::span<const int>) {
                                                   return std::vector<int>{};
                                               });
                    }),
                    "same number of partitions"));
}

TEST_F(RddShapes, ZipWithIndexRunsAJobOnlyForSeveralPartitions) {
    const auto rows = context_.parallelize(std::vector<std::string>{"a", "b", "c", "d", "e"}, 3);
    int before = runner_.tasks_run();
    const auto indexed = rows.zip_with_index();
    EXPECT_EQ(runner_.tasks_run() - before, 2);  // of all partitions but the last
    EXPECT_EQ(indexed.collect(), (std::vector<std::pair<std::string, std::uint64_t>>{
                                     {"a", 0}, {"b", 1}, {"c", 2}, {"d", 3}, {"e", 4}}));
    before = runner_.tasks_run();
    (void)numbers(5, 1).zip_with_index();
    (void)rows.zip_with_unique_id();
    EXPECT_EQ(runner_.tasks_run() - before, 0);
    EXPECT_EQ(rows.zip_with_unique_id().collect(),
              (std::vector<std::pair<std::string, std::uint64_t>>{
                  {"a", 0}, {"b", 1}, {"c", 4}, {"d", 2}, {"e", 5}}));
}

// ---- fewer partitions --------------------------------------------------------------------------

TEST_F(RddShapes, CoalesceReadsNeighboursInOrderWithoutAShuffle) {
    const auto rows = numbers(100, 11);
    for (const int partitions : {1, 2, 3, 5, 10, 11, 50}) {
        const auto fewer = rows.coalesce(partitions);
        EXPECT_EQ(fewer.get_num_partitions(), std::min(partitions, 11));
        EXPECT_EQ(fewer.collect(), rows.collect()) << partitions;
    }
    const auto sizes = rows.coalesce(4).map_partitions(
        [](std::span<const int> part) { return std::vector<std::size_t>{part.size()}; });
    EXPECT_EQ(sizes.collect(), (std::vector<std::size_t>{27, 27, 27, 19}));
    const int before = runner_.tasks_run();
    EXPECT_EQ(rows.coalesce(3).count(), 100U);
    EXPECT_EQ(runner_.tasks_run() - before, 3);
    EXPECT_EQ(rows.coalesce(20, true).get_num_partitions(), 20);
    EXPECT_EQ(sorted(rows.coalesce(20, true).collect()), rows.collect());
    EXPECT_TRUE(has(refusal([&] { (void)rows.coalesce(0); }), "the number of partitions is 0"));
    EXPECT_TRUE(has(refusal([&] { (void)rows.coalesce(-1, true); }), "is -1"));
}

// ---- made by the context ------------------------------------------------------------------------

TEST_F(RddShapes, RangesCountUpAndDownInEvenParts) {
    const auto up = context_.range(0, 10, 3, 3);
    EXPECT_EQ(up.glom().collect(), (std::vector<std::vector<int>>{{0}, {3}, {6, 9}}));
    EXPECT_EQ(context_.range(5, -6, -3, 2).collect(), (std::vector<int>{5, 2, -1, -4}));
    EXPECT_TRUE(context_.range(5, 5).is_empty());
    EXPECT_TRUE(context_.range(5, 9, -1).is_empty());
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
    EXPECT_EQ(context_.range(kLeast, kMost, kMost, 2).collect(),
              (std::vector<std::int64_t>{kLeast, -1, kMost - 1}));
    EXPECT_EQ(context_.range(std::uint64_t{0}, std::uint64_t{100000}).sum(), 4999950000U);
    EXPECT_EQ(refusal([&] { (void)context_.range(0, 1, 0); }), "range: the step is 0");
}

TEST_F(RddShapes, NothingAtAllIsAnRddToo) {
    const auto nothing = context_.empty_rdd<int>();
    EXPECT_EQ(nothing.get_num_partitions(), 0);
    EXPECT_EQ(nothing.count(), 0U);
    EXPECT_TRUE(nothing.is_empty());
    EXPECT_EQ(nothing.sum(), 0);
    EXPECT_EQ(nothing.distinct().count(), 0U);
    EXPECT_EQ(nothing.sort_by([](int x) { return x; }).count(), 0U);
    EXPECT_EQ(nothing.coalesce(3).count(), 0U);
    EXPECT_EQ(nothing.cartesian(numbers(3, 2)).count(), 0U);
    EXPECT_EQ(nothing.zip_with_index().count(), 0U);
    EXPECT_EQ(nothing.tree_aggregate(
                  4, [](int a, int b) { return a + b; }, [](int a, int b) { return a + b; }),
              4);
    EXPECT_EQ(context_.union_(std::vector<Rdd<int>>{}).count(), 0U);
    const auto rows = numbers(3, 2);
    EXPECT_EQ(context_.union_(std::vector<Rdd<int>>{rows, nothing, rows}).collect(),
              (std::vector<int>{0, 1, 2, 0, 1, 2}));
}

// ---- samples -----------------------------------------------------------------------------------

TEST_F(RddShapes, TheSameSeedGivesTheSameSample) {
    const auto rows = numbers(20000, 4);
    const auto once = rows.sample(false, 0.1, 7).collect();
    EXPECT_EQ(once, rows.sample(false, 0.1, 7).collect());
    EXPECT_NE(once, rows.sample(false, 0.1, 8).collect());
    EXPECT_NEAR(static_cast<double>(once.size()), 2000, 150);
    EXPECT_EQ(std::set<int>(once.begin(), once.end()).size(), once.size());
    EXPECT_TRUE(rows.sample(false, 0).is_empty());
    EXPECT_EQ(rows.sample(false, 1).count(), 20000U);
    for (const double mean : {0.5, 3.0, 25.0}) {
        const auto drawn = rows.sample(true, mean, 7);
        EXPECT_NEAR(static_cast<double>(drawn.count()), 20000 * mean, 5 * std::sqrt(20000 * mean));
        EXPECT_EQ(drawn.count(), rows.sample(true, mean, 7).count());
    }
    EXPECT_TRUE(has(refusal([&] { (void)rows.sample(false, -0.5); }), "the fraction is -0.5"));
    EXPECT_TRUE(has(refusal([&] { (void)rows.sample(false, 1.5); }), "from 0 to 1"));
    EXPECT_TRUE(
        has(refusal([&] { (void)rows.sample(true, std::nan("")); }), "sample: the fraction"));
}

TEST_F(RddShapes, RandomSplitIsDisjointAndComplete) {
    const auto rows = numbers(10000, 3);
    const auto parts = rows.random_split({6, 3, 0, 1}, 42);
    ASSERT_EQ(parts.size(), 4U);
    std::vector<int> all;
    std::vector<double> sizes;
    for (const auto& part : parts) {
        const auto found = part.collect();
        sizes.push_back(static_cast<double>(found.size()));
        all.insert(all.end(), found.begin(), found.end());
    }
    EXPECT_EQ(sorted(all), rows.collect());
    EXPECT_NEAR(sizes[0], 6000, 250);
    EXPECT_NEAR(sizes[1], 3000, 250);
    EXPECT_EQ(sizes[2], 0);
    EXPECT_TRUE(has(refusal([&] { (void)rows.random_split({1, -1}); }), "a weight is -1"));
    EXPECT_TRUE(has(refusal([&] { (void)rows.random_split({0, 0}); }), "weights is 0"));
    EXPECT_TRUE(has(refusal([&] { (void)rows.random_split({}); }), "weights is 0"));
}

TEST_F(RddShapes, TakeSampleGivesExactlyAsManyAsAsked) {
    const auto rows = numbers(1000, 5);
    for (const std::uint64_t count : {1U, 10U, 500U, 999U}) {
        const auto drawn = rows.take_sample(false, count, 3);
        EXPECT_EQ(drawn.size(), count);
        EXPECT_EQ(std::set<int>(drawn.begin(), drawn.end()).size(), count);
        EXPECT_EQ(drawn, rows.take_sample(false, count, 3));
    }
    EXPECT_EQ(sorted(rows.take_sample(false, 5000)), rows.collect());
    EXPECT_NE(rows.take_sample(false, 5000), rows.collect());
    EXPECT_EQ(rows.take_sample(true, 5000).size(), 5000U);
    EXPECT_TRUE(rows.take_sample(true, 0).empty());
    EXPECT_TRUE(context_.parallelize(std::vector<int>{}, 2).take_sample(true, 10).empty());
}

// ---- one partition at a time -------------------------------------------------------------------

TEST_F(RddShapes, ALocalIteratorRunsAJobPerPartitionAsItGetsThere) {
    const auto rows = context_.parallelize(std::vector<std::string_view>{"a", "b", "c", "d"}, 4)
                          .filter([](std::string_view text) { return text != "b"; });
    const int before = runner_.tasks_run();
    auto records = rows.to_local_iterator();
    auto at = records.begin();
    EXPECT_EQ(*at, "a");
    EXPECT_EQ(runner_.tasks_run() - before, 1);
    ++at;
    EXPECT_EQ(*at, "c");
    EXPECT_EQ(runner_.tasks_run() - before, 3);
    std::vector<std::string> all;
    for (const std::string& record : rows.to_local_iterator()) {
        all.push_back(record);
    }
    EXPECT_EQ(all, (std::vector<std::string>{"a", "c", "d"}));
    auto none = context_.parallelize(std::vector<int>{}, 2).to_local_iterator();
    EXPECT_TRUE(none.begin() == none.end());
}

}  // namespace
}  // namespace heddle
