#pragma once

// Rows of any type in memory of their own, handled through the record face: for operators that are
// compiled once.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>

#include "common/rdd/batch.h"
#include "common/rdd/record_face.h"

namespace heddle::rdd {

// Room for a fixed number of rows, the first `count` of which are constructed.
class RowBuffer {
public:
    RowBuffer(const RecordFace& face, std::size_t capacity)
        : face_(face),
          capacity_(capacity),
          rows_(::operator new (std::max<std::size_t>(1, capacity* face.size),
                                std::align_val_t{face.align})) {}
    RowBuffer(const RowBuffer&) = delete;
    RowBuffer& operator=(const RowBuffer&) = delete;
    ~RowBuffer() {
        clear();
        ::operator delete (rows_, std::align_val_t{face_.align});
    }

    void* rows() const { return rows_; }
    void* next() const { return face_.row(rows_, count_); }
    std::uint32_t count() const { return static_cast<std::uint32_t>(count_); }
    std::size_t room() const { return capacity_ - count_; }
    /// `n` rows have been constructed at next().
    void added(std::size_t n) { count_ += n; }
    void clear() {
        face_.destroy(rows_, count());
        count_ = 0;
    }
    Batch batch() const {
        Batch out;
        out.movable = true;
        out.count = count();
        out.rows = rows_;
        out.face = &face_;
        return out;
    }

private:
    const RecordFace& face_;
    std::size_t capacity_;
    std::size_t count_ = 0;
    void* rows_;
};

}  // namespace heddle::rdd
