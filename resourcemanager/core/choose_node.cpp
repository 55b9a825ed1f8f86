#include "resourcemanager/core/choose_node.h"

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

}  // namespace heddle::rm
