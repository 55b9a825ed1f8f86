#pragma once

// Nodes by what they say of themselves ("java": "11"), whether they take containers or not.

#include <map>
#include <set>
#include <string>
#include <utility>

#include "resourcemanager/core/container_table.h"

namespace heddle::rm {

class AttributeIndex {
public:
    using Attributes = std::map<std::string, std::string>;

    /// What holds of the node from now on; nothing: it is forgotten.
    void set(NodeIndex node, const Attributes& attributes) {
        const auto it = of_node_.find(node);
        if (it != of_node_.end()) {
            for (const auto& [name, value] : it->second) {
                const auto found = nodes_.find({name, value});
                found->second.erase(node);
                if (found->second.empty()) {
                    nodes_.erase(found);
                }
            }
            of_node_.erase(it);
        }
        for (const auto& [name, value] : attributes) {
            nodes_[{name, value}].insert(node);
        }
        if (!attributes.empty()) {
            of_node_.emplace(node, attributes);
        }
    }

    /// Null: there are none.
    const std::set<NodeIndex>* with(const std::string& name, const std::string& value) const {
        const auto it = nodes_.find({name, value});
        return it == nodes_.end() ? nullptr : &it->second;
    }

    friend bool operator==(const AttributeIndex&, const AttributeIndex&) = default;

private:
    std::map<std::pair<std::string, std::string>, std::set<NodeIndex>> nodes_;
    std::map<NodeIndex, Attributes> of_node_;
};

}  // namespace heddle::rm
