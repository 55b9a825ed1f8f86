#pragma once

// Opportunistic containers: placed beyond what is free, where they could start at once or where the
// fewest wait, once everybody else has been served. No queue and no user is charged for them
// (Container::charged); what bounds them is the queue of each node, and a number per application.
// Their node starts them in room that no guaranteed container uses and ends them when one needs it:
// the end is nobody's failure, and they are placed anew.
//
// Once a second the manager takes back what waits where it need not (balance), as long as it has
// not started.

#include <optional>
#include <string>
#include <vector>

#include "common/model/explanation.h"
#include "resourcemanager/core/books.h"
#include "resourcemanager/core/preemption.h"

namespace heddle::rm {

constexpr std::size_t kMovesPerRound = 32;           // containers taken back at one time
constexpr std::int32_t kQueueLevelledFrom = 5;       // shorter ones are left as they are
constexpr std::size_t kOpportunisticTriesMax = 256;  // asks looked at in one step

/// What is wrong with an ask that is to be opportunistic. It becomes guaranteed where the cluster
/// takes none and it does not insist.
std::optional<std::string> take_execution(const Books& books, Ask& ask);

/// A node or what is on it has changed.
void opportunistic_node_changed(Books& books, Node& node);
/// The first opportunistic ask or container: from now on nodes are indexed.
void begin_opportunistic(Books& books);
/// Its node says that it is in another phase.
void take_phase(Books& books, Container& container, ContainerPhase phase);

/// The next ask that is granted now and where; none: nothing more can be.
std::optional<FreedRoom> take_opportunistic_room(Books& books);
/// Whether the next step goes on looking.
bool opportunistic_ready(const Books& books);
void arm_balance(Books& books);
void balance_due(Books& books);

/// One that has made room for a guaranteed one is replaced at once, as one that was stopped: its
/// master need not have seen the end.
bool replaced_at_once(const Books& books, const ContainerExit& exit);

/// Whether the application may have one more.
bool below_opportunistic_limit(const Books& books, const Application& application);

Blocker opportunistic_blocker(const Books& books, const Demand& demand);

void check_opportunistic(const Books& books);

}  // namespace heddle::rm
