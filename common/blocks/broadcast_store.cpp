// Cutting values into chunks.
#include "common/blocks/broadcast_store.h"

#include <atomic>
#include <memory>
#include <string_view>
#include <utility>

#include "common/blocks/block_access.h"

namespace heddle::blocks {

BlockPtr block_of_bytes(std::string_view bytes, std::shared_ptr<const void> owner) {
    BlockAccess::Encoded parts;
    parts.raw = true;
    parts.record_size = 1;
    parts.memory = static_cast<std::int64_t>(bytes.size());
    parts.segments.push_back({bytes.data(), bytes.size(), bytes.size()});
    parts.owner = std::move(owner);
    return BlockAccess::make(std::move(parts));
}

rdd::BroadcastRef BroadcastStore::add(rdd::Bytes value, std::uint64_t chunk_bytes) {
    auto bytes = std::make_shared<const rdd::Bytes>(std::move(value));  // by all chunks
    const std::string_view view = *bytes;
    return add(view, std::move(bytes), chunk_bytes);
}

rdd::BroadcastRef BroadcastStore::add(std::string_view bytes, std::shared_ptr<const void> owner,
                                      std::uint64_t chunk_bytes) {
    // Of the process and not of the driver, as with accumulators.
    static std::atomic<std::int64_t> next{0};
    const rdd::BroadcastRef ref{rdd::BroadcastId{next.fetch_add(1)}, bytes.size(), chunk_bytes};
    std::vector<BlockPtr> chunks;
    for (std::size_t i = 0; i < ref.chunks(); ++i) {
        chunks.push_back(block_of_bytes(bytes.substr(i * chunk_bytes, chunk_bytes), owner));
    }
    const std::lock_guard lock(mutex_);
    values_[ref.id] = std::move(chunks);
    return ref;
}

BlockPtr BroadcastStore::get(const rdd::BlockId& id) const {
    const std::lock_guard lock(mutex_);
    const auto it = values_.find(rdd::BroadcastId{id.first});
    const auto chunk = static_cast<std::size_t>(id.second - 1);
    if (id.kind != rdd::BlockId::Kind::Broadcast || it == values_.end() || id.second < 1 ||
        chunk >= it->second.size()) {
        return nullptr;
    }
    return it->second[chunk];
}

void BroadcastStore::remove(rdd::BroadcastId id) {
    const std::lock_guard lock(mutex_);
    values_.erase(id);
}

}  // namespace heddle::blocks
