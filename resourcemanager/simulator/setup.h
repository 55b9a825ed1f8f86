#pragma once

// How a run behaves: delays of the world around the core, and whether the core hears of room when
// it is there or when a node's heartbeat is due.

#include <cstdint>

#include "common/base/time.h"
#include "common/model/queue.h"

namespace heddle::simulator {

/// Event: everything is said when it happens. Heartbeat: as YARN does it. A node tells of ends on
/// its next heartbeat, takes containers only then, and few at once; a master asks on its own
/// heartbeat, hears in the answer what was granted before, and only then calls the node.
enum class Mode { Event, Heartbeat };

struct Setup {
    Mode mode = Mode::Event;
    Duration message_delay = microseconds(200);  // one way, between any two
    Duration launch_delay = milliseconds(2);     // from a node's order to the running process
    Duration save_delay = milliseconds(2);       // of the store
    Duration node_heartbeat = seconds(1);        // heartbeat mode
    Duration master_heartbeat = seconds(1);      // heartbeat mode
    Duration liveness = seconds(10);             // event mode: complete statuses, as proof of life
    std::int32_t assignments = 1;  // heartbeat mode: at one heartbeat, that do not name the node
    Duration sample = seconds(10);
    std::uint64_t seed = 1;  // of the moments at which heartbeats fall
    SchedulerConfig scheduler;
};

}  // namespace heddle::simulator
