#include "resourcemanager/core/limits.h"

#include <algorithm>

namespace heddle::rm {

Seat seat_of(const Application& application) {
    return {application.id(), application.queue, application.submission->user,
            application.submission->priority, application.serial};
}

AskOwner owner_of(const Books& books, const Application& application, const AttemptId& attempt,
                  bool master) {
    AskOwner owner{attempt, application.queue, AskKind::Ordinary};
    const bool counted = books.queues.counts_parallel(application.id());
    if (master && (application.command() || !application.managed())) {
        owner.kind = counted ? AskKind::Ordinary : AskKind::Command;
    } else if (master) {
        owner.kind = counted ? AskKind::MasterAgain : AskKind::Master;
    }
    return owner;
}

bool leads(const Application& application, const Container& container) {
    return container.master() && !application.command();
}

Resource at_least_minimum(const Books& books, Resource size) {
    const Resource& least = books.config.scheduler.container_min;
    if (books.config.off(Feature::ContainerMinimum)) {
        return size;
    }
    size.memory_mib = std::max(size.memory_mib, least.memory_mib);
    size.vcores = std::max(size.vcores, least.vcores);
    for (const NamedCounts::Entry& entry : least.named.entries()) {
        size.named.set(entry.name, std::max(size.named.get(entry.name), entry.count));
    }
    return size;
}

void move_application(Books& books, Application& application, QueueIndex leaf) {
    application.queue = leaf;
    if (books.queues.seat(application.id()) != nullptr) {
        books.asks.move(application.id(), leaf);
    }
    books.changed(application);
}

void reprioritise_application(Books& books, Application& application, std::int32_t priority) {
    if (books.queues.seat(application.id()) != nullptr) {
        books.queues.set_priority(application.id(), priority);
    }
    books.changed(application);
}

}  // namespace heddle::rm
