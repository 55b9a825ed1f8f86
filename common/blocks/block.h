#pragma once

// A block: the records of one cached partition, or of one map task for one reducer. Immutable once
// built, and shared by pointer: the store that keeps it, tasks that read it in place and transfers
// that send it all hold the same BlockPtr, and the memory goes back with the last of them. For that
// reason nobody ever moves a record out of a block.
//
// One layout serves memory, file and wire: a header, a table of segments, and the segments, each
// holding whole records, raw or encoded. A block in memory may instead hold typed rows, which are
// read without decoding; it is encoded when it leaves the process.
//
//   header 48 bytes | segment table, 32 bytes each | segments, each starting at a multiple of 64

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/rdd/arena.h"
#include "common/rdd/batch.h"
#include "common/rdd/bytes.h"
#include "common/rdd/record_face.h"
#include "common/rdd/row_array.h"

namespace heddle::blocks {

/// Segments begin at multiples of this in a file or message, so that raw records are aligned.
inline constexpr std::size_t kSegmentAlign = 64;
/// Segments of encoded blocks are closed when they reach this size.
inline constexpr std::size_t kSegmentBytes = std::size_t{1} << 20;

struct Segment {
    const char* data = nullptr;
    std::size_t size = 0;
    std::uint64_t records = 0;
};

class Block;
using BlockPtr = std::shared_ptr<const Block>;

class Block {
public:
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    ~Block();

    bool typed() const { return face_ != nullptr; }
    bool raw() const { return raw_; }
    std::uint32_t record_size() const { return record_size_; }  // raw blocks
    std::uint64_t records() const { return records_; }
    /// Bytes of the encoded records; of a typed block, the memory it takes.
    std::uint64_t bytes() const { return bytes_; }
    /// What the block costs in memory; 0 for one that is mapped from a file.
    std::int64_t memory() const { return memory_; }

    std::span<const Segment> segments() const {  // of blocks not typed
        return one_.data != nullptr ? std::span(&one_, 1) : std::span(segments_);
    }
    std::span<const rdd::RowArray> chunks() const { return chunks_; }  // of typed blocks
    const rdd::RecordFace* face() const { return face_; }              // of typed blocks

private:
    friend class BlockAccess;  // block_access.h: builders and parsers fill blocks, nobody else does
    Block() = default;

    bool raw_ = false;
    std::uint32_t record_size_ = 0;
    std::uint64_t records_ = 0;
    std::uint64_t bytes_ = 0;
    std::int64_t memory_ = 0;
    Segment one_;  // in place of segments_ where there is just one; data null: there is not
    std::vector<Segment> segments_;
    std::vector<rdd::RowArray> chunks_;
    const rdd::RecordFace* face_ = nullptr;
    std::shared_ptr<const void> owner_;  // keeps segment bytes alive: buffers or a mapped file
    std::unique_ptr<rdd::Arena> arena_;
};

// Collects encoded (or raw) records of one type.
class BlockBuilder {
public:
    explicit BlockBuilder(const rdd::RecordFace& face);
    ~BlockBuilder();
    BlockBuilder(BlockBuilder&&) noexcept;
    BlockBuilder& operator=(BlockBuilder&&) noexcept;

    /// Appends rows[selection[i]], or rows[i] when `selection` is null.
    void append(const void* rows, const std::uint32_t* selection, std::uint32_t count);
    std::uint64_t records() const { return records_; }
    /// Memory held at present.
    std::int64_t memory() const {
        return closed_bytes_ + static_cast<std::int64_t>(writer_->capacity());
    }
    /// The builder is empty afterwards.
    BlockPtr finish();
    /// All that was appended, while it is in one piece; else nothing. Until the next call.
    std::string_view in_one_piece() const {
        return closed_.empty() ? writer_->view() : std::string_view();
    }
    /// What was appended is given up.
    void clear();

private:
    void close_segment();

    const rdd::RecordFace* face_;
    std::unique_ptr<rdd::ByteWriter> writer_;
    std::uint64_t segment_records_ = 0;
    std::uint64_t records_ = 0;
    std::int64_t closed_bytes_ = 0;
    std::vector<rdd::Bytes> closed_;
    std::vector<std::uint64_t> closed_records_;
};

// Collects owned, typed rows, for reading in place: as one array when their type allows it.
class TypedBlockBuilder {
public:
    /// `face` must live as long as the block: a registered face does.
    explicit TypedBlockBuilder(const rdd::RecordFace& face);
    ~TypedBlockBuilder();
    TypedBlockBuilder(const TypedBlockBuilder&) = delete;
    TypedBlockBuilder& operator=(const TypedBlockBuilder&) = delete;

    void append(const void* rows, std::uint32_t count);
    /// The same for rows of a movable batch.
    void append_moved(void* rows, std::uint32_t count);
    std::uint64_t records() const { return records_; }
    std::int64_t memory() const;
    BlockPtr finish();

private:
    // Room for some of `wanted` more rows at the end of the last chunk.
    std::uint32_t make_room(std::uint32_t wanted);
    void* next() const;
    void added(std::uint32_t count);

    const rdd::RecordFace* face_;
    std::vector<rdd::RowArray> chunks_;
    std::uint64_t records_ = 0;
    std::int64_t heap_ = 0;    // what rows own, without the arena
    std::int64_t filled_ = 0;  // memory of all chunks but the last
    std::unique_ptr<rdd::Arena> arena_;
};

/// Pushes all records as batches of at most rdd::kBatchRecords: typed rows and raw records where
/// they lie, not movable; encoded ones decoded into a buffer with views into the block. Stops
/// when `push` answers Stop. Whoever may keep views holds the block. Errors: DataLoss when the
/// bytes are not records of `face`.
Result<rdd::Flow> read_block(const Block& block, const rdd::RecordFace& face,
                             const std::function<rdd::Flow(rdd::Batch&)>& push);

/// The same records encoded; the block itself when it is not typed.
BlockPtr encoded(const BlockPtr& block);

// A block as it leaves the process: send or write the parts one after the other. Views point into
// `head` and into the block, which must both stay.
struct BlockImage {
    rdd::Bytes head;                      // header, segment table, padding
    std::vector<std::string_view> parts;  // head first, then segments and their padding
    std::uint64_t size = 0;               // of all parts
};

/// Requires a block that is not typed. Checksums are computed here.
BlockImage image_of(const Block& block);
std::uint64_t image_size(const Block& block);

/// A block over bytes that came from a peer or a file; `owner` keeps them alive. Verifies header,
/// bounds and checksums. Errors: DataLoss.
Result<BlockPtr> parse_block(std::string_view image, std::shared_ptr<const void> owner);
/// The same for bytes that can be given away.
Result<BlockPtr> parse_block(rdd::Bytes image);
/// The records of several images that lie one after the other, at least one, as one block. Errors:
/// DataLoss.
Result<BlockPtr> parse_blocks(std::string_view images, std::shared_ptr<const void> owner);

}  // namespace heddle::blocks
