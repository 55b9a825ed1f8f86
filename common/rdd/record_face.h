#pragma once

// All that the engine may do to records: a table of batch functions for one record type, generated
// by client/api from Codec<T>. Whatever is compiled once (shuffle files, block store, collect,
// partitioning, builders) works through it and never sees the type.
//
// "Key" is the first of a pair and otherwise the whole record. Merging two records of one key is
// not here: it belongs to the combine operator, which carries the user's function.

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/rdd/arena.h"
#include "common/rdd/bytes.h"

namespace heddle::rdd {

struct RecordFace {
    const char* name = "";   // for messages
    std::uint32_t size = 0;  // of a row in a batch
    std::uint32_t align = 1;
    // The row's own bytes are its encoding: arithmetic members without padding, no views, no
    // pointers. Raw records travel as whole blocks and are read where they lie.
    bool raw = false;
    bool trivial = false;  // rows can be moved by memcpy and need no destroy
    bool views = false;    // rows may point at bytes they do not own

    // Where the key of a row lies; null when nobody may ask.
    const void* (*key)(const void* row) = nullptr;
    // Hash of the key; null when the key type has none.
    void (*hash)(const void* rows, std::uint32_t count, std::uint64_t* out) = nullptr;
    // Keys equal; null when the key type has no ==.
    bool (*equal)(const void* a, const void* b) = nullptr;
    // Keys ordered: negative, zero, positive; null when the key type has no <.
    int (*compare)(const void* a, const void* b) = nullptr;
    // The leading bytes of each key as a number of the same order: smaller prefix, smaller key;
    // equal prefixes say nothing. Null when the key type has no such prefix. Sorting compares these
    // first.
    void (*prefix)(const void* rows, std::uint32_t count, std::uint64_t* out) = nullptr;

    // Appends rows[selection[i]], or rows[i] when `selection` is null.
    void (*encode)(const void* rows, const std::uint32_t* selection, std::uint32_t count,
                   ByteWriter& out) = nullptr;
    // Constructs up to `count` rows at `out` and answers how many; fewer only when `in` has failed.
    // Views point into the bytes that are read.
    std::uint32_t (*decode)(ByteReader& in, void* out, std::uint32_t count) = nullptr;

    // Copy-constructs rows at `out` whose views point into `arena`.
    void (*own)(const void* rows, std::uint32_t count, void* out, Arena& arena) = nullptr;
    // The same for rows of a movable batch: what they have on the heap goes along. They stay
    // constructed, with any value.
    void (*own_moved)(void* rows, std::uint32_t count, void* out, Arena& arena) = nullptr;
    // Copy-constructs rows at `out`; views stay as they are.
    void (*copy)(const void* rows, std::uint32_t count, void* out) = nullptr;
    // Move-constructs rows at `out` and destroys the originals.
    void (*relocate)(void* rows, std::uint32_t count, void* out) = nullptr;
    void (*destroy)(void* rows, std::uint32_t count) = nullptr;
    // Bytes that the rows own on the heap, beside their size and beside any arena.
    std::size_t (*heap_size)(const void* rows, std::uint32_t count) = nullptr;
    // Appends the record as a person reads it, at most about 200 characters.
    void (*describe)(const void* row, std::string& out) = nullptr;

    const void* row(const void* rows, std::size_t index) const {
        return static_cast<const char*>(rows) + index * size;
    }
    void* row(void* rows, std::size_t index) const {
        return static_cast<char*>(rows) + index * size;
    }
};

/// The face of std::string_view, builtin as "text" version 1: what text sources produce, with and
/// without a program.
const RecordFace& text_face();

}  // namespace heddle::rdd
