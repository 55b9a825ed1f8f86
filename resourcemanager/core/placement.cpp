#include "resourcemanager/core/placement.h"

#include "common/base/check.h"

namespace heddle::rm {

void FreeIndex::set(NodeIndex node, std::optional<Resource> free) {
    if (node >= free_.size()) {
        free_.resize(node + 1);
    }
    std::optional<Resource>& old = free_[node];
    if (old == free) {
        return;
    }
    if (old.has_value()) {
        const auto level = by_vcores_.find(old->vcores);
        CHECK(level != by_vcores_.end() && level->second.erase({old->memory_mib, node}) == 1);
        if (level->second.empty()) {
            by_vcores_.erase(level);
        }
        --present_;
    }
    if (free.has_value()) {
        by_vcores_[free->vcores].insert({free->memory_mib, node});
        ++present_;
    }
    old = free;
}

std::optional<NodeIndex> FreeIndex::find(const Resource& size) {
    for (const auto& [vcores, level] : by_vcores_) {
        if (vcores < size.vcores) {
            return std::nullopt;
        }
        ++visited_;
        if (level.begin()->memory_mib >= size.memory_mib) {
            return level.begin()->node;
        }
    }
    return std::nullopt;
}

bool FreeIndex::fits(NodeIndex node, const Resource& size) const {
    return node < free_.size() && free_[node].has_value() && size.fits_in(*free_[node]);
}

}  // namespace heddle::rm
