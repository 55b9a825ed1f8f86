#include "resourcemanager/core/choose_constrained.h"

#include <algorithm>
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
// Of the nodes, or racks, that hold a tag, so many with room are compared: with more of them the
// order of nodes matters less than the time of a step.
constexpr std::size_t kTaggedCompared = 64;

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
            if (const auto node = in_rack(rack, label)) {
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

    /// Of the nodes in these places, the one that would be found if no others had room.
    std::optional<NodeIndex> among(const std::vector<const ChangedPlace*>& places,
                                   const std::set<std::string>& racks) {
        for (const NodeId& id : ask().nodes) {
            const std::optional<NodeIndex> node = books_.nodes.find(id);
            if (node.has_value() && changed(places, *node) && fits(*node)) {
                return node;
            }
        }
        if (demand_.placed() && demand_.near) {
            for (const std::string& rack : racks) {
                if (const auto node = first_of(places, &rack)) {
                    return node;
                }
            }
        }
        return demand_.placed() && !demand_.relaxed ? std::nullopt : first_of(places, nullptr);
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

    // As the index orders nodes (placement.h).
    bool before(NodeIndex one, NodeIndex other) const {
        const Resource& a = *books_.free.free_of(one);
        const Resource& b = *books_.free.free_of(other);
        if (a.named != b.named) {
            return a.named < b.named;
        }
        const bool pack = order_ == NodeOrder::Pack;
        if (a.vcores != b.vcores) {
            return pack == (a.vcores < b.vcores);
        }
        if (a.memory_mib != b.memory_mib) {
            return pack == (a.memory_mib < b.memory_mib);
        }
        return one < other;
    }

    void keep_first(std::optional<NodeIndex>& best, std::optional<NodeIndex> node) const {
        if (node.has_value() && (!best.has_value() || before(*node, *best))) {
            best = node;
        }
    }

    // The first of all racks in order, as if they were one.
    std::optional<NodeIndex> among_racks(const std::string& label) {
        std::optional<NodeIndex> best;
        for (const std::string& rack : books_.free.racks_of(label)) {
            keep_first(best, in_rack(rack, label));
        }
        return best;
    }

    // What racks are counted for may rule out all nodes of this one.
    std::optional<NodeIndex> in_rack(const std::string& rack, const std::string& label) {
        if (!rack_may_do(constraint_, rack)) {
            return std::nullopt;
        }
        return books_.free.find_on_rack_if(ask().size, label, rack, takes_, order_);
    }

    bool changed(const std::vector<const ChangedPlace*>& places, NodeIndex node) const {
        const std::string& rack = books_.nodes.at(node).info.rack;
        return std::ranges::any_of(places, [&](const ChangedPlace* place) {
            return place->node.has_value() ? *place->node == node : place->rack == rack;
        });
    }

    // Of the places, as far as they are in the rack if one is given.
    std::optional<NodeIndex> first_of(const std::vector<const ChangedPlace*>& places,
                                      const std::string* rack) {
        for (const std::string& label : usable_labels(books_, ask().label)) {
            std::optional<NodeIndex> best;
            for (const ChangedPlace* place : places) {
                if (!place->node.has_value()) {
                    keep_first(best, rack == nullptr || place->rack == *rack
                                         ? in_rack(place->rack, label)
                                         : std::nullopt);
                } else if ((rack == nullptr || books_.nodes.at(*place->node).info.rack == *rack) &&
                           fits_with(*place->node, label)) {
                    keep_first(best, place->node);
                }
            }
            if (best.has_value()) {
                return best;
            }
        }
        return std::nullopt;
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
        std::optional<NodeIndex> best;
        for (const Constraint* anchor : anchors) {
            keep_first(best, anchor->kind == Constraint::Kind::Attribute
                                 ? at_attribute(*anchor, label)
                             : anchor->scope == Constraint::Scope::Node ? at_tag(*anchor, label)
                                                                        : in_racks(*anchor, label));
        }
        return best;
    }

    bool fits_with(NodeIndex node, const std::string& label) {
        return books_.nodes.at(node).info.label == label && fits(node);
    }

    std::optional<NodeIndex> at_attribute(const Constraint& anchor, const std::string& label) {
        std::optional<NodeIndex> best;
        if (const auto* nodes = books_.attributes.with(anchor.attribute, anchor.value)) {
            for (const NodeIndex node : *nodes) {
                keep_first(best, fits_with(node, label) ? std::optional(node) : std::nullopt);
            }
        }
        return best;
    }

    std::optional<NodeIndex> at_tag(const Constraint& anchor, const std::string& label) {
        std::optional<NodeIndex> best;
        const auto* nodes = books_.tags.nodes_with(anchor.targets.front(), asking());
        if (nodes == nullptr) {
            return best;
        }
        std::size_t compared = 0;
        for (auto it = nodes->begin(); it != nodes->end() && compared < kTaggedCompared; ++it) {
            if (fits_with(it->first, label)) {
                keep_first(best, it->first);
                ++compared;
            }
        }
        return best;
    }

    std::optional<NodeIndex> in_racks(const Constraint& anchor, const std::string& label) {
        std::optional<NodeIndex> best;
        const auto* racks = books_.tags.racks_with(anchor.targets.front(), asking());
        if (racks == nullptr) {
            return best;
        }
        std::size_t compared = 0;
        for (auto it = racks->begin(); it != racks->end() && compared < kTaggedCompared; ++it) {
            if (const auto node = in_rack(it->first, label)) {
                keep_first(best, node);
                ++compared;
            }
        }
        return best;
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
        const ChangedPlace there{demand.hint, "", {}};
        return choose_changed(books, demand, avoided, racks, {&there});
    }
    return first_alternative(demand, [&](const Constraint& constraint) {
        Search search(books, demand, constraint, avoided);
        return find_place(books, demand, racks, search);
    });
}

std::optional<NodeIndex> choose_changed(Books& books, const Demand& demand,
                                        const std::set<NodeIndex>& avoided,
                                        const std::set<std::string>& racks,
                                        const std::vector<const ChangedPlace*>& places) {
    return first_alternative(demand, [&](const Constraint& constraint) {
        return Search(books, demand, constraint, avoided).among(places, racks);
    });
}

}  // namespace heddle::rm
