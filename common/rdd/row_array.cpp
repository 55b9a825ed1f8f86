// Rows on the heap and in mappings.
#include "common/rdd/row_array.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "common/base/check.h"
#include "common/rdd/batch.h"

namespace heddle::rdd {

namespace {

constexpr std::size_t kLargestOnHeap = std::size_t{1} << 20;

std::size_t page_size() {
    static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return size;
}

std::size_t whole_pages(std::size_t bytes) {
    return (bytes + page_size() - 1) / page_size() * page_size();
}

// What mmap or mremap answered. Large pages are wished for: fewer faults while rows are written,
// and fewer misses of the address cache in every later pass.
void* require_mapped(void* memory, std::size_t bytes) {
    if (memory == MAP_FAILED) {
        throw std::bad_alloc();
    }
    (void)madvise(memory, bytes, MADV_HUGEPAGE);  // a system without them does without
    return memory;
}

void move_from_heap(const RecordFace& face, RowArray& array, void* to) {
    std::memcpy(to, array.rows, array.count * face.size);
    free_rows(face, array.rows);
    array.rows = to;
}

}  // namespace

void* allocate_rows(const RecordFace& face, std::size_t count) {
    return ::operator new (std::max<std::size_t>(1, count * face.size),
                           std::align_val_t{face.align});
}

void free_rows(const RecordFace& face, void* rows) {
    ::operator delete (rows, std::align_val_t{face.align});
}

RowArray make_rows(const RecordFace& face, std::size_t capacity) {
    RowArray array;
    array.rows = allocate_rows(face, capacity);
    array.capacity = capacity;
    return array;
}

bool grow_rows(const RecordFace& face, RowArray& array) {
    if (!face.trivial || face.align > page_size()) {  // a page is as far as mappings are aligned
        return false;
    }
    const std::size_t capacity = array.capacity * 2;
    std::size_t bytes = capacity * face.size;
    if (bytes <= kLargestOnHeap) {
        move_from_heap(face, array, allocate_rows(face, capacity));
    } else if (bytes = whole_pages(bytes); array.mapped == 0) {
        void* const to = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        move_from_heap(face, array, require_mapped(to, bytes));
        array.mapped = bytes;
    } else {
        array.rows = require_mapped(mremap(array.rows, array.mapped, bytes, MREMAP_MAYMOVE), bytes);
        array.mapped = bytes;
    }
    array.capacity = capacity;
    return true;
}

void grow_by_moving(const RecordFace& face, RowArray& array) {
    RowArray larger = make_rows(face, array.capacity * 2);
    for (; larger.count < array.count; larger.count += batch_size(array.count - larger.count)) {
        face.relocate(face.row(array.rows, larger.count), batch_size(array.count - larger.count),
                      face.row(larger.rows, larger.count));
    }
    free_rows(face, array.rows);
    array = larger;
}

void trim_rows(const RecordFace& face, RowArray& array) {
    const std::size_t bytes = whole_pages(array.count * face.size);
    if (array.mapped <= bytes || bytes == 0) {
        return;
    }
    CHECK(munmap(static_cast<char*>(array.rows) + bytes, array.mapped - bytes) == 0);
    array.mapped = bytes;
    array.capacity = array.count;
}

void destroy_rows(const RecordFace& face, RowArray& array) {
    if (array.rows == nullptr) {
        return;
    }
    if (array.mapped != 0) {  // such rows need no destroy
        CHECK(munmap(array.rows, array.mapped) == 0);
    } else {
        for (std::size_t done = 0; done < array.count; done += kBatchRecords) {
            face.destroy(face.row(array.rows, done), batch_size(array.count - done));
        }
        free_rows(face, array.rows);
    }
    array = RowArray();
}

std::int64_t memory_of(const RecordFace& face, const RowArray& array) {
    return static_cast<std::int64_t>(array.mapped != 0 ? whole_pages(array.count * face.size)
                                                       : array.capacity * face.size);
}

}  // namespace heddle::rdd
