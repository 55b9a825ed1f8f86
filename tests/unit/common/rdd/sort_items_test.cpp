#include "common/rdd/sort_items.h"

#include <gtest/gtest.h>

#include "common/base/prng.h"

namespace heddle::rdd {
namespace {

// Rows are numbers in the order of arrival; the key is the prefix, and `tie` below it.
void expect_stable(std::vector<std::uint64_t> keys) {
    std::vector<SortItem> items;
    for (const std::uint64_t& key : keys) {
        items.push_back({key, &key});
    }
    sort_items(items, [](const SortItem& a, const SortItem& b) { return a.prefix < b.prefix; });
    ASSERT_EQ(items.size(), keys.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        ASSERT_EQ(items[i].prefix, *static_cast<const std::uint64_t*>(items[i].row));
        if (i > 0) {
            ASSERT_LE(items[i - 1].prefix, items[i].prefix);
            ASSERT_TRUE(items[i - 1].prefix < items[i].prefix || items[i - 1].row < items[i].row)
                << "equal keys have changed places at " << i;
        }
    }
}

TEST(SortItems, OrdersKeysOfAnySpreadAndKeepsEqualOnesInPlace) {
    Prng prng(1);
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{2},
                                    2 * kBucketItems, 2 * kBucketItems + 1, std::size_t{20'000}}) {
        for (const std::uint64_t range :
             {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1000}, UINT64_MAX}) {
            std::vector<std::uint64_t> keys(count);
            for (std::uint64_t& key : keys) {
                key = prng.below(range);
            }
            expect_stable(keys);
            for (std::uint64_t& key : keys) {
                key = UINT64_MAX - key;
            }
            expect_stable(keys);
        }
    }
}

TEST(SortItems, TakesExtremes) {
    std::vector<std::uint64_t> keys(3 * kBucketItems, 7);
    keys.front() = UINT64_MAX;
    keys.back() = 0;
    expect_stable(keys);
}

}  // namespace
}  // namespace heddle::rdd
