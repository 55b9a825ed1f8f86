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

/// One way to name a container: by its tag alone, with its application, or with one of its
/// application's tags.
struct TagKey {
    std::string tag;
    ApplicationId application;    // zero: any
    std::string application_tag;  // empty: any
    friend auto operator<=>(const TagKey&, const TagKey&) = default;
};

/// What `target` means when `asking` asks. With NotSelf: all of the tag.
TagKey key_of(const TagTarget& target, const ApplicationId& asking);
/// Everything it is called by.
std::vector<TagKey> keys_of(const TagBearer& bearer);

/// Tags in one place, with the applications whose containers carry them and how many of each do.
using TagsHere = std::map<std::string, std::map<ApplicationId, std::int64_t>>;

class TagIndex {
public:
    using OnNodes = std::map<NodeIndex, std::int64_t>;
    using InRacks = std::map<std::string, std::int64_t>;

    void add(const TagBearer& bearer) { change(bearer, +1); }
    /// Requires that exactly this was added.
    void remove(const TagBearer& bearer) { change(bearer, -1); }

    /// Containers that `target` means when `asking` asks, on the node or in the rack.
    std::int64_t on_node(const TagTarget& target, const ApplicationId& asking,
                         NodeIndex node) const;
    std::int64_t in_rack(const TagTarget& target, const ApplicationId& asking,
                         const std::string& rack) const;

    /// Containers so called in the rack.
    std::int64_t in_rack(const TagKey& key, const std::string& rack) const;

    /// Nodes that hold such a container with their counts, and racks; null: nowhere. With NotSelf:
    /// those that hold any with the tag.
    const OnNodes* nodes_with(const TagTarget& target, const ApplicationId& asking) const;
    const InRacks* racks_with(const TagTarget& target, const ApplicationId& asking) const;

    /// Tags on a node with their counts, of all applications.
    std::map<std::string, std::int64_t> on_node(NodeIndex node) const;
    /// Null: none.
    const TagsHere* here(NodeIndex node) const;
    const TagsHere* here(const std::string& rack) const;

    bool empty() const { return counts_.empty() && by_node_.empty() && by_rack_.empty(); }
    friend bool operator==(const TagIndex&, const TagIndex&) = default;

private:
    struct Counts {
        OnNodes nodes;
        InRacks racks;
        friend bool operator==(const Counts&, const Counts&) = default;
    };

    const Counts* find(const TagKey& key) const;
    void change(const TagBearer& bearer, std::int64_t by);
    void change(const TagKey& key, const TagBearer& bearer, std::int64_t by);

    std::map<TagKey, Counts> counts_;
    std::map<NodeIndex, TagsHere> by_node_;
    std::map<std::string, TagsHere> by_rack_;
};

}  // namespace heddle::rm
