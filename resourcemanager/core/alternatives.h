#pragma once

// Constraints with alternatives in time (dor): which of them will do so far, and until when the
// next one has to wait. Time begins with the wish, as that of locality does.

#include <optional>
#include <string>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// A new wish, or another constraint: its first alternative is waited for.
void begin_alternatives(Books& books, const AttemptId& attempt, const Ask& ask);
/// Its time is over: the next one will do as well.
void alternative_due(Books& books, const AttemptId& attempt, std::int32_t ask);

/// Which alternative it waits for and for how long, and what comes then; empty: it has none left.
std::string alternatives_text(const Books& books, const Demand& demand);

}  // namespace heddle::rm
