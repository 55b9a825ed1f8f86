// The containers of this node.

#include "nodeagent/core/container_table.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/base/log.h"

namespace heddle::node {

using Input = ContainerInput;

ContainerTable::ContainerTable(const NodeConfig& config, NodeCounters& counters, CacheTable& cache)
    : config_(config), counters_(counters), cache_(cache) {}

Container* ContainerTable::find(const ContainerId& id) {
    const auto it = containers_.find(id);
    return it == containers_.end() ? nullptr : &it->second;
}

Container* ContainerTable::advance(const ContainerId& id, ContainerInput input) {
    Container* container = find(id);
    const auto next = container ? next_state(container->record.state, input) : std::nullopt;
    if (!next) {
        ++counters_.late_inputs;
        return nullptr;
    }
    container->record.state = *next;
    if (*next != ContainerState::Done && phase_of(*next) != container->phase_reported) {
        container->phase_reported = phase_of(*next);
        changed(*container);
    }
    return container;
}

void ContainerTable::changed(Container& container) {
    changes_.insert(container.id());
}

// The manager orders something of a container that has ended: it has not heard of the end.
void ContainerTable::report_again(Container& container) {
    if (container.record.acknowledged) {
        absence_ = true;
    } else {
        changed(container);
    }
}

void ContainerTable::save(Container& container, Effects& effects) {
    effects.push_back(SaveContainer{++container.version, container.record});
}

WallTime ContainerTable::wall(TimePoint now) const {
    return {(now.microseconds + wall_offset_us_) / 1000};
}

ContainerExit ContainerTable::never_ran(TimePoint now, std::string reason) const {
    ContainerExit exit;
    exit.reason = ExitReason::LaunchFailed;
    exit.code = kExitAborted;
    exit.message = std::move(reason);
    exit.finished = wall(now);
    return exit;
}

// Start orders.

void ContainerTable::start(TimePoint now, ContainerStart order, Effects& effects) {
    if (Container* known = find(order.container)) {
        ++counters_.doubled_starts;
        if (known->end_saved) {
            report_again(*known);
        }
        return;
    }
    const bool full = live_ >= config_.containers_max;
    const bool opportunistic = order.execution == ExecutionType::Opportunistic;
    const bool queue_full =
        opportunistic &&
        opportunistic_.waiting() >= static_cast<std::size_t>(config_.opportunistic_queue_max);
    cache_.need(wall(now), order.spec);
    const ContainerId id = order.container;
    Container& container = containers_[id];
    container.record.order = std::move(order);
    container.record.queued = opportunistic ? ++queued_last_ : 0;
    container.size_held = container.record.order.size;
    account(container);
    ++live_;
    warn_if_full(container);
    if (queue_full) {
        displace(now, container,
                 "its node's queue of opportunistic containers is full (" +
                     std::to_string(config_.opportunistic_queue_max) + ")",
                 effects);
        return;
    }
    if (full) {
        container.record.state = ContainerState::Done;
        end(now, container,
            never_ran(now, "the node already has " + std::to_string(config_.containers_max) +
                               " containers, its limit"),
            effects);
        return;
    }
    changed(container);
    save(container, effects);
    make_room(now, effects);
}

void ContainerTable::account(const Container& container) {
    const ContainerStart& order = container.record.order;
    if (order.execution == ExecutionType::Guaranteed) {
        used_ += container.size_most();
    } else {
        opportunistic_.add(order.container, container.size_most(), container.record.queued);
    }
}

// The manager keeps the books. A node whose total was lowered still obeys, and says so.
void ContainerTable::warn_if_full(const Container& container) const {
    if (container.record.order.execution == ExecutionType::Guaranteed &&
        !used_.fits_in(config_.info.total)) {
        ++counters_.over_capacity;
        log::warning("an order exceeds this node's resources; obeying",
                     {{"container", to_string(container.id())},
                      {"used", to_string(used_)},
                      {"total", to_string(config_.info.total)}});
    }
}

void ContainerTable::on(TimePoint now, const ContainerSaved& event, Effects& effects) {
    Container* container = find(event.container);
    if (container == nullptr) {
        return;  // deleted while its save was on the way
    }
    if (container->version_size != 0 && event.version >= container->version_size) {
        size_is_safe(now, *container, effects);
    }
    if (container->record.state == ContainerState::Saving) {
        CHECK(advance(event.container, Input::Saved) == container);
        effects.push_back(Localise{container->record.order});
        return;
    }
    if (container->version_end != 0 && event.version >= container->version_end) {
        end_is_safe(*container);
    }
}

void ContainerTable::on(TimePoint now, const ContainerSaveFailed& event, Effects& effects) {
    Container* container = find(event.container);
    if (container == nullptr) {
        return;
    }
    log::warning("cannot write a container's record",
                 {{"container", to_string(event.container)}, {"reason", event.reason}});
    if (container->version_size != 0 && event.version >= container->version_size) {
        take_back_size(now, *container, effects);
    }
    if (container->record.state == ContainerState::Saving) {
        CHECK(advance(event.container, Input::SaveFailed) == container);
        end(now, *container, never_ran(now, "cannot write the container's record: " + event.reason),
            effects);
        return;
    }
    if (container->version_end != 0 && event.version >= container->version_end) {
        end_is_safe(*container);
    }
}

void ContainerTable::on(TimePoint now, const Localised& event, Effects& effects) {
    (void)now;
    if (Container* container = advance(event.container, Input::Localised)) {
        start_if_allowed(*container, effects);
    }
}

void ContainerTable::start_if_allowed(Container& container, Effects& effects) {
    if (container.record.order.hold) {
        return;
    }
    if (container.record.order.execution == ExecutionType::Guaranteed) {
        start_shim(container, effects);
    } else {
        opportunistic_.ready(container.id());
        start_queued(effects);
    }
}

void ContainerTable::start_shim(Container& container, Effects& effects) {
    CHECK(advance(container.id(), Input::StartAllowed) == &container);
    effects.push_back(StartShim{container.record.order});
}

// Opportunistic containers.

// What no guaranteed container uses goes to those that wait, first come first served.
void ContainerTable::start_queued(Effects& effects) {
    while (const auto next = opportunistic_.next(config_.info.total - used_)) {
        opportunistic_.started(*next);
        start_shim(*find(*next), effects);
    }
}

// A guaranteed container starts at once: what runs in its place ends meanwhile.
void ContainerTable::make_room(TimePoint now, Effects& effects) {
    for (const ContainerId& id : opportunistic_.in_the_way(config_.info.total - used_)) {
        displace(now, *find(id), "made room for a guaranteed container", effects);
    }
}

void ContainerTable::displace(TimePoint now, Container& container, std::string reason,
                              Effects& effects) {
    ++counters_.displaced;
    container.record.displaced = true;
    stop(now, {container.id(), config_.opportunistic_grace, std::move(reason)}, effects);
}

void ContainerTable::take_back(TimePoint now, const ContainerId& id, Effects& effects) {
    if (opportunistic_.waits(id)) {
        displace(now, *find(id), "taken back from the queue of its node, to run elsewhere",
                 effects);
    } else {
        ++counters_.late_inputs;  // it has started, or has ended
    }
}

void ContainerTable::change_execution(TimePoint now, const ExecutionChange& change,
                                      Effects& effects) {
    Container* container = find(change.container);
    if (container == nullptr || container->record.state == ContainerState::Done ||
        container->record.order.execution == change.to) {
        ++counters_.late_inputs;
        return;
    }
    ContainerRecord& record = container->record;
    record.order.execution = change.to;
    if (change.to == ExecutionType::Guaranteed) {
        opportunistic_.remove(change.container);
        used_ += container->size_most();
    } else {
        used_ -= container->size_most();
        record.queued = ++queued_last_;
        account(*container);
        if (record.state >= ContainerState::Starting) {
            opportunistic_.started(change.container);
        }
        if (record.state == ContainerState::Stopping) {
            opportunistic_.stopping(change.container);
        }
    }
    changed(*container);
    save(*container, effects);
    make_room(now, effects);
    if (record.state == ContainerState::Ready) {
        start_if_allowed(*container, effects);
    }
    start_queued(effects);
}

void ContainerTable::release_hold(const ContainerId& id, Effects& effects) {
    Container* container = find(id);
    if (container == nullptr || !container->record.order.hold) {
        ++counters_.late_inputs;  // doubled, or of a container that is gone
        return;
    }
    container->record.order.hold = false;
    if (container->record.state == ContainerState::Ready) {
        save(*container, effects);
        start_if_allowed(*container, effects);
    }
}

void ContainerTable::on(TimePoint now, const LocaliseFailed& event, Effects& effects) {
    if (Container* container = advance(event.container, Input::LocaliseFailed)) {
        end(now, *container, never_ran(now, event.reason), effects);
    }
}

void ContainerTable::on(TimePoint now, const Started& event, Effects& effects) {
    Container* container = advance(event.container, Input::Started);
    if (container == nullptr) {
        return;
    }
    ++counters_.started;
    container->record.pid = event.pid;
    container->record.started = wall(now);
    changed(*container);
    if (container->record.state == ContainerState::Stopping) {  // the stop came first
        effects.push_back(Signal{event.container, SignalKind::Terminate});
        arm_kill(*container, now + container->grace);
    }
}

void ContainerTable::on(TimePoint now, const StartFailed& event, Effects& effects) {
    if (Container* container = advance(event.container, Input::StartFailed)) {
        end(now, *container, never_ran(now, event.reason), effects);
    }
}

// Stops and ends.

void ContainerTable::stop(TimePoint now, const ContainerStop& order, Effects& effects) {
    if (find(order.container) == nullptr) {
        ++counters_.unknown_stops;
        absence_ = true;
        return;
    }
    Container* container = advance(order.container, Input::StopOrdered);
    if (container == nullptr) {
        container = find(order.container);
        if (container->end_saved) {
            report_again(*container);
        }
        return;
    }
    ContainerRecord& record = container->record;
    const bool first = record.stop_reason.empty();
    if (first) {
        record.stop_reason = order.reason.empty() ? "stopped by order" : order.reason;
    }
    if (record.state == ContainerState::Done) {
        end(now, *container, never_ran(now, ""), effects);
        return;
    }
    opportunistic_.stopping(order.container);
    container->grace = first ? order.grace : std::min(container->grace, order.grace);
    if (first) {
        save(*container, effects);
    }
    // Without a process yet the signal follows Started. The deadline stands all the same: a shim
    // that never answers must not keep the container for ever.
    if (first && record.pid != 0) {
        effects.push_back(Signal{order.container, SignalKind::Terminate});
    }
    arm_kill(*container, std::min(container->kill_at, now + order.grace));
}

void ContainerTable::signal(const ContainerSignal& order, Effects& effects) {
    const Container* container = find(order.container);
    if (container == nullptr || container->record.pid == 0 ||
        container->record.state == ContainerState::Done) {
        ++counters_.late_inputs;  // its process has ended, or has not begun
        return;
    }
    effects.push_back(Signal{order.container, order.kind});
}

void ContainerTable::arm_kill(Container& container, TimePoint at) {
    deadlines_.erase({container.kill_at, container.id(), Deadline::Kill});
    container.kill_at = at;
    if (at != TimePoint::never()) {
        deadlines_.insert({at, container.id(), Deadline::Kill});
    }
}

void ContainerTable::on(TimePoint now, const ContainerExited& event, Effects& effects) {
    if (Container* container = advance(event.container, Input::Exited)) {
        end(now, *container, event.exit, effects);
    }
}

void ContainerTable::end(TimePoint now, Container& container, ContainerExit exit,
                         Effects& effects) {
    ContainerRecord& record = container.record;
    CHECK(record.state == ContainerState::Done && !record.exit);
    arm_kill(container, TimePoint::never());
    if (!record.stop_reason.empty()) {
        exit.reason = record.displaced ? ExitReason::Displaced : ExitReason::Stopped;
        exit.code =
            record.displaced ? kExitKilledByContainerScheduler : kExitKilledByResourceManager;
        exit.message = record.stop_reason;
        if (record.stop_reason.starts_with(kOverMemory)) {
            exit.reason = ExitReason::OutOfMemory;
            exit.code = kExitOverMemory;
        }
    }
    if (exit.finished == WallTime{}) {
        exit.finished = wall(now);
    }
    record.exit = std::move(exit);
    cache_.release(record.order.spec, effects);
    record.order.spec = {};
    if (record.order.execution == ExecutionType::Guaranteed) {
        used_ -= container.size_most();
    } else {
        opportunistic_.remove(container.id());
    }
    --live_;
    ++counters_.ended;
    save(container, effects);
    container.version_end = container.version;
    container.delete_work_at = now + config_.work_retention;
    deadlines_.insert({container.delete_work_at, container.id(), Deadline::DeleteWork});
    start_queued(effects);
}

void ContainerTable::end_is_safe(Container& container) {
    if (container.end_saved) {
        return;
    }
    container.end_saved = true;
    container.phase_reported = ContainerPhase::Done;
    changed(container);
}

void ContainerTable::acknowledge(TimePoint now, const ContainerId& id, Effects& effects) {
    Container* container = find(id);
    if (container == nullptr || !container->end_saved) {
        ++counters_.late_inputs;
        return;
    }
    if (!container->record.acknowledged) {
        changes_.erase(id);
        container->record.acknowledged = true;
        save(*container, effects);
        retire(now, *container);
        delete_surplus_logs(effects);
    }
}

void ContainerTable::retire(TimePoint now, Container& container) {
    const WallTime finished = container.record.exit->finished;
    retired_.insert({finished, container.id()});
    const std::int64_t age_ms =
        std::max<std::int64_t>(0, wall(now).milliseconds - finished.milliseconds);
    const Duration left = config_.log_retention - milliseconds(age_ms);
    container.forget_at = now + std::max(left, Duration{});
    deadlines_.insert({container.forget_at, container.id(), Deadline::Forget});
}

void ContainerTable::delete_surplus_logs(Effects& effects) {
    while (retired_.size() > config_.logs_kept_max) {
        const ContainerId oldest = retired_.begin()->second;  // its entry goes with it
        forget(oldest, effects);
    }
}

void ContainerTable::forget(const ContainerId& id, Effects& effects) {
    const Container* container = find(id);
    CHECK(container != nullptr && container->record.acknowledged);
    retired_.erase({container->record.exit->finished, id});
    deadlines_.erase({container->delete_work_at, id, Deadline::DeleteWork});
    deadlines_.erase({container->forget_at, id, Deadline::Forget});
    changes_.erase(id);
    effects.push_back(DeleteWork{id});
    effects.push_back(DeleteContainer{id});
    containers_.erase(id);
}

// Time.

TimePoint ContainerTable::next_deadline() const {
    return deadlines_.empty() ? TimePoint::never() : std::get<0>(*deadlines_.begin());
}

void ContainerTable::expire(TimePoint now, Effects& effects) {
    while (!deadlines_.empty() && std::get<0>(*deadlines_.begin()) <= now) {
        const auto [at, id, what] = *deadlines_.begin();
        deadlines_.erase(deadlines_.begin());
        Container* container = find(id);
        CHECK(container != nullptr);
        switch (what) {
            case Deadline::Kill:
                container->kill_at = TimePoint::never();
                effects.push_back(Signal{id, SignalKind::Kill});
                arm_kill(*container, now + config_.kill_repeat);
                break;
            case Deadline::DeleteWork:
                effects.push_back(DeleteWork{id, container->record.order.log_patterns});
                break;
            case Deadline::Forget:
                forget(id, effects);
                break;
        }
    }
}

// Recovery.

void ContainerTable::recover(TimePoint now, WallTime wall_now,
                             std::vector<RecoveredContainer> containers, Effects& effects) {
    CHECK(containers_.empty());
    wall_offset_us_ = wall_now.milliseconds * 1000 - now.microseconds;
    for (RecoveredContainer& recovered : containers) {
        recover_one(now, std::move(recovered), effects);
    }
    make_room(now, effects);
    delete_surplus_logs(effects);
    changes_.clear();  // the registration shows everything
}

void ContainerTable::recover_one(TimePoint now, RecoveredContainer recovered, Effects& effects) {
    const ContainerId id = recovered.record.order.container;
    Container& container = containers_[id];
    container.record = std::move(recovered.record);
    ContainerRecord& record = container.record;
    queued_last_ = std::max(queued_last_, record.queued);
    if (record.state == ContainerState::Done) {
        container.end_saved = true;
        container.version_end = container.version = 1;
        container.phase_reported = ContainerPhase::Done;
        effects.push_back(DeleteWork{id, container.record.order.log_patterns});
        if (record.acknowledged) {
            retire(now, container);
        }
        return;
    }
    ++live_;
    cache_.need(wall(now), record.order.spec);
    container.size_held = record.order.size;
    container.size_version_held = record.size_version;
    account(container);
    const bool stopping = !record.stop_reason.empty();
    const auto ended = [&](ContainerExit exit) {
        record.state = ContainerState::Done;
        end(now, container, std::move(exit), effects);
    };
    if (const auto* running = std::get_if<RecoveredContainer::Running>(&recovered.process)) {
        record.state = stopping ? ContainerState::Stopping : ContainerState::Running;
        record.pid = running->pid;
        record.started = running->started;
        opportunistic_.started(id);
        effects.push_back(Adopt{id});
        if (stopping) {
            opportunistic_.stopping(id);  // how much of the grace is left is not known
            effects.push_back(Signal{id, SignalKind::Terminate});
            arm_kill(container, now + config_.kill_repeat);
        }
    } else if (auto* exit = std::get_if<ContainerExit>(&recovered.process)) {
        ended(std::move(*exit));
    } else if (std::holds_alternative<ProcessLost>(recovered.process)) {
        ContainerExit lost;
        lost.reason = ExitReason::Unknown;
        lost.code = kExitAborted;
        lost.message = "the record of its end is missing: its shim was killed";
        ended(std::move(lost));
    } else if (stopping) {
        ended(never_ran(now, ""));
    } else {
        record.state = ContainerState::Localising;  // its record is on disk: begin again
        effects.push_back(Localise{record.order});
    }
    container.phase_reported =
        record.state == ContainerState::Done ? ContainerPhase::Stopping : phase_of(record.state);
}

// Reports.

namespace {

ContainerReport report_of(const Container& container) {
    const ContainerRecord& record = container.record;
    ContainerReport report;
    report.container = container.id();
    report.key = record.order.key;
    report.size = container.size_most();
    report.version = container.size_version_held;
    report.user = record.order.user;
    report.tags = record.order.tags;
    report.phase = container.phase_reported;
    report.pid = record.pid;
    report.started = record.started;
    report.execution = record.order.execution;
    if (report.phase == ContainerPhase::Done) {
        report.exit = record.exit;
    }
    return report;
}

}  // namespace

std::vector<ContainerReport> ContainerTable::reports() const {
    std::vector<ContainerReport> reports;
    for (const auto& [id, container] : containers_) {
        if (!container.record.acknowledged) {
            reports.push_back(report_of(container));
        }
    }
    return reports;
}

std::vector<ContainerReport> ContainerTable::take_changes() {
    std::vector<ContainerReport> reports;
    for (const ContainerId& id : changes_) {
        reports.push_back(report_of(containers_.at(id)));
    }
    changes_.clear();
    return reports;
}

bool ContainerTable::take_absence() {
    return std::exchange(absence_, false);
}

void ContainerTable::check() const {
    std::size_t live = 0;
    Resource used;
    for (const auto& [id, container] : containers_) {
        const ContainerRecord& record = container.record;
        const bool done = record.state == ContainerState::Done;
        CHECK(id == record.order.container);
        CHECK(done == record.exit.has_value());
        CHECK((container.phase_reported == ContainerPhase::Done) == container.end_saved);
        CHECK(done || !container.end_saved);
        CHECK(!record.acknowledged || container.end_saved);
        CHECK(container.kill_at == TimePoint::never() || record.state == ContainerState::Stopping);
        CHECK(record.state != ContainerState::Running || record.pid != 0);
        const bool guaranteed = record.order.execution == ExecutionType::Guaranteed;
        CHECK(done || container.version_size != 0 || container.size_held == record.order.size);
        if (!done) {
            ++live;
            used += guaranteed ? container.size_most() : Resource{};
        }
        CHECK(!guaranteed || record.state != ContainerState::Ready || record.order.hold);
        CHECK(opportunistic_.contains(id) == (!done && !guaranteed));
        CHECK(!opportunistic_.waits(id) || record.state < ContainerState::Starting);
    }
    opportunistic_.check();
    // Nobody's way is blocked: what must end has been ordered to.
    CHECK(opportunistic_.in_the_way(config_.info.total - used_).empty());
    CHECK(live == live_);
    CHECK(used == used_);
    CHECK(live_ <= config_.containers_max + containers_.size());
    for (const auto& [finished, id] : retired_) {
        CHECK(containers_.at(id).record.acknowledged);
    }
}

}  // namespace heddle::node
