// The node's connection to its manager.

#include "nodeagent/core/manager_link.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/base/log.h"

namespace heddle::node {

std::string_view to_string(LinkState state) {
    switch (state) {
        case LinkState::Off:
            return "off";
        case LinkState::Waiting:
            return "waiting";
        case LinkState::Connecting:
            return "connecting";
        case LinkState::Registering:
            return "registering";
        case LinkState::Registered:
            return "registered";
    }
    CHECK(false);
}

ManagerLink::ManagerLink(const NodeConfig& config, NodeCounters& counters)
    : config_(config),
      counters_(counters),
      prng_(config.seed),
      heartbeat_interval_(seconds(1)),
      backoff_(config.reconnect_min) {}

void ManagerLink::begin(TimePoint now, std::int64_t epoch_seen) {
    CHECK(state_ == LinkState::Off);
    epoch_seen_ = epoch_saved_ = epoch_seen;
    state_ = LinkState::Waiting;
    deadline_ = now;
}

void ManagerLink::end(Effects& effects) {
    if (state_ != LinkState::Off && state_ != LinkState::Waiting) {
        effects.push_back(Disconnect{connection_});
    }
    state_ = LinkState::Off;
    deadline_ = TimePoint::never();
    epoch_retry_ = TimePoint::never();
    waiting_.clear();
}

void ManagerLink::wait(TimePoint now) {
    const auto half = backoff_.microseconds / 2;
    deadline_ = now + microseconds(half + prng_.between(0, half));
    backoff_ = std::min(backoff_ * 2, config_.reconnect_max);
    state_ = LinkState::Waiting;
    // Orders of a session that is over are stale, whether carried out or not: the next session
    // begins with the whole truth from this node.
    waiting_.clear();
}

bool ManagerLink::connected(std::uint64_t connection) {
    if (!is_current(connection) || state_ != LinkState::Connecting) {
        return false;
    }
    state_ = LinkState::Registering;
    return true;
}

void ManagerLink::disconnected(TimePoint now, std::uint64_t connection) {
    if (is_current(connection)) {
        wait(now);
    }
}

void ManagerLink::give_up(TimePoint now, Effects& effects) {
    effects.push_back(Disconnect{connection_});
    wait(now);
}

bool ManagerLink::is_current(std::uint64_t connection) {
    const bool open = state_ == LinkState::Connecting || state_ == LinkState::Registering ||
                      state_ == LinkState::Registered;
    if (open && connection == connection_) {
        return true;
    }
    ++counters_.stale_connection;
    return false;
}

bool ManagerLink::welcomed(TimePoint now, const NodeWelcome& welcome, Effects& effects) {
    if (state_ != LinkState::Registering) {  // doubled
        ++counters_.stale_session;
        return false;
    }
    if (welcome.epoch < epoch_seen_) {
        ++counters_.stale_epoch;
        log::warning("manager is an older one than this node has seen; connecting again",
                     {{"epoch", welcome.epoch}, {"epoch_seen", epoch_seen_}});
        give_up(now, effects);
        return false;
    }
    state_ = LinkState::Registered;
    session_ = welcome.session;
    sequence_ = orders_taken_ = orders_seen_ = 0;
    heartbeat_interval_ = std::max(welcome.heartbeat_interval, milliseconds(10));
    deadline_ = now + heartbeat_interval_;
    backoff_ = config_.reconnect_min;
    if (welcome.epoch > epoch_seen_) {
        save_epoch(welcome.epoch, effects);
    }
    return true;
}

void ManagerLink::save_epoch(std::int64_t epoch, Effects& effects) {
    epoch_seen_ = epoch;
    epoch_retry_ = TimePoint::never();
    effects.push_back(SaveEpoch{epoch});
}

void ManagerLink::ordered(NodeOrders orders, Effects& effects) {
    if (state_ != LinkState::Registered || orders.session != session_) {
        ++counters_.stale_session;
        return;
    }
    if (orders.epoch < epoch_seen_) {
        ++counters_.stale_epoch;
        return;
    }
    if (orders.sequence <= orders_taken_) {
        ++counters_.stale_orders;
        return;
    }
    if (waiting_.size() >= config_.orders_waiting_max) {
        ++counters_.orders_dropped;  // the manager repeats what the next status does not show
        return;
    }
    if (orders.epoch > epoch_seen_) {
        save_epoch(orders.epoch, effects);
    }
    orders_taken_ = orders.sequence;
    waiting_.push_back(std::move(orders));
}

bool ManagerLink::next_orders(NodeOrders& orders) {
    while (!waiting_.empty()) {
        if (waiting_.front().epoch > epoch_saved_) {
            return false;
        }
        orders = std::move(waiting_.front());
        waiting_.pop_front();
        orders_seen_ = orders.sequence;
        if (orders.epoch >= epoch_seen_) {
            return true;
        }
        ++counters_.stale_epoch;  // overtaken while it waited
    }
    return false;
}

void ManagerLink::epoch_saved(std::int64_t epoch) {
    epoch_saved_ = std::max(epoch_saved_, epoch);
}

void ManagerLink::epoch_save_failed(TimePoint now, std::int64_t epoch) {
    if (epoch == epoch_seen_ && epoch_saved_ < epoch_seen_ && state_ != LinkState::Off) {
        epoch_retry_ = now + config_.epoch_retry;
    }
}

TimePoint ManagerLink::next_deadline() const {
    return std::min(deadline_, epoch_retry_);
}

bool ManagerLink::expire(TimePoint now, Effects& effects) {
    if (epoch_retry_ <= now) {
        save_epoch(epoch_seen_, effects);
    }
    if (deadline_ > now) {
        return false;
    }
    switch (state_) {
        case LinkState::Off:
            return false;
        case LinkState::Waiting:
            ++connection_;
            ++counters_.connects;
            state_ = LinkState::Connecting;
            deadline_ = now + config_.answer_timeout;
            effects.push_back(Connect{connection_});
            return false;
        case LinkState::Connecting:
        case LinkState::Registering:
            log::warning("no answer from the manager; connecting again",
                         {{"state", to_string(state_)}});
            give_up(now, effects);
            return false;
        case LinkState::Registered:
            deadline_ = now + heartbeat_interval_;
            return true;
    }
    CHECK(false);
}

void ManagerLink::check() const {
    CHECK(epoch_saved_ <= epoch_seen_);
    CHECK(state_ == LinkState::Registered || waiting_.empty());
    CHECK(orders_seen_ <= orders_taken_);
    CHECK(waiting_.size() <= config_.orders_waiting_max);
    CHECK(backoff_ <= config_.reconnect_max || backoff_ == config_.reconnect_min);
}

}  // namespace heddle::node
