// Building blocks and reading them.
#include "common/blocks/block.h"

#include <algorithm>
#include <optional>

#include "common/base/check.h"
#include "common/blocks/block_access.h"
#include "common/rdd/row_buffer.h"

namespace heddle::blocks {

using rdd::Batch;
using rdd::batch_size;
using rdd::Flow;
using rdd::kBatchRecords;
using rdd::RecordFace;

namespace {

constexpr std::uint32_t kFirstChunkRows = 64;
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

void destroy_chunks(const RecordFace& face, std::vector<rdd::RowArray>& chunks) {
    for (rdd::RowArray& chunk : chunks) {
        destroy_rows(face, chunk);
    }
    chunks.clear();
}

using Push = std::function<Flow(Batch&)>;

// Rows in place, cut into batches. The rows are constant by contract; Batch has one pointer type.
Flow push_rows(void* rows, std::uint64_t count, const RecordFace& face, const Push& push) {
    for (std::uint64_t done = 0; done < count; done += kBatchRecords) {
        Batch batch;
        batch.count = batch_size(count - done);
        batch.rows = face.row(rows, done);
        batch.face = &face;
        batch.stable = true;
        if (push(batch) == Flow::Stop) {
            return Flow::Stop;
        }
    }
    return Flow::Continue;
}

Result<Flow> push_encoded(const Segment& segment, const RecordFace& face, rdd::RowBuffer& buffer,
                          const Push& push) {
    rdd::ByteReader in({segment.data, segment.size});
    for (std::uint64_t done = 0; done < segment.records;) {
        const std::uint32_t want = batch_size(segment.records - done);
        const std::uint32_t got = face.decode(in, buffer.rows(), want);
        if (got != want) {
            face.destroy(buffer.rows(), got);
            return Error{ErrorCode::DataLoss,
                         std::string("a block does not hold records of type ") + face.name};
        }
        Batch batch;
        batch.count = got;
        batch.rows = buffer.rows();
        batch.face = &face;
        batch.movable = true;
        const Flow flow = push(batch);
        face.destroy(buffer.rows(), got);
        if (flow == Flow::Stop) {
            return Flow::Stop;
        }
        done += got;
    }
    TRY(in.status("block segment"));
    return Flow::Continue;
}

}  // namespace

Block::~Block() {
    if (face_ != nullptr) {
        destroy_chunks(*face_, chunks_);
    }
}

BlockBuilder::BlockBuilder(const RecordFace& face)
    : face_(&face), writer_(std::make_unique<rdd::ByteWriter>()) {}
BlockBuilder::~BlockBuilder() = default;
BlockBuilder::BlockBuilder(BlockBuilder&&) noexcept = default;
BlockBuilder& BlockBuilder::operator=(BlockBuilder&&) noexcept = default;

void BlockBuilder::append(const void* rows, const std::uint32_t* selection, std::uint32_t count) {
    face_->encode(rows, selection, count, *writer_);
    segment_records_ += count;
    records_ += count;
    if (writer_->size() >= kSegmentBytes) {
        close_segment();
    }
}

void BlockBuilder::close_segment() {
    closed_.push_back(writer_->take());
    closed_bytes_ += static_cast<std::int64_t>(closed_.back().size());
    closed_records_.push_back(segment_records_);
    segment_records_ = 0;
}

void BlockBuilder::clear() {
    (void)writer_->take();
    closed_.clear();
    closed_records_.clear();
    closed_bytes_ = 0;
    segment_records_ = 0;
    records_ = 0;
}

BlockPtr BlockBuilder::finish() {
    if (segment_records_ != 0) {
        close_segment();
    }
    BlockAccess::Encoded parts;
    parts.raw = face_->raw;
    parts.record_size = face_->raw ? face_->size : 0;
    const auto owner = std::make_shared<std::vector<rdd::Bytes>>(std::move(closed_));
    for (std::size_t i = 0; i < owner->size(); ++i) {
        const rdd::Bytes& bytes = (*owner)[i];
        parts.segments.push_back({bytes.data(), bytes.size(), closed_records_[i]});
        parts.memory += static_cast<std::int64_t>(bytes.capacity());
    }
    parts.owner = owner;
    closed_.clear();
    closed_records_.clear();
    closed_bytes_ = 0;
    records_ = 0;
    return BlockAccess::make(std::move(parts));
}

TypedBlockBuilder::TypedBlockBuilder(const RecordFace& face)
    : face_(&face), arena_(std::make_unique<rdd::Arena>()) {}

TypedBlockBuilder::~TypedBlockBuilder() {
    destroy_chunks(*face_, chunks_);
}

std::uint32_t TypedBlockBuilder::make_room(std::uint32_t wanted) {
    if (chunks_.empty()) {
        chunks_.push_back(rdd::make_rows(*face_, kFirstChunkRows));
    }
    if (chunks_.back().full() && !grow_rows(*face_, chunks_.back())) {
        const auto largest = std::max<std::size_t>(kFirstChunkRows, kChunkBytes / face_->size);
        filled_ += memory_of(*face_, chunks_.back());
        chunks_.push_back(rdd::make_rows(*face_, std::min(largest, chunks_.back().capacity * 2)));
    }
    const rdd::RowArray& last = chunks_.back();
    return static_cast<std::uint32_t>(std::min<std::size_t>(wanted, last.capacity - last.count));
}

void* TypedBlockBuilder::next() const {
    return face_->row(chunks_.back().rows, chunks_.back().count);
}

void TypedBlockBuilder::added(std::uint32_t count) {
    heap_ += static_cast<std::int64_t>(face_->heap_size(next(), count));
    chunks_.back().count += count;
    records_ += count;
}

void TypedBlockBuilder::append(const void* rows, std::uint32_t count) {
    for (std::uint32_t done = 0; done < count;) {
        const std::uint32_t part = make_room(count - done);
        face_->own(face_->row(rows, done), part, next(), *arena_);
        added(part);
        done += part;
    }
}

void TypedBlockBuilder::append_moved(void* rows, std::uint32_t count) {
    for (std::uint32_t done = 0; done < count;) {
        const std::uint32_t part = make_room(count - done);
        face_->own_moved(face_->row(rows, done), part, next(), *arena_);
        added(part);
        done += part;
    }
}

std::int64_t TypedBlockBuilder::memory() const {
    const std::int64_t last = chunks_.empty() ? 0 : memory_of(*face_, chunks_.back());
    return filled_ + last + heap_ + static_cast<std::int64_t>(arena_->capacity());
}

BlockPtr TypedBlockBuilder::finish() {
    if (!chunks_.empty()) {
        trim_rows(*face_, chunks_.back());
    }
    const std::int64_t total = memory();
    BlockPtr block =
        BlockAccess::make(*face_, std::move(chunks_), records_, total, std::move(arena_));
    chunks_.clear();
    records_ = 0;
    heap_ = 0;
    filled_ = 0;
    arena_ = std::make_unique<rdd::Arena>();
    return block;
}

Result<Flow> read_block(const Block& block, const RecordFace& face, const Push& push) {
    if (block.typed()) {
        if (block.face() != &face) {
            return Error{ErrorCode::DataLoss, std::string("a block of ") + block.face()->name +
                                                  " was asked for records of type " + face.name};
        }
        for (const rdd::RowArray& chunk : block.chunks()) {
            if (push_rows(chunk.rows, chunk.count, face, push) == Flow::Stop) {
                return Flow::Stop;
            }
        }
        return Flow::Continue;
    }
    if (block.raw() != face.raw || (block.raw() && block.record_size() != face.size)) {
        return Error{ErrorCode::DataLoss,
                     std::string("a block does not hold records of type ") + face.name};
    }
    std::optional<rdd::RowBuffer> buffer;
    for (const Segment& segment : block.segments()) {
        Flow flow = Flow::Continue;
        if (block.raw()) {
            flow = push_rows(const_cast<char*>(segment.data), segment.records, face, push);
        } else {
            if (!buffer) {
                buffer.emplace(face, kBatchRecords);
            }
            TRY(flow, push_encoded(segment, face, *buffer, push));
        }
        if (flow == Flow::Stop) {
            return Flow::Stop;
        }
    }
    return Flow::Continue;
}

BlockPtr encoded(const BlockPtr& block) {
    if (!block->typed()) {
        return block;
    }
    BlockBuilder builder(*block->face());
    for (const rdd::RowArray& chunk : block->chunks()) {
        for (std::size_t done = 0; done < chunk.count; done += kBatchRecords) {
            builder.append(block->face()->row(chunk.rows, done), nullptr,
                           batch_size(chunk.count - done));
        }
    }
    return builder.finish();
}

}  // namespace heddle::blocks
