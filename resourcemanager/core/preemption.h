#pragma once

// Taking room back between queues: a queue with asks that wait, and that holds less than it is
// owed, gets room from queues that hold more than they are owed. In rounds, after a warning, within
// a budget, and never so that the queue that gives, or one above it, falls below what it is owed.

#include <optional>
#include <string>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// Begins the reason of every stop by preemption. A node's report carries it back, so that such an
/// end is known for what it is even after a restart.
constexpr const char* kPreempted = "preempted";

/// The end, with the exit code that says so if it was one by preemption.
ContainerExit with_preempted_code(ContainerExit exit);
bool is_preempted(const ContainerExit& exit);

/// Whether nothing is ever taken from the queue: as it says itself, or the nearest above it that
/// does.
bool protected_from_preemption(const Books& books, QueueIndex queue);

/// Whether applications of the leaf make way for each other.
bool preempts_inside(const Books& books, QueueIndex leaf);
InsideOrder inside_order(const Books& books, QueueIndex leaf);

/// Timer::Kind::Preemption: number 0, a round; 1, claims are due.
void preemption_due(Books& books, std::int64_t number);
/// While asks wait, rounds are made.
void arm_preemption(Books& books);

struct FreedRoom {
    const Demand* demand = nullptr;
    NodeIndex node = 0;
};
/// Room that was freed for this ask; the claim is over, the room is there. Nothing: nullopt.
std::optional<FreedRoom> take_freed_room(Books& books);

/// A container has left its node, whose free room does not count it any more.
void note_end(Books& books, const ContainerId& id);
/// The queues are others now: what was planned for the old ones is void.
void drop_claims(Books& books);

void publish_preemption(Books& books);
void check_claims(const Books& books);

}  // namespace heddle::rm
