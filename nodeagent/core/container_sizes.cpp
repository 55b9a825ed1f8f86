// Sizes of containers that live: what is ordered holds once it is on disk, and what is measured
// beyond it ends.

#include <algorithm>
#include <string>
#include <utility>

#include "nodeagent/core/container_table.h"

namespace heddle::node {

Resource Container::size_most() const {
    const Resource& now = size_held;
    const Resource& then = record.order.size;
    Resource most{std::max(now.memory_mib, then.memory_mib), std::max(now.vcores, then.vcores),
                  now.named};
    for (const NamedCounts::Entry& entry : then.named.entries()) {
        most.named.set(entry.name, std::max(entry.count, now.named.get(entry.name)));
    }
    return most;
}

void ContainerTable::set_size(TimePoint now, const SizeOrder& order, Effects& effects) {
    Container* container = find(order.container);
    if (container == nullptr) {
        absence_ = true;
        return;
    }
    ContainerRecord& record = container->record;
    if (record.state == ContainerState::Done || record.state == ContainerState::Stopping) {
        ++counters_.late_inputs;
        if (container->end_saved) {
            report_again(*container);
        }
        return;
    }
    if (record.order.size == order.size && record.size_version == order.version) {
        return;  // doubled; it is said when it is on disk, and with every complete status
    }
    const Resource before = container->size_most();
    record.order.size = order.size;
    record.size_version = order.version;
    save(*container, effects);
    container->version_size = container->version;
    recount(now, *container, before, effects);
    warn_if_full(*container);
}

void ContainerTable::size_is_safe(TimePoint now, Container& container, Effects& effects) {
    const Resource before = container.size_most();
    container.version_size = 0;
    container.size_held = container.record.order.size;
    container.size_version_held = container.record.size_version;
    if (container.record.state != ContainerState::Done) {
        recount(now, container, before, effects);
        changed(container);
    }
}

// The manager orders it again.
void ContainerTable::take_back_size(TimePoint now, Container& container, Effects& effects) {
    const Resource before = container.size_most();
    container.version_size = 0;
    container.record.order.size = container.size_held;
    container.record.size_version = container.size_version_held;
    if (container.record.state != ContainerState::Done) {
        recount(now, container, before, effects);
    }
}

// Opportunistic containers make room for one that grows, and get what one gives back.
void ContainerTable::recount(TimePoint now, const Container& container, const Resource& before,
                             Effects& effects) {
    if (container.record.order.execution == ExecutionType::Guaranteed) {
        used_ += container.size_most() - before;
    } else {
        opportunistic_.resize(container.id(), container.size_most());
    }
    make_room(now, effects);
    start_queued(effects);
}

// Once may be a fork that has not become another program yet.
void ContainerTable::measured(TimePoint now, const std::vector<MemoryOfContainer>& all,
                              Effects& effects) {
    for (const MemoryOfContainer& one : all) {
        Container* container = config_.memory_enforced ? find(one.container) : nullptr;
        if (container == nullptr || container->record.state != ContainerState::Running) {
            continue;
        }
        const std::int64_t most = container->size_most().memory_mib;
        const bool over = one.resident_mib > most;
        if (!std::exchange(container->over_memory, over) || !over) {
            continue;
        }
        ++counters_.over_memory;
        stop(now,
             {one.container, config_.memory_grace,
              std::string(kOverMemory) + ": it uses " + std::to_string(one.resident_mib) +
                  " MiB and its size is " + std::to_string(most) + " MiB"},
             effects);
    }
}

}  // namespace heddle::node
