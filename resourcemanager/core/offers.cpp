#include "resourcemanager/core/offers.h"

#include <algorithm>
#include <utility>

#include "resourcemanager/core/containers.h"

namespace heddle::rm {

void offer_room(Books& books, Node& node) {
    if (books.config.placements_per_status == 0) {
        return;
    }
    books.offer = {node.index, 0, 0};
    node.withheld = false;
    node_room_changed(books, node);
}

void count_offer(Books& books, Node& node, const Container& container) {
    Offer& offer = books.offer;
    if (offer.node != node.index) {
        return;
    }
    const Demand* demand = books.asks.find(container.key.attempt, container.key.ask);
    const bool local = demand != nullptr && std::ranges::count(demand->ask.nodes, node.info.id) > 0;
    ++(local ? offer.placed_local : offer.placed);
    node.withheld = offer.placed >= books.config.placements_per_status ||
                    offer.placed_local >= kLocalPlacementsPerStatus;
}

void withdraw_offer(Books& books) {
    if (!books.offer.node.has_value()) {
        return;
    }
    Node& node = books.nodes.at(*std::exchange(books.offer, {}).node);
    node.withheld = true;
    node_room_changed(books, node);
}

}  // namespace heddle::rm
