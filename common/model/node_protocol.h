#pragma once

// What a node agent and the resource manager say to each other, over one WebSocket per node at
// kNodePath on the manager's node port. The cluster's token travels in the upgrade request's
// Authorization header ("Bearer ...").
//
// The protocol carries states, not deltas to be counted, so that a message may be late, doubled or
// lost: a complete status (every heartbeat) repeats all containers, the manager repeats every order
// that the last complete status does not show as carried out, and a node repeats a container's end
// until it is acknowledged. Events in between are pushed at once as incomplete statuses.
//
// Order: a node carries orders out in rising `sequence` and drops one that is not above the last,
// so that a start that arrives after its own stop does nothing. Its statuses say how far it has
// come
// (`orders_seen`): only a complete status that has seen an order can show that the order was lost.
// A node that is not welcomed closes the connection and comes again on a new one; from the moment
// it registers it takes orders of the session it is welcomed to, and of no other.
//
// Epochs: a manager raises its epoch at every start. A node remembers the highest epoch it has seen
// on disk and refuses orders of a lower one. `session` is drawn by the manager when a node
// registers; what carries another session is stale: counted and dropped.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/model/container.h"
#include "common/model/node.h"

namespace heddle {

constexpr const char* kNodePath = "/heddle/v1/nodes";

// Node agent to manager.

/// First message on a connection, and only there: everything the node has, including ended
/// containers that no manager has acknowledged.
struct NodeRegister {
    NodeInfo info;
    std::uint64_t incarnation = 0;  // random per start of the agent process
    std::int64_t epoch_seen = 0;
    std::vector<ContainerReport> containers;
    std::string agent;  // random, kept in the agent's work directory: the same after its restart
    std::string boot;   // of the machine, another one after each of its starts; empty: not known
    std::int32_t opportunistic_queue_max = 0;  // containers that may wait on it; 0: it takes none

    friend bool operator==(const NodeRegister&, const NodeRegister&) = default;
};

struct NodeStatus {
    std::uint64_t session = 0;
    std::uint64_t sequence = 0;     // rises with every status of a session
    std::uint64_t orders_seen = 0;  // highest NodeOrders::sequence carried out in this session
    bool complete = false;          // `containers` is all there is; absent ones do not exist
    std::vector<ContainerReport> containers;
    NodeUsage usage;

    friend bool operator==(const NodeStatus&, const NodeStatus&) = default;
};

/// The agent ends in good order; its containers go on.
struct NodeLeaving {
    std::uint64_t session = 0;

    friend bool operator==(const NodeLeaving&, const NodeLeaving&) = default;
};

using NodeToManager = std::variant<NodeRegister, NodeStatus, NodeLeaving>;

// Manager to node agent.

struct NodeWelcome {
    std::uint64_t session = 0;
    std::int64_t epoch = 0;
    Duration heartbeat_interval;

    friend bool operator==(const NodeWelcome&, const NodeWelcome&) = default;
};

/// The node may not take part; it says why, keeps its containers and tries again later.
struct NodeRefused {
    std::string reason;

    friend bool operator==(const NodeRefused&, const NodeRefused&) = default;
};

struct ContainerStop {
    ContainerId container;
    Duration grace;      // between SIGTERM and SIGKILL
    std::string reason;  // for the exit message

    friend bool operator==(const ContainerStop&, const ContainerStop&) = default;
};

/// YARN's OUTPUT_THREAD_DUMP (SIGQUIT), GRACEFUL_SHUTDOWN (SIGTERM), FORCEFUL_SHUTDOWN (SIGKILL). A
/// wish of a person, not a decision of the manager: it is not repeated, and the container's end, if
/// it follows, is one of the container's own.
enum class SignalKind { ThreadDump, Terminate, Kill };

struct ContainerSignal {
    ContainerId container;
    SignalKind kind = SignalKind::ThreadDump;

    friend bool operator==(const ContainerSignal&, const ContainerSignal&) = default;
};

/// The container shall be held to this size, which is its `version`. Of two orders for one
/// container the later one counts.
struct SizeOrder {
    ContainerId container;
    std::int64_t version = 0;
    Resource size;

    friend bool operator==(const SizeOrder&, const SizeOrder&) = default;
};

/// All orders of one turn to one node, carried out in this order: stops, taking back, changes of
/// the execution type, starts, releases of hold, acknowledgements, signals, sizes. A start of a
/// container that the node has, running or ended, does nothing.
struct NodeOrders {
    std::uint64_t session = 0;
    std::uint64_t sequence = 0;  // rises with every NodeOrders of a session, from 1
    std::int64_t epoch = 0;
    std::vector<ContainerStart> starts;
    std::vector<ContainerId> releases_hold;    // held containers whose master said start
    std::vector<ContainerStop> stops;          // also of containers that the node does not have
    std::vector<ContainerId> acknowledged;     // ends that are recorded; the node may forget them
    std::vector<ContainerSignal> signals;      // nothing for containers without a process
    std::vector<ContainerId> take_backs = {};  // opportunistic: end, unless they have started
    std::vector<ExecutionChange> execution_changes = {};
    std::vector<SizeOrder> sizes = {};  // repeated until a report shows the version

    friend bool operator==(const NodeOrders&, const NodeOrders&) = default;
};

using ManagerToNode = std::variant<NodeWelcome, NodeRefused, NodeOrders>;

}  // namespace heddle
