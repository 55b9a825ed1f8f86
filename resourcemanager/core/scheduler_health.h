#pragma once

// The last things that the scheduler has done, as YARN's `health` shows them: which container,
// where and for which queue, and how much was allocated, released and reserved when it last did any
// of it.

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"

namespace heddle::rm {

struct Books;
struct Container;
struct Reservation;

struct LastOperation {
    WallTime at;  // 0: there has been none since the process started
    NodeId node;
    std::optional<ContainerId> container;  // none: a reservation
    std::string queue;                     // path
};

struct OperationSum {
    std::int64_t count = 0;
    Resource size;
};

struct SchedulerHealth {
    LastOperation allocation;
    LastOperation release;
    LastOperation preemption;
    LastOperation reservation;

    // Of the last run: the last moment at which anything of it happened.
    WallTime run;
    TimePoint run_at;
    OperationSum allocations;
    OperationSum releases;
    OperationSum reservations;
};

void note_allocated(Books& books, const Container& container);
/// It is gone, and its application is still known.
void note_released(Books& books, const Container& container);
/// It is ordered to stop for the sake of another one.
void note_preempted(Books& books, const Container& container);
void note_reserved(Books& books, const Reservation& reservation);

}  // namespace heddle::rm
