// What does not fit in memory goes to disk and comes back the same, whatever the budget is.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
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

// Runs `job` with plenty and with little memory; the results are the same and the little spilled.
template <typename Job>
void same_under_any_budget(const char* name, const Job& job) {
    Small plenty(256 * kMebibyte);
    const auto expected = job(*plenty.context);
    EXPECT_EQ(plenty.runner->totals().disk_bytes_spilled, 0) << name;
    ASSERT_FALSE(expected.empty()) << name;
    for (const std::int64_t budget : {kMebibyte, 2 * kMebibyte, 5 * kMebibyte}) {
        Small run(budget);
        EXPECT_TRUE(job(*run.context) == expected) << name << " with " << budget;
        if (budget <= 2 * kMebibyte) {
            EXPECT_GT(run.runner->totals().disk_bytes_spilled, 0) << name << " with " << budget;
        }
        EXPECT_EQ(run.runner->accountant().usage().execution, 0) << name;
    }
}

// A small value of a partition, however large it is: so that only tables need memory. Records in
// another order give the same.
template <typename Rows>
std::vector<std::pair<std::uint64_t, std::uint64_t>> digest(const Rows& rows) {
    using Sum = std::pair<std::uint64_t, std::uint64_t>;
    return {rows.aggregate(
        Sum(0, 0),
        [](Sum sum, const auto& row) {
            rdd::ByteWriter out;
            api::encode_value(row, out);
            return Sum(sum.first + 1, sum.second + rdd::hash_text(out.view()));
        },
        [](Sum a, const Sum& b) { return Sum(a.first + b.first, a.second + b.second); })};
}

constexpr std::size_t kRows = 60'000;

std::vector<Number> numbers(std::size_t count, std::uint64_t keys) {
    Prng prng(11);
    std::vector<Number> rows;
    for (std::size_t i = 0; i < count; ++i) {
        rows.emplace_back(static_cast<std::int64_t>(prng.below(keys)),
                          static_cast<std::int64_t>(i));
    }
    return rows;
}

TEST(Spill, CombinesTheSameUnderAnyBudget) {
    const std::vector<Pair> rows = texts(kRows);
    same_under_any_budget("reduce_by_key of text", [&](Context& context) {
        // Not commutative, so the order of the values of a key shows.
        return digest(context.parallelize(rows, 2).reduce_by_key(
            [](std::int64_t a, std::int64_t b) { return a * 31 + b; }, 3));
    });
    const std::vector<Number> many = numbers(300'000, 150'000);
    same_under_any_budget("reduce_by_key of numbers", [&](Context& context) {
        return digest(context.parallelize(many, 2).reduce_by_key(
            [](std::int64_t a, std::int64_t b) { return a * 31 + b; }, 3));
    });
    same_under_any_budget("distinct", [&](Context& context) {
        return digest(context.parallelize(rows, 2).distinct(3));
    });
    same_under_any_budget("fold_by_key with a zero value that counts", [&](Context& context) {
        return digest(context.parallelize(rows, 2).fold_by_key(
            std::int64_t{5}, [](std::int64_t a, std::int64_t b) { return a * 3 + b; }, 3));
    });
    same_under_any_budget("aggregate_by_key of the value's type", [&](Context& context) {
        return digest(context.parallelize(many, 2).aggregate_by_key(
            std::int64_t{7}, [](std::int64_t sum, std::int64_t value) { return sum * 3 + value; },
            [](std::int64_t a, std::int64_t b) { return a * 5 + b; }, 3));
    });
}

TEST(Spill, CombinesValuesThatGrowTheSameUnderAnyBudget) {
    const std::vector<Pair> rows = texts(kRows);
    using Values = std::vector<std::int64_t>;
    same_under_any_budget("combine_by_key", [&](Context& context) {
        return digest(context.parallelize(rows, 2).combine_by_key(
            [](std::int64_t value) { return Values{value}; },
            [](Values values, std::int64_t value) {
                values.push_back(value);
                return values;
            },
            [](Values a, const Values& b) {
                a.insert(a.end(), b.begin(), b.end());
                return a;
            },
            3));
    });
}

TEST(Spill, CombinesViewsTheSameUnderAnyBudget) {
    std::string path = ::testing::TempDir() + "heddle-spill-views.txt";
    {
        std::string text;
        for (const Pair& row : texts(kRows)) {
            text += row.first + " " + row.first + "-again\n";
        }
        std::FILE* const file = std::fopen(path.c_str(), "w");
        ASSERT_NE(file, nullptr);
        std::fwrite(text.data(), 1, text.size(), file);
        std::fclose(file);
    }
    same_under_any_budget("reduce_by_key of views", [&](Context& context) {
        return digest(
            context.text_file(path, 2)
                .flat_map([](std::string_view line, Emit<std::pair<std::string_view, int>>& emit) {
                    for_each_word(line, ' ', [&](std::string_view word) { emit(word, 1); });
                })
                .reduce_by_key([](int a, int b) { return a + b; }, 3));
    });
    std::filesystem::remove(path);
}

TEST(Spill, GroupsTheSameUnderAnyBudget) {
    const std::vector<Pair> rows = texts(kRows);
    const std::vector<Pair> others = texts(kRows / 3);
    same_under_any_budget("group_by_key", [&](Context& context) {
        return digest(context.parallelize(rows, 2).group_by_key(3));
    });
    same_under_any_budget("cogroup", [&](Context& context) {
        const auto left = context.parallelize(rows, 2);
        const auto right = context.parallelize(others, 2);
        return digest(left.cogroup(right, left, 3));
    });
    same_under_any_budget("full_outer_join", [&](Context& context) {
        return digest(
            context.parallelize(rows, 2).full_outer_join(context.parallelize(others, 2), 3));
    });
    same_under_any_budget("subtract_by_key", [&](Context& context) {
        return digest(
            context.parallelize(rows, 2).subtract_by_key(context.parallelize(others, 2), 3));
    });
}

TEST(Spill, JoinsTheSameUnderAnyBudget) {
    const std::vector<Pair> rows = texts(kRows);
    const std::vector<Pair> others = texts(kRows / 3);
    same_under_any_budget("join of text", [&](Context& context) {
        return digest(context.parallelize(rows, 2).join(context.parallelize(others, 2), 3));
    });
    const std::vector<Number> left = numbers(120'000, 50'000);
    const std::vector<Number> right = numbers(60'000, 50'000);
    same_under_any_budget("join of numbers", [&](Context& context) {
        return digest(context.parallelize(left, 2).join(context.parallelize(right, 2), 3));
    });
}

TEST(Spill, JoinsAKeyWithMoreRowsThanMemoryHasRoomFor) {
    std::vector<Number> left;
    for (std::int64_t i = 0; i < 100'000; ++i) {
        left.emplace_back(1, i);
    }
    const std::vector<Number> right = {{1, 1}, {2, 2}, {1, 3}};
    same_under_any_budget("join of one key", [&](Context& context) {
        return digest(context.parallelize(left, 2).join(context.parallelize(right, 2), 1));
    });
}

TEST(Spill, SaysThatTheValuesOfOneKeyDoNotFit) {
    std::vector<Number> rows;
    for (std::int64_t i = 0; i < 1'000'000; ++i) {
        rows.emplace_back(1, i);
    }
    Small run(3 * kMebibyte);
    try {
        (void)run.context->parallelize(rows, 2).group_by_key(2).count();
        FAIL();
    } catch (const JobFailed& failed) {
        const std::string message = failed.what();
        for (const char* part :
             {"group_by_key", "out of memory in task", "partition", "wanted", "available"}) {
            EXPECT_NE(message.find(part), std::string::npos) << message;
        }
    }
    EXPECT_EQ(run.runner->accountant().usage().execution, 0);
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
