#pragma once

// The memory of typed rows. Rows that may be moved by memcpy stay one array however many they
// become, so that a function over a whole partition reads them in place: small arrays are copied
// into larger ones, large ones are mappings that the system moves page by page without copying.

#include <cstdint>

#include "common/blocks/block.h"
#include "common/rdd/record_face.h"

namespace heddle::blocks {

/// Memory for `count` rows from the heap. Throws std::bad_alloc.
void* allocate_rows(const rdd::RecordFace& face, std::size_t count);
void free_rows(const rdd::RecordFace& face, void* rows);

/// A chunk with room for some rows and none in it. Throws std::bad_alloc.
TypedChunk make_chunk(const rdd::RecordFace& face, std::uint32_t capacity);
/// Gives the chunk at least twice the room. False: its rows cannot be moved so, or are as many as a
/// chunk can count, and further ones need another chunk. Throws std::bad_alloc.
bool grow_chunk(const rdd::RecordFace& face, TypedChunk& chunk);
/// Gives back what a full chunk no longer needs.
void trim_chunk(const rdd::RecordFace& face, TypedChunk& chunk);
/// Destroys the rows and gives their memory back.
void free_chunk(const rdd::RecordFace& face, const TypedChunk& chunk);
/// Bytes that the chunk takes: of a mapping, those that were written.
std::int64_t chunk_memory(const rdd::RecordFace& face, const TypedChunk& chunk);

}  // namespace heddle::blocks
