#include "resourcemanager/core/shelf.h"

#include <iterator>

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
std::optional<NodeIndex> Shelf::first(const Resource& size, NodeOrder order, Good&& good,
                                      std::int64_t& visited) const {
    for (const auto& [named, levels] : groups_) {
        if (!size.named.fits_in(named)) {
            continue;
        }
        const auto node = order == NodeOrder::Pack ? tightest_of(levels, size, good, visited)
                                                   : roomiest_of(levels, size, good, visited);
        if (node.has_value()) {
            return node;
        }
    }
    return std::nullopt;
}

template <typename Good>
std::optional<NodeIndex> Shelf::roomiest_of(const Levels& levels, const Resource& size, Good&& good,
                                            std::int64_t& visited) {
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
    return std::nullopt;
}

// From the back; of nodes with the same room the lowest index all the same.
template <typename Good>
std::optional<NodeIndex> Shelf::tightest_of(const Levels& levels, const Resource& size, Good&& good,
                                            std::int64_t& visited) {
    for (auto at = std::make_reverse_iterator(levels.upper_bound(size.vcores)); at != levels.rend();
         ++at) {
        const std::set<Entry>& level = at->second;
        ++visited;
        for (auto end = level.upper_bound({size.memory_mib, UINT32_MAX}); end != level.begin();) {
            const auto begin = level.lower_bound({std::prev(end)->memory_mib, 0});
            for (auto entry = begin; entry != end; ++entry) {
                ++visited;
                if (good(entry->node)) {
                    return entry->node;
                }
            }
            end = begin;
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
                                     NodeOrder order, std::int64_t& visited) const {
    return first(
        size, order, [&](NodeIndex node) { return !avoided.contains(node); }, visited);
}

std::optional<NodeIndex> Shelf::find_if(const Resource& size, const Takes& takes, NodeOrder order,
                                        std::int64_t& visited) const {
    return first(size, order, takes, visited);
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

}  // namespace heddle::rm
