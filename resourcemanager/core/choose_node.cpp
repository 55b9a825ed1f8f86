#include "resourcemanager/core/choose_node.h"

#include <algorithm>

namespace heddle::rm {

std::optional<NodeIndex> choose_node(Books& books, const Demand& demand) {
    const Ask& ask = demand.ask;
    if (!demand.located()) {
        return books.free.find(ask.size);
    }
    for (const NodeId& id : ask.nodes) {
        const std::optional<NodeIndex> node = books.nodes.find(id);
        if (node.has_value() && books.free.fits(*node, ask.size)) {
            return node;
        }
    }
    return demand.relaxed ? books.free.find(ask.size) : std::nullopt;
}

bool fits_somewhere(const Books& books, const Demand& demand) {
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        const Node& node = books.nodes.at(index);
        const std::vector<NodeId>& wanted = demand.ask.nodes;
        const bool may = wanted.empty() || demand.relaxed ||
                         std::find(wanted.begin(), wanted.end(), node.info.id) != wanted.end();
        if (may && node.placeable() && demand.ask.size.fits_in(node.free())) {
            return true;
        }
    }
    return false;
}

}  // namespace heddle::rm
