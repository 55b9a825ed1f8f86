// Many blocks in one allocation.
#include "common/blocks/small_blocks.h"

#include <utility>

#include "common/blocks/block_access.h"

namespace heddle::blocks {

std::vector<BlockPtr> make_small_blocks(std::shared_ptr<const void> owner, std::string_view bytes,
                                        const std::vector<SmallBlock>& parts, bool in_memory) {
    const BlockAccess::Array made = BlockAccess::make_array(std::move(owner), parts.size());
    std::vector<BlockPtr> blocks;
    blocks.reserve(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const SmallBlock& part = parts[i];
        BlockAccess::fill(made, i, {bytes.data() + part.offset, part.size, part.records},
                          part.record_size, in_memory);
        blocks.push_back(BlockAccess::get(made, i));
    }
    return blocks;
}

std::size_t append_aligned(rdd::Bytes& bytes, std::string_view data) {
    bytes.resize((bytes.size() + kSmallBlockAlign - 1) / kSmallBlockAlign * kSmallBlockAlign);
    const std::size_t offset = bytes.size();
    bytes.append(data);
    return offset;
}

}  // namespace heddle::blocks
