// What Spark has pinned down and programs rely on, and what they can ask of an RDD.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <heddle/heddle.h>

#include "tests/support/inline_runner.h"

namespace heddle {
namespace {

class Pinned : public ::testing::Test {
protected:
    Pinned()
        : owned_(std::make_unique<test::InlineRunner>()),
          runner_(*owned_),
          context_(std::move(owned_)) {}
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

    std::unique_ptr<test::InlineRunner> owned_;
    test::InlineRunner& runner_;
    Context context_;
};

TEST_F(Pinned, TakeLooksAtFourTimesAsManyPartitionsWhileNothingCame) {
    const auto rows = numbers(1000, 100).filter([](int x) { return x >= 700; });
    const int before = runner_.tasks_run();
    EXPECT_EQ(rows.take(1), std::vector<int>{700});
    EXPECT_EQ(runner_.tasks_run() - before, 1 + 4 + 20 + 75);
    // Nothing in one and in four, then ten rows a partition in twenty: no second look.
    const auto near = numbers(1000, 100).filter([](int x) { return x >= 50; });
    const int from = runner_.tasks_run();
    EXPECT_EQ(near.take(3), (std::vector<int>{50, 51, 52}));
    EXPECT_EQ(runner_.tasks_run() - from, 1 + 4 + 20);
    // Half as many again as the rows so far suggest: 10 rows in one partition, 40 wanted.
    const int then = runner_.tasks_run();
    EXPECT_EQ(numbers(1000, 100).take(40).size(), 40U);
    EXPECT_EQ(runner_.tasks_run() - then, 1 + 4);  // five more, but at most four times as many
}

TEST_F(Pinned, SortByKeyUsesAllPartitions) {
    for (const int partitions : {2, 5, 16}) {
        const auto sizes = numbers(2000, 4)
                               .map([](int x) { return std::pair(x * 7919 % 2000, x); })
                               .sort_by_key(true, partitions)
                               .glom()
                               .map([](const auto& rows) { return rows.size(); })
                               .collect();
        ASSERT_EQ(sizes.size(), static_cast<std::size_t>(partitions));
        EXPECT_GT(*std::min_element(sizes.begin(), sizes.end()), 0U) << partitions;
        EXPECT_LT(*std::max_element(sizes.begin(), sizes.end()),
                  2 * 2000U / static_cast<unsigned>(partitions));
    }
}

TEST_F(Pinned, RepartitionOfSmallInputsIsNotSkewed) {
    const auto sizes = [&](const Rdd<int>& rows) {
        return rows.glom().map([](const auto& part) { return part.size(); }).collect();
    };
    for (const int slices : {1, 2, 7}) {
        const auto found = sizes(numbers(70, slices).repartition(7));
        // Each map partition deals its rows out in turn, from a start of its own.
        EXPECT_LE(*std::max_element(found.begin(), found.end()) -
                      *std::min_element(found.begin(), found.end()),
                  static_cast<std::size_t>(slices))
            << slices;
    }
    // As many partitions of one row as there may be: they do not all go to the first.
    const auto spread = sizes(numbers(40, 40).repartition(4));
    EXPECT_LT(*std::max_element(spread.begin(), spread.end()), 25U);
    EXPECT_GT(*std::min_element(spread.begin(), spread.end()), 0U);
}

TEST_F(Pinned, IdsAreConsecutive) {
    const auto first = numbers(3, 1);
    const auto second = first.map([](int x) { return x; });
    const auto third = second.filter([](int) { return true; });
    EXPECT_EQ(second.id(), first.id() + 1);
    EXPECT_EQ(third.id(), first.id() + 2);
    Context other(std::make_unique<test::InlineRunner>());
    EXPECT_EQ(other.parallelize(std::vector<int>{1}).id(), 0);
}

TEST_F(Pinned, ZeroValuesAreCopied) {
    // A function that changes its first argument in place and hands it on.
    const auto append = [](std::vector<int> list, int x) {
        list.push_back(x);
        return list;
    };
    const auto join = [](std::vector<int> a, const std::vector<int>& b) {
        a.insert(a.end(), b.begin(), b.end());
        return a;
    };
    const std::vector<int> zero = {-1};
    EXPECT_EQ(numbers(4, 2).aggregate(zero, append, join),
              (std::vector<int>{-1, -1, 0, 1, -1, 2, 3}));
    EXPECT_EQ(numbers(4, 2).tree_aggregate(zero, append, join).size(), 7U);
    const auto keyed = numbers(4, 2).map([](int x) { return std::pair(x % 2, x); });
    EXPECT_EQ(keyed.aggregate_by_key(zero, append, join).collect_as_map(),
              (std::map<int, std::vector<int>>{{0, {-1, 0, -1, 2}}, {1, {-1, 1, -1, 3}}}));
    EXPECT_EQ(numbers(4, 2).fold(10, [](int a, int b) { return a + b; }), 6 + 3 * 10);
}

// ---- partitionings that stay
// ---------------------------------------------------------------------

TEST_F(Pinned, MapKeepsThePartitioningWhenToldSo) {
    const auto pairs = numbers(100, 4).map([](int x) { return std::pair(x % 10, x); });
    const auto dealt = pairs.partition_by(5);
    const auto twice = [](const std::pair<int, int>& row) {
        return std::pair(row.first, 2L * row.second);
    };
    EXPECT_FALSE(dealt.map(twice).partitioner().has_value());
    const auto kept = dealt.map(twice, true);
    ASSERT_TRUE(kept.partitioner().has_value());
    EXPECT_EQ(*kept.partitioner(), *dealt.partitioner());
    const auto rows = [](std::span<const std::pair<int, int>> mine) {
        return std::vector<std::pair<int, int>>(mine.begin(), mine.end());
    };
    EXPECT_TRUE(dealt.map_partitions(rows, true).partitioner().has_value());
    EXPECT_FALSE(dealt.map_partitions(rows, false).partitioner().has_value());
    const auto numbered = [](std::int32_t, std::span<const std::pair<int, int>> mine) {
        return std::vector<std::pair<int, int>>(mine.begin(), mine.end());
    };
    EXPECT_TRUE(dealt.map_partitions_with_index(numbered, true).partitioner().has_value());
    // Joined with what is dealt out alike, nothing is shuffled.
    const auto joined = kept.join(dealt);
    for (const auto& edge : joined.dependencies()) {
        EXPECT_FALSE(edge.shuffle) << edge.name;
    }
    const int before = runner_.tasks_run();
    EXPECT_EQ(joined.count(), 1000U);
    EXPECT_EQ(runner_.tasks_run() - before, 4 + 5);  // one map stage, one of results
}

TEST_F(Pinned, APartitioningByKeysOfAnotherTypeCannotStay) {
    const auto dealt = numbers(10, 2).map([](int x) { return std::pair(x, x); }).partition_by(2);
    EXPECT_NE(refusal([&] {
                  (void)dealt.map([](const auto& row) { return row.second; }, true);
              }).find("preserves_partitioning is for pairs that keep their key"),
              std::string::npos);
    EXPECT_NE(refusal([&] {
                  (void)dealt.map(
                      [](const auto& row) { return std::pair(std::to_string(row.first), 1); },
                      true);
              }).find("no key of the same type"),
              std::string::npos);
    EXPECT_EQ(refusal([&] { (void)dealt.map([](const auto& row) { return row.second; }, false); }),
              "accepted");
}

// ---- what can be asked
// ---------------------------------------------------------------------------

TEST_F(Pinned, AnRddSaysWhatItIsMadeOf) {
    const auto rows = numbers(10, 4).map([](int x) { return std::pair(x, x); });
    const auto sums = rows.reduce_by_key([](int a, int b) { return a + b; }, 3);
    const auto both = sums.union_(sums);
    ASSERT_EQ(sums.dependencies().size(), 1U);
    EXPECT_EQ(sums.dependencies()[0].rdd, rows.id());
    EXPECT_EQ(sums.dependencies()[0].name, "map");
    EXPECT_TRUE(sums.dependencies()[0].shuffle);
    EXPECT_FALSE(rows.dependencies()[0].shuffle);
    EXPECT_TRUE(numbers(1, 1).dependencies().empty());
    EXPECT_EQ(both.dependencies().size(), 1U);  // the same one twice
    EXPECT_EQ(rows.partitions().size(), 4U);
    EXPECT_EQ(rows.partitions()[3].index, 3);
    EXPECT_TRUE(rows.preferred_locations(2).empty());
    EXPECT_NE(refusal([&] { (void)rows.preferred_locations(4); }).find("has 4 partitions"),
              std::string::npos);
}

TEST_F(Pinned, InputSaysWhereItLies) {
    const auto node = numbers(4, 4).handle();
    const std::vector<std::string> hosts = {"n1", "n2", "n1", "n2"};
    for (std::size_t i = 0; i < 4; ++i) {
        node->node.sources[i].hosts = {hosts[i]};
    }
    const auto rows = Rdd<int>(node).map([](int x) { return x; });
    EXPECT_EQ(rows.preferred_locations(1), std::vector<std::string>{"n2"});
    // coalesce puts together what lies together.
    const auto two = rows.coalesce(2);
    EXPECT_EQ(two.glom().collect(), (std::vector<std::vector<int>>{{0, 2}, {1, 3}}));
    EXPECT_EQ(two.preferred_locations(0), std::vector<std::string>{"n1"});
}

TEST_F(Pinned, CombineByKeyMaySendValuesAsTheyAre) {
    const auto pairs = numbers(1000, 4).map([](int x) { return std::pair(x % 10, x); });
    const auto sum = [&](bool map_side) {
        return pairs
            .combine_by_key([](int v) { return std::vector<int>{v}; },
                            [](std::vector<int> c, int v) {
                                c.push_back(v);
                                return c;
                            },
                            [](std::vector<int> a, const std::vector<int>& b) {
                                a.insert(a.end(), b.begin(), b.end());
                                return a;
                            },
                            3, map_side)
            .collect_as_map();
    };
    const std::int64_t start = runner_.totals().shuffle_records_written;
    const auto combined = sum(true);
    EXPECT_EQ(runner_.totals().shuffle_records_written - start, 4 * 10);
    EXPECT_EQ(sum(false), combined);
    EXPECT_EQ(runner_.totals().shuffle_records_written - start, 4 * 10 + 1000);
    const auto dealt = pairs.partition_by(2);
    EXPECT_FALSE(dealt
                     .combine_by_key([](int v) { return v; }, [](int c, int v) { return c + v; },
                                     [](int a, int b) { return a + b; }, {}, false)
                     .dependencies()[0]
                     .shuffle);
}

TEST_F(Pinned, MapOutputIsLetGoOfWhenAskedTo) {
    const auto sums = numbers(100, 4)
                          .map([](int x) { return std::pair(x % 10, x); })
                          .reduce_by_key([](int a, int b) { return a + b; }, 3);
    const auto above = sums.map_values([](int x) { return x; }).sort_by_key(true, 1);
    EXPECT_EQ(above.count(), 10U);
    const int before = runner_.tasks_run();
    EXPECT_EQ(above.count(), 10U);
    EXPECT_EQ(runner_.tasks_run() - before, 1);  // the shuffles are there
    above.clean_shuffle_dependencies();
    const int then = runner_.tasks_run();
    EXPECT_EQ(above.count(), 10U);
    EXPECT_EQ(runner_.tasks_run() - then, 4 + 3 + 1);
    // Down to what is persisted.
    sums.persist();
    EXPECT_EQ(above.count(), 10U);
    above.clean_shuffle_dependencies();
    const int last = runner_.tasks_run();
    EXPECT_EQ(above.count(), 10U);
    EXPECT_EQ(runner_.tasks_run() - last, 3 + 1);
}

}  // namespace
}  // namespace heddle
