// What RDDs of pairs have, their partitioners and their lineage, by the real task body on one
// thread.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <heddle/heddle.h>

#include "tests/support/inline_runner.h"

namespace heddle {
namespace {

using test::InlineRunner;
using Pair = std::pair<std::string, int>;

template <typename T>
std::vector<T> sorted(std::vector<T> rows) {
    std::sort(rows.begin(), rows.end());
    return rows;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

bool shuffles(const auto& rdd) {
    const auto& dependencies = rdd.handle()->node.dependencies;
    return std::any_of(dependencies.begin(), dependencies.end(), [](const auto& dependency) {
        return dependency.kind == rdd::DependencyKind::Shuffle;
    });
}

struct Modulo {
    int partitions = 1;
    int operator()(int key) const { return key % partitions; }
};
const auto add = [](int a, int b) { return a + b; };

class RddByKey : public ::testing::Test {
protected:
    RddByKey()
        : owned_(std::make_unique<InlineRunner>()), runner_(*owned_), context_(std::move(owned_)) {}

    Rdd<Pair> words(int slices) {
        return context_.parallelize(
            std::vector<Pair>{{"a", 1}, {"b", 2}, {"a", 3}, {"c", 4}, {"b", 5}, {"a", 6}}, slices);
    }
    Rdd<std::pair<int, int>> squares(int count, int slices) {
        std::vector<std::pair<int, int>> rows;
        for (int i = 0; i < count; ++i) {
            rows.emplace_back(i, i * i);
        }
        return context_.parallelize(rows, slices);
    }
    template <typename Error, typename Act>
    std::string message(Act act) {
        try {
            act();
        } catch (const Error& error) {
            return error.what();
        }
        return "no error";
    }

    std::unique_ptr<InlineRunner> owned_;
    InlineRunner& runner_;
    Context context_;
};

// ---- combining ---------------------------------------------------------------------------------

TEST_F(RddByKey, GroupByKeyGivesTheValuesInTheirOrder) {
    EXPECT_EQ(sorted(words(3).group_by_key().collect()),
              (std::vector<std::pair<std::string, std::vector<int>>>{
                  {"a", {1, 3, 6}}, {"b", {2, 5}}, {"c", {4}}}));
    EXPECT_EQ(words(3).group_by_key(7).get_num_partitions(), 7);
    std::vector<std::pair<int, int>> many;
    for (int i = 0; i < 50000; ++i) {
        many.emplace_back(i % 5000, i);
    }
    const auto groups = context_.parallelize(many, 3).group_by_key(2);
    EXPECT_EQ(groups.count(), 5000U);
    EXPECT_EQ(groups.filter([](const auto& group) { return group.second.size() == 10; }).count(),
              5000U);
    EXPECT_EQ(runner_.accountant().usage().execution, 0);
}

TEST_F(RddByKey, GroupsDrawOnTheBudget) {
    Context context(std::make_unique<InlineRunner>(std::int64_t{8} << 20));
    const auto rows = context.parallelize(std::vector<int>{0}, 1)
                          .flat_map([](int, Emit<std::pair<int, std::int64_t>>& emit) {
                              for (std::int64_t i = 0; i < 2'000'000; ++i) {
                                  emit(1, i);  // the values of one key have to fit
                              }
                          })
                          .partition_by(1)
                          .group_by_key();
    EXPECT_TRUE(has(message<JobFailed>([&] { (void)rows.count(); }), "out of memory in task"));
}

TEST_F(RddByKey, CombineByKeyCallsCreateMergeAndCombine) {
    const auto combined =
        words(2)
            .combine_by_key([](int v) { return "[" + std::to_string(v); },
                            [](const std::string& c, int v) { return c + "," + std::to_string(v); },
                            [](const std::string& a, const std::string& b) { return a + b; })
            .collect();
    // Partitions: (a1 b2 a3) and (c4 b5 a6).
    EXPECT_EQ(sorted(combined), (std::vector<std::pair<std::string, std::string>>{
                                    {"a", "[1,3[6"}, {"b", "[2[5"}, {"c", "[4"}}));
    // Numbers as keys live elsewhere in the table, zero beside it.
    const auto totals =
        squares(10, 3)
            .map([](const auto& row) { return std::pair(row.first % 3, row.second); })
            .combine_by_key([](int v) { return static_cast<std::int64_t>(v); },
                            [](std::int64_t c, int v) { return c + v; },
                            [](std::int64_t a, std::int64_t b) { return a + b; })
            .collect_as_map();
    EXPECT_EQ(totals, (std::map<int, std::int64_t>{{0, 126}, {1, 66}, {2, 93}}));
}

TEST_F(RddByKey, FoldAndAggregateCopyTheZeroValuePerKeyAndPartition) {
    EXPECT_EQ(words(1).fold_by_key(100, add).collect_as_map(),
              (std::map<std::string, int>{{"a", 110}, {"b", 107}, {"c", 104}}));
    EXPECT_EQ(words(2).fold_by_key(100, add).collect_as_map(),
              (std::map<std::string, int>{{"a", 210}, {"b", 207}, {"c", 104}}));
    const auto lists = words(2).aggregate_by_key(
        std::vector<int>{-1},
        [](std::vector<int> list, int v) {
            list.push_back(v);
            return list;
        },
        [](std::vector<int> a, const std::vector<int>& b) {
            a.insert(a.end(), b.begin(), b.end());
            return a;
        });
    EXPECT_EQ(lists.collect_as_map(),
              (std::map<std::string, std::vector<int>>{
                  {"a", {-1, 1, 3, -1, 6}}, {"b", {-1, 2, -1, 5}}, {"c", {-1, 4}}}));
}

TEST_F(RddByKey, AKnownPartitioningSpendsNoShuffleOnCombining) {
    const auto parts = words(3).partition_by(4);
    for (const bool shuffled :
         {shuffles(parts.group_by_key()), shuffles(parts.fold_by_key(0, add)),
          shuffles(parts.reduce_by_key(add)), shuffles(parts.reduce_by_key(add, 4)),
          shuffles(words(3).sort_by_key(true, 2).group_by_key())}) {
        EXPECT_FALSE(shuffled);
    }
    EXPECT_TRUE(shuffles(parts.reduce_by_key(add, 5)));
    EXPECT_EQ(parts.fold_by_key(100, add).collect_as_map(),
              (std::map<std::string, int>{{"a", 110}, {"b", 107}, {"c", 104}}));
}

TEST_F(RddByKey, CountsAndMapsInTheDriver) {
    EXPECT_EQ(words(3).count_by_key(),
              (std::map<std::string, std::uint64_t>{{"a", 3}, {"b", 2}, {"c", 1}}));
    EXPECT_EQ(words(3).collect_as_map(),
              (std::map<std::string, int>{{"a", 6}, {"b", 5}, {"c", 4}}));
    EXPECT_EQ(words(3).reduce_by_key_locally(add),
              (std::map<std::string, int>{{"a", 10}, {"b", 7}, {"c", 4}}));
}

TEST_F(RddByKey, LookupReadsOnePartitionWhereTheKeyCanOnlyBeThere) {
    const auto rows = words(3);
    int before = runner_.tasks_run();
    EXPECT_EQ(rows.lookup("a"), (std::vector<int>{1, 3, 6}));
    EXPECT_EQ(runner_.tasks_run() - before, 3);
    const auto hashed = rows.partition_by(5);
    EXPECT_EQ(hashed.count(), 6U);
    before = runner_.tasks_run();
    EXPECT_EQ(hashed.lookup("a"), (std::vector<int>{1, 3, 6}));
    EXPECT_EQ(runner_.tasks_run() - before, 1);
    const auto own = squares(20, 2).partition_by(4, Modulo{4});
    EXPECT_EQ(own.count(), 20U);
    before = runner_.tasks_run();
    EXPECT_EQ(own.lookup(7), (std::vector<int>{49}));
    EXPECT_EQ(runner_.tasks_run() - before, 1);
    EXPECT_TRUE(rows.lookup("z").empty());
}

// ---- several RDDs ------------------------------------------------------------------------------

TEST_F(RddByKey, OuterJoinsKeepWhatFoundNothing) {
    const auto left = context_.parallelize(std::vector<Pair>{{"a", 1}, {"b", 2}, {"a", 3}}, 2);
    const auto right = context_.parallelize(
        std::vector<std::pair<std::string, double>>{{"a", 0.5}, {"c", 1.5}}, 3);
    using Maybe = std::optional<double>;
    using MaybeInt = std::optional<int>;
    EXPECT_EQ(sorted(left.left_outer_join(right).collect()),
              (std::vector<std::pair<std::string, std::pair<int, Maybe>>>{
                  {"a", {1, 0.5}}, {"a", {3, 0.5}}, {"b", {2, std::nullopt}}}));
    EXPECT_EQ(sorted(left.right_outer_join(right).collect()),
              (std::vector<std::pair<std::string, std::pair<MaybeInt, double>>>{
                  {"a", {1, 0.5}}, {"a", {3, 0.5}}, {"c", {std::nullopt, 1.5}}}));
    EXPECT_EQ(sorted(left.full_outer_join(right).collect()),
              (std::vector<std::pair<std::string, std::pair<MaybeInt, Maybe>>>{
                  {"a", {1, 0.5}},
                  {"a", {3, 0.5}},
                  {"b", {2, std::nullopt}},
                  {"c", {std::nullopt, 1.5}}}));
    EXPECT_EQ(sorted(left.subtract_by_key(right).collect()), (std::vector<Pair>{{"b", 2}}));
}

TEST_F(RddByKey, CogroupTakesTwoToFour) {
    const auto a =
        context_.parallelize(std::vector<std::pair<int, int>>{{1, 10}, {2, 20}, {1, 11}}, 2);
    const auto b =
        context_.parallelize(std::vector<std::pair<int, std::string>>{{1, "x"}, {3, "z"}}, 1);
    const auto c = context_.parallelize(std::vector<std::pair<int, double>>{{2, 0.5}}, 3);
    using Ints = std::vector<int>;
    using Texts = std::vector<std::string>;
    using Reals = std::vector<double>;
    EXPECT_EQ(sorted(a.cogroup(b).collect()),
              (std::vector<std::pair<int, std::pair<Ints, Texts>>>{
                  {1, {{10, 11}, {"x"}}}, {2, {{20}, {}}}, {3, {{}, {"z"}}}}));
    EXPECT_EQ(sorted(a.group_with(b, c).collect()),
              (std::vector<std::pair<int, std::tuple<Ints, Texts, Reals>>>{
                  {1, {{10, 11}, {"x"}, {}}}, {2, {{20}, {}, {0.5}}}, {3, {{}, {"z"}, {}}}}));
    EXPECT_EQ(a.cogroup(b, c, a, 2).collect_as_map().at(2),
              std::make_tuple(Ints{20}, Texts{}, Reals{0.5}, Ints{20}));
    EXPECT_EQ(a.cogroup(b, 6).get_num_partitions(), 6);
    EXPECT_EQ(runner_.accountant().usage().execution, 0);
}

TEST_F(RddByKey, WhatIsPartitionedAlikeIsNotShuffledForAJoin) {
    const auto left = squares(100, 3).partition_by(4, Modulo{4});
    const auto right = squares(50, 2).partition_by(4, Modulo{4});
    EXPECT_EQ(left.partitioner(), right.partitioner());
    EXPECT_FALSE(shuffles(left.join(right)));
    EXPECT_FALSE(shuffles(left.cogroup(right)));
    EXPECT_EQ(left.partition_by(*right.partitioner()).id(), left.id());
    EXPECT_EQ(left.join(right).count(), 50U);
    EXPECT_EQ(left.union_(right).get_num_partitions(), 4);
    // Another field, another function, another count: another partitioning.
    EXPECT_NE(left.partitioner(), squares(9, 2).partition_by(4, Modulo{2}).partitioner());
    EXPECT_NE(left.partitioner(), squares(9, 2).partition_by(5, Modulo{4}).partitioner());
    EXPECT_NE(left.partitioner(), squares(9, 2).partition_by(4).partitioner());
    // A side that is not partitioned follows the one that is.
    const auto followed = left.join(squares(100, 7));
    EXPECT_EQ(followed.partitioner(), left.partitioner());
    EXPECT_EQ(followed.count(), 100U);
    EXPECT_EQ(followed.handle()->node.dependencies[0].kind, rdd::DependencyKind::OneToOne);
    EXPECT_EQ(followed.handle()->node.dependencies[1].kind, rdd::DependencyKind::Shuffle);
}

// ---- partitioners ------------------------------------------------------------------------------

TEST_F(RddByKey, PartitioningSurvivesWhatLeavesKeysAlone) {
    const auto rows = squares(20, 2).partition_by(3);
    const auto own = rows.partitioner();
    ASSERT_TRUE(own);
    EXPECT_EQ(rows.map_values([](int v) { return v + 1; }).partitioner(), own);
    EXPECT_EQ(rows.flat_map_values([](int v) {
                      return std::vector<int>{v, v};
                  })
                  .partitioner(),
              own);
    EXPECT_EQ(rows.filter([](const auto&) { return true; }).partitioner(), own);
    EXPECT_EQ(rows.sample(false, 0.5).partitioner(), own);
    EXPECT_EQ(rows.reduce_by_key(add).partitioner(), own);
    EXPECT_EQ(rows.left_outer_join(rows).partitioner(), own);
    EXPECT_EQ(rows.subtract_by_key(rows).partitioner(), own);
    EXPECT_FALSE(rows.map([](const auto& row) { return row; }).partitioner());
    EXPECT_FALSE(rows.map_partitions([](std::span<const std::pair<int, int>> part) {
                         return std::vector<std::pair<int, int>>(part.begin(), part.end());
                     })
                     .partitioner());
    EXPECT_FALSE(rows.coalesce(2).partitioner());
    EXPECT_FALSE(rows.repartition(3).partitioner());
    EXPECT_FALSE(rows.keys().partitioner());
}

TEST_F(RddByKey, FlatMapValuesMakesARecordPerElement) {
    EXPECT_EQ(words(2)
                  .flat_map_values([](int v) {
                      return std::vector<std::string>(static_cast<std::size_t>(v % 3),
                                                      std::to_string(v));
                  })
                  .collect(),
              (std::vector<std::pair<std::string, std::string>>{
                  {"a", "1"}, {"b", "2"}, {"b", "2"}, {"c", "4"}, {"b", "5"}, {"b", "5"}}));
}

TEST_F(RddByKey, AFunctionDealsKeysOut) {
    const auto rows = squares(12, 3).partition_by(4, Modulo{4});
    EXPECT_EQ(rows.keys().glom().collect(),
              (std::vector<std::vector<int>>{{0, 4, 8}, {1, 5, 9}, {2, 6, 10}, {3, 7, 11}}));
    EXPECT_EQ(squares(12, 3).reduce_by_key(add, *rows.partitioner()).partitioner(),
              rows.partitioner());
}

TEST_F(RddByKey, APartitionOutOfRangeNamesKeyAndPartition) {
    for (const int partitions : {1, 4}) {
        const auto high = squares(12, 3).partition_by(partitions, Modulo{9});
        const std::string said = message<JobFailed>([&] { (void)high.count(); });
        EXPECT_TRUE(has(said, "the partitioner gave partition " + std::to_string(partitions)))
            << said;
        EXPECT_TRUE(has(said, "from 0 to " + std::to_string(partitions - 1))) << said;
        EXPECT_TRUE(has(said, "[input: (" + std::to_string(partitions) + ",")) << said;
    }
    const auto negative = squares(12, 3).partition_by(4, [](int key) { return -key; });
    EXPECT_TRUE(has(message<JobFailed>([&] { (void)negative.count(); }), "gave partition -1"));
    const auto thrown = squares(3, 1).partition_by(
        2, [](int) -> int { throw std::logic_error("no partition today"); });
    EXPECT_TRUE(has(message<JobFailed>([&] { (void)thrown.count(); }), "no partition today"));
    EXPECT_TRUE(has(message<UsageError>([&] { (void)squares(3, 1).partition_by(0, Modulo{1}); }),
                    "the number of partitions is 0"));
    EXPECT_TRUE(has(message<UsageError>([&] { (void)squares(3, 1).partition_by(-2); }),
                    "partition_by: the number of partitions is -2"));
}

TEST_F(RddByKey, RangesAndSortingWithinPartitions) {
    const auto rows = squares(1000, 4).map(
        [](const auto& row) { return std::pair<int, int>((row.first * 7919) % 1000, row.second); });
    const auto ranges = rows.ranges(5);
    const auto parts = rows.partition_by(ranges);
    EXPECT_EQ(parts.get_num_partitions(), 5);
    int previous = -1;
    for (const auto& keys : parts.keys().glom().collect()) {
        EXPECT_FALSE(keys.empty());
        EXPECT_GT(*std::min_element(keys.begin(), keys.end()), previous);
        previous = *std::max_element(keys.begin(), keys.end());
    }
    EXPECT_EQ(rows.repartition_and_sort_within_partitions(ranges).collect(),
              rows.sort_by_key().collect());
    for (const auto& keys :
         rows.repartition_and_sort_within_partitions(3, false).keys().glom().collect()) {
        EXPECT_TRUE(std::is_sorted(keys.rbegin(), keys.rend()));
    }
    const auto by_modulo =
        rows.repartition_and_sort_within_partitions(partition_with<int>(2, Modulo{2}));
    EXPECT_EQ(by_modulo.keys().take(3), (std::vector<int>{0, 2, 4}));
    EXPECT_FALSE(
        shuffles(by_modulo.repartition_and_sort_within_partitions(*by_modulo.partitioner())));
    const auto others = rows.map_values([](int v) { return v * 0.5; }).partition_by(ranges);
    EXPECT_TRUE(has(message<JobFailed>([&] { (void)others.count(); }),
                    "take ranges() of an RDD of that type"));
    EXPECT_EQ(rows.filter_by_range(10, 12).keys().sort_by([](int k) { return k; }).collect(),
              (std::vector<int>{10, 11, 12}));
}

TEST_F(RddByKey, SampleByKeyHasAFractionForEachKey) {
    std::vector<Pair> rows;
    for (int i = 0; i < 9000; ++i) {
        rows.emplace_back(i % 3 == 0 ? "few" : "many", i);
    }
    const auto pairs = context_.parallelize(rows, 3);
    const auto counts = pairs.sample_by_key(false, {{"few", 0.1}, {"many", 0.5}}, 5).count_by_key();
    EXPECT_NEAR(static_cast<double>(counts.at("few")), 300, 60);
    EXPECT_NEAR(static_cast<double>(counts.at("many")), 3000, 180);
    EXPECT_NEAR(
        static_cast<double>(pairs.sample_by_key(true, {{"few", 2}, {"many", 0}}, 5).count()), 6000,
        300);
    const std::string said = message<JobFailed>([&] {
        (void)pairs.sample_by_key(false, {{"few", 0.5}}).count();
    });
    EXPECT_TRUE(has(said, "no fraction was given for key \"many\"")) << said;
    EXPECT_TRUE(has(message<UsageError>([&] {
                        (void)pairs.sample_by_key(false, {{"few", -1}});
                    }),
                    "the fraction is -1"));
}

TEST_F(RddByKey, AnExactSampleHasTheSizeOfItsFraction) {
    std::vector<Pair> rows;
    for (int i = 0; i < 9000; ++i) {
        rows.emplace_back(i % 3 == 0 ? "few" : i == 1 ? "one" : "many", i);
    }
    const auto pairs = context_.parallelize(rows, 3);
    for (const std::uint64_t seed : {1, 2, 3}) {
        const auto once =
            pairs.sample_by_key_exact(false, {{"few", 0.1}, {"many", 0.333}, {"one", 0.01}}, seed);
        const auto counts = once.count_by_key();
        EXPECT_EQ(counts.at("few"), 300U);
        EXPECT_EQ(counts.at("many"), 1998U);  // 5,999 * 0.333, rounded up
        EXPECT_EQ(counts.at("one"), 1U);
        EXPECT_EQ(once.values().distinct().count(), 2299U);  // none twice
        EXPECT_EQ(once.collect(), once.collect());
        const auto often =
            pairs.sample_by_key_exact(true, {{"few", 2.5}, {"many", 0}, {"one", 7}}, seed)
                .count_by_key();
        EXPECT_EQ(often.at("few"), 7500U);
        EXPECT_EQ(often.count("many"), 0U);
        EXPECT_EQ(often.at("one"), 7U);
    }
    const auto all = pairs.sample_by_key_exact(false, {{"few", 1}, {"many", 1}, {"one", 0}});
    EXPECT_EQ(all.count(), 8999U);
    EXPECT_TRUE(has(message<UsageError>([&] {
                        (void)pairs.sample_by_key_exact(false, {{"few", 0.5}});
                    }),
                    "no fraction was given for key \"many\""));
}

TEST_F(RddByKey, CountsByKeyMayBeApproximate) {
    std::vector<Pair> rows;
    for (int i = 0; i < 20'000; ++i) {
        rows.emplace_back(i % 2 == 0 ? "all different" : "three", i % 2 == 0 ? i : i % 3);
    }
    const auto pairs = context_.parallelize(rows, 4);
    const auto distinct = pairs.count_approx_distinct_by_key(0.02).collect_as_map();
    EXPECT_NEAR(static_cast<double>(distinct.at("all different")), 10'000, 1000);
    EXPECT_EQ(distinct.at("three"), 3U);
    const auto counts = pairs.count_by_key_approx(std::chrono::minutes(1)).get_final_value();
    EXPECT_EQ(counts.at("three").mean, 10'000);
}

// ---- bad keys ----------------------------------------------------------------------------------

TEST_F(RddByKey, ANanIsOneKeyAndTheGreatest) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto rows = context_.parallelize(
        std::vector<std::pair<double, int>>{
            {nan, 1}, {2, 2}, {-nan, 3}, {-1, 4}, {0.0, 5}, {-0.0, 6}},
        3);
    EXPECT_EQ(rows.reduce_by_key(add).count(), 4U);
    EXPECT_EQ(rows.group_by_key(2).count(), 4U);
    EXPECT_EQ(rows.lookup(nan), (std::vector<int>{1, 3}));
    EXPECT_EQ(rows.join(rows).count(), 4U + 4U + 1U + 1U);
    EXPECT_EQ(rows.keys().distinct().count(), 4U);
    EXPECT_EQ(rows.sort_by_key(true, 1).values().collect(), (std::vector<int>{4, 5, 6, 2, 1, 3}));
    EXPECT_EQ(rows.sort_by_key(false, 1).values().take(3), (std::vector<int>{1, 3, 2}));
    EXPECT_EQ(sorted(rows.sort_by_key(true, 4).values().collect()),
              (std::vector<int>{1, 2, 3, 4, 5, 6}));
    EXPECT_TRUE(std::isnan(rows.keys().max()));
    EXPECT_EQ(rows.keys().min(), -1);
}

TEST_F(RddByKey, AnRddOfAnotherContextIsRefused) {
    Context other(std::make_unique<InlineRunner>());
    const auto theirs = other.parallelize(std::vector<std::pair<int, int>>{{1, 1}}, 2);
    const auto ours = squares(3, 2);
    const std::string wanted = "RDDs of two contexts cannot be combined: parallelize";
    EXPECT_EQ(message<UsageError>([&] { (void)ours.join(theirs); }), wanted);
    EXPECT_EQ(message<UsageError>([&] { (void)ours.zip(theirs); }), wanted);
    EXPECT_EQ(message<UsageError>([&] { (void)ours.cartesian(theirs); }), wanted);
    EXPECT_EQ(message<UsageError>([&] { (void)ours.cogroup(theirs); }), wanted);
    EXPECT_EQ(message<UsageError>([&] { (void)ours.union_(theirs); }), wanted);
}

// ---- lineage -----------------------------------------------------------------------------------

TEST_F(RddByKey, TheDebugStringIsSparks) {
    const auto a = squares(10, 2).map_values([](int v) { return v; });
    const auto b = a.reduce_by_key(add, 3);
    b.cache();
    const auto c = b.join(squares(4, 4).coalesce(2)).set_name("both");
    std::string text = c.to_debug_string();
    for (std::size_t at = text.find(" at rdd_by_key_test.cpp:"); at != std::string::npos;
         at = text.find(" at rdd_by_key_test.cpp:")) {
        text.erase(at, text.find(' ', at + 4) - at);
    }
    EXPECT_EQ(text,
              "(3) both[5] []\n"
              " |  reduce_by_key[2] [Memory Deserialized 1x Replicated]\n"
              " +-(2) map_values[1] []\n"
              "    |  parallelize[0] []\n"
              " +-(2) coalesce[4] []\n"
              "    |  parallelize[3] []");
}

}  // namespace
}  // namespace heddle
