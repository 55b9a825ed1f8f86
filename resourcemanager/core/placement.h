#pragma once

// The index that answers "which node has room for this" without looking at all nodes. Nodes are
// kept by label, and within one by what they have free of named resources ("2 gpu"; most: nothing).
// For each number of free vcores, the nodes that have exactly so many stand by free memory. A look
// at the roomiest node of each level decides the level, so a question costs at most one look per
// distinct number of free vcores in each group with enough of what is named, and the answer is
// exact.
//
// The choice spreads: most free vcores first, then most free memory, then the lowest index. Of
// named resources it takes what is left over: the group with the least that is enough, so that
// whole machines stay for those who need them, and machines with gpus for those who ask for gpus.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/resource.h"
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
    /// A node with room for `size` that is not in `avoided`, or none. Adds the looks to `visited`.
    std::optional<NodeIndex> find(const Resource& size, const std::set<NodeIndex>& avoided,
                                  std::int64_t& visited) const;
    /// The same, of those that are taken; each is asked about once at most.
    using Takes = std::function<bool(NodeIndex)>;
    std::optional<NodeIndex> find_if(const Resource& size, const Takes& takes,
                                     std::int64_t& visited) const;
    NodeSurvey survey(const Resource& size) const;
    /// Nodes that have what is named, roomiest first, until there are `count`.
    void collect(const NamedCounts& named, std::size_t count, std::vector<NodeIndex>& nodes) const;

private:
    template <typename Good>
    std::optional<NodeIndex> first(const Resource& size, Good&& good, std::int64_t& visited) const;

    struct Entry {
        std::int64_t memory_mib = 0;
        NodeIndex node = 0;
        /// Roomiest first, then the lowest index.
        friend constexpr bool operator<(const Entry& a, const Entry& b) {
            return a.memory_mib != b.memory_mib ? a.memory_mib > b.memory_mib : a.node < b.node;
        }
    };
    using Levels = std::map<std::int64_t, std::set<Entry>, std::greater<>>;  // by free vcores
    std::map<NamedCounts, Levels> groups_;
};

/// What is missing of each dimension as a part of what is asked for, summed, in millionths.
std::int64_t gap_of(const Resource& size, const Resource& free);

class FreeIndex {
public:
    /// Where a node stands; before it is first set, no label and no rack.
    void move(NodeIndex node, const std::string& label, const std::string& rack);
    /// Records what is free on a node; nullopt: nothing may be placed there.
    void set(NodeIndex node, std::optional<Resource> free);

    /// A node of the label with room for `size`, or none.
    std::optional<NodeIndex> find(const Resource& size, const std::string& label = {},
                                  const std::set<NodeIndex>& avoided = {}) const;
    /// The same on one rack.
    std::optional<NodeIndex> find_on_rack(const Resource& size, const std::string& label,
                                          const std::string& rack,
                                          const std::set<NodeIndex>& avoided = {});

    /// The roomiest nodes of the label that have what is named, at most `count` of them.
    std::vector<NodeIndex> roomiest(const Resource& size, const std::string& label,
                                    std::size_t count) const;
    /// As find() and find_on_rack(), of the nodes that are taken: the roomiest are asked about
    /// first.
    using Takes = Shelf::Takes;
    std::optional<NodeIndex> find_if(const Resource& size, const std::string& label,
                                     const Takes& takes) const;
    std::optional<NodeIndex> find_on_rack_if(const Resource& size, const std::string& label,
                                             const std::string& rack, const Takes& takes);

    bool fits(NodeIndex node, const Resource& size) const;
    /// Counts a node that was looked at elsewhere.
    void look() { ++visited_; }

    /// Of the nodes of the label. One look per distinct number of free vcores in each group.
    NodeSurvey survey(const Resource& size, const std::string& label = {}) const;

    /// Nodes looked at by find() and find_on_rack() since the start.
    std::int64_t visited() const { return visited_; }

    std::size_t size() const { return present_; }

private:
    struct Rack {
        std::set<NodeIndex> nodes;
        // Made by the first question: most clusters never ask, and then it would be work for
        // nothing.
        std::optional<Shelf> shelf;
    };
    struct Place {
        std::optional<Resource> free;
        Shelf* shelf = nullptr;  // of its label; map nodes do not move
        Rack* rack = nullptr;
    };
    Place& place(NodeIndex node);
    const Shelf* shelf_of(const std::string& label, const std::string& rack);

    std::map<std::string, Shelf> by_label_;
    std::map<std::pair<std::string, std::string>, Rack> racks_;  // label, rack
    std::vector<Place> places_;
    std::size_t present_ = 0;
    mutable std::int64_t visited_ = 0;  // counts looks, decides nothing
};

}  // namespace heddle::rm
