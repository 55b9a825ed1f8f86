#pragma once

// Blocks that were asked for together, as one message between processes: a table, the bytes of
// small blocks, and the images of others, packed if the asker wants that.
//
//   header 64 bytes | table, 24 bytes a block | to a multiple of 64 | small blocks, each aligned,
//   to a multiple of 64 | images
//
// Checksums cover the bytes as they are when the message is made: each image has its own, all small
// blocks together have one. A packed message has one more, over what is sent.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/blocks/block.h"
#include "common/rdd/block_transfer.h"

namespace heddle::blocks {

class BlockMessage {
public:
    /// Null: not there. Typed blocks are encoded here, checksums computed, bytes packed.
    BlockMessage(const std::vector<BlockPtr>& blocks, rdd::BlockCodec codec);
    BlockMessage(const BlockMessage&) = delete;
    BlockMessage& operator=(const BlockMessage&) = delete;

    /// To be sent one after the other, while the message lives.
    const std::vector<std::string_view>& parts() const { return parts_; }

private:
    struct Table;
    void add(const BlockPtr& block, Table& table);
    void pack_body(rdd::BlockCodec codec, Table& table);

    rdd::Bytes head_;
    rdd::Bytes small_;
    std::vector<BlockPtr> blocks_;    // none when packed
    std::vector<BlockImage> images_;  // the same
    rdd::Bytes packed_;
    std::vector<std::string_view> parts_;
};

/// The blocks of a message, `wanted` in number; null: not there. `owner` keeps `bytes` alive.
/// Errors: DataLoss.
Result<std::vector<BlockPtr>> parse_message(std::string_view bytes,
                                            std::shared_ptr<const void> owner, std::size_t wanted);

}  // namespace heddle::blocks
