#include "resourcemanager/core/preemption_wishes.h"

#include <algorithm>
#include <utility>

#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/claim_room.h"
#include "resourcemanager/core/gangs.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/preemption_balance.h"
#include "resourcemanager/core/shares.h"

namespace heddle::rm {
namespace {

// Asks in line, and those of the gang that gathers room.
std::vector<const Demand*> wishing(const Books& books) {
    std::vector<const Demand*> asks = books.asks.outstanding();
    const std::vector<const Demand*> of_gang = gathering_asks(books);
    asks.insert(asks.end(), of_gang.begin(), of_gang.end());
    return asks;
}

const QueuePart& part_for(const Books& books, QueueIndex queue, const Demand& demand) {
    return part_of(books.queues.at(queue), books.queues.label_index(demand.ask.label));
}

}  // namespace

ClassOfAsks class_of(const Demand& demand) {
    return {demand.owner.queue, demand.ask.size, demand.ask.label};
}
ClassOfAsks class_of(const Claim& claim) {
    return {claim.leaf, claim.size, claim.label};
}

std::int64_t wanted_of(const Books& books, const Demand& demand) {
    return demand.gang_waits ? gathered_missing(books, demand) : demand.outstanding;
}

std::vector<NodeIndex> nodes_kept_for(const Books& books, const Demand& demand) {
    std::vector<NodeIndex> nodes;
    const auto found = books.reservations.by_ask.find({demand.owner.attempt, demand.ask.id});
    if (found != books.reservations.by_ask.end()) {
        for (const std::uint64_t id : found->second) {
            const Reservation& one = books.reservations.all.at(id);
            if (!one.full()) {
                nodes.push_back(one.node);
            }
        }
    }
    return nodes;
}

Resource kept_on(const Books& books, const Demand& demand, NodeIndex node) {
    const auto found = books.reservations.by_ask.find({demand.owner.attempt, demand.ask.id});
    if (found != books.reservations.by_ask.end()) {
        for (const std::uint64_t id : found->second) {
            const Reservation& one = books.reservations.all.at(id);
            if (one.node == node && !one.full()) {
                return one.held;
            }
        }
    }
    return {};
}

namespace {

// Of the limits in the way of an ask: maxima of queues above its own, the deepest of these queues;
// or something that room does not help.
struct InTheWay {
    std::optional<QueueIndex> scope;
    bool other = false;
};

InTheWay in_the_way(const Books& books, const Demand& demand) {
    InTheWay found;
    for (const Refusal& refusal :
         books.queues.refusals(demand.owner.attempt.application, books.asks.shape_of(demand))) {
        if (refusal.limit != Limit::QueueMaximum ||
            (refusal.queue == demand.owner.queue && !preempts_inside(books, refusal.queue))) {
            return {std::nullopt, true};
        }
        found.scope = found.scope.value_or(refusal.queue);
    }
    return found;
}

// Limits look at queues, users and shapes: many asks get the same answer.
class Scopes {
public:
    explicit Scopes(const Books& books) : books_(books) {}

    std::optional<QueueIndex> of(const Demand& demand) {
        if (wanted_of(books_, demand) == 0 ||
            (demand.placed() && !demand.relaxed && demand.ask.relax_locality)) {
            return std::nullopt;
        }
        if (demand.reserved > 0) {
            return 0;  // every limit allowed it when it was reserved
        }
        if (demand.gang_waits) {
            return std::nullopt;
        }
        const InTheWay& found = limits_of(demand);
        if (found.other) {
            return std::nullopt;
        }
        return found.scope.has_value() || !books_.asks.blocked(demand)
                   ? found.scope
                   : std::optional<QueueIndex>(0);
    }

private:
    const InTheWay& limits_of(const Demand& demand) {
        const SeatBook& seat = *books_.queues.seat(demand.owner.attempt.application);
        const auto [it, fresh] = known_.try_emplace({seat.user, demand.shape});
        if (fresh) {
            it->second = in_the_way(books_, demand);
        }
        return it->second;
    }

    const Books& books_;
    std::map<std::pair<UserIndex, ShapeId>, InTheWay> known_;
};

}  // namespace

std::optional<QueueIndex> scope_of(const Books& books, const Demand& demand) {
    return Scopes(books).of(demand);
}

std::map<ClassOfAsks, std::int64_t> wanted_by_class(const Books& books) {
    std::map<ClassOfAsks, std::int64_t> wanted;
    for (const Demand* demand : wishing(books)) {
        wanted[class_of(*demand)] += wanted_of(books, *demand);
    }
    return wanted;
}

const Demand* demand_for(const Books& books, const Claim& claim,
                         const std::function<bool(const Demand&)>& good) {
    const auto serves = [&](const Demand& demand) {
        return wanted_of(books, demand) > 0 && class_of(demand) == class_of(claim) &&
               takes_node(books, demand, claim.node) && good(demand);
    };
    const Demand* own = books.asks.find(claim.attempt, claim.ask);
    if (own != nullptr && serves(*own)) {
        return own;
    }
    if (claim.inside) {
        return nullptr;  // what one application had to leave is not for any other
    }
    for (const Demand* demand : wishing(books)) {
        if (serves(*demand)) {
            return demand;
        }
    }
    return nullptr;
}

std::vector<Wish> wishes_of(const Books& books) {
    std::map<ClassOfAsks, std::int64_t> wanted = wanted_by_class(books);
    std::map<AskPlace, std::int64_t> claimed;
    for (const auto& [id, claim] : books.claims.all) {
        --wanted[class_of(claim)];
        ++claimed[{claim.attempt, claim.ask}];
    }
    std::vector<Wish> wishes;
    Scopes scopes(books);
    for (const Demand* demand : wishing(books)) {
        if (!may_be_owed(books, *demand) && !preempts_inside(books, demand->owner.queue)) {
            continue;
        }
        std::int64_t& left = wanted[class_of(*demand)];
        const auto own = claimed.find({demand->owner.attempt, demand->ask.id});
        const std::int64_t count =
            std::min(wanted_of(books, *demand) - (own == claimed.end() ? 0 : own->second), left);
        if (count <= 0) {
            continue;
        }
        if (const std::optional<QueueIndex> scope = scopes.of(*demand)) {
            const QueuePart& leaf = part_for(books, demand->owner.queue, *demand);
            const Seat& seat = books.queues.seat(demand->owner.attempt.application)->seat;
            wishes.push_back({demand, *scope, count,
                              dominant_share(leaf.used, leaf.entitled.guaranteed), -seat.priority,
                              seat.serial});
            left -= count;
        }
    }
    std::sort(wishes.begin(), wishes.end(), [](const Wish& a, const Wish& b) {
        return std::tuple(a.share, a.priority_negated, a.serial, a.demand->slot()) <
               std::tuple(b.share, b.priority_negated, b.serial, b.demand->slot());
    });
    return wishes;
}

bool may_be_owed(const Books& books, const Demand& demand) {
    for (QueueIndex at = demand.owner.queue; at != 0; at = books.queues.at(at).parent) {
        const QueuePart& part = part_for(books, at, demand);
        if (within(part.used + demand.ask.size, part.entitled.guaranteed, demand.ask.size)) {
            return true;
        }
    }
    return is_lent(books, demand);
}

bool is_lent(const Books& books, const Demand& demand) {
    return !demand.ask.label.empty() && !part_for(books, 0, demand).lent.is_zero();
}

namespace {

// Those inside a leaf serve one ask alone.
std::vector<std::uint64_t> surplus_inside(const Books& books) {
    std::map<AskPlace, std::int64_t> claimed;
    std::vector<std::uint64_t> surplus;
    for (const bool stopping : {true, false}) {
        for (const auto& [id, claim] : books.claims.all) {
            if (!claim.inside || claim.stopping != stopping) {
                continue;
            }
            const Demand* own = books.asks.find(claim.attempt, claim.ask);
            const std::int64_t wanted = own == nullptr ? 0 : wanted_of(books, *own);
            if (++claimed[{claim.attempt, claim.ask}] > wanted && !stopping) {
                surplus.push_back(id);
            }
        }
    }
    return surplus;
}

}  // namespace

void lift_surplus(Books& books) {
    if (books.claims.all.empty()) {
        return;
    }
    std::map<ClassOfAsks, std::int64_t> wanted = wanted_by_class(books);
    std::vector<std::uint64_t> surplus;
    for (const bool stopping : {true, false}) {
        for (const auto& [id, claim] : books.claims.all) {
            if (claim.stopping == stopping && --wanted[class_of(claim)] < 0 && !stopping) {
                surplus.push_back(id);
            }
        }
    }
    const std::vector<std::uint64_t> inside = surplus_inside(books);
    surplus.insert(surplus.end(), inside.begin(), inside.end());
    std::sort(surplus.begin(), surplus.end());
    surplus.erase(std::unique(surplus.begin(), surplus.end()), surplus.end());
    for (const std::uint64_t id : surplus) {
        drop_claim(books, id);
    }
}

}  // namespace heddle::rm
