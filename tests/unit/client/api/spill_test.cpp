// What does not fit in memory goes to disk and comes back the same, whatever the budget is.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <heddle/heddle.h>

#include "common/base/prng.h"
#include "tests/support/inline_runner.h"

namespace heddle {
namespace {

using test::InlineRunner;
using Pair = std::pair<std::string, std::int64_t>;
using Number = std::pair<std::int64_t, std::int64_t>;

constexpr std::int64_t kMebibyte = std::int64_t{1} << 20;
constexpr std::int64_t kBudgets[] = {3 * kMebibyte, 4 * kMebibyte, 7 * kMebibyte, 16 * kMebibyte,
                                     256 * kMebibyte};

// Keys repeat, so that the order of equal keys shows.
std::vector<Pair> texts(std::size_t count) {
    Prng prng(7);
    std::vector<Pair> rows;
    for (std::size_t i = 0; i < count; ++i) {
        rows.emplace_back(
            "key-" + std::to_string(prng.below(count / 4)) + std::string(prng.below(40), 'x'),
            static_cast<std::int64_t>(i));
    }
    return rows;
}

struct Small {
    explicit Small(std::int64_t memory) {
        auto made = std::make_unique<InlineRunner>(memory);
        runner = made.get();
        context = std::make_unique<Context>(std::move(made));
    }
    InlineRunner* runner = nullptr;
    std::unique_ptr<Context> context;
};

TEST(Spill, SortsTheSameUnderAnyBudget) {
    const std::vector<Pair> rows = texts(120'000);
    std::vector<Pair> expected = rows;
    std::stable_sort(expected.begin(), expected.end(),
                     [](const Pair& a, const Pair& b) { return a.first < b.first; });
    for (const std::int64_t budget : kBudgets) {
        Small run(budget);
        const auto sorted = run.context->parallelize(rows, 3).sort_by_key(true, 1);
        std::size_t at = 0;
        bool same = true;
        // collect() would need room for all of it.
        const auto sums = sorted.map([](const Pair& row) { return row; });
        EXPECT_EQ(sums.count(), rows.size()) << budget;
        if (budget != 16 * kMebibyte) {
            EXPECT_EQ(run.runner->totals().disk_bytes_spilled > 0, budget < 16 * kMebibyte)
                << budget;
        }
        if (budget > 16 * kMebibyte) {
            for (const Pair& row : sorted.collect()) {
                same = same && row == expected[at++];
            }
            EXPECT_TRUE(same && at == expected.size()) << budget;
        } else {
            EXPECT_EQ(sorted.take(1000),
                      std::vector<Pair>(expected.begin(), expected.begin() + 1000))
                << budget;
        }
        EXPECT_EQ(run.runner->accountant().usage().execution, 0);
    }
}

TEST(Spill, SortsDownwardsAndNumbersToo) {
    Prng prng(9);
    std::vector<Number> rows;
    for (std::int64_t i = 0; i < 400'000; ++i) {
        rows.emplace_back(static_cast<std::int64_t>(prng.below(1000)), i);
    }
    std::vector<Number> expected = rows;
    std::stable_sort(expected.begin(), expected.end(),
                     [](const Number& a, const Number& b) { return a.first > b.first; });
    Small run(4 * kMebibyte);
    const auto sorted = run.context->parallelize(rows, 2).sort_by_key(false, 1);
    EXPECT_EQ(sorted.take(5000), std::vector<Number>(expected.begin(), expected.begin() + 5000));
    EXPECT_GT(run.runner->totals().disk_bytes_spilled, 0);
}

TEST(Spill, DealsRowsOutTheSameUnderAnyBudget) {
    const std::vector<Pair> rows = texts(100'000);
    std::uint64_t total = 0;
    for (const Pair& row : rows) {
        total += rdd::hash_text(row.first) + static_cast<std::uint64_t>(row.second);
    }
    std::vector<std::uint64_t> expected;
    for (auto budget = std::rbegin(kBudgets); budget != std::rend(kBudgets); ++budget) {
        Small run(*budget);
        const auto sums = run.context->parallelize(rows, 2).repartition(5).map_partitions(
            [](std::span<const Pair> part, Emit<std::uint64_t>& emit) {
                std::uint64_t sum = part.size();
                for (const Pair& row : part) {
                    sum = sum * 31 + rdd::hash_text(row.first) +
                          static_cast<std::uint64_t>(row.second);
                }
                emit(sum);
            });
        if (*budget <= 16 * kMebibyte) {
            EXPECT_EQ(run.context->parallelize(rows, 1).repartition(5).count(), rows.size());
            if (*budget <= 4 * kMebibyte) {
                EXPECT_GT(run.runner->totals().disk_bytes_spilled, 0) << *budget;
            }
            EXPECT_EQ(run.context->parallelize(rows, 2)
                          .repartition(5)
                          .map([](const Pair& row) {
                              return rdd::hash_text(row.first) +
                                     static_cast<std::uint64_t>(row.second);
                          })
                          .reduce([](std::uint64_t a, std::uint64_t b) { return a + b; }),
                      total)
                << *budget;
            continue;
        }
        if (expected.empty()) {
            expected = sums.collect();
        }
        EXPECT_EQ(sums.collect(), expected) << *budget;
    }
}

TEST(Spill, SaysWhatARecordThatIsLargerThanTheBudgetWanted) {
    Small run(3 * kMebibyte);
    const std::vector<Pair> rows = {{"a", 1}, {std::string(std::size_t{8} << 20, 'x'), 2}};
    try {
        (void)run.context->parallelize(rows, 1).sort_by_key(true, 1).count();
        FAIL();
    } catch (const JobFailed& failed) {
        const std::string message = failed.what();
        for (const char* part : {"out of memory in task", "partition 0", "wanted", "available"}) {
            EXPECT_NE(message.find(part), std::string::npos) << message;
        }
    }
    EXPECT_EQ(run.runner->accountant().usage().execution, 0);
}

}  // namespace
}  // namespace heddle
