#pragma once

// What readers see of reservations and of gangs that have not started.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"

namespace heddle::rm {

struct ReservationView {
    std::uint64_t id = 0;
    AttemptId attempt;
    std::int32_t ask = 0;
    std::int32_t gang = 0;  // 0: of a single ask
    std::string queue;
    NodeId node;
    Resource size;
    Resource held;  // free there and kept; all of it: it starts
    WallTime since;
};

struct GangView {
    AttemptId attempt;
    std::int32_t gang = 0;
    std::vector<std::int32_t> asks;
    std::string queue;
    std::int64_t needed = 0;  // containers before it starts
    std::int64_t fits = 0;    // that had room at the same time when last looked at
    bool gathering = false;   // room is being reserved for it
    WallTime since;
    WallTime deadline;  // 0: none
};

/// So many of each are listed, the oldest first.
constexpr std::size_t kReservationsShown = 1000;

struct ReservationsView {
    std::vector<ReservationView> reservations;
    std::vector<GangView> gangs;
};

}  // namespace heddle::rm
