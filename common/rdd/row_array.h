#pragma once

// Rows one after the other in memory that grows. Rows that may be moved by memcpy stay one array
// however many they become, so that a function over a whole partition reads them in place: small
// arrays are copied into larger ones, large ones are mappings that the system moves page by page
// without copying. Whoever holds an array frees it; it is plain so that blocks can list them.

#include <cstddef>
#include <cstdint>

#include "common/rdd/record_face.h"

namespace heddle::rdd {

struct RowArray {
    void* rows = nullptr;
    std::size_t count = 0;  // constructed
    std::size_t capacity = 0;
    std::size_t mapped = 0;  // bytes of a mapping of its own; 0: the rows are on the heap

    bool full() const { return count == capacity; }
};

/// Memory for `count` rows from the heap. Throws std::bad_alloc.
void* allocate_rows(const RecordFace& face, std::size_t count);
void free_rows(const RecordFace& face, void* rows);

/// Room for some rows and none in it. Throws std::bad_alloc.
RowArray make_rows(const RecordFace& face, std::size_t capacity);
/// Gives the array twice the room. False: its rows cannot be moved by memcpy, and further ones need
/// another array. Throws std::bad_alloc.
bool grow_rows(const RecordFace& face, RowArray& array);
/// The same for rows of any type: moves each.
void grow_by_moving(const RecordFace& face, RowArray& array);
/// Gives back what an array that is complete no longer needs.
void trim_rows(const RecordFace& face, RowArray& array);
/// Destroys the rows and gives their memory back.
void destroy_rows(const RecordFace& face, RowArray& array);
/// Bytes that the array takes: of a mapping, those that were written.
std::int64_t memory_of(const RecordFace& face, const RowArray& array);

}  // namespace heddle::rdd
