#include "resourcemanager/core/choose_constrained.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/constraints.h"

namespace heddle::rm {
namespace {

// Free nodes where a constraint may fail before its search takes another way.
constexpr int kLooksAtRoomiest = 32;

bool counts_racks(const Constraint& constraint) {
    return (constraint.kind == Constraint::Kind::Tags &&
            constraint.scope == Constraint::Scope::Rack) ||
           std::ranges::any_of(constraint.parts, counts_racks);
}

bool means_own(const Constraint& constraint) {
    return std::ranges::any_of(constraint.targets,
                               [](const TagTarget& target) {
                                   return target.space == TagTarget::Space::Self ||
                                          target.space == TagTarget::Space::NotSelf;
                               }) ||
           std::ranges::any_of(constraint.parts, means_own);
}

// Of an attribute that more nodes have, one with room is sooner met among the free ones.
constexpr std::size_t kAttributeNodesWalked = 64;

class Search {
public:
    Search(Books& books, const Demand& demand, const Constraint& constraint,
           const std::set<NodeIndex>& avoided)
        : books_(books),
          demand_(demand),
          constraint_(constraint),
          avoided_(avoided),
          order_(node_order(books, demand)),
          judge_(books, demand.owner.attempt.application) {}

    bool takes(NodeIndex node) {
        return !avoided_.contains(node) && judge_.holds(constraint_, node);
    }

    bool fits(NodeIndex node) {
        books_.free.look();
        return books_.free.fits(node, ask().size) &&
               may_use(books_, ask().label, books_.nodes.at(node).info.label) && takes(node);
    }

    std::optional<NodeIndex> on_rack(const std::string& rack) {
        for (const std::string& label : usable_labels(books_, ask().label)) {
            const auto node = in_rack(rack, label, [](NodeIndex) { return true; });
            if (node.has_value()) {
                return node;
            }
        }
        return std::nullopt;
    }

    std::optional<NodeIndex> anywhere() {
        const auto anchors = anchors_of(constraint_);
        const bool walked =
            anchors.has_value() && std::ranges::all_of(*anchors, [&](const Constraint* anchor) {
                return few_or_tags(*anchor);
            });
        for (const std::string& label : usable_labels(books_, ask().label)) {
            const auto node = walked ? at_anchors(*anchors, label) : among_free(label);
            if (node.has_value()) {
                return node;
            }
        }
        return std::nullopt;
    }

    std::optional<NodeIndex> at(const ChangedPlace& place, const std::set<std::string>& racks) {
        const auto near = [&](NodeIndex node) { return local(books_, demand_, racks, node); };
        if (place.node.has_value()) {
            return near(*place.node) && fits(*place.node) ? place.node : std::nullopt;
        }
        for (const std::string& label : usable_labels(books_, ask().label)) {
            const auto node = in_rack(place.rack, label, near);
            if (node.has_value()) {
                return node;
            }
        }
        return std::nullopt;
    }

private:
    std::optional<NodeIndex> among_free(const std::string& label) {
        int looks = 0;
        const FreeIndex::Takes one_of_first = [&](NodeIndex node) {
            return ++looks > kLooksAtRoomiest || takes(node);
        };
        const auto node = books_.free.find_if(ask().size, label, one_of_first, order_);
        if (looks <= kLooksAtRoomiest) {
            return node;
        }
        return counts_racks(constraint_) ? among_racks(label) : among_rooms(label);
    }

    std::optional<NodeIndex> among_rooms(const std::string& label) {
        const ConstraintRooms::Key key{to_string(constraint_),
                                       means_own(constraint_) ? asking() : ApplicationId{}};
        const FreeIndex::Takes holds = [this](NodeIndex node) {
            return judge_.holds(constraint_, node);
        };
        bool known = false;
        const auto node =
            books_.free.find_where(key, holds, ask().size, label, takes_, order_, known);
        return known ? node : books_.free.find_if(ask().size, label, takes_, order_);
    }

    // The first of all racks in order, as if they were one.
    std::optional<NodeIndex> among_racks(const std::string& label) {
        std::optional<NodeIndex> best;
        const auto room = [this](NodeIndex node) {
            const Resource& free = *books_.free.free_of(node);
            const int sign = order_ == NodeOrder::Pack ? 1 : -1;
            return std::tuple(free.named, sign * free.vcores, sign * free.memory_mib, node);
        };
        for (const std::string& rack : books_.free.racks_of(label)) {
            const auto node = in_rack(rack, label, [](NodeIndex) { return true; });
            if (node.has_value() && (!best.has_value() || room(*node) < room(*best))) {
                best = node;
            }
        }
        return best;
    }

    // What racks are counted for may rule out all nodes of this one.
    template <typename Near>
    std::optional<NodeIndex> in_rack(const std::string& rack, const std::string& label,
                                     Near&& near) {
        if (!rack_may_do(constraint_, rack)) {
            return std::nullopt;
        }
        return books_.free.find_on_rack_if(
            ask().size, label, rack, [&](NodeIndex node) { return near(node) && takes(node); },
            order_);
    }

    bool rack_may_do(const Constraint& constraint, const std::string& rack) const {
        const auto may = [&](const Constraint& part) { return rack_may_do(part, rack); };
        switch (constraint.kind) {
            case Constraint::Kind::Tags:
                return constraint.scope == Constraint::Scope::Node ||
                       std::ranges::all_of(constraint.targets, [&](const TagTarget& target) {
                           return holds_with(constraint,
                                             books_.tags.in_rack(target, asking(), rack));
                       });
            case Constraint::Kind::Attribute:
                return true;
            case Constraint::Kind::And:
                return std::ranges::all_of(constraint.parts, may);
            case Constraint::Kind::Or:
            case Constraint::Kind::DelayedOr:
                return std::ranges::any_of(constraint.parts, may);
        }
        return true;
    }

    const Ask& ask() const { return demand_.ask; }
    const ApplicationId& asking() const { return demand_.owner.attempt.application; }

    bool few_or_tags(const Constraint& anchor) const {
        if (anchor.kind != Constraint::Kind::Attribute) {
            return true;
        }
        const auto* nodes = books_.attributes.with(anchor.attribute, anchor.value);
        return nodes == nullptr || nodes->size() <= kAttributeNodesWalked;
    }

    std::optional<NodeIndex> at_anchors(const std::vector<const Constraint*>& anchors,
                                        const std::string& label) {
        for (const Constraint* anchor : anchors) {
            const auto node = anchor->kind == Constraint::Kind::Attribute
                                  ? at_attribute(*anchor, label)
                              : anchor->scope == Constraint::Scope::Node ? at_tag(*anchor, label)
                                                                         : in_racks(*anchor, label);
            if (node.has_value()) {
                return node;
            }
        }
        return std::nullopt;
    }

    bool fits_with(NodeIndex node, const std::string& label) {
        return books_.nodes.at(node).info.label == label && fits(node);
    }

    std::optional<NodeIndex> at_attribute(const Constraint& anchor, const std::string& label) {
        if (const auto* nodes = books_.attributes.with(anchor.attribute, anchor.value)) {
            for (const NodeIndex node : *nodes) {
                if (fits_with(node, label)) {
                    return node;
                }
            }
        }
        return std::nullopt;
    }

    std::optional<NodeIndex> at_tag(const Constraint& anchor, const std::string& label) {
        if (const auto* nodes = books_.tags.nodes_with(anchor.targets.front(), asking())) {
            for (const auto& [node, count] : *nodes) {
                if (fits_with(node, label)) {
                    return node;
                }
            }
        }
        return std::nullopt;
    }

    std::optional<NodeIndex> in_racks(const Constraint& anchor, const std::string& label) {
        if (const auto* racks = books_.tags.racks_with(anchor.targets.front(), asking())) {
            for (const auto& [rack, count] : *racks) {
                const auto node = in_rack(rack, label, [](NodeIndex) { return true; });
                if (node.has_value()) {
                    return node;
                }
            }
        }
        return std::nullopt;
    }

    Books& books_;
    const Demand& demand_;
    const Constraint& constraint_;
    const std::set<NodeIndex>& avoided_;
    NodeOrder order_;
    PlaceJudge judge_;
    const FreeIndex::Takes takes_ = [this](NodeIndex node) { return takes(node); };
};

std::optional<NodeIndex> find_place(Books& books, const Demand& demand,
                                    const std::set<std::string>& racks, Search& search) {
    for (const NodeId& id : demand.ask.nodes) {
        const std::optional<NodeIndex> node = books.nodes.find(id);
        if (node.has_value() && search.fits(*node)) {
            return node;
        }
    }
    if (demand.placed() && demand.near) {
        for (const std::string& rack : racks) {
            if (const auto node = search.on_rack(rack)) {
                return node;
            }
        }
    }
    if (demand.placed() && !demand.relaxed) {
        return std::nullopt;
    }
    return search.anywhere();
}

// Asks `find` about the constraint; where there are alternatives, about one after the other.
template <typename Find>
std::optional<NodeIndex> first_alternative(const Demand& demand, Find&& find) {
    if (demand.alternatives == nullptr) {
        return find(*demand.constraint);
    }
    for (std::size_t i = 0; i < demand.alternatives_taken; ++i) {
        if (const std::optional<NodeIndex> node = find(demand.alternatives->parts[i])) {
            return node;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<NodeIndex> choose_constrained(Books& books, const Demand& demand,
                                            const std::set<NodeIndex>& avoided,
                                            const std::set<std::string>& racks) {
    if (demand.hint.has_value()) {
        return choose_changed(books, demand, avoided, racks, {demand.hint, "", {}});
    }
    return first_alternative(demand, [&](const Constraint& constraint) {
        Search search(books, demand, constraint, avoided);
        return find_place(books, demand, racks, search);
    });
}

std::optional<NodeIndex> choose_changed(Books& books, const Demand& demand,
                                        const std::set<NodeIndex>& avoided,
                                        const std::set<std::string>& racks,
                                        const ChangedPlace& place) {
    return first_alternative(demand, [&](const Constraint& constraint) {
        return Search(books, demand, constraint, avoided).at(place, racks);
    });
}

}  // namespace heddle::rm
