// The sizes of blocks for thousands of partitions.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "common/rdd/map_sizes.h"

namespace heddle::rdd {
namespace {

using Sizes = std::vector<std::uint64_t>;

Bytes bytes_of(const Sizes& sizes) {
    ByteWriter out;
    write_map_sizes(out, sizes);
    return out.take();
}

Sizes read(std::string_view bytes) {
    ByteReader in(bytes);
    Sizes sizes;
    read_map_sizes(in, sizes);
    EXPECT_TRUE(in.status("sizes").ok());
    return sizes;
}

TEST(MapSizes, OfFewPartitionsAreExact) {
    Sizes sizes(kExactMapSizes);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        sizes[i] = i * i;
    }
    EXPECT_EQ(read(bytes_of(sizes)), sizes);
    EXPECT_EQ(read(bytes_of({})), Sizes{});
}

TEST(MapSizes, OfManySayWhatIsEmptyTheMeanAndWhatIsFarLarger) {
    Sizes sizes(20'000);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        sizes[i] = i % 4 == 0 ? 0 : 900 + i % 3 * 100;
    }
    sizes[7] = 50'000'000;
    const Bytes bytes = bytes_of(sizes);
    EXPECT_LT(bytes.size(), 20'000 / 8 + 40U);
    const Sizes back = read(bytes);
    ASSERT_EQ(back.size(), sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        EXPECT_EQ(back[i] == 0, sizes[i] == 0) << i;
    }
    EXPECT_EQ(back[7], 50'000'000U);
    EXPECT_NEAR(static_cast<double>(back[5]), 1000, 10) << "the large one is no part of the mean";
    EXPECT_EQ(back[5], back[6]);
}

TEST(MapSizes, RefusesWhatIsCutOrForged) {
    const Bytes bytes = bytes_of(Sizes(5000, 3));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        ByteReader in(std::string_view(bytes).substr(0, size));
        Sizes sizes;
        read_map_sizes(in, sizes);
        EXPECT_TRUE(in.failed()) << size;
    }
    ByteWriter forged;
    forged.count(std::uint64_t{1} << 60U);
    ByteReader in(forged.view());
    Sizes sizes;
    read_map_sizes(in, sizes);
    EXPECT_TRUE(in.failed());
    EXPECT_TRUE(sizes.empty());
}

}  // namespace
}  // namespace heddle::rdd
