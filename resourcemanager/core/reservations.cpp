#include "resourcemanager/core/reservations.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/constraints.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/gangs.h"

namespace heddle::rm {
namespace {

const ReservationConfig& config_of(const Books& books) {
    return books.config.scheduler.reservations;
}

Timer timer() {
    return {Timer::Kind::Reservation, {}, 0};
}

// What both have of each dimension, and nothing below zero.
Resource common_part(const Resource& size, const Resource& room) {
    const auto part = [](std::int64_t a, std::int64_t b) {
        return std::max<std::int64_t>(0, std::min(a, b));
    };
    Resource both{part(size.memory_mib, room.memory_mib), part(size.vcores, room.vcores)};
    for (const NamedCounts::Entry& entry : size.named.entries()) {
        both.named.set(entry.name, part(entry.count, room.named.get(entry.name)));
    }
    return both;
}

void show(Books& books, const Reservation& reservation) {
    books.reservations.changed = true;
    books.changed(books.nodes.at(reservation.node));
    books.changes.applications.insert(reservation.attempt.application);
}

bool node_good(const Books& books, const Reservation& reservation, const Demand& demand) {
    const Node& node = books.nodes.at(reservation.node);
    return reservation.size.fits_in(node.info.total) && takes_node(books, demand, reservation.node);
}

bool still_for(const Reservation& reservation, const Demand& demand) {
    const Ask& ask = demand.ask;
    const bool waits = reservation.gang == 0 ? demand.outstanding > 0 : demand.gang_waits;
    return waits && ask.generation == reservation.generation && ask.size == reservation.size &&
           ask.label == reservation.label && demand.owner.queue == reservation.leaf &&
           (ask.gang == reservation.gang || reservation.gang == 0);
}

// Ends those of the ask that serve nothing any more, the newest of what is too many first.
void look_again(Books& books, const AskPlace& place) {
    const auto found = books.reservations.by_ask.find(place);
    const Demand* demand = books.asks.find(place.first, place.second);
    if (found != books.reservations.by_ask.end()) {
        const std::set<std::uint64_t> ids = found->second;
        std::int64_t left = demand == nullptr    ? 0
                            : demand->gang_waits ? demand->ask.gang_min
                                                 : demand->outstanding;
        for (const std::uint64_t id : ids) {
            const Reservation& reservation = books.reservations.all.at(id);
            if (demand == nullptr || !still_for(reservation, *demand) || left <= 0 ||
                !node_good(books, reservation, *demand)) {
                end_reservation(books, id, false);
            } else {
                --left;
            }
        }
    }
    const auto now = books.reservations.by_ask.find(place);
    books.asks.set_reserved(
        place.first, place.second,
        now == books.reservations.by_ask.end() ? 0 : static_cast<std::int32_t>(now->second.size()));
}

void end_all(Books& books) {
    books.queues.lift_all_kept();
    while (!books.reservations.all.empty()) {
        end_reservation(books, books.reservations.all.begin()->first, false);
    }
    stop_gathering(books);
}

bool within_cluster_part(const Books& books, const Resource& size) {
    const ReservationBook& book = books.reservations;
    const Resource total = books.nodes.total();
    const std::int64_t percent = config_of(books).percent_max;
    const Resource sum = book.promised + size;
    return book.singles == 0 || (sum.memory_mib * 100 <= total.memory_mib * percent &&
                                 sum.vcores * 100 <= total.vcores * percent);
}

std::int64_t of_application(const Books& books, const ApplicationId& id) {
    std::int64_t count = 0;
    const auto& by_ask = books.reservations.by_ask;
    for (auto it = by_ask.lower_bound({AttemptId{id, 0}, 0});
         it != by_ask.end() && it->first.first.application == id; ++it) {
        count += static_cast<std::int64_t>(it->second.size());
    }
    return count;
}

std::int64_t of_queue(const Books& books, QueueIndex leaf) {
    return std::ranges::count_if(books.reservations.all,
                                 [&](const auto& one) { return one.second.leaf == leaf; });
}

void consider(Books& books, const Demand& demand) {
    const ReservationConfig& config = config_of(books);
    books.asks.begin_wait(demand, books.now);
    const ApplicationId& application = demand.owner.attempt.application;
    if (books.now - *demand.waits_since < config.after || demand.reserved >= demand.outstanding ||
        books.reservations.singles >= static_cast<std::int64_t>(kReservationsMax) ||
        !within_cluster_part(books, demand.ask.size) ||
        of_application(books, application) >= config.per_application ||
        of_queue(books, demand.owner.queue) >= config.per_queue ||
        books.queues.refused_beside_nodes(application, books.asks.shape_of(demand))) {
        return;
    }
    if (const std::optional<NodeIndex> node = node_to_reserve(books, demand, false)) {
        reserve(books, demand, *node);
    }
}

void end_overdue(Books& books) {
    std::vector<std::uint64_t> due;
    for (const auto& [id, reservation] : books.reservations.all) {
        if (reservation.gang == 0 && reservation.due <= books.now &&
            !books.config.off(Feature::ReservationEnd)) {
            due.push_back(id);
        }
    }
    for (const std::uint64_t id : due) {
        const Reservation reservation = books.reservations.all.at(id);
        end_reservation(books, id, false);
        if (const Demand* demand = books.asks.find(reservation.attempt, reservation.ask)) {
            books.asks.give_back(*demand, reservation.node);
            books.asks.begin_wait(*demand, books.now, true);
        }
    }
}

// The labels of nodes that the ask may go to.
std::vector<std::string> labels_for(const Books& books, const std::string& wanted) {
    std::vector<std::string> labels{wanted};
    for (const auto& [label, exclusive] : books.config.scheduler.labels) {
        if (label != wanted && may_use(books, wanted, label)) {
            labels.push_back(label);
        }
    }
    return labels;
}

std::set<NodeIndex> candidates(const Books& books, const Demand& demand) {
    std::set<NodeIndex> nodes;
    for (const NodeId& id : demand.ask.nodes) {
        if (const std::optional<NodeIndex> node = books.nodes.find(id)) {
            nodes.insert(*node);
        }
    }
    for (const std::string& label : labels_for(books, demand.ask.label)) {
        for (const FreeIndex* index : {&books.free, &books.capacity}) {
            const auto found = index->roomiest(demand.ask.size, label, kNodesLookedAt);
            nodes.insert(found.begin(), found.end());
        }
    }
    return nodes;
}

}  // namespace

bool reservations_enabled(const Books& books) {
    return config_of(books).enabled && !books.config.off(Feature::Reservations);
}

void hold_for_reservations(Books& books, Node& node) {
    ReservationBook& book = books.reservations;
    const auto here = book.by_node.find(node.index);
    if (here == book.by_node.end()) {
        return;
    }
    book.astray.insert(node.index);
    for (const std::uint64_t id : here->second) {
        node.held -= book.all.at(id).held;
        book.all.at(id).held = {};
    }
    const bool takes = node.connected() && node.state == NodeState::Running;
    for (const std::uint64_t id : here->second) {
        Reservation& reservation = book.all.at(id);
        reservation.held = takes ? common_part(reservation.size, node.free()) : Resource{};
        node.held += reservation.held;
        if (reservation.gang == 0) {
            reservation.full() ? static_cast<void>(book.full.insert(id))
                               : static_cast<void>(book.full.erase(id));
        }
    }
    book.changed = true;
}

void tidy_reservations(Books& books) {
    for (const AskPlace& place : books.asks.take_touched()) {
        look_again(books, place);
        gang_touched(books, place);
    }
    ReservationBook& book = books.reservations;
    if (!reservations_enabled(books) && (!book.all.empty() || books.gangs.gathering)) {
        end_all(books);
    }
    for (const NodeIndex index : std::exchange(book.astray, {})) {
        const auto here = book.by_node.find(index);
        std::set<AskPlace> places;
        if (here != book.by_node.end()) {
            for (const std::uint64_t id : here->second) {
                places.insert(book.all.at(id).place());
            }
        }
        for (const AskPlace& place : places) {
            look_again(books, place);
        }
    }
}

std::optional<FreedRoom> take_reserved_room(Books& books) {
    const std::set<std::uint64_t> full = books.reservations.full;
    for (const std::uint64_t id : full) {
        const Reservation reservation = books.reservations.all.at(id);
        Node& node = books.nodes.at(reservation.node);
        const Demand* demand = books.asks.find(reservation.attempt, reservation.ask);
        if (!node.placeable() || demand == nullptr || demand->outstanding == 0) {
            continue;
        }
        end_reservation(books, id, true);
        // What was placed a moment ago may have come too near.
        if (constraint_holds(books, *demand, reservation.node) &&
            !books.queues.refusal(demand->owner.attempt.application, books.asks.shape_of(*demand))
                 .has_value()) {
            return FreedRoom{demand, reservation.node};
        }
        node_room_changed(books, node);
    }
    return std::nullopt;
}

bool give_up_reservations(Books& books, const Demand& demand) {
    const auto found = books.reservations.by_ask.find({demand.owner.attempt, demand.ask.id});
    if (found == books.reservations.by_ask.end()) {
        return false;
    }
    const std::set<std::uint64_t> ids = found->second;
    for (const std::uint64_t id : ids) {
        end_reservation(books, id, false);
    }
    return true;
}

void look_at_long_waits(Books& books) {
    ShapeMask shapes = books.asks.blocked_shapes();
    for (std::size_t looks = 0; looks < kReservationLooks; ++looks) {
        const Demand* demand = books.asks.first_of(shapes);
        if (demand == nullptr) {
            break;
        }
        shapes.reset(demand->shape);
        consider(books, *demand);
    }
    for (const AskSlot& slot : books.queues.waiting_for_nodes(kReservationLooks)) {
        consider(books, *books.asks.find(slot.attempt, slot.ask));
    }
    AskPlace& looked_at = books.reservations.looked_at;
    for (const Demand* demand : books.asks.waiting_alone(looked_at, kReservationLooks)) {
        looked_at = {demand->owner.attempt, demand->ask.id};
        consider(books, *demand);
    }
    books.queues.keep_limits(books.now, config_of(books).after, config_of(books).timeout);
}

void reservation_due(Books& books) {
    if (!books.settled || !reservations_enabled(books)) {
        return;
    }
    books.queues.refresh(books.nodes.totals(), books.nodes.excess());
    end_overdue(books);
    books.reservations.turn_overdue = std::exchange(books.reservations.look_due, true);
    gang_round(books);
}

void arm_reservations(Books& books) {
    const bool waits =
        books.asks.classes() > 0 || !books.reservations.all.empty() || !books.gangs.waiting.empty();
    if (reservations_enabled(books) && waits && !books.deadlines.at(timer()).has_value()) {
        const Duration round = std::min(config_of(books).after, kReservationRound);
        books.deadlines.set(timer(), books.now + std::max(round, kReservationRoundMin));
    }
}

// How many kinds of resources the node has that the ask has no use for: others may need them.
std::ptrdiff_t kinds_beyond(const Resource& asked, const Resource& total) {
    return std::ranges::count_if(total.named.entries(), [&](const NamedCounts::Entry& entry) {
        return asked.named.get(entry.name) == 0;
    });
}

std::optional<NodeIndex> node_to_reserve(const Books& books, const Demand& demand, bool shared) {
    using Rank = std::tuple<bool, std::ptrdiff_t, std::int64_t, NodeIndex>;
    std::optional<Rank> best;
    for (const NodeIndex index : candidates(books, demand)) {
        const Node& node = books.nodes.at(index);
        Resource promised;
        const auto here = books.reservations.by_node.find(index);
        if (here != books.reservations.by_node.end()) {
            for (const std::uint64_t id : here->second) {
                promised += books.reservations.all.at(id).size;
            }
        }
        if ((!shared && !promised.is_zero()) ||
            !demand.ask.size.fits_in(node.info.total - promised) ||
            !takes_node(books, demand, index)) {
            continue;
        }
        const Rank rank{demand.gave_back == index, kinds_beyond(demand.ask.size, node.info.total),
                        gap_of(demand.ask.size, node.free()), index};
        if (!best.has_value() || rank < *best) {
            best = rank;
        }
    }
    return best.has_value() ? std::optional(std::get<3>(*best)) : std::nullopt;
}

const Reservation& reserve(Books& books, const Demand& demand, NodeIndex index) {
    ReservationBook& book = books.reservations;
    Reservation fresh;
    fresh.id = ++book.last;
    fresh.attempt = demand.owner.attempt;
    fresh.ask = demand.ask.id;
    fresh.generation = demand.ask.generation;
    fresh.gang = demand.gang_waits ? demand.ask.gang : 0;
    fresh.leaf = demand.owner.queue;
    fresh.size = demand.ask.size;
    fresh.label = demand.ask.label;
    fresh.node = index;
    fresh.due = books.now + config_of(books).timeout;
    fresh.since = books.wall;
    if (fresh.gang == 0) {
        ++book.singles;
        book.promised += fresh.size;
        books.queues.lift_kept(fresh.leaf, fresh.label, fresh.size);
    }
    books.queues.reserve(fresh.attempt.application, fresh.label, fresh.size);
    book.by_node[index].insert(fresh.id);
    std::set<std::uint64_t>& of_ask = book.by_ask[fresh.place()];
    of_ask.insert(fresh.id);
    books.asks.set_reserved(fresh.attempt, fresh.ask, static_cast<std::int32_t>(of_ask.size()));
    const Reservation& reservation = book.all.emplace(fresh.id, std::move(fresh)).first->second;
    Node& node = books.nodes.at(index);
    hold_for_reservations(books, node);
    books.free.set(index, node.placeable() ? std::optional(node.free()) : std::nullopt);
    note_reserved(books, reservation);
    show(books, reservation);
    return reservation;
}

void end_reservation(Books& books, std::uint64_t id, bool quietly) {
    ReservationBook& book = books.reservations;
    const Reservation gone = book.all.at(id);
    Node& node = books.nodes.at(gone.node);
    node.held -= gone.held;
    book.all.erase(id);
    book.full.erase(id);
    if (gone.gang == 0) {
        --book.singles;
        book.promised -= gone.size;
    }
    const auto here = book.by_node.find(gone.node);
    here->second.erase(id);
    if (here->second.empty()) {
        book.by_node.erase(here);
    }
    const auto of_ask = book.by_ask.find(gone.place());
    of_ask->second.erase(id);
    const auto left = static_cast<std::int32_t>(of_ask->second.size());
    if (left == 0) {
        book.by_ask.erase(of_ask);
    }
    books.asks.set_reserved(gone.attempt, gone.ask, left);
    show(books, gone);
    if (quietly) {
        books.free.set(node.index, node.placeable() ? std::optional(node.free()) : std::nullopt);
    } else {
        node_room_changed(books, node);
    }
    books.queues.unreserve(gone.attempt.application, gone.label, gone.size);
}

void check_reservations(const Books& books) {
    const ReservationBook& book = books.reservations;
    std::map<AskPlace, std::size_t> by_ask;
    std::int64_t singles = 0;
    for (const auto& [id, reservation] : book.all) {
        ++by_ask[reservation.place()];
        singles += reservation.gang == 0 ? 1 : 0;
        CHECK(!reservation.held.any_negative() && reservation.held.fits_in(reservation.size));
        CHECK(book.by_node.at(reservation.node).contains(id));
        CHECK(book.full.contains(id) == (reservation.gang == 0 && reservation.full()));
        const Node& node = books.nodes.at(reservation.node);
        CHECK(reservation.held.is_zero() || !node.free().any_negative());
        const Demand* demand = books.asks.find(reservation.attempt, reservation.ask);
        if (books.settled) {
            CHECK(demand != nullptr && still_for(reservation, *demand));
            CHECK(node.connected() && reservation.size.fits_in(node.info.total));
            CHECK(reservation.gang == 0 ||
                  books.gangs.gathering == GangKey(reservation.attempt, reservation.gang));
        }
    }
    CHECK(singles == book.singles && by_ask.size() == book.by_ask.size());
    for (const auto& [place, count] : by_ask) {
        CHECK(book.by_ask.at(place).size() == count);
    }
}

}  // namespace heddle::rm
