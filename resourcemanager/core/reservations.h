#pragma once

// Keeps room for those who wait for long. An ask that every limit allows and no node has room for
// gets a node that could hold it: what is free there, and what gets free, is kept until it fits.
// Everything else on the node, and on all others, goes on being given to whoever is next.
//
// A reservation ends: it is granted; the ask is gone, or was placed elsewhere first; its node is
// lost, drained, relabelled or too small; a limit refuses it by then; or its time is over, and then
// another node is tried first. Nobody waits for anybody in a circle: what is reserved for single
// asks is bounded and lapses by time, and of gangs only one gathers room (gangs.h).

#include <optional>

#include "resourcemanager/core/books.h"
#include "resourcemanager/core/preemption.h"

namespace heddle::rm {

bool reservations_enabled(const Books& books);

/// Shares what is free on the node among its reservations, the oldest first. Before anything else
/// is told what is free there.
void hold_for_reservations(Books& books, Node& node);

/// Ends what is not asked for any more, and what has lost its node.
void tidy_reservations(Books& books);

/// A single ask's room is there: the reservation is over, and the ask takes it. Nothing: nullopt.
std::optional<FreedRoom> take_reserved_room(Books& books);

/// Gives up what is reserved for a single ask. False: nothing was.
bool give_up_reservations(Books& books, const Demand& demand);

/// Looks at who waits: asks without room, heads that a maximum refuses.
void look_at_long_waits(Books& books);
void reservation_due(Books& books);
void arm_reservations(Books& books);

// For gangs.

/// A node that could hold one container of the ask if some there ended; `shared`: others may have
/// reserved there too.
std::optional<NodeIndex> node_to_reserve(const Books& books, const Demand& demand, bool shared);
/// Keeps room for one container of the ask there from now on.
const Reservation& reserve(Books& books, const Demand& demand, NodeIndex node);
/// Nobody hears of what gets free: `quietly`, because it is as it was before, or is used at once.
void end_reservation(Books& books, std::uint64_t id, bool quietly);

void publish_reservations(Books& books);
void check_reservations(const Books& books);

}  // namespace heddle::rm
