#pragma once

// Limits of queues and users against all that a gang needs at the same time: while they forbid it,
// no room is gathered for it, nor taken from others.

#include <optional>

#include "common/model/explanation.h"
#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// The limit that what the gang still lacks of its minimum would pass, or none. `needed`: all that
/// it lacks on nodes of that label; `used`: without that. Leaves the books as they are.
std::optional<Refusal> refused_together(Books& books, const Gang& gang);

/// The same for people, as it was when the gang was last looked at.
Blocker gang_limit_blocker(const Books& books, const Gang& gang, const Demand& demand);

}  // namespace heddle::rm
