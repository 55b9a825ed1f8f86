#pragma once

// Asks with constraints that wait, kept by what could help them, so that a change of one node or of
// one tag looks at those it concerns.
//
// Room on a node helps an ask only if the constraint can hold there. Most constraints need
// something (a tag on the node or in its rack, an attribute): one such need of each alternative is
// its anchor, and the ask is found through it. One without (anti-affinity alone) is open: any node
// will do that is large enough. That a container comes helps those that need one there; that one
// goes helps on its own node, which has more room then, and, where racks are counted, in its rack.
//
// Asks that are alike (same constraint, size and label) wait under one number; so a change says
// which numbers it concerns, and who of those comes first is for the queue tree to say (they sleep
// there: QueueTree::sleep), however many wait. Where terms that lead to an ask mean containers of
// its own application, the application is part of the likeness. There are few numbers; when there
// are more kinds of asks, some share one, and are looked at in vain more often.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/model/constraint.h"
#include "common/model/node.h"
#include "resourcemanager/core/masked_order.h"
#include "resourcemanager/core/tag_index.h"

namespace heddle::rm {

using AskRef = std::pair<AttemptId, std::int32_t>;

constexpr ShapeId kSleepingGroupsMax = 256;

struct ConstrainedAsk {
    ApplicationId application;
    const Constraint* constraint = nullptr;
    std::string text;  // that tells constraints apart
    Resource size;
    std::string label;
};

/// What one of has to hold wherever the constraint holds: terms that need a tag or an attribute.
/// nullopt: it may hold where there is nothing.
std::optional<std::vector<const Constraint*>> anchors_of(const Constraint& constraint);

class ConstraintWaits {
public:
    /// The number of the group that it waits in.
    ShapeId add(const ConstrainedAsk& ask);
    /// Requires that exactly this was added, with this result.
    void remove(const ConstrainedAsk& ask, ShapeId group);

    /// For whom `free` on this node may be room.
    ShapeMask about_node(const TagIndex& tags, const NodeInfo& node, NodeIndex index,
                         const Resource& free) const;
    /// Of `groups`: those with an ask that has room in `free` and may go to nodes of the label.
    ShapeMask with_room(const ShapeMask& groups, const Resource& free,
                        const std::string& label) const;
    /// Who needs one of these on the node that it is on, or in its rack.
    ShapeMask risen_on_node(const std::vector<TagKey>& keys) const;
    ShapeMask risen_in_rack(const std::vector<TagKey>& keys) const;
    /// Who may have had too many of these in the rack, and has not now.
    ShapeMask fallen(const TagIndex& tags, const std::vector<TagKey>& keys,
                     const std::string& rack) const;

    std::int64_t asks() const { return asks_; }
    bool empty() const { return asks_ == 0; }

private:
    using Groups = std::map<ShapeId, std::int64_t>;  // with the count of asks
    struct Kind {
        std::string constraint;
        Resource size;
        std::string label;
        ApplicationId application;
        friend auto operator<=>(const Kind&, const Kind&) = default;
    };
    struct Group {
        std::map<std::pair<Resource, std::string>, std::int64_t> wishes;  // size, label
        std::int64_t asks = 0;
        std::int64_t open = 0;
    };
    /// Anchors that name one tag, by whose containers they mean.
    struct ByTag {
        std::map<ApplicationId, Groups> of_application;  // zero: of any
        std::map<std::string, Groups> of_application_tag;
        bool empty() const { return of_application.empty() && of_application_tag.empty(); }
    };
    /// A maximum, and whether it leaves the asking application out.
    using Bound = std::pair<std::int32_t, bool>;

    static Kind kind_of(const ConstrainedAsk& ask);
    ShapeId number_for(const Kind& kind);
    void change(const ConstrainedAsk& ask, ShapeId group, int by);
    void change_anchor(const Constraint& anchor, const ApplicationId& asking, ShapeId group,
                       int by);
    void change_terms(const Constraint& constraint, const ApplicationId& asking, ShapeId group,
                      int by);
    static void collect(const std::map<std::string, ByTag>& index, const TagsHere* here,
                        ShapeMask& into);

    std::int64_t asks_ = 0;
    std::map<Kind, std::pair<ShapeId, std::int64_t>> kinds_;
    std::vector<Group> groups_;
    std::map<std::string, ByTag> by_node_tag_;  // anchors
    std::map<std::string, ByTag> by_rack_tag_;
    std::map<std::pair<std::string, std::string>, Groups> by_attribute_;
    std::map<TagKey, Groups> needed_on_node_;  // terms
    std::map<TagKey, Groups> needed_in_rack_;
    std::map<TagKey, std::map<Bound, Groups>> limited_in_rack_;
};

}  // namespace heddle::rm
