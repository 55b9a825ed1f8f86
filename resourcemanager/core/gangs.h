#pragma once

// Gangs: asks that start together or not at all. A gang that waits stands in no line; when
// everybody else has been served it is tried whether all that it needs at least has room at the
// same time, within every limit, and then all of that starts in one step. What it wants beyond that
// is from then on asked for like anything else.
//
// A gang that has waited for long gathers room: what it can have is reserved for it, and what is
// missing is waited for. Only one does so at a time, the one whose turn it is, and for so long as a
// reservation lasts; then all that it gathered is let go and it goes to the end of the line. So two
// gangs never hold what the other one needs.

#include <optional>
#include <string>
#include <vector>

#include "resourcemanager/core/books.h"
#include "resourcemanager/core/preemption.h"

namespace heddle::rm {

/// What is wrong with the terms of the ask itself, or with the gang it would belong to.
std::optional<std::string> wrong_gang(const Books& books, const AttemptId& attempt, const Ask& ask);
/// The ask is in the book: its gang knows it. May refuse the whole gang.
void gang_stated(Books& books, Attempt& attempt, const Ask& ask);
/// An ask of it was refused: the others are as well.
void gang_member_refused(Books& books, Attempt& attempt, std::int32_t gang, std::int32_t ask);

/// The ask is another one now, or gone.
void gang_touched(Books& books, const AskPlace& place);

/// What starts now, all of it; empty: nothing.
std::vector<FreedRoom> take_gang_room(Books& books);

void gang_deadline_due(Books& books, const AttemptId& attempt, std::int32_t gang);
/// Whose turn is over goes to the end of the line.
void gang_round(Books& books);
void stop_gathering(Books& books);
void arm_gangs(Books& books);

/// Members of the ask for which a gang that gathers room lacks it, in whole or in part.
std::int64_t gathered_missing(const Books& books, const Demand& demand);
/// Asks of the gang that gathers.
std::vector<const Demand*> gathering_asks(const Books& books);
/// What is free on the node now is for a member of the ask.
void give_to_gang(Books& books, const Demand& demand, NodeIndex node);

/// The gang of an ask that waits for it.
const Gang* gang_of(const Books& books, const Demand& demand);

void check_gangs(const Books& books);

}  // namespace heddle::rm
