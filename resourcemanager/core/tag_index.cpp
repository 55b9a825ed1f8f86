#include "resourcemanager/core/tag_index.h"

#include <utility>

#include "common/base/check.h"

namespace heddle::rm {
namespace {

template <typename Map, typename Id>
std::int64_t at_or_zero(const Map& counts, const Id& id) {
    const auto it = counts.find(id);
    return it == counts.end() ? 0 : it->second;
}

template <typename Map, typename Id>
void count(Map& counts, const Id& id, std::int64_t by) {
    const auto it = counts.try_emplace(id, 0).first;
    it->second += by;
    CHECK(it->second >= 0);
    if (it->second == 0) {
        counts.erase(it);
    }
}

template <typename Place>
void count_here(std::map<Place, TagsHere>& places, const Place& place, const TagBearer& bearer,
                std::int64_t by) {
    const auto here = places.try_emplace(place).first;
    for (const std::string& tag : bearer.tags) {
        const auto applications = here->second.try_emplace(tag).first;
        count(applications->second, bearer.application, by);
        if (applications->second.empty()) {
            here->second.erase(applications);
        }
    }
    if (here->second.empty()) {
        places.erase(here);
    }
}

// An application id that cannot be read names nobody.
ApplicationId named_application(const std::string& text) {
    const auto parsed = parse_application_id(text);
    return parsed ? *parsed : ApplicationId{-1, -1};
}

}  // namespace

TagKey key_of(const TagTarget& target, const ApplicationId& asking) {
    switch (target.space) {
        case TagTarget::Space::Self:
            return {target.tag, asking, ""};
        case TagTarget::Space::NotSelf:
        case TagTarget::Space::All:
            return {target.tag, {}, ""};
        case TagTarget::Space::Application:
            return {target.tag, named_application(target.of), ""};
        case TagTarget::Space::ApplicationTag:
            return {target.tag, {}, target.of};
    }
    return {};
}

std::vector<TagKey> keys_of(const TagBearer& bearer) {
    std::vector<TagKey> keys;
    for (const std::string& tag : bearer.tags) {
        keys.push_back({tag, {}, ""});
        keys.push_back({tag, bearer.application, ""});
        for (const std::string& application_tag : bearer.application_tags) {
            keys.push_back({tag, {}, application_tag});
        }
    }
    return keys;
}

const TagIndex::Counts* TagIndex::find(const TagKey& key) const {
    const auto it = counts_.find(key);
    return it == counts_.end() ? nullptr : &it->second;
}

std::int64_t TagIndex::on_node(const TagTarget& target, const ApplicationId& asking,
                               NodeIndex node) const {
    const Counts* counts = find(key_of(target, asking));
    std::int64_t sum = counts == nullptr ? 0 : at_or_zero(counts->nodes, node);
    if (target.space == TagTarget::Space::NotSelf && sum != 0) {
        const Counts* own = find({target.tag, asking, ""});
        sum -= own == nullptr ? 0 : at_or_zero(own->nodes, node);
    }
    return sum;
}

std::int64_t TagIndex::in_rack(const TagTarget& target, const ApplicationId& asking,
                               const std::string& rack) const {
    const Counts* counts = find(key_of(target, asking));
    std::int64_t sum = counts == nullptr ? 0 : at_or_zero(counts->racks, rack);
    if (target.space == TagTarget::Space::NotSelf && sum != 0) {
        const Counts* own = find({target.tag, asking, ""});
        sum -= own == nullptr ? 0 : at_or_zero(own->racks, rack);
    }
    return sum;
}

const TagIndex::OnNodes* TagIndex::nodes_with(const TagTarget& target,
                                              const ApplicationId& asking) const {
    const Counts* counts = find(key_of(target, asking));
    return counts == nullptr ? nullptr : &counts->nodes;
}

const TagIndex::InRacks* TagIndex::racks_with(const TagTarget& target,
                                              const ApplicationId& asking) const {
    const Counts* counts = find(key_of(target, asking));
    return counts == nullptr ? nullptr : &counts->racks;
}

std::int64_t TagIndex::in_rack(const TagKey& key, const std::string& rack) const {
    const Counts* counts = find(key);
    return counts == nullptr ? 0 : at_or_zero(counts->racks, rack);
}

std::map<std::string, std::int64_t> TagIndex::on_node(NodeIndex node) const {
    std::map<std::string, std::int64_t> sums;
    if (const TagsHere* tags = here(node)) {
        for (const auto& [tag, applications] : *tags) {
            for (const auto& [application, containers] : applications) {
                sums[tag] += containers;
            }
        }
    }
    return sums;
}

const TagsHere* TagIndex::here(NodeIndex node) const {
    const auto it = by_node_.find(node);
    return it == by_node_.end() ? nullptr : &it->second;
}

const TagsHere* TagIndex::here(const std::string& rack) const {
    const auto it = by_rack_.find(rack);
    return it == by_rack_.end() ? nullptr : &it->second;
}

void TagIndex::change(const TagBearer& bearer, std::int64_t by) {
    if (bearer.tags.empty()) {
        return;
    }
    count_here(by_node_, bearer.node, bearer, by);
    count_here(by_rack_, bearer.rack, bearer, by);
    for (const TagKey& key : keys_of(bearer)) {
        change(key, bearer, by);
    }
}

void TagIndex::change(const TagKey& key, const TagBearer& bearer, std::int64_t by) {
    Counts& counts = counts_[key];
    count(counts.nodes, bearer.node, by);
    count(counts.racks, bearer.rack, by);
    if (counts.nodes.empty() && counts.racks.empty()) {
        counts_.erase(key);
    }
}

}  // namespace heddle::rm
