#pragma once

// What the node agent's core is told once, with the limits it keeps.

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/time.h"
#include "common/model/node.h"

namespace heddle::node {

struct NodeConfig {
    NodeInfo info;
    std::uint64_t incarnation = 0;  // random per start of the process
    std::string agent;              // as in NodeRegister
    std::string boot;
    std::uint64_t seed = 1;  // of the jitter

    // The wait before the next attempt to connect doubles from min to max; each is drawn from its
    // upper half, so that a restarted manager does not meet all nodes in one instant.
    Duration reconnect_min = milliseconds(50);
    Duration reconnect_max = seconds(1);
    Duration answer_timeout = seconds(5);  // from connecting to the manager's welcome
    Duration epoch_retry = seconds(1);     // after the epoch could not be written

    Duration kill_repeat = seconds(2);  // SIGKILL again while the end has not been seen

    Duration work_retention = seconds(0);        // of a work directory, after the end
    Duration log_retention = seconds(3 * 3600);  // after the end
    std::size_t logs_kept_max = 1000;            // of ended containers, newest first
    std::size_t containers_max = 4096;           // live ones; more are refused as LaunchFailed
    std::uint64_t cache_bytes_max = std::uint64_t{10} << 30;  // of artifacts, unless needed

    std::int32_t opportunistic_queue_max = 15;         // opportunistic containers that wait here
    Duration opportunistic_grace = milliseconds(250);  // before SIGKILL, of one that makes room
    bool memory_enforced = false;                      // who uses more than its size is ended
    Duration memory_grace = seconds(1);

    std::size_t orders_waiting_max = 256;  // messages that wait for the epoch to be saved
};

/// What was dropped or answered without effect; for /metrics and tests.
struct NodeCounters {
    std::uint64_t stale_connection = 0;
    std::uint64_t stale_session = 0;
    std::uint64_t stale_epoch = 0;
    std::uint64_t stale_orders = 0;  // doubled, or overtaken by later ones
    std::uint64_t doubled_starts = 0;
    std::uint64_t unknown_stops = 0;
    std::uint64_t orders_dropped = 0;  // beyond orders_waiting_max
    std::uint64_t late_inputs = 0;     // not in the life table, or of a forgotten container
    std::uint64_t over_capacity = 0;   // orders beyond this node's total, obeyed all the same
    std::uint64_t over_memory = 0;     // containers ended because they used more than their size
    std::uint64_t started = 0;
    std::uint64_t ended = 0;
    std::uint64_t connects = 0;
    std::uint64_t artifacts_dropped = 0;  // from the cache, for its limit
    std::uint64_t displaced = 0;          // opportunistic ones that made room or were taken back
};

}  // namespace heddle::node
