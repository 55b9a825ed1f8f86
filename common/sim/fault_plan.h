#pragma once

// Which faults happen and how often. A run has a phase with faults and one without; what is
// promised under faults is checked all the time, that everything finishes only after they stop.

#include <cstdint>

#include "common/base/time.h"

namespace heddle::sim {

/// Chances are per 1000 messages, or per 100,000 effects where it says so.
struct FaultPlan {
    TimePoint end;  // no faults from here on
    std::uint64_t lose = 0;
    std::uint64_t duplicate = 0;
    std::uint64_t delay = 0;  // of the messages; the delay is drawn up to delay_max
    Duration delay_max = seconds(3);
    Duration latency_min = microseconds(200);
    Duration latency_max = microseconds(200);  // above min: neighbours overtake one another
    std::uint64_t cut = 0;                     // the connection breaks with this message
    std::uint64_t save_fails = 0;              // per 1000 saves
    std::uint64_t crash_per_100000 = 0;        // the process dies before an effect

    bool active(TimePoint now) const { return now < end; }
};

}  // namespace heddle::sim
