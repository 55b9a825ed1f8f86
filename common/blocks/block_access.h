#pragma once

// The one way to fill a Block, for the sources of this folder that build or parse one.

#include <memory>
#include <utility>
#include <vector>

#include "common/blocks/block.h"

namespace heddle::blocks {

class BlockAccess {
public:
    struct Encoded {
        bool raw = false;
        std::uint32_t record_size = 0;
        std::int64_t memory = 0;
        std::vector<Segment> segments;
        std::shared_ptr<const void> owner;
    };
    static BlockPtr make(Encoded parts) {
        auto block = std::shared_ptr<Block>(new Block);
        block->raw_ = parts.raw;
        block->record_size_ = parts.record_size;
        block->memory_ = parts.memory;
        for (const Segment& segment : parts.segments) {
            block->records_ += segment.records;
            block->bytes_ += segment.size;
        }
        block->segments_ = std::move(parts.segments);
        block->owner_ = std::move(parts.owner);
        return block;
    }
    static BlockPtr make(const rdd::RecordFace& face, std::vector<rdd::RowArray> chunks,
                         std::uint64_t records, std::int64_t memory,
                         std::unique_ptr<rdd::Arena> arena) {
        auto block = std::shared_ptr<Block>(new Block);
        block->face_ = &face;
        block->chunks_ = std::move(chunks);
        block->records_ = records;
        block->bytes_ = static_cast<std::uint64_t>(memory);
        block->memory_ = memory;
        block->arena_ = std::move(arena);
        return block;
    }
};

}  // namespace heddle::blocks
