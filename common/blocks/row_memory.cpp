// Rows on the heap and in mappings.
#include "common/blocks/row_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "common/base/check.h"

namespace heddle::blocks {

using rdd::RecordFace;

namespace {

constexpr std::size_t kLargestOnHeap = std::size_t{1} << 20;
constexpr std::uint32_t kMostRows = std::numeric_limits<std::uint32_t>::max() / 2;

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

void move_to_mapping(const RecordFace& face, TypedChunk& chunk, std::size_t bytes) {
    void* rows = require_mapped(mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
                                bytes);
    std::memcpy(rows, chunk.rows, std::size_t{chunk.count} * face.size);
    free_rows(face, chunk.rows);
    chunk.rows = rows;
    chunk.mapped = bytes;
}

void move_to_larger(const RecordFace& face, TypedChunk& chunk, std::size_t capacity) {
    void* rows = allocate_rows(face, capacity);
    std::memcpy(rows, chunk.rows, std::size_t{chunk.count} * face.size);
    free_rows(face, chunk.rows);
    chunk.rows = rows;
}

}  // namespace

void* allocate_rows(const RecordFace& face, std::size_t count) {
    return ::operator new (std::max<std::size_t>(1, count * face.size),
                           std::align_val_t{face.align});
}

void free_rows(const RecordFace& face, void* rows) {
    ::operator delete (rows, std::align_val_t{face.align});
}

TypedChunk make_chunk(const RecordFace& face, std::uint32_t capacity) {
    TypedChunk chunk;
    chunk.rows = allocate_rows(face, capacity);
    chunk.capacity = capacity;
    return chunk;
}

bool grow_chunk(const RecordFace& face, TypedChunk& chunk) {
    // A page is as far as mappings are aligned.
    if (!face.trivial || face.align > page_size() || chunk.capacity > kMostRows) {
        return false;
    }
    std::uint32_t capacity = chunk.capacity * 2;
    std::size_t bytes = std::size_t{capacity} * face.size;
    if (bytes <= kLargestOnHeap) {
        move_to_larger(face, chunk, capacity);
    } else {
        bytes = whole_pages(bytes);
        if (chunk.mapped == 0) {
            move_to_mapping(face, chunk, bytes);
        } else {
            chunk.rows =
                require_mapped(mremap(chunk.rows, chunk.mapped, bytes, MREMAP_MAYMOVE), bytes);
            chunk.mapped = bytes;
        }
    }
    chunk.capacity = capacity;
    return true;
}

void trim_chunk(const RecordFace& face, TypedChunk& chunk) {
    const std::size_t bytes = whole_pages(std::size_t{chunk.count} * face.size);
    if (chunk.mapped <= bytes) {
        return;
    }
    CHECK(munmap(static_cast<char*>(chunk.rows) + bytes, chunk.mapped - bytes) == 0);
    chunk.mapped = bytes;
    chunk.capacity = chunk.count;
}

void free_chunk(const RecordFace& face, const TypedChunk& chunk) {
    face.destroy(chunk.rows, chunk.count);
    if (chunk.mapped != 0) {
        CHECK(munmap(chunk.rows, chunk.mapped) == 0);
    } else {
        free_rows(face, chunk.rows);
    }
}

std::int64_t chunk_memory(const RecordFace& face, const TypedChunk& chunk) {
    return static_cast<std::int64_t>(chunk.mapped != 0
                                         ? whole_pages(std::size_t{chunk.count} * face.size)
                                         : std::size_t{chunk.capacity} * face.size);
}

}  // namespace heddle::blocks
