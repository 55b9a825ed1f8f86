// Gives room to those who wait, one after another as the queue tree says, until limits refuse or
// nothing fits for all of them, or the step's budget is used.

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/claim_room.h"
#include "resourcemanager/core/constraints.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/execution_change.h"
#include "resourcemanager/core/forget_asks.h"
#include "resourcemanager/core/gangs.h"
#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/lending.h"
#include "resourcemanager/core/lifecycle.h"
#include "resourcemanager/core/opportunistic.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/reservations.h"
#include "resourcemanager/core/resizes.h"
#include "resourcemanager/core/size_check.h"

namespace heddle::rm {
namespace {

Container new_container(Books& books, Attempt& attempt, const Demand& demand, NodeIndex node) {
    Container container;
    container.id = {attempt.record.id, books.epoch, ++attempt.container_sequence};
    container.key = demand.key();
    container.node = node;
    container.origin = books.nodes.at(node).origins;
    container.size = demand.ask.size;
    container.priority = demand.ask.priority;
    container.hold = demand.ask.hold;
    container.labelled = !demand.ask.label.empty();
    container.since = books.now;
    container.allocated = books.wall;
    container.tags = tags_of(books, demand.owner.attempt.application, demand.ask.tags);
    books.placed.push_back(container.id);
    container.execution = demand.ask.execution;
    return container;
}

void grant_ordinary(Books& books, Attempt& attempt, const Demand& demand, NodeIndex node) {
    Container fresh = new_container(books, attempt, demand, node);
    fresh.spec = attempt.templates.at(demand.ask.launch_template);
    Container& container = enter_container(books, std::move(fresh));
    note_allocated(books, container);
    order_start(books, container);
    tell_grant(books, attempt, container);
}

void grant(Books& books, const Demand& demand, NodeIndex node) {
    Application& application = books.application_of(demand.owner.attempt);
    Attempt& attempt = *books.applications.find(demand.owner.attempt);
    ++books.counters.grants;
    if (demand.ask.id == 0) {
        Container fresh = new_container(books, attempt, demand, node);
        fresh.saving = true;
        fresh.priority = 0;
        const Container& container = enter_container(books, std::move(fresh));
        note_allocated(books, container);
        master_granted(books, application, attempt, container);
        return;
    }
    if (demand.increase()) {
        grant_increase(books, demand);
        return;
    }
    grant_ordinary(books, attempt, demand, node);
    if (books.config.defect == Defect::DoubledGrant) {
        grant_ordinary(books, attempt, demand, node);
        books.asks.count_live(demand.key(), +1);
        return;
    }
    books.asks.count_live(demand.key(), +1);
}

// When everybody else has been served.
void place_opportunistic(Books& books) {
    for (std::int32_t left = books.config.placements_per_step; left > 0; --left) {
        const std::optional<FreedRoom> room = take_opportunistic_room(books);
        if (!room.has_value()) {
            return;
        }
        grant(books, *room->demand, room->node);
    }
}

// Who waits for a reserved node takes another one that has room first; and reservations hold back
// nobody elsewhere.
bool waits_for_reservations(const Books& books, const Demand& demand) {
    return demand.reserved > 0
               ? books.config.off(Feature::ReservedElsewhere)
               : books.config.off(Feature::Backfill) && !books.reservations.all.empty();
}

std::optional<NodeIndex> choose_beside_reservations(Books& books, const Demand& demand) {
    return waits_for_reservations(books, demand) ? std::nullopt : choose_node(books, demand);
}

// An ask that sleeps is first in order, and something has changed that may concern it. Whom a limit
// refuses takes its place among those that the limit knows, and looks everywhere when it is lifted.
// True: it has found a node.
bool look_where_changed(Books& books, const Demand& demand) {
    const Shape shape = books.asks.shape_of(demand);
    const auto places = books.asks.places_for(demand);
    if (!places.has_value() ||
        books.queues.refusal(demand.owner.attempt.application, shape).has_value()) {
        books.asks.wake(demand, std::nullopt);
        return false;
    }
    const std::optional<NodeIndex> node = waits_for_reservations(books, demand)
                                              ? std::nullopt
                                              : choose_where_changed(books, demand, *places);
    node.has_value() ? books.asks.wake(demand, node) : books.asks.pass(demand);
    return node.has_value();
}

// One look of so many is kept for those that are awake: however many look in vain where something
// changes again and again, others have their turn.
constexpr std::int32_t kAwakePart = 4;

// Whoever is next, until nobody is whom a limit allows and a node has room for. True: somebody
// found no room.
bool place_in_order(Books& books) {
    bool blocked = false;
    std::int32_t budget = books.config.placements_per_step;
    std::int32_t vain = std::max(1, budget - budget / kAwakePart);
    while (budget-- > 0 && (vain > 0 ? books.asks.any_ready() : books.asks.any_awake())) {
        const Demand& demand = vain > 0 ? books.asks.next() : books.asks.next_awake();
        if (books.asks.asleep(demand)) {
            vain -= look_where_changed(books, demand) ? 0 : 1;
            continue;
        }
        const ApplicationId& application = demand.owner.attempt.application;
        const Shape shape = books.asks.shape_of(demand);
        // What is reserved for it counts as used: elsewhere is room first.
        if (demand.reserved > 0 && books.queues.refusal(application, shape).has_value() &&
            give_up_reservations(books, demand)) {
            continue;
        }
        if (demand.outside()) {
            if (!books.queues.block_if_refused(application, shape, books.now)) {
                outside_granted(books, AttemptId(demand.owner.attempt));
            }
            continue;
        }
        if (const std::optional<NodeIndex> node = borrow(books, demand, shape)) {
            grant(books, demand, *node);
            continue;
        }
        if (books.queues.block_if_refused(application, shape, books.now)) {
            continue;
        }
        if (const std::optional<NodeIndex> node = choose_beside_reservations(books, demand)) {
            const QueueIndex leaf = demand.owner.queue;
            const LabelIndex label = books.queues.label_index(shape.label);
            grant(books, demand, *node);
            books.queues.lift_kept(leaf, shape.label, shape.size);
            CHECK(books.config.defect != Defect::None || books.config.off(Feature::QueueMaximum) ||
                  books.queues.within_maxima(leaf, label, shape.size));
        } else if (books.asks.block(demand)) {
            books.asks.begin_wait(demand, books.now);
            turn_came(books, demand);
            blocked = true;
        }
    }
    if (!books.asks.any_ready()) {
        books.asks.all_passed();
    }
    return blocked;
}

}  // namespace

void place(Books& books) {
    tidy_reservations(books);
    if (!books.settled) {
        return;
    }
    if (books.asks.classes() > 0 || !books.gangs.waiting.empty() ||
        !books.opportunistic.promotions.empty()) {
        books.queues.refresh(books.nodes.totals(), books.nodes.excess());
    }
    while (const std::optional<FreedRoom> room = take_freed_room(books)) {
        grant(books, *room->demand, room->node);
    }
    while (const std::optional<FreedRoom> room = take_reserved_room(books)) {
        grant(books, *room->demand, room->node);
    }
    const bool blocked = place_in_order(books);
    // Those who wait for much have a turn as well where somebody is always ready.
    const bool turn =
        !books.asks.any_ready() || std::exchange(books.reservations.turn_overdue, false);
    if (turn) {
        for (const FreedRoom& room : take_gang_room(books)) {
            grant(books, *room.demand, room.node);
        }
    }
    // After all that there is room for: what a reservation has just given up is anybody's first.
    const bool at_once = blocked && reservations_enabled(books) &&
                         books.config.scheduler.reservations.after == Duration{};
    const bool due = turn && std::exchange(books.reservations.look_due, false);
    if (due || at_once) {
        look_at_long_waits(books);
    }
    promote(books);
    place_opportunistic(books);
    tidy_reservations(books);
    arm_preemption(books);
    arm_balance(books);
    arm_reservations(books);
    arm_gangs(books);
}

void check_waiting(const Books& books) {
    if (!books.settled || books.asks.any_ready()) {
        return;
    }
    for (const Demand* demand : books.asks.outstanding()) {
        const Shape shape = books.asks.shape_of(*demand);
        CHECK(books.queues.refusal(demand->owner.attempt.application, shape).has_value() ||
              !fits_somewhere(books, *demand));
        CHECK(!could_borrow(books, *demand, shape));
    }
}

void size_check_due(Books& books) {
    for (const AttemptId& id : books.asks.attempts()) {
        for (const Demand* demand : books.asks.of_attempt(id)) {
            if (demand->outside() || demand->increase()) {
                continue;
            }
            const Status fits = check_size(books, demand->ask.size, demand->ask.label);
            if (fits.ok()) {
                continue;
            }
            if (demand->ask.id == 0) {
                refuse_application(books, books.application_of(id), fits.error().message);
                break;
            }
            Attempt& attempt = *books.applications.find(id);
            tell_refusal(books, attempt,
                         {demand->ask.id, demand->ask.generation, fits.error().message});
            forget_ask(books, id, demand->ask.id);
        }
    }
}

}  // namespace heddle::rm
