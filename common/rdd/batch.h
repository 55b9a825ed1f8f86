#pragma once

// What moves through a task: about a thousand records at a time, few enough to stay in the cache
// between operators and enough to make one virtual call per operator cost nothing per record.
//
// A batch borrows. Its rows belong to whoever pushes it and are gone when push() returns; what a
// row points at (the bytes of a text line, of a word) lives until the task ends, never longer.
// Whoever keeps rows takes the owned form through the record face.

#include <cstdint>

namespace heddle::rdd {

struct RecordFace;

// How records lie in a batch. Rows is the only layout that operators of this version accept; the
// tags for frames (a Python worker's pickles) and columns (SQL) are part of the block format
// already.
enum class Layout : std::uint8_t { Rows, Frames, Columns };

/// Records in a full batch. A batch may be shorter, and a source may push longer ones.
inline constexpr std::uint32_t kBatchRecords = 1024;
/// Records of the next batch when `left` are left.
constexpr std::uint32_t batch_size(std::uint64_t left) {
    return left < kBatchRecords ? static_cast<std::uint32_t>(left) : kBatchRecords;
}

struct Batch {
    Layout layout = Layout::Rows;
    // True: the rows are temporaries of this task, and the consumer may move out of them or change
    // them. False: they lie in a cached or shuffle block that others read too.
    bool movable = false;
    // True: the rows themselves stay where they are until the task ends (they lie in a block that
    // the task holds), so that a table may keep pointers to them and need not copy.
    bool stable = false;
    std::uint32_t count = 0;
    void* rows = nullptr;  // `count` records of face->size bytes, one after the other
    const RecordFace* face = nullptr;
};

/// The answer to a push: Stop means that no further record is wanted; what comes anyway is ignored.
enum class Flow : bool { Stop = false, Continue = true };

}  // namespace heddle::rdd
