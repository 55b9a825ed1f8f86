// Gives room to those who wait, one after another as the queue tree says, until limits refuse or
// nothing fits for all of them, or the step's budget is used.

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/lifecycle.h"
#include "resourcemanager/core/preemption.h"

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
    container.since = books.now;
    container.allocated = books.wall;
    return container;
}

void grant_ordinary(Books& books, Attempt& attempt, const Demand& demand, NodeIndex node) {
    Container fresh = new_container(books, attempt, demand, node);
    fresh.spec = attempt.templates.at(demand.ask.launch_template);
    Container& container = enter_container(books, std::move(fresh));
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
        master_granted(books, application, attempt, container);
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

}  // namespace

void place(Books& books) {
    if (!books.settled) {
        return;
    }
    if (books.asks.classes() > 0) {
        books.queues.refresh({{kNoLabel, books.nodes.total()}});
    }
    while (const std::optional<FreedRoom> room = take_freed_room(books)) {
        grant(books, *room->demand, room->node);
    }
    std::int32_t budget = books.config.placements_per_step;
    while (budget-- > 0 && books.asks.any_ready()) {
        const Demand& demand = books.asks.next();
        if (books.queues.block_if_refused(demand.owner.attempt.application,
                                          books.asks.shape_of(demand))) {
            continue;
        }
        if (const std::optional<NodeIndex> node = choose_node(books, demand)) {
            const QueueIndex leaf = demand.owner.queue;
            grant(books, demand, *node);
            CHECK(books.config.defect != Defect::None || books.config.off(Feature::QueueMaximum) ||
                  books.queues.within_maxima(leaf));
        } else {
            books.asks.block(demand);
        }
    }
    arm_preemption(books);
}

void check_waiting(const Books& books) {
    if (!books.settled || books.asks.any_ready()) {
        return;
    }
    for (const Demand* demand : books.asks.outstanding()) {
        CHECK(books.queues.refusal(demand->owner.attempt.application, books.asks.shape_of(*demand))
                  .has_value() ||
              !fits_somewhere(books, *demand));
    }
}

void size_check_due(Books& books) {
    for (const AttemptId& id : books.asks.attempts()) {
        for (const Demand* demand : books.asks.of_attempt(id)) {
            if (ever_fits(books, demand->ask.size, demand->ask.label)) {
                continue;
            }
            if (demand->ask.id == 0) {
                refuse_application(books, books.application_of(id),
                                   too_large(books, demand->ask.size, demand->ask.label));
                break;
            }
            Attempt& attempt = *books.applications.find(id);
            tell_refusal(books, attempt,
                         {demand->ask.id, demand->ask.generation,
                          too_large(books, demand->ask.size, demand->ask.label)});
            books.asks.forget(id, demand->ask.id);
        }
    }
}

}  // namespace heddle::rm
