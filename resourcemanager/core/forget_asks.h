#pragma once

// The end of asks, with all that waits for time on their behalf. What a master may state again and
// again must leave nothing behind.

#include <cstdint>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

void forget_ask(Books& books, const AttemptId& attempt, std::int32_t ask);
/// All of the attempt, and what is counted for them.
void forget_asks(Books& books, const AttemptId& attempt);

/// Times of asks are set for asks that are there.
void check_ask_times(const Books& books);

}  // namespace heddle::rm
