// Rows stay themselves while their array grows, on the heap and in mappings.
#include "common/rdd/row_array.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "client/api/face.h"

namespace heddle::rdd {
namespace {

template <typename T, typename Make>
RowArray filled(std::size_t count, Make make) {
    const RecordFace& face = api::face_of<T>();
    RowArray array = make_rows(face, 4);
    while (array.count < count) {
        if (array.full() && !grow_rows(face, array)) {
            grow_by_moving(face, array);
        }
        new (static_cast<T*>(array.rows) + array.count) T(make(array.count));
        ++array.count;
    }
    return array;
}

TEST(RowArray, NumbersMoveFromTheHeapToAMappingThatGrows) {
    using Pair = std::pair<std::uint64_t, double>;
    const RecordFace& face = api::face_of<Pair>();
    RowArray array = filled<Pair>(500'000, [](std::size_t i) {
        return Pair{i, static_cast<double>(i)};
    });
    EXPECT_GE(array.mapped, 500'000 * sizeof(Pair));
    trim_rows(face, array);
    EXPECT_LT(array.mapped, 500'000 * sizeof(Pair) + 65'536);
    EXPECT_EQ(memory_of(face, array), static_cast<std::int64_t>(array.mapped));
    for (std::size_t i = 0; i < array.count; ++i) {
        ASSERT_EQ(static_cast<Pair*>(array.rows)[i].first, i);
    }
    destroy_rows(face, array);
    EXPECT_EQ(array.rows, nullptr);
}

TEST(RowArray, TextsAreMovedOneByOne) {
    const RecordFace& face = api::face_of<std::string>();
    RowArray array = filled<std::string>(50'000, [](std::size_t i) { return std::to_string(i); });
    EXPECT_EQ(array.mapped, 0U);
    for (std::size_t i = 0; i < array.count; ++i) {  // short texts lie in the row itself
        ASSERT_EQ(static_cast<std::string*>(array.rows)[i], std::to_string(i));
    }
    destroy_rows(face, array);  // the address sanitizer would see what is left
}

TEST(RowArray, NothingIsFreedTwice) {
    RowArray none;
    destroy_rows(api::face_of<int>(), none);
    trim_rows(api::face_of<int>(), none);
    EXPECT_EQ(memory_of(api::face_of<int>(), none), 0);
}

}  // namespace
}  // namespace heddle::rdd
