#pragma once

// What to do about it that an ask waits.

#include <string>

#include "common/model/explanation.h"
#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// One sentence or two. Requires that everything else of `ask` is there.
std::string next_step_of(const Books& books, const Demand& demand, const AskExplanation& ask);

}  // namespace heddle::rm
