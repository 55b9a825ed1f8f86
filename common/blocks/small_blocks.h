#pragma once

// Blocks of few bytes, made together: their bytes lie one after the other, and so do the blocks, as
// one piece of memory that goes with the last of them. A shuffle from thousands of partitions to
// thousands has millions of such blocks; each made for itself they would cost more than they hold.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "common/blocks/block.h"
#include "common/rdd/bytes.h"

namespace heddle::blocks {

/// Blocks of at most so many bytes are worth it.
inline constexpr std::size_t kSmallBlockBytes = 1024;
/// What the records of a raw block are aligned to among others.
inline constexpr std::size_t kSmallBlockAlign = 16;

// A block to be: the place of its bytes, and what they are.
struct SmallBlock {
    std::size_t offset = 0;
    std::size_t size = 0;
    std::uint64_t records = 0;
    std::uint32_t record_size = 0;  // 0: encoded
};

/// `parts` of `bytes`, which `owner` keeps alive. `in_memory`: they cost what they hold.
std::vector<BlockPtr> make_small_blocks(std::shared_ptr<const void> owner, std::string_view bytes,
                                        const std::vector<SmallBlock>& parts, bool in_memory);

/// Appends `data` to `bytes`, aligned, and says where it is.
std::size_t append_aligned(rdd::Bytes& bytes, std::string_view data);

}  // namespace heddle::blocks
