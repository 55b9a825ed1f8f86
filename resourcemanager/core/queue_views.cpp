#include "resourcemanager/core/queue_views.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/queue_terms.h"

namespace heddle::rm {
namespace {

// By label, in order of their names; nodes without one come first. There is but one partition:
// none.
std::vector<PartitionUse> partitions_of(const Books& books, QueueIndex index) {
    std::vector<PartitionUse> uses;
    if (books.queues.labels().size() == 1) {
        return uses;
    }
    for (const auto& [label, number] : books.queues.labels()) {
        const QueuePart& part = part_of(books.queues.at(index), number);
        const Resource pending = books.asks.pending_on(index, number);
        uses.push_back({label, part.used + part.lent, part.lent, part.used_by_masters,
                        part.reserved, pending,
                        books.queues.at(index).leaf ? books.queues.user_masters_max(index, label)
                                                    : Resource{}});
    }
    return uses;
}

QueueView view_of(const Books& books, QueueIndex index) {
    const Queue& queue = books.queues.at(index);
    const AskBook::Pending pending = index == 0 ? books.asks.pending() : books.asks.pending(index);
    QueueView view;
    view.path = queue.path;
    view.name = queue.name;
    view.parent = index == 0 ? "" : books.queues.at(queue.parent).path;
    view.leaf = queue.leaf;
    view.applications_active = queue.running;
    view.applications_pending = queue.applications - queue.running;
    view.containers = queue.containers;
    view.containers_pending = static_cast<std::int32_t>(
        std::min<std::int64_t>(pending.count, std::numeric_limits<std::int32_t>::max()));
    view.used = queue.used;
    view.used_by_masters = queue.used_by_masters;
    view.pending = pending.size;
    view.reserved = queue.reserved;
    view.containers_reserved = queue.containers_reserved;
    if (queue.leaf) {
        view.user_share = books.queues.user_share(index, 0);
        view.user_masters_max = books.queues.user_masters_max(index, kNoLabel);
    }
    view.partitions = partitions_of(books, index);
    view.terms = books.terms[index];
    view.preemption_disabled =
        !books.config.scheduler.preemption.enabled || protected_from_preemption(books, index);
    if (const auto it = books.claims.by_queue.find(queue.path); it != books.claims.by_queue.end()) {
        view.preempted = it->second;
    }
    return view;
}

void publish_queue(Books& books, QueueIndex index) {
    const std::string& path = books.queues.at(index).path;
    if (!path.empty()) {
        books.view.queues.set(path, std::make_shared<const QueueView>(view_of(books, index)));
    }
}

}  // namespace

// Queues change with every container, their terms hardly ever.
void publish_queues(Books& books) {
    books.queues.refresh(books.nodes.totals(), books.nodes.excess());
    std::vector<QueueIndex> touched = books.queues.take_touched();
    if (std::exchange(books.terms_computed, books.queues.computed()) == books.queues.computed()) {
        touched.push_back(0);  // everything that waits counts there
        for (const QueueIndex index : touched) {
            publish_queue(books, index);
        }
        return;
    }
    books.terms = queue_terms(books);
    books.view.queues = {};
    for (QueueIndex index = 0; index < books.queues.size(); ++index) {
        publish_queue(books, index);
    }
}

void check_queue_views(const Books& books) {
    if (books.terms.empty() || books.queues.stale() ||
        books.terms_computed != books.queues.computed()) {
        return;  // the next publication makes all anew
    }
    for (QueueIndex index = 1; index < books.queues.size(); ++index) {
        const std::string& path = books.queues.at(index).path;
        if (path.empty() || books.queues.touched(index)) {
            continue;
        }
        const auto shown = books.view.queues.find(path);
        const QueueView now = view_of(books, index);
        CHECK(shown != nullptr && shown->leaf == now.leaf && shown->terms == now.terms);
        CHECK(shown->applications_pending == now.applications_pending);
        CHECK(shown->applications_active == now.applications_active);
        CHECK(shown->containers == now.containers && shown->used == now.used);
        CHECK(shown->containers_pending == now.containers_pending);
        CHECK(shown->pending == now.pending && shown->used_by_masters == now.used_by_masters);
        CHECK(shown->reserved == now.reserved && shown->partitions == now.partitions);
        CHECK(shown->containers_reserved == now.containers_reserved);
        CHECK(shown->user_share == now.user_share);
        CHECK(shown->user_masters_max == now.user_masters_max);
        CHECK(shown->preempted == now.preempted);
        CHECK(shown->preemption_disabled == now.preemption_disabled);
    }
}

}  // namespace heddle::rm
