#pragma once

// The one way to fill a Block, for the sources of this folder that build or parse one.

#include <cstddef>
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
        if (parts.segments.size() == 1 && parts.segments.front().data != nullptr) {
            block->one_ = parts.segments.front();
        } else {
            block->segments_ = std::move(parts.segments);
        }
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

    // Blocks that come and go together; small_blocks.h says why.
    struct Blocks {
        std::unique_ptr<Block[]> blocks;
        std::shared_ptr<const void> owner;
    };
    using Array = std::shared_ptr<Blocks>;  // shared by all its blocks
    static Array make_array(std::shared_ptr<const void> owner, std::size_t count) {
        auto array = std::make_shared<Blocks>();
        array->blocks.reset(new Block[count]);
        array->owner = std::move(owner);
        return array;
    }
    static void fill(const Array& array, std::size_t index, const Segment& segment,
                     std::uint32_t record_size, bool in_memory) {
        Block& block = array->blocks[index];
        block.raw_ = record_size != 0;
        block.record_size_ = record_size;
        block.records_ = segment.records;
        block.bytes_ = segment.size;
        constexpr std::size_t kOverhead =
            sizeof(Block) + sizeof(BlockPtr);  // often the larger part
        block.memory_ = in_memory ? static_cast<std::int64_t>(segment.size + kOverhead) : 0;
        block.one_ = segment;
    }
    static BlockPtr get(const Array& array, std::size_t index) {
        return BlockPtr(array, &array->blocks[index]);
    }
};

}  // namespace heddle::blocks
