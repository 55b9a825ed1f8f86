#include "tests/support/rm_world/node_host.h"

#include <utility>

#include "common/base/check.h"
#include "tests/support/rm_world/names.h"

namespace heddle::rm::test {

NodeHost::NodeHost(Stage& stage, ManagerHost& manager, Ground& ground, NodeInfo info)
    : stage_(stage), manager_(manager), ground_(ground), info_(std::move(info)) {}

void NodeHost::start_agent() {
    CHECK(!agent_up());
    ++life_;
    node::NodeConfig config;
    config.info = info_;
    config.incarnation = stage_.prng.next();
    config.agent = "directory of " + info_.id.name;
    config.boot = "boot " + std::to_string(boots_);
    config.seed = stage_.prng.next();
    config.opportunistic_queue_max = ground_.opportunistic_queue_max;
    agent_ = std::make_unique<node::NodeAgent>(config);
    stage_.note(info_.id.name + " agent starts");
    node::Booted booted{stage_.wall(), epoch_, {}};
    for (const auto& [id, record] : records_) {
        node::RecoveredContainer recovered;
        recovered.record = record;
        if (const auto it = processes_.find(id); it != processes_.end()) {
            if (it->second.exit.has_value()) {
                recovered.process = *it->second.exit;
            } else {
                recovered.process =
                    node::RecoveredContainer::Running{it->second.pid, it->second.started};
            }
        }
        booted.containers.push_back(std::move(recovered));
    }
    event(booted);
}

void NodeHost::kill_agent() {
    if (!agent_up()) {
        return;
    }
    stage_.note(info_.id.name + " agent dies");
    agent_ = nullptr;
    ++life_;
    tick_at_ = TimePoint::never();
    manager_.close(std::exchange(wire_, nullptr));
}

void NodeHost::lose_power() {
    kill_agent();
    stage_.show(info_.id.name + " loses power");
    records_.clear();
    ++boots_;
    for (auto& [id, process] : std::exchange(processes_, {})) {
        if (process.running) {
            ground_.ended(id);
        }
    }
}

void NodeHost::shut_down() {
    if (agent_up()) {
        event(node::ShutdownRequested{});
    }
    stage_.timeline.after(milliseconds(5), [this, life = life_] {
        if (life == life_) {
            kill_agent();
        }
    });
}

void NodeHost::partition(bool on) {
    partitioned_ = on;
    stage_.note(info_.id.name + (on ? " is cut off" : " is reachable again"));
}

bool NodeHost::runs(const ContainerId& container) const {
    const auto it = processes_.find(container);
    return it != processes_.end() && it->second.running;
}

std::size_t NodeHost::running() const {
    std::size_t count = 0;
    for (const auto& [id, process] : processes_) {
        count += process.running ? 1 : 0;
    }
    return count;
}

bool NodeHost::end_process(const ContainerId& container, std::int32_t code, std::int32_t signal) {
    if (!runs(container)) {
        return false;
    }
    ContainerExit exit;
    exit.reason = signal == 0 ? ExitReason::Exited : ExitReason::Signalled;
    exit.code = signal == 0 ? code : 128 + signal;
    exit.signal = signal;
    end(container, exit);
    return true;
}

void NodeHost::end(const ContainerId& id, ContainerExit exit) {
    Process& process = processes_.at(id);
    process.running = false;
    exit.finished = stage_.wall();
    process.exit = exit;
    stage_.show(info_.id.name + " end " + name_of(id) + " " +
                (process.terminating ? "stopped" : name_of(exit)));
    ground_.ended(id);
    later(microseconds(300), node::ContainerExited{id, exit});
}

void NodeHost::later(Duration wait, node::Event what) {
    stage_.timeline.after(wait, [this, life = life_, what = std::move(what)] {
        if (life == life_ && agent_up()) {
            event(what);
        }
    });
}

void NodeHost::event(const node::Event& event) {
    const std::uint64_t life = life_;
    node::Effects effects;
    agent_->step(stage_.now(), event, effects);
    agent_->check();
    for (const node::Effect& effect : effects) {
        const bool faulty = stage_.faults.active(stage_.now());
        if (faulty && stage_.prng.chance(stage_.faults.crash_per_100000, 100000)) {
            kill_agent();
            stage_.timeline.after(stage_.jitter(milliseconds(100), seconds(4)), [this] {
                if (!agent_up()) {
                    start_agent();
                }
            });
        }
        if (life != life_) {
            return;
        }
        perform(effect);
    }
    arm_tick();
}

void NodeHost::arm_tick() {
    const TimePoint due = agent_->next_deadline();
    if (due == TimePoint::never() || due >= tick_at_) {
        return;
    }
    tick_at_ = due;
    stage_.timeline.at(due, [this, life = life_, due] {
        if (life == life_ && agent_up() && tick_at_ == due) {
            tick_at_ = TimePoint::never();
            event(node::Tick{});
        }
    });
}

void NodeHost::perform(const node::Effect& effect) {
    std::visit([&](const auto& what) { perform(what); }, effect);
}

void NodeHost::perform(const node::Connect& connect) {
    connection_ = connect.connection;
    stage_.timeline.after(milliseconds(1), [this, life = life_, number = connect.connection] {
        if (life != life_ || !agent_up() || connection_ != number) {
            return;
        }
        Wire peer;
        peer.to_node = [this, life, number](const ManagerToNode& message) {
            if (life == life_ && agent_up() && !partitioned_) {
                event(node::MessageReceived{number, message});
            }
        };
        peer.closed = [this, life, number] {
            if (life == life_ && agent_up()) {
                event(node::Disconnected{number, "closed by the manager"});
            }
        };
        wire_ = partitioned_ ? nullptr : manager_.open_node(std::move(peer));
        event(wire_ == nullptr ? node::Event(node::Disconnected{number, "connection refused"})
                               : node::Event(node::Connected{number}));
    });
}

void NodeHost::perform(const node::Disconnect& disconnect) {
    if (disconnect.connection == connection_) {
        manager_.close(std::exchange(wire_, nullptr));
    }
}

void NodeHost::perform(const node::Send& send) {
    if (wire_ != nullptr && send.connection == connection_ && !partitioned_) {
        manager_.send(wire_, send.message);
    }
}

void NodeHost::perform(const node::SaveEpoch& save) {
    stage_.timeline.after(milliseconds(1), [this, life = life_, epoch = save.epoch] {
        if (life == life_ && agent_up()) {
            epoch_ = std::max(epoch_, epoch);
            event(node::EpochSaved{epoch});
        }
    });
}

void NodeHost::perform(const node::SaveContainer& save) {
    const bool ends = save.record.exit.has_value() && !save.record.acknowledged;
    ground_.displaced += ends && save.record.displaced ? 1 : 0;
    stage_.timeline.after(microseconds(400), [this, life = life_, save] {
        if (life == life_ && agent_up()) {
            note_size(save.record);
            records_[save.record.order.container] = save.record;
            event(node::ContainerSaved{save.record.order.container, save.version});
        }
    });
}

// What a container may use changes. However that came about, all of them together fit.
void NodeHost::note_size(const node::ContainerRecord& record) {
    const ContainerId id = record.order.container;
    const auto before = records_.find(id);
    if (before == records_.end() || before->second.size_version == record.size_version) {
        return;
    }
    stage_.show(info_.id.name + " holds " + name_of(id) + " to " + to_string(record.order.size));
    if (const auto it = processes_.find(id); it != processes_.end()) {
        it->second.order.size = record.order.size;
    }
    Resource used;
    for (const ContainerReport& report : agent_->containers().reports()) {
        const bool lent = report.execution == ExecutionType::Opportunistic;
        used += lent || report.phase == ContainerPhase::Done ? Resource{} : report.size;
    }
    if (!used.fits_in(info_.total)) {
        stage_.violate("over-allocation by another size: " + to_string(used) + " on " +
                       info_.id.name);
    }
}

void NodeHost::perform(const node::DeleteContainer& order) {
    records_.erase(order.container);
    processes_.erase(order.container);
}

void NodeHost::perform(const node::DeleteWork& order) {
    (void)order;
}

void NodeHost::perform(const node::Localise& order) {
    later(milliseconds(2), node::Localised{order.order.container});
}

void NodeHost::perform(const node::DropArtifact& order) {
    (void)order;  // no files here
}

// Guaranteed containers start at once, also while opportunistic ones still end in their place; an
// opportunistic one starts only in room that nobody uses.
void NodeHost::check_room(ExecutionType starts) {
    Resource used;
    for (const auto& [id, process] : processes_) {
        const auto it = agent_->containers().containers().find(id);
        const bool lent = it != agent_->containers().containers().end() &&
                          it->second.record.order.execution == ExecutionType::Opportunistic;
        const bool counts = starts == ExecutionType::Opportunistic || !lent;
        used += process.running && counts ? process.order.size : Resource{};
    }
    if (!used.fits_in(info_.total)) {
        stage_.violate("over-allocation: " + to_string(used) + " on " + info_.id.name);
    }
}

void NodeHost::perform(const node::StartShim& order) {
    const ContainerId id = order.order.container;
    if (!ground_.ever_started.insert(id).second) {
        stage_.violate("container started a second time: " + name_of(id) + " on " + info_.id.name);
    }
    Process process;
    process.order = order.order;
    process.pid = ++pids_;
    process.started = stage_.wall();
    process.running = true;
    processes_[id] = process;
    check_room(order.order.execution);
    stage_.show(info_.id.name + " start " + name_of(id));
    later(milliseconds(1), node::Started{id, process.pid});
    stage_.timeline.after(milliseconds(2), [this, id] {
        if (const auto it = processes_.find(id); it != processes_.end() && it->second.running) {
            ground_.began(it->second.order);
        }
    });
}

void NodeHost::perform(const node::Adopt& order) {
    const auto it = processes_.find(order.container);
    if (it != processes_.end() && it->second.exit.has_value()) {
        later(microseconds(100), node::ContainerExited{order.container, *it->second.exit});
    }
}

void NodeHost::perform(const node::Signal& order) {
    const auto it = processes_.find(order.container);
    if (it == processes_.end() || !it->second.running) {
        return;
    }
    if (order.signal == SignalKind::ThreadDump) {
        stage_.show(info_.id.name + " quit " + name_of(order.container));
        return;
    }
    if (!std::exchange(it->second.terminating, true)) {
        ground_.stopped(order.container);
    }
    const bool kill = order.signal == SignalKind::Kill;
    stage_.timeline.after(
        kill ? milliseconds(1) : milliseconds(20),
        [this, id = order.container, kill] { end_process(id, 0, kill ? 9 : 15); });
}

}  // namespace heddle::rm::test
