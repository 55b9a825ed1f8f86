#pragma once

// The index that answers "which node has room for this" without looking at all nodes: for each
// number of free vcores, the nodes that have exactly so many, by free memory. A look at the
// roomiest node of each level decides the level, so a question costs at most one look per distinct
// number of free vcores, and the answer is exact.
//
// The choice spreads: most free vcores first, then most free memory, then the lowest index.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/base/resource.h"
#include "resourcemanager/core/container_table.h"

namespace heddle::rm {

class FreeIndex {
public:
    /// Records what is free on a node; nullopt: nothing may be placed there.
    void set(NodeIndex node, std::optional<Resource> free);

    /// A node with room for `size`, or none.
    std::optional<NodeIndex> find(const Resource& size);

    bool fits(NodeIndex node, const Resource& size) const;

    /// Nodes looked at by find() since the start.
    std::int64_t visited() const { return visited_; }

    std::size_t size() const { return present_; }

private:
    struct Entry {
        std::int64_t memory_mib = 0;
        NodeIndex node = 0;
        /// Roomiest first, then the lowest index.
        friend constexpr bool operator<(const Entry& a, const Entry& b) {
            return a.memory_mib != b.memory_mib ? a.memory_mib > b.memory_mib : a.node < b.node;
        }
    };
    std::map<std::int64_t, std::set<Entry>, std::greater<>> by_vcores_;
    std::vector<std::optional<Resource>> free_;
    std::size_t present_ = 0;
    std::int64_t visited_ = 0;
};

}  // namespace heddle::rm
