#pragma once

// Free capacity of some nodes, in the order in which they are chosen: the part of the index in
// placement.h that stands for one label, one rack, or one constraint.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/resource.h"
#include "common/model/queue.h"
#include "resourcemanager/core/container_table.h"

namespace heddle::rm {

/// Why a size finds no room, counted without looking at every node.
struct NodeSurvey {
    bool fits = false;  // there is room; then the rest is not filled in
    /// Nodes by what they lack, every node once: what is named ("gpu") before "vcores" before
    /// "memory".
    std::map<std::string, std::int64_t> short_of;
    std::optional<NodeIndex> nearest;  // the smallest gap, in parts of what is asked for
    std::int64_t gap = 0;              // its gap, in millionths
};

/// Free capacity of some nodes.
class Shelf {
public:
    void put(NodeIndex node, const Resource& free);
    /// Requires what was put.
    void take(NodeIndex node, const Resource& free);
    /// The first node in this order with room for `size` that is not in `avoided`, or none. Adds
    /// the looks to `visited`.
    std::optional<NodeIndex> find(const Resource& size, const std::set<NodeIndex>& avoided,
                                  NodeOrder order, std::int64_t& visited) const;
    /// The same, of those that are taken; each is asked about once at most.
    using Takes = std::function<bool(NodeIndex)>;
    std::optional<NodeIndex> find_if(const Resource& size, const Takes& takes, NodeOrder order,
                                     std::int64_t& visited) const;
    NodeSurvey survey(const Resource& size) const;
    /// Nodes that have what is named, roomiest first, until there are `count`.
    void collect(const NamedCounts& named, std::size_t count, std::vector<NodeIndex>& nodes) const;

private:
    struct Entry {
        std::int64_t memory_mib = 0;
        NodeIndex node = 0;
        /// Roomiest first, then the lowest index.
        friend constexpr bool operator<(const Entry& a, const Entry& b) {
            return a.memory_mib != b.memory_mib ? a.memory_mib > b.memory_mib : a.node < b.node;
        }
    };
    using Levels = std::map<std::int64_t, std::set<Entry>, std::greater<>>;  // by free vcores

    template <typename Good>
    std::optional<NodeIndex> first(const Resource& size, NodeOrder order, Good&& good,
                                   std::int64_t& visited) const;
    template <typename Good>
    static std::optional<NodeIndex> roomiest_of(const Levels& levels, const Resource& size,
                                                Good&& good, std::int64_t& visited);
    template <typename Good>
    static std::optional<NodeIndex> tightest_of(const Levels& levels, const Resource& size,
                                                Good&& good, std::int64_t& visited);

    std::map<NamedCounts, Levels> groups_;
};

/// What is missing of each dimension as a part of what is asked for, summed, in millionths.
std::int64_t gap_of(const Resource& size, const Resource& free);

}  // namespace heddle::rm
