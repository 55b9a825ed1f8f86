#include "resourcemanager/core/placement.h"

#include "common/base/check.h"

namespace heddle::rm {
namespace {

// The first of what is named and not there in full.
std::string lacking(const NamedCounts& wanted, const NamedCounts& named) {
    for (const NamedCounts::Entry& entry : wanted.entries()) {
        if (named.get(entry.name) < entry.count) {
            return entry.name;
        }
    }
    return "";
}

}  // namespace

std::int64_t gap_of(const Resource& size, const Resource& free) {
    const auto part = [](std::int64_t need, std::int64_t have) {
        return need <= have ? 0 : (need - have) * 1'000'000 / need;
    };
    std::int64_t gap = part(size.memory_mib, free.memory_mib) + part(size.vcores, free.vcores);
    for (const NamedCounts::Entry& entry : size.named.entries()) {
        gap += part(entry.count, free.named.get(entry.name));
    }
    return gap;
}

void Shelf::put(NodeIndex node, const Resource& free) {
    groups_[free.named][free.vcores].insert({free.memory_mib, node});
}

void Shelf::take(NodeIndex node, const Resource& free) {
    const auto group = groups_.find(free.named);
    CHECK(group != groups_.end());
    const auto level = group->second.find(free.vcores);
    CHECK(level != group->second.end() && level->second.erase({free.memory_mib, node}) == 1);
    if (level->second.empty()) {
        group->second.erase(level);
    }
    if (group->second.empty()) {
        groups_.erase(group);
    }
}

template <typename Good>
std::optional<NodeIndex> Shelf::first(const Resource& size, Good&& good,
                                      std::int64_t& visited) const {
    for (const auto& [named, levels] : groups_) {
        if (!size.named.fits_in(named)) {
            continue;
        }
        for (const auto& [vcores, level] : levels) {
            if (vcores < size.vcores) {
                break;
            }
            for (const Entry& entry : level) {
                ++visited;
                if (entry.memory_mib < size.memory_mib) {
                    break;
                }
                if (good(entry.node)) {
                    return entry.node;
                }
            }
        }
    }
    return std::nullopt;
}

void Shelf::collect(const NamedCounts& named, std::size_t count,
                    std::vector<NodeIndex>& nodes) const {
    for (const auto& [has, levels] : groups_) {
        for (const auto& [vcores, level] : levels) {
            for (const Entry& entry : level) {
                if (nodes.size() >= count) {
                    return;
                }
                if (!named.fits_in(has)) {
                    break;
                }
                nodes.push_back(entry.node);
            }
        }
    }
}

std::optional<NodeIndex> Shelf::find(const Resource& size, const std::set<NodeIndex>& avoided,
                                     std::int64_t& visited) const {
    return first(
        size, [&](NodeIndex node) { return !avoided.contains(node); }, visited);
}

std::optional<NodeIndex> Shelf::find_if(const Resource& size, const Takes& takes,
                                        std::int64_t& visited) const {
    return first(size, takes, visited);
}

FreeIndex::Place& FreeIndex::place(NodeIndex node) {
    if (node >= places_.size()) {
        places_.resize(node + 1);
    }
    Place& place = places_[node];
    if (place.shelf == nullptr) {
        place.shelf = &by_label_[{}];
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
    to.shelf = &by_label_[label];
    to.rack = &racks_[{label, rack}];
    to.rack->nodes.insert(node);
    set(node, free);
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
}

std::optional<NodeIndex> FreeIndex::find(const Resource& size, const std::string& label,
                                         const std::set<NodeIndex>& avoided) const {
    const auto it = by_label_.find(label);
    return it == by_label_.end() ? std::nullopt : it->second.find(size, avoided, visited_);
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
                                                 const std::set<NodeIndex>& avoided) {
    const Shelf* shelf = shelf_of(label, rack);
    return shelf == nullptr ? std::nullopt : shelf->find(size, avoided, visited_);
}

std::optional<NodeIndex> FreeIndex::find_if(const Resource& size, const std::string& label,
                                            const Takes& takes) const {
    const auto it = by_label_.find(label);
    return it == by_label_.end() ? std::nullopt : it->second.find_if(size, takes, visited_);
}

std::optional<NodeIndex> FreeIndex::find_on_rack_if(const Resource& size, const std::string& label,
                                                    const std::string& rack, const Takes& takes) {
    const Shelf* shelf = shelf_of(label, rack);
    return shelf == nullptr ? std::nullopt : shelf->find_if(size, takes, visited_);
}

std::vector<NodeIndex> FreeIndex::roomiest(const Resource& size, const std::string& label,
                                           std::size_t count) const {
    std::vector<NodeIndex> nodes;
    if (const auto it = by_label_.find(label); it != by_label_.end()) {
        it->second.collect(size.named, count, nodes);
    }
    return nodes;
}

bool FreeIndex::fits(NodeIndex node, const Resource& size) const {
    return node < places_.size() && places_[node].free.has_value() &&
           size.fits_in(*places_[node].free);
}

// Among nodes of a group with equally many free vcores the roomiest has the smallest gap.
NodeSurvey Shelf::survey(const Resource& size) const {
    NodeSurvey survey;
    for (const auto& [named, levels] : groups_) {
        const std::string missing = lacking(size.named, named);
        for (const auto& [vcores, level] : levels) {
            const Entry& roomiest = *level.begin();
            const Resource free{roomiest.memory_mib, vcores, named};
            if (size.fits_in(free)) {
                survey = {};
                survey.fits = true;
                return survey;
            }
            const std::string what = !missing.empty()       ? missing
                                     : vcores < size.vcores ? "vcores"
                                                            : "memory";
            survey.short_of[what] += static_cast<std::int64_t>(level.size());
            const std::int64_t gap = gap_of(size, free);
            if (!survey.nearest.has_value() || gap < survey.gap ||
                (gap == survey.gap && roomiest.node < *survey.nearest)) {
                survey.nearest = roomiest.node;
                survey.gap = gap;
            }
        }
    }
    return survey;
}

NodeSurvey FreeIndex::survey(const Resource& size, const std::string& label) const {
    const auto it = by_label_.find(label);
    return it == by_label_.end() ? NodeSurvey{} : it->second.survey(size);
}

}  // namespace heddle::rm
