#pragma once

// Asks with constraints that wait, kept by what could help them, so that a change of one node or of
// one tag looks at those it concerns.
//
// Room on a node helps an ask only if the constraint can hold there. Most constraints need
// something (a tag on the node or in its rack, an attribute): one such need of each alternative is
// its anchor, and the ask is found through it. One without (anti-affinity alone) is open: any node
// will do that is large enough. That a container comes helps those that need one there; that one
// goes helps on its own node, which has more room then, and, where racks are counted, on others.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/model/constraint.h"
#include "common/model/node.h"
#include "resourcemanager/core/tag_index.h"

namespace heddle::rm {

using AskRef = std::pair<AttemptId, std::int32_t>;

struct ConstrainedAsk {
    AskRef ask;
    const Constraint* constraint = nullptr;
    std::int64_t memory_mib = 0;
};

/// What one of has to hold wherever the constraint holds: terms that need a tag or an attribute.
/// nullopt: it may hold where there is nothing.
std::optional<std::vector<const Constraint*>> anchors_of(const Constraint& constraint);

class ConstraintWaits {
public:
    void add(const ConstrainedAsk& ask) { change(ask, true); }
    /// Requires that exactly this was added.
    void remove(const ConstrainedAsk& ask) { change(ask, false); }

    /// For whom room on this node may be room.
    std::set<AskRef> about_node(const TagIndex& tags, const NodeInfo& node, NodeIndex index,
                                std::int64_t memory_mib) const;
    /// Who needs one of these there.
    std::set<AskRef> risen(const std::vector<TagKey>& keys, Constraint::Scope scope) const;
    /// Who may have too many of these in a rack.
    std::set<AskRef> fallen(const std::vector<TagKey>& keys) const;

    bool empty() const { return asks_ == 0; }

private:
    void change(const ConstrainedAsk& ask, bool add);
    void change_terms(const Constraint& constraint, const AskRef& ask, bool add);

    std::int64_t asks_ = 0;
    std::set<std::tuple<std::int64_t, AttemptId, std::int32_t>> open_;  // by memory
    std::map<std::string, std::set<AskRef>> by_node_tag_;               // anchors
    std::map<std::string, std::set<AskRef>> by_rack_tag_;
    std::map<std::pair<std::string, std::string>, std::set<AskRef>> by_attribute_;
    std::map<TagKey, std::set<AskRef>> needed_on_node_;  // terms
    std::map<TagKey, std::set<AskRef>> needed_in_rack_;
    std::map<TagKey, std::set<AskRef>> limited_in_rack_;
};

}  // namespace heddle::rm
