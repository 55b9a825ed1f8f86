#include "resourcemanager/core/constraint_rooms.h"

#include <algorithm>
#include <utility>

namespace heddle::rm {

void ConstraintRooms::node_differs(NodeIndex node) {
    for (auto& [key, kept] : kept_) {
        if (node < kept.differs_.size() && !kept.differs_[node]) {
            kept.differs_[node] = true;
            kept.differ_.push_back(node);
        }
    }
}

const ConstraintRooms::Kept* ConstraintRooms::of(const Key& key, const Source& source,
                                                 std::int64_t& visited) {
    ++questions_;
    auto it = kept_.find(key);
    if (it == kept_.end()) {
        if (kept_.size() == kKeptMax) {
            const auto oldest = std::ranges::min_element(
                kept_, {}, [](const auto& known) { return known.second.asked_; });
            if (questions_ - oldest->second.asked_ <= kQuestionsKept) {
                return nullptr;
            }
            kept_.erase(oldest);
        }
        it = kept_.emplace(key, Kept{}).first;
    }
    Kept& kept = it->second;
    kept.asked_ = questions_;
    for (auto node = static_cast<NodeIndex>(kept.differs_.size()); node < source.nodes; ++node) {
        kept.differ_.push_back(node);
    }
    kept.differs_.resize(std::max(kept.differs_.size(), source.nodes), true);
    kept.entries_.resize(kept.differs_.size());
    for (const NodeIndex node : std::exchange(kept.differ_, {})) {
        ++visited;
        kept.differs_[node] = false;
        kept.judge(node, source);
    }
    return &kept;
}

void ConstraintRooms::Kept::judge(NodeIndex node, const Source& source) {
    std::optional<Entry>& entry = entries_[node];
    if (entry.has_value()) {
        shelves_[entry->label].take(node, entry->free);
        entry.reset();
    }
    const Room room = source.room(node);
    if (room.free != nullptr && source.holds(node)) {
        entry = Entry{*room.label, *room.free};
        shelves_[entry->label].put(node, entry->free);
    }
}

std::optional<NodeIndex> ConstraintRooms::Kept::find_if(const Resource& size,
                                                        const std::string& label,
                                                        const Shelf::Takes& takes, NodeOrder order,
                                                        std::int64_t& visited) const {
    const auto shelf = shelves_.find(label);
    return shelf == shelves_.end() ? std::nullopt
                                   : shelf->second.find_if(size, takes, order, visited);
}

}  // namespace heddle::rm
