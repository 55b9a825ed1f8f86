#pragma once

// Which tags the containers of the cluster carry, counted by node and by rack, so that a placement
// constraint is answered by looking up a number and affinity by walking the nodes that hold a tag.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/model/constraint.h"
#include "resourcemanager/core/container_table.h"

namespace heddle::rm {

/// What a container brings to the node it is on.
struct TagBearer {
    NodeIndex node = 0;
    std::string rack;
    ApplicationId application;
    std::vector<std::string> tags;              // each once
    std::vector<std::string> application_tags;  // each once
};

class TagIndex {
public:
    void add(const TagBearer& bearer) { change(bearer, +1); }
    /// Requires that exactly this was added.
    void remove(const TagBearer& bearer) { change(bearer, -1); }

    /// Containers that `target` means when `asking` asks, on the node or in the rack.
    std::int64_t on_node(const TagTarget& target, const ApplicationId& asking,
                         NodeIndex node) const;
    std::int64_t in_rack(const TagTarget& target, const ApplicationId& asking,
                         const std::string& rack) const;

    /// Nodes that hold such a container, in order. With NotSelf: those that hold any with the tag.
    std::vector<NodeIndex> holders(const TagTarget& target, const ApplicationId& asking) const;

    /// Tags on a node with their counts, of all applications.
    std::map<std::string, std::int64_t> on_node(NodeIndex node) const;

    bool empty() const { return counts_.empty() && by_node_.empty(); }

private:
    // One way to name a container: by its tag alone, with its application, or with one of its
    // application's tags.
    struct Key {
        std::string tag;
        ApplicationId application;    // zero: any
        std::string application_tag;  // empty: any
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    struct Counts {
        std::map<NodeIndex, std::int64_t> nodes;
        std::map<std::string, std::int64_t> racks;
    };

    static Key key_of(const TagTarget& target, const ApplicationId& asking);
    const Counts* find(const Key& key) const;
    void change(const TagBearer& bearer, std::int64_t by);
    void change(const Key& key, const TagBearer& bearer, std::int64_t by);

    std::map<Key, Counts> counts_;
    std::map<NodeIndex, std::map<std::string, std::int64_t>> by_node_;
};

}  // namespace heddle::rm
