#pragma once

// The index that answers "which node has room for this" without looking at all nodes. Nodes are
// kept by label, and within one by what they have free of named resources ("2 gpu"; most: nothing).
// For each number of free vcores, the nodes that have exactly so many stand by free memory. A look
// at the roomiest node of each level decides the level, so a question costs at most one look per
// distinct number of free vcores in each group with enough of what is named, and the answer is
// exact.
//
// The choice spreads: most free vcores first, then most free memory, then the lowest index; or it
// packs: least free vcores first that are enough, then least free memory. Of
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
#include "resourcemanager/core/constraint_rooms.h"
#include "resourcemanager/core/container_table.h"
#include "resourcemanager/core/shelf.h"

namespace heddle::rm {

class FreeIndex {
public:
    /// Where a node stands; before it is first set, no label and no rack.
    void move(NodeIndex node, const std::string& label, const std::string& rack);
    /// Records what is free on a node; nullopt: nothing may be placed there.
    void set(NodeIndex node, std::optional<Resource> free);

    /// A node of the label with room for `size`, or none.
    std::optional<NodeIndex> find(const Resource& size, const std::string& label = {},
                                  const std::set<NodeIndex>& avoided = {},
                                  NodeOrder order = NodeOrder::Spread) const;
    /// The same on one rack.
    std::optional<NodeIndex> find_on_rack(const Resource& size, const std::string& label,
                                          const std::string& rack,
                                          const std::set<NodeIndex>& avoided = {},
                                          NodeOrder order = NodeOrder::Spread);

    /// The roomiest nodes of the label that have what is named, at most `count` of them.
    std::vector<NodeIndex> roomiest(const Resource& size, const std::string& label,
                                    std::size_t count) const;
    /// As find() and find_on_rack(), of the nodes that are taken: the first in order are asked
    /// about first.
    using Takes = Shelf::Takes;
    std::optional<NodeIndex> find_if(const Resource& size, const std::string& label,
                                     const Takes& takes, NodeOrder order) const;
    std::optional<NodeIndex> find_on_rack_if(const Resource& size, const std::string& label,
                                             const std::string& rack, const Takes& takes,
                                             NodeOrder order);

    /// As find_if() of the nodes where the constraint of this key holds, without a look at those
    /// where it does not. `known` is false when too many other constraints are asked for, and then
    /// there is no answer.
    std::optional<NodeIndex> find_where(const ConstraintRooms::Key& key, const Takes& holds,
                                        const Resource& size, const std::string& label,
                                        const Takes& takes, NodeOrder order, bool& known);
    /// Racks where nodes of the label stand, by name.
    std::vector<std::string> racks_of(const std::string& label) const;
    /// What constraints see on the node has changed.
    void differs(NodeIndex node) { rooms_.node_differs(node); }

    bool fits(NodeIndex node, const Resource& size) const;
    /// What is free there; null: nothing may be placed there.
    const Resource* free_of(NodeIndex node) const {
        return node < places_.size() && places_[node].free.has_value() ? &*places_[node].free
                                                                       : nullptr;
    }
    /// Counts a node that was looked at elsewhere.
    void look() { ++visited_; }

    /// Of the nodes of the label. One look per distinct number of free vcores in each group.
    NodeSurvey survey(const Resource& size, const std::string& label = {}) const;

    /// Nodes looked at by the searches above since the start.
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
        const std::string* label = nullptr;
        Rack* rack = nullptr;
    };
    Place& place(NodeIndex node);
    const Shelf* shelf_of(const std::string& label, const std::string& rack);

    std::map<std::string, Shelf> by_label_;
    std::map<std::pair<std::string, std::string>, Rack> racks_;  // label, rack
    std::vector<Place> places_;
    ConstraintRooms rooms_;
    std::size_t present_ = 0;
    mutable std::int64_t visited_ = 0;  // counts looks, decides nothing
};

}  // namespace heddle::rm
