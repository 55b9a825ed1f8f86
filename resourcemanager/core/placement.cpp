#include "resourcemanager/core/placement.h"

namespace heddle::rm {

FreeIndex::Place& FreeIndex::place(NodeIndex node) {
    if (node >= places_.size()) {
        places_.resize(node + 1);
    }
    Place& place = places_[node];
    if (place.shelf == nullptr) {
        const auto label = by_label_.try_emplace("").first;
        place.label = &label->first;
        place.shelf = &label->second;
        place.rack = &racks_[{}];
        place.rack->nodes.insert(node);
    }
    return place;
}

void FreeIndex::move(NodeIndex node, const std::string& label, const std::string& rack) {
    const std::optional<Resource> free = place(node).free;
    set(node, std::nullopt);
    Place& to = places_[node];
    to.rack->nodes.erase(node);
    const auto of_label = by_label_.try_emplace(label).first;
    to.label = &of_label->first;
    to.shelf = &of_label->second;
    to.rack = &racks_[{label, rack}];
    to.rack->nodes.insert(node);
    set(node, free);
    differs(node);
}

void FreeIndex::set(NodeIndex node, std::optional<Resource> free) {
    Place& at = place(node);
    if (at.free == free) {
        return;
    }
    if (at.free.has_value()) {
        at.shelf->take(node, *at.free);
        if (at.rack->shelf.has_value()) {
            at.rack->shelf->take(node, *at.free);
        }
        --present_;
    }
    if (free.has_value()) {
        at.shelf->put(node, *free);
        if (at.rack->shelf.has_value()) {
            at.rack->shelf->put(node, *free);
        }
        ++present_;
    }
    at.free = std::move(free);
    differs(node);
}

std::optional<NodeIndex> FreeIndex::find(const Resource& size, const std::string& label,
                                         const std::set<NodeIndex>& avoided,
                                         NodeOrder order) const {
    const auto it = by_label_.find(label);
    return it == by_label_.end() ? std::nullopt : it->second.find(size, avoided, order, visited_);
}

// Null: no node of this label is on the rack.
const Shelf* FreeIndex::shelf_of(const std::string& label, const std::string& rack) {
    const auto it = racks_.find({label, rack});
    if (it == racks_.end()) {
        return nullptr;
    }
    std::optional<Shelf>& shelf = it->second.shelf;
    if (!shelf.has_value()) {
        shelf.emplace();
        for (const NodeIndex node : it->second.nodes) {
            ++visited_;
            if (places_[node].free.has_value()) {
                shelf->put(node, *places_[node].free);
            }
        }
    }
    return &*shelf;
}

std::optional<NodeIndex> FreeIndex::find_on_rack(const Resource& size, const std::string& label,
                                                 const std::string& rack,
                                                 const std::set<NodeIndex>& avoided,
                                                 NodeOrder order) {
    const Shelf* shelf = shelf_of(label, rack);
    return shelf == nullptr ? std::nullopt : shelf->find(size, avoided, order, visited_);
}

std::optional<NodeIndex> FreeIndex::find_if(const Resource& size, const std::string& label,
                                            const Takes& takes, NodeOrder order) const {
    const auto it = by_label_.find(label);
    return it == by_label_.end() ? std::nullopt : it->second.find_if(size, takes, order, visited_);
}

std::optional<NodeIndex> FreeIndex::find_on_rack_if(const Resource& size, const std::string& label,
                                                    const std::string& rack, const Takes& takes,
                                                    NodeOrder order) {
    const Shelf* shelf = shelf_of(label, rack);
    return shelf == nullptr ? std::nullopt : shelf->find_if(size, takes, order, visited_);
}

std::vector<NodeIndex> FreeIndex::roomiest(const Resource& size, const std::string& label,
                                           std::size_t count) const {
    std::vector<NodeIndex> nodes;
    if (const auto it = by_label_.find(label); it != by_label_.end()) {
        it->second.collect(size.named, count, nodes);
    }
    return nodes;
}

std::optional<NodeIndex> FreeIndex::find_where(const ConstraintRooms::Key& key, const Takes& holds,
                                               const Resource& size, const std::string& label,
                                               const Takes& takes, NodeOrder order, bool& known) {
    ConstraintRooms::Source source;
    source.nodes = places_.size();
    source.holds = holds;
    source.room = [this](NodeIndex node) {
        return ConstraintRooms::Room{places_[node].label, free_of(node)};
    };
    const ConstraintRooms::Kept* kept = rooms_.of(key, source, visited_);
    known = kept != nullptr;
    return known ? kept->find_if(size, label, takes, order, visited_) : std::nullopt;
}

std::vector<std::string> FreeIndex::racks_of(const std::string& label) const {
    std::vector<std::string> racks;
    for (auto it = racks_.lower_bound({label, ""}); it != racks_.end() && it->first.first == label;
         ++it) {
        if (!it->second.nodes.empty()) {
            racks.push_back(it->first.second);
        }
    }
    return racks;
}

bool FreeIndex::fits(NodeIndex node, const Resource& size) const {
    return node < places_.size() && places_[node].free.has_value() &&
           size.fits_in(*places_[node].free);
}

NodeSurvey FreeIndex::survey(const Resource& size, const std::string& label) const {
    const auto it = by_label_.find(label);
    return it == by_label_.end() ? NodeSurvey{} : it->second.survey(size);
}

}  // namespace heddle::rm
