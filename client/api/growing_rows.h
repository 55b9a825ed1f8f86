#pragma once

// Records of one type, collected in one array (common/rdd/row_array.h).

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <utility>

#include "client/api/face.h"
#include "common/rdd/row_array.h"

namespace heddle::api {

template <typename T>
class GrowingRows {
public:
    GrowingRows() = default;
    ~GrowingRows() { clear(); }
    GrowingRows(const GrowingRows&) = delete;
    GrowingRows& operator=(const GrowingRows&) = delete;

    template <typename Row>
    void add(Row&& row) {
        if (array_.full()) {
            grow();
        }
        new (data() + array_.count) T(std::forward<Row>(row));
        ++array_.count;
    }
    std::size_t size() const { return array_.count; }
    std::span<T> rows() { return {data(), array_.count}; }
    std::span<const T> rows() const { return {data(), array_.count}; }
    /// Bytes of the array, without what its rows own.
    std::int64_t memory() const { return memory_of(face_of<T>(), array_); }
    void clear() { destroy_rows(face_of<T>(), array_); }

private:
    static constexpr std::size_t kFirstRows = 64;

    T* data() const { return static_cast<T*>(array_.rows); }
    void grow() {
        if (array_.rows == nullptr) {
            array_ = rdd::make_rows(face_of<T>(), kFirstRows);
        } else if (!grow_rows(face_of<T>(), array_)) {
            grow_by_moving(face_of<T>(), array_);
        }
    }

    rdd::RowArray array_;
};

}  // namespace heddle::api
