#pragma once

// How blocks and results get to another process: what the settings say, as the driver tells its
// executors.

#include <cstdint>

#include "common/base/time.h"
#include "common/rdd/ids.h"

namespace heddle::rdd {

enum class BlockCodec : std::uint8_t { None, Lz4, Zstd };

struct BlockTransfer {
    BlockCodec codec = BlockCodec::Lz4;  // io.compression.codec
    bool shuffle = true;                 // shuffle.compress
    bool broadcast = true;               // broadcast.compress
    bool cached = false;                 // rdd.compress
    bool same_host = false;          // io.compression.same_host: also where no network is crossed
    std::int32_t fetch_retries = 3;  // shuffle.io.max_retries: after the first try
    Duration fetch_retry_wait = seconds(5);  // shuffle.io.retry_wait: before each of them
    // task.max_direct_result_size: what is larger waits at the executor until the driver asks.
    std::int64_t direct_result_max = std::int64_t{1} << 20;

    friend bool operator==(const BlockTransfer&, const BlockTransfer&) = default;
};

/// For blocks of one kind; `network`: they cross one.
constexpr BlockCodec codec_for(const BlockTransfer& transfer, BlockId::Kind kind, bool network) {
    if (!network && !transfer.same_host) {
        return BlockCodec::None;
    }
    switch (kind) {
        case BlockId::Kind::Shuffle:
            return transfer.shuffle ? transfer.codec : BlockCodec::None;
        case BlockId::Kind::Broadcast:
            return transfer.broadcast ? transfer.codec : BlockCodec::None;
        case BlockId::Kind::Rdd:
        case BlockId::Kind::TaskResult:
            break;
    }
    return transfer.cached ? transfer.codec : BlockCodec::None;
}

}  // namespace heddle::rdd
