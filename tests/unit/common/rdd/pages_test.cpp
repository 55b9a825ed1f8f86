// Table memory: always zero, kept for the next table, and not without limit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "common/rdd/pages.h"

namespace heddle::rdd {
namespace {

constexpr std::size_t kBytes = 300'000;

bool all_zero(const ZeroPages& pages) {
    const char* const data = static_cast<const char*>(pages.data());
    return std::all_of(data, data + pages.size(), [](char c) { return c == 0; });
}

TEST(ZeroPages, GivesTheSameMemoryToTheNextTableZeroed) {
    void* first = nullptr;
    {
        ZeroPages pages(kBytes);
        first = pages.data();
        std::memset(pages.data(), 1, pages.size());
    }
    const ZeroPages again(kBytes + 100);  // of about that size
    EXPECT_EQ(again.data(), first);
    EXPECT_TRUE(all_zero(again));
}

TEST(ZeroPages, KeepsNoMoreThanItsLimit) {
    std::vector<ZeroPages> many;
    for (std::size_t bytes = 0; bytes < 2 * kSparePagesMax; bytes += kSparePagesMax / 8) {
        many.emplace_back(kSparePagesMax / 8);
    }
    many.clear();
    EXPECT_LE(spare_pages(), kSparePagesMax);
    EXPECT_GE(spare_pages(), kSparePagesMax / 8);
    { const ZeroPages large(kSparePagesMax + 1); }
    EXPECT_LE(spare_pages(), kSparePagesMax);
}

TEST(ZeroPages, MovesWithItsMemory) {
    ZeroPages pages(kBytes);
    void* const data = pages.data();
    ZeroPages other(std::move(pages));
    EXPECT_EQ(other.data(), data);
    EXPECT_EQ(other.size(), kBytes);
}

}  // namespace
}  // namespace heddle::rdd
