#pragma once

// The broadcast values of one driver, encoded and cut into chunks, for as long as its program may
// need them: executors that have dropped a chunk, or are new, come here. Thread-safe.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "common/blocks/block.h"
#include "common/rdd/broadcast.h"
#include "common/rdd/bytes.h"
#include "common/rdd/ids.h"

namespace heddle::blocks {

class BroadcastStore {
public:
    rdd::BroadcastRef add(rdd::Bytes value, std::uint64_t chunk_bytes = rdd::kBroadcastChunkBytes);
    /// Bytes that lie elsewhere; `owner` keeps them alive.
    rdd::BroadcastRef add(std::string_view bytes, std::shared_ptr<const void> owner,
                          std::uint64_t chunk_bytes = rdd::kBroadcastChunkBytes);
    /// Null: no such chunk (any more).
    BlockPtr get(const rdd::BlockId& id) const;
    void remove(rdd::BroadcastId id);

private:
    mutable std::mutex mutex_;
    std::map<rdd::BroadcastId, std::vector<BlockPtr>> values_;
};

/// Raw bytes as a block; `owner` keeps them alive.
BlockPtr block_of_bytes(std::string_view bytes, std::shared_ptr<const void> owner);

}  // namespace heddle::blocks
