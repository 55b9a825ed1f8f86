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
    for (const ContainerStart& start : orders.starts) {
        if (!held_.emplace(start.container, Held{start, ContainerPhase::Localising, {}, {}})
                 .second) {
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
    it->second.phase = ContainerPhase::Running;
    it->second.started = manager_.wall();
    changed(container);
    const Duration takes = ground_.began(*this, it->second.order);
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
