#include "resourcemanager/core/scheduler_health.h"

#include "resourcemanager/core/books.h"

namespace heddle::rm {
namespace {

void note(Books& books, LastOperation& last, NodeIndex node, QueueIndex queue) {
    last.at = books.wall;
    last.node = books.nodes.at(node).info.id;
    last.queue = books.queues.at(queue).path;
}

// Sums of the run that is now; those of the one before are forgotten.
void add(Books& books, OperationSum SchedulerHealth::*sum, const Resource& size) {
    SchedulerHealth& health = books.health;
    if (health.run_at != books.now || health.run.milliseconds == 0) {
        health.run_at = books.now;
        health.allocations = health.releases = health.reservations = {};
    }
    health.run = books.wall;
    ++(health.*sum).count;
    (health.*sum).size += size;
}

void note(Books& books, LastOperation& last, const Container& container) {
    note(books, last, container.node, books.application_of(container.key.attempt).queue);
    last.container = container.id;
}

}  // namespace

void note_allocated(Books& books, const Container& container) {
    note(books, books.health.allocation, container);
    add(books, &SchedulerHealth::allocations, container.size);
}

void note_released(Books& books, const Container& container) {
    note(books, books.health.release, container);
    add(books, &SchedulerHealth::releases, container.size);
}

void note_preempted(Books& books, const Container& container) {
    note(books, books.health.preemption, container);
}

void note_reserved(Books& books, const Reservation& reservation) {
    note(books, books.health.reservation, reservation.node, reservation.leaf);
    add(books, &SchedulerHealth::reservations, reservation.size);
}

}  // namespace heddle::rm
