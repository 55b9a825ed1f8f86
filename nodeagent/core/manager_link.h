#pragma once

// The node's one connection to its manager: when to connect again, whom to believe, and which
// orders wait until the epoch they carry is on disk.

#include <cstdint>
#include <deque>
#include <string_view>

#include "common/base/prng.h"
#include "common/base/time.h"
#include "common/model/node_protocol.h"
#include "nodeagent/core/effect.h"
#include "nodeagent/core/node_config.h"

namespace heddle::node {

enum class LinkState { Off, Waiting, Connecting, Registering, Registered };
std::string_view to_string(LinkState state);

class ManagerLink {
public:
    ManagerLink(const NodeConfig& config, NodeCounters& counters);

    /// From now on connections are made. `epoch_seen` is what the disk holds.
    void begin(TimePoint now, std::int64_t epoch_seen);
    /// No further connections.
    void end(Effects& effects);

    /// True when `connection` is the current one and now open: the caller registers.
    bool connected(std::uint64_t connection);
    void disconnected(TimePoint now, std::uint64_t connection);
    /// Gives the connection up and waits before the next.
    void give_up(TimePoint now, Effects& effects);

    /// False, and counted, when the message is of an earlier connection.
    bool is_current(std::uint64_t connection);

    /// True when registered now; false when the manager is an older one than this node has seen,
    /// which ends the connection.
    bool welcomed(TimePoint now, const NodeWelcome& welcome, Effects& effects);

    /// Takes orders in; those that count are found by next_orders(), at once or when the epoch is
    /// saved.
    void ordered(NodeOrders orders, Effects& effects);
    /// The next orders to carry out; false: none.
    bool next_orders(NodeOrders& orders);

    void epoch_saved(std::int64_t epoch);
    void epoch_save_failed(TimePoint now, std::int64_t epoch);

    bool registered() const { return state_ == LinkState::Registered; }
    LinkState state() const { return state_; }
    std::uint64_t connection() const { return connection_; }
    std::uint64_t session() const { return session_; }
    std::int64_t epoch_seen() const { return epoch_seen_; }
    /// The highest sequence of orders that next_orders() has given out in this session.
    std::uint64_t orders_seen() const { return orders_seen_; }
    std::uint64_t next_sequence() { return ++sequence_; }

    TimePoint next_deadline() const;
    /// True when a heartbeat is due.
    bool expire(TimePoint now, Effects& effects);

    void check() const;

private:
    void wait(TimePoint now);
    void save_epoch(std::int64_t epoch, Effects& effects);

    const NodeConfig& config_;
    NodeCounters& counters_;
    Prng prng_;
    LinkState state_ = LinkState::Off;
    std::uint64_t connection_ = 0;
    std::uint64_t session_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t orders_taken_ = 0;  // into waiting_
    std::uint64_t orders_seen_ = 0;
    std::int64_t epoch_seen_ = 0;  // the highest; orders below it are refused from the first moment
    std::int64_t epoch_saved_ = 0;  // the highest on disk; orders above it wait
    Duration heartbeat_interval_;
    Duration backoff_;
    TimePoint deadline_ = TimePoint::never();     // of the state: connect, give up or heartbeat
    TimePoint epoch_retry_ = TimePoint::never();  // when the save failed
    std::deque<NodeOrders> waiting_;
};

}  // namespace heddle::node
