#pragma once

// The room of claims: what is held back on their nodes from everybody else, from the order to stop
// until the ask it was freed for has it, or its time is over.

#include <cstdint>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// Timers of preemption: see preemption_due().
constexpr std::int64_t kRoundDue = 0;
constexpr std::int64_t kClaimsDue = 1;
Timer preemption_timer(std::int64_t number);

/// What of `wanted` is not in `there`, nothing below zero.
Resource lacking(const Resource& wanted, const Resource& there);
/// The containers that have not left yet.
Resource size_of_victims(const Books& books, const Claim& claim);

/// Holds so much for the claim on its node instead of what it held.
void hold(Books& books, Claim& claim, const Resource& amount);
/// Marks are killed when it is the turn of their asks, and not when their grace is over.
bool lazy(const Books& books);
/// It was the ask's turn and no node had room: what may be killed for it is due.
void turn_came(Books& books, const Demand& demand);
/// Nobody has to decide about it any more: what is left of its victims stops, or is given.
void begin_stopping(Books& books, Claim& claim);
/// Sets the timer for the next claim on which something is to be decided.
void watch_claims(Books& books);
/// What was ordered to stop stops; the room is anybody's, unless it is used at once: `quietly`.
void drop_claim(Books& books, std::uint64_t id, bool quietly = false);

}  // namespace heddle::rm
