// Holders of broadcast chunks.
#include "client/driver/core/broadcast_table.h"

#include <algorithm>

namespace heddle::driver {

bool BroadcastTable::keep(const rdd::BroadcastKept& kept, rdd::ExecutorId executor) {
    std::vector<rdd::ExecutorId>& holders = holders_[{kept.broadcast, kept.chunk}];
    if (holders.size() >= kTold ||
        std::find(holders.begin(), holders.end(), executor) != holders.end()) {
        return false;
    }
    holders.push_back(executor);
    return true;
}

void BroadcastTable::executor_lost(rdd::ExecutorId executor) {
    for (auto it = holders_.begin(); it != holders_.end();) {
        std::erase(it->second, executor);
        it = it->second.empty() ? holders_.erase(it) : std::next(it);
    }
}

void BroadcastTable::drop(rdd::BroadcastId id) {
    holders_.erase(holders_.lower_bound({id, INT64_MIN}), holders_.upper_bound({id, INT64_MAX}));
}

void BroadcastTable::destroy(rdd::BroadcastId id) {
    drop(id);
    destroyed_.insert(id);
}

std::vector<rdd::BroadcastHeld> BroadcastTable::told() const {
    std::vector<rdd::BroadcastHeld> all;
    for (const auto& [chunk, holders] : holders_) {
        for (const rdd::ExecutorId executor : holders) {
            all.push_back({chunk.first, chunk.second, executor});
        }
    }
    return all;
}

}  // namespace heddle::driver
