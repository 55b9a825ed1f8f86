#pragma once

// The index that answers where an opportunistic container goes without looking at all nodes: where
// it could start at once, else where the fewest wait. Nodes stand by label and size, since there
// are few sizes; within one by how many wait there.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/resource.h"
#include "resourcemanager/core/container_table.h"
#include "resourcemanager/core/placement.h"

namespace heddle::rm {

/// Opportunistic containers of one node, as far as the manager knows.
struct OpportunisticUse {
    std::int32_t queue_max = 0;  // as its agent says; 0: it takes none
    std::int32_t queued = 0;     // ordered, and not started as far as is known
    std::int32_t running = 0;
    Resource waiting;  // of those that are queued
    Resource used;     // of those that run

    void count(const Container& container, int sign);
    bool open() const { return queued < queue_max; }

    friend bool operator==(const OpportunisticUse&, const OpportunisticUse&) = default;
};

/// Nodes of a size that an ask may take, counted without looking at each.
struct OpportunisticSurvey {
    std::int64_t nodes = 0;  // that take opportunistic containers
    std::int64_t open = 0;   // whose queue is not full
    std::int64_t queued = 0;
};

class OpportunisticNodes {
public:
    /// What holds of a node that takes containers; nullopt: it takes none now.
    struct State {
        std::string label;
        Resource total;
        Resource spare;  // that nobody uses or waits for there
        OpportunisticUse use;
    };
    void set(NodeIndex node, std::optional<State> state);
    /// How many wait on it, whether it takes more or not.
    void set_queued(NodeIndex node, std::int32_t queued);

    bool takes(NodeIndex node, const Resource& size) const;
    bool starts_at_once(NodeIndex node, const Resource& size) const {
        return spare_.fits(node, size);
    }
    /// A node of the label where it could start at once, or none.
    std::optional<NodeIndex> with_room(const Resource& size, const std::string& label,
                                       const std::set<NodeIndex>& avoided = {}) const {
        return spare_.find(size, label, avoided);
    }
    /// The node of the label that it fits on and where the fewest wait, or none.
    std::optional<NodeIndex> shortest(const Resource& size, const std::string& label,
                                      const std::set<NodeIndex>& avoided) const;
    /// At most `count` nodes on which containers wait, the longest queues first.
    std::vector<NodeIndex> longest(std::size_t count) const;

    OpportunisticSurvey survey(const Resource& size, const std::string& label) const;
    bool any_open() const { return open_ > 0; }
    bool any_queued() const { return !queued_.empty(); }
    /// Whether more may be possible than when this was last asked.
    bool take_changed() { return std::exchange(changed_, false); }

private:
    using Queue = std::pair<std::int32_t, NodeIndex>;  // how many wait
    struct Group {
        std::set<Queue> open;
        std::int64_t nodes = 0;
        std::int64_t queued = 0;
    };
    struct Place {
        std::optional<State> state;
        std::int32_t queued = 0;
    };
    void remove(NodeIndex node);

    std::map<std::pair<std::string, Resource>, Group> groups_;  // by label and size
    std::vector<Place> places_;
    std::set<Queue> queued_;
    FreeIndex spare_;
    std::int64_t open_ = 0;
    bool changed_ = false;
};

}  // namespace heddle::rm
