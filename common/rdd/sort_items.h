#pragma once

// Sorting places of rows by a number from the front of their keys: first dealt out by the leading
// bits into buckets that fit the cache, then each bucket by itself. Equal rows keep their order.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace heddle::rdd {

struct SortItem {
    std::uint64_t prefix;
    const void* row;
};

inline constexpr std::size_t kBucketItems = 512;  // wanted in a bucket
inline constexpr int kBucketBits = 14;            // at most so many buckets

// Deals the items out by their leading bits that differ; the starts of the buckets, and the end.
inline std::vector<std::size_t> deal_out(std::vector<SortItem>& items) {
    std::uint64_t low = UINT64_MAX;
    std::uint64_t high = 0;
    for (const SortItem& item : items) {
        low = std::min(low, item.prefix);
        high = std::max(high, item.prefix);
    }
    const int wanted =
        std::min<int>(kBucketBits, static_cast<int>(std::bit_width(items.size() / kBucketItems)));
    const int shift = std::max(0, static_cast<int>(std::bit_width(high - low)) - wanted);
    const auto bucket_of = [&](const SortItem& item) { return (item.prefix - low) >> shift; };
    std::vector<std::size_t> starts(((high - low) >> shift) + 2, 0);
    for (const SortItem& item : items) {
        ++starts[bucket_of(item) + 1];
    }
    for (std::size_t i = 1; i < starts.size(); ++i) {
        starts[i] += starts[i - 1];
    }
    std::vector<SortItem> dealt(items.size());
    std::vector<std::size_t> next(starts.begin(), starts.end() - 1);
    for (const SortItem& item : items) {
        dealt[next[bucket_of(item)]++] = item;
    }
    items.swap(dealt);
    return starts;
}

/// `less` orders by prefix first.
template <typename Less>
void sort_items(std::vector<SortItem>& items, const Less& less) {
    if (items.size() <= 2 * kBucketItems) {
        std::stable_sort(items.begin(), items.end(), less);
        return;
    }
    const std::vector<std::size_t> starts = deal_out(items);
    for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
        std::stable_sort(items.begin() + static_cast<std::ptrdiff_t>(starts[i]),
                         items.begin() + static_cast<std::ptrdiff_t>(starts[i + 1]), less);
    }
}

}  // namespace heddle::rdd
