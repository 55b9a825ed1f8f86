#include "resourcemanager/core/choose_constrained.h"

#include <algorithm>
#include <vector>

#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/constraints.h"

namespace heddle::rm {
namespace {

// Of an attribute that more nodes have, one with room is sooner met among the free ones.
constexpr std::size_t kAttributeNodesWalked = 64;

class Search {
public:
    Search(Books& books, const Demand& demand, const std::set<NodeIndex>& avoided)
        : books_(books),
          demand_(demand),
          avoided_(avoided),
          judge_(books, demand.owner.attempt.application) {}

    bool takes(NodeIndex node) {
        return !avoided_.contains(node) && judge_.holds(*demand_.constraint, node);
    }

    bool fits(NodeIndex node) {
        books_.free.look();
        return books_.free.fits(node, ask().size) &&
               may_use(books_, ask().label, books_.nodes.at(node).info.label) && takes(node);
    }

    std::optional<NodeIndex> on_rack(const std::string& rack) {
        for (const std::string& label : usable_labels(books_, ask().label)) {
            const auto node = books_.free.find_on_rack_if(ask().size, label, rack, takes_);
            if (node.has_value()) {
                return node;
            }
        }
        return std::nullopt;
    }

    std::optional<NodeIndex> anywhere() {
        const auto anchors = anchors_of(*demand_.constraint);
        const bool walked =
            anchors.has_value() && std::ranges::all_of(*anchors, [&](const Constraint* anchor) {
                return few_or_tags(*anchor);
            });
        for (const std::string& label : usable_labels(books_, ask().label)) {
            const auto node = walked ? at_anchors(*anchors, label)
                                     : books_.free.find_if(ask().size, label, takes_);
            if (node.has_value()) {
                return node;
            }
        }
        return std::nullopt;
    }

private:
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
                const auto node = books_.free.find_on_rack_if(ask().size, label, rack, takes_);
                if (node.has_value()) {
                    return node;
                }
            }
        }
        return std::nullopt;
    }

    Books& books_;
    const Demand& demand_;
    const std::set<NodeIndex>& avoided_;
    PlaceJudge judge_;
    const FreeIndex::Takes takes_ = [this](NodeIndex node) { return takes(node); };
};

}  // namespace

std::optional<NodeIndex> choose_constrained(Books& books, const Demand& demand,
                                            const std::set<NodeIndex>& avoided,
                                            const std::set<std::string>& racks) {
    Search search(books, demand, avoided);
    if (demand.hint.has_value()) {
        return local(books, demand, racks, *demand.hint) && search.fits(*demand.hint)
                   ? demand.hint
                   : std::nullopt;
    }
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

}  // namespace heddle::rm
