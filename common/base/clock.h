#pragma once

// Reads the system's clocks. For shells only: the lint keeps it out of every core.

#include "common/base/time.h"

namespace heddle {

TimePoint monotonic_now();
WallTime wall_now();

}  // namespace heddle
