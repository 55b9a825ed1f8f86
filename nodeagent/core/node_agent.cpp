// Dispatches events to the nouns, and reports what changed at the end of every step.

#include "nodeagent/core/node_agent.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "common/base/check.h"
#include "common/base/log.h"

namespace heddle::node {

NodeAgent::NodeAgent(NodeConfig config)
    : config_(std::move(config)),
      link_(config_, counters_),
      cache_(config_, counters_),
      containers_(config_, counters_, cache_) {}

void NodeAgent::step(TimePoint now, const Event& event, Effects& effects) {
    CHECK(now >= now_);
    CHECK(booted_ != std::holds_alternative<Booted>(event));
    now_ = now;
    std::visit([&](const auto& e) { on(e, effects); }, event);
    expire_deadlines(effects);
    report(effects);
}

TimePoint NodeAgent::next_deadline() const {
    return std::min(link_.next_deadline(), containers_.next_deadline());
}

void NodeAgent::on(const Booted& event, Effects& effects) {
    booted_ = true;
    cache_.recover(event.artifacts);
    containers_.recover(now_, event.wall, event.containers, effects);
    cache_.trim(effects);
    link_.begin(now_, event.epoch_seen);
}

void NodeAgent::on(const Connected& event, Effects& effects) {
    if (link_.connected(event.connection)) {
        effects.push_back(Send{event.connection,
                               NodeRegister{config_.info, config_.incarnation, link_.epoch_seen(),
                                            containers_.reports(), config_.agent, config_.boot,
                                            config_.opportunistic_queue_max}});
    }
}

void NodeAgent::on(const Disconnected& event, Effects& effects) {
    (void)effects;
    const bool was_registered = link_.registered() && event.connection == link_.connection();
    link_.disconnected(now_, event.connection);
    if (was_registered) {
        log::warning("lost the manager; containers go on", {{"reason", event.reason}});
    }
}

void NodeAgent::on(const MessageReceived& event, Effects& effects) {
    if (link_.is_current(event.connection)) {
        std::visit([&](const auto& message) { on_message(message, effects); }, event.message);
    }
}

void NodeAgent::on_message(const NodeWelcome& message, Effects& effects) {
    if (link_.welcomed(now_, message, effects)) {
        complete_due_ = true;  // what changed since the registration
        log::info("registered with the manager", {{"epoch", message.epoch}});
    }
}

void NodeAgent::on_message(const NodeRefused& message, Effects& effects) {
    log::error("the manager refuses this node; trying again", {{"reason", message.reason}});
    link_.give_up(now_, effects);
}

void NodeAgent::on_message(const NodeOrders& message, Effects& effects) {
    link_.ordered(message, effects);
    carry_out_orders(effects);
}

void NodeAgent::carry_out_orders(Effects& effects) {
    NodeOrders orders;
    while (link_.next_orders(orders)) {
        for (const ContainerStop& stop : orders.stops) {
            containers_.stop(now_, stop, effects);
        }
        for (const ContainerId& id : orders.take_backs) {
            containers_.take_back(now_, id, effects);
        }
        for (const ExecutionChange& change : orders.execution_changes) {
            containers_.change_execution(now_, change, effects);
        }
        for (ContainerStart& start : orders.starts) {
            if (start.epoch < link_.epoch_seen()) {
                ++counters_.stale_epoch;
                continue;
            }
            containers_.start(now_, std::move(start), effects);
        }
        for (const ContainerId& id : orders.releases_hold) {
            containers_.release_hold(id, effects);
        }
        for (const ContainerId& id : orders.acknowledged) {
            containers_.acknowledge(now_, id, effects);
        }
        for (const ContainerSignal& signal : orders.signals) {
            containers_.signal(signal, effects);
        }
        for (const SizeOrder& size : orders.sizes) {
            containers_.set_size(now_, size, effects);
        }
    }
}

void NodeAgent::on(const EpochSaved& event, Effects& effects) {
    link_.epoch_saved(event.epoch);
    carry_out_orders(effects);
}

void NodeAgent::on(const EpochSaveFailed& event, Effects& effects) {
    (void)effects;
    log::error("cannot write the manager's epoch; its orders wait", {{"reason", event.reason}});
    link_.epoch_save_failed(now_, event.epoch);
}

void NodeAgent::on(const ArtifactCached& event, Effects& effects) {
    cache_.cached(containers_.wall(now_), event, effects);
}

void NodeAgent::on(const ArtifactGone& event, Effects& effects) {
    (void)effects;
    cache_.gone(event);
}

void NodeAgent::on(const UsageMeasured& event, Effects& effects) {
    containers_.measured(now_, event.containers, effects);
    usage_due_ = usage_due_ || event.usage.health != usage_.health;
    usage_ = event.usage;
}

void NodeAgent::on(const ShutdownRequested& event, Effects& effects) {
    (void)event;
    if (link_.registered()) {
        effects.push_back(Send{link_.connection(), NodeLeaving{link_.session()}});
    }
    link_.end(effects);
}

void NodeAgent::on(const Tick& event, Effects& effects) {
    (void)event;
    (void)effects;
}

template <typename ContainerEvent>
void NodeAgent::on(const ContainerEvent& event, Effects& effects) {
    containers_.on(now_, event, effects);
}

void NodeAgent::expire_deadlines(Effects& effects) {
    containers_.expire(now_, effects);
    if (link_.expire(now_, effects)) {
        complete_due_ = true;
    }
}

void NodeAgent::report(Effects& effects) {
    const bool absence = containers_.take_absence();
    std::vector<ContainerReport> changes = containers_.take_changes();
    if (!link_.registered()) {
        usage_due_ = false;  // the next registration and the status after it show everything
        return;
    }
    if (std::exchange(complete_due_, false) || absence) {
        send_status(true, containers_.reports(), effects);
    } else if (!changes.empty() || usage_due_) {
        send_status(false, std::move(changes), effects);
    }
    usage_due_ = false;
}

void NodeAgent::send_status(bool complete, std::vector<ContainerReport> reports, Effects& effects) {
    effects.push_back(Send{link_.connection(),
                           NodeStatus{link_.session(), link_.next_sequence(), link_.orders_seen(),
                                      complete, std::move(reports), usage_}});
}

void NodeAgent::check() const {
    link_.check();
    cache_.check();
    containers_.check();
}

}  // namespace heddle::node
