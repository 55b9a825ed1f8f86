#include "resourcemanager/simulator/node_model.h"

#include <utility>

namespace heddle::simulator {

NodeModel::NodeModel(sim::Timeline& timeline, ManagerModel& manager, Ground& ground,
                     const Setup& setup, Machine machine, std::size_t index)
    : timeline_(timeline),
      manager_(manager),
      ground_(ground),
      setup_(setup),
      machine_(std::move(machine)),
      index_(index) {}

void NodeModel::start(Duration offset) {
    offset_ = offset;
    connection_ = manager_.open(*this);
    NodeRegister hello;
    hello.info.id = {machine_.name};
    hello.info.address = "127.0.0.1";
    hello.info.rack = machine_.rack;
    hello.info.total = machine_.total;
    hello.incarnation = index_ + 1;
    hello.agent = machine_.name;
    hello.opportunistic_queue_max = kOpportunisticQueueMax;
    manager_.send(connection_, std::move(hello));
}

void NodeModel::received(const ManagerToNode& message) {
    if (const auto* welcome = std::get_if<NodeWelcome>(&message)) {
        session_ = welcome->session;
        timeline_.after(offset_, [this] { heartbeat(); });
    } else if (const auto* orders = std::get_if<NodeOrders>(&message)) {
        carry_out(*orders);
    }
}

void NodeModel::carry_out(const NodeOrders& orders) {
    if (orders.session != session_ || orders.sequence <= orders_seen_) {
        return;
    }
    orders_seen_ = orders.sequence;
    for (const ContainerStop& stop : orders.stops) {
        finish(stop.container, {ExitReason::Stopped, 143, 0, stop.reason, 0, manager_.wall()});
    }
    for (const ContainerId& id : orders.take_backs) {
        if (queue_.waits(id)) {
            displace(id);
        }
    }
    for (const ContainerStart& start : orders.starts) {
        if (!take(start)) {
            continue;
        }
        const bool by_manager = setup_.mode == Mode::Event || start.key.ask == 0;
        if (by_manager || called_.erase(start.container) > 0) {
            launch(start.container);
        }
    }
    for (const ContainerId& id : orders.acknowledged) {
        held_.erase(id);
    }
}

// False: it is here already, or its queue is full.
bool NodeModel::take(const ContainerStart& start) {
    if (!held_.emplace(start.container, Held{start, ContainerPhase::Localising, {}, {}}).second) {
        return false;
    }
    if (start.execution == ExecutionType::Guaranteed) {
        used_ += start.size;
        for (const ContainerId& id : queue_.in_the_way(machine_.total - used_)) {
            displace(id);
        }
        return true;
    }
    const bool full = queue_.waiting() >= static_cast<std::size_t>(kOpportunisticQueueMax);
    queue_.add(start.container, start.size, ++queued_last_);
    if (full) {
        displace(start.container);
    }
    return !full;
}

void NodeModel::displace(const ContainerId& container) {
    finish(container, {ExitReason::Displaced, kExitKilledByContainerScheduler, 0,
                       "made room or moves elsewhere", 0, manager_.wall()});
}

void NodeModel::call(const ContainerId& container) {
    if (held_.contains(container)) {
        launch(container);
    } else {
        called_.insert(container);
    }
}

void NodeModel::launch(const ContainerId& container) {
    timeline_.after(setup_.launch_delay, [this, container] { run(container); });
}

void NodeModel::run(const ContainerId& container) {
    const auto it = held_.find(container);
    if (it == held_.end() || it->second.phase != ContainerPhase::Localising) {
        return;  // stopped before it began
    }
    if (it->second.order.execution == ExecutionType::Guaranteed) {
        begin(container);
        return;
    }
    it->second.phase = ContainerPhase::Ready;
    changed(container);
    queue_.ready(container);
    begin_queued();
}

void NodeModel::begin_queued() {
    while (const auto next = queue_.next(machine_.total - used_)) {
        queue_.started(*next);
        begin(*next);
    }
}

void NodeModel::begin(const ContainerId& container) {
    Held& held = held_.at(container);
    held.phase = ContainerPhase::Running;
    held.started = manager_.wall();
    changed(container);
    const Duration takes = ground_.began(*this, held.order);
    if (takes != kUntilTold) {
        timeline_.after(takes, [this, container] { end(container); });
    }
}

void NodeModel::end(const ContainerId& container) {
    finish(container, {ExitReason::Exited, 0, 0, "", 0, manager_.wall()});
}

void NodeModel::finish(const ContainerId& container, ContainerExit exit) {
    const auto it = held_.find(container);
    if (it == held_.end() || it->second.exit.has_value()) {
        return;
    }
    Held& held = it->second;
    const bool ran = held.phase == ContainerPhase::Running;
    held.phase = ContainerPhase::Done;
    held.exit = std::move(exit);
    changed(container);
    if (ran) {
        ground_.ended(*this, container, held.order.size, *held.exit);
    }
    if (held.order.execution == ExecutionType::Guaranteed) {
        used_ -= held.order.size;
    } else {
        queue_.remove(container);
    }
    begin_queued();
}

// What changes at one moment is one status.
void NodeModel::changed(const ContainerId& container) {
    if (setup_.mode == Mode::Event && changed_.empty()) {
        timeline_.after({}, [this] { say(false); });
    }
    changed_.insert(container);
}

void NodeModel::heartbeat() {
    say(true);
    timeline_.after(setup_.mode == Mode::Event ? setup_.liveness : setup_.node_heartbeat,
                    [this] { heartbeat(); });
}

ContainerReport NodeModel::report(const ContainerId& id, const Held& held) {
    ContainerReport report;
    report.container = id;
    report.key = held.order.key;
    report.size = held.order.size;
    report.user = held.order.user;
    report.tags = held.order.tags;
    report.phase = held.phase;
    report.pid = held.phase == ContainerPhase::Localising ? 0 : 1;
    report.started = held.started;
    report.exit = held.exit;
    report.execution = held.order.execution;
    return report;
}

void NodeModel::say(bool complete) {
    NodeStatus status;
    status.session = session_;
    status.sequence = ++sequence_;
    status.orders_seen = orders_seen_;
    status.complete = complete;
    if (complete) {
        for (const auto& [id, held] : held_) {
            status.containers.push_back(report(id, held));
        }
    } else {
        for (const ContainerId& id : changed_) {
            if (const auto it = held_.find(id); it != held_.end()) {
                status.containers.push_back(report(id, it->second));
            }
        }
    }
    changed_.clear();
    manager_.send(connection_, std::move(status));
}

}  // namespace heddle::simulator
