#include "tests/simulation/rm/labels.h"

#include <algorithm>

#include "resourcemanager/core/queue_terms.h"
#include "resourcemanager/core/states.h"
#include "tests/support/rm_world/names.h"

namespace heddle::rm::test {
namespace {

// At most four siblings: their percentages stay below 100 together.
QueueCapacity draw_capacity(Prng& prng, bool leaf) {
    QueueCapacity capacity;
    if (prng.chance(1, 3)) {
        capacity.guaranteed.all = {Share::Kind::Percent, prng.between(0, 25) * 1000};
    } else if (leaf && prng.chance(1, 3)) {
        capacity.guaranteed.all = {Share::Kind::Absolute, prng.between(0, 1)};
    } else {
        capacity.guaranteed.all = {Share::Kind::Weight, prng.between(0, 4) * 500};
    }
    if (prng.chance(1, 2)) {
        // On three levels room is left for one container.
        capacity.maximum.all = {Share::Kind::Percent, prng.between(60, 100) * 1000};
    }
    return capacity;
}

}  // namespace

void draw_label_capacities(std::uint64_t seed, SchedulerConfig& scheduler) {
    Prng prng(seed ^ 0x6361706c6162ULL);
    for (QueueConfig& queue : scheduler.queues) {
        const bool leaf = std::ranges::none_of(scheduler.queues, [&](const QueueConfig& other) {
            return other.path.starts_with(queue.path + ".");
        });
        for (const char* label : {"ssd", "spot"}) {
            if (prng.chance(1, 2)) {
                queue.capacity[label] = draw_capacity(prng, leaf);
            }
        }
    }
}

std::string Labels::label_of(std::int64_t node) const {
    const bool lends = scene_.tight && node == 2;
    return node == 3 ? "ssd" : node == 4 || lends ? "spot" : "";
}

void Labels::lead(MasterScript& master) {
    if (prng_.chance(1, 2)) {
        const Duration when = milliseconds(prng_.between(100, 8000));
        scene_.stage().timeline.after(when, [this, &master] { ask(master); });
    }
}

void Labels::ask(MasterScript& master) {
    if (!master.alive() || !master.registered()) {
        return;
    }
    const bool ssd = !scene_.tight && prng_.chance(1, 2);
    Ask ask;
    ask.id = ssd ? kSsdAsk : kSpotAsk;
    ask.launch_template = 1;
    ask.priority = 4;
    ask.size = {512 * prng_.between(1, 3), 1};
    ask.count = static_cast<std::int32_t>(prng_.between(1, 6));
    ask.label = ssd ? "ssd" : "spot";
    master.ask(ask);
    const Duration when = milliseconds(prng_.between(2000, 10000));
    scene_.stage().timeline.after(when, [this, &master] { give_back(master); });
}

void Labels::give_back(MasterScript& master) {
    const std::map<std::int32_t, Ask> asks = master.asks();
    for (const auto& [id, ask] : asks) {
        if ((id == kSsdAsk || id == kSpotAsk) && master.alive()) {
            Ask none = ask;
            none.count = 0;
            master.ask(none);
        }
    }
}

void Labels::look(const View& view) {
    bool found_again = false;
    view.containers.for_each([&](const ContainerId& id, const auto&) {
        found_again = found_again || id.epoch < view.cluster.epoch;
        return !found_again;
    });
    const bool moved = note_moves(view);
    view.queues.for_each([&](const std::string&, const auto& queue) {
        check_maxima(view, *queue, found_again || moved);
        return true;
    });
    check_sums(view);
}

bool Labels::note_moves(const View& view) {
    bool moved = false;
    view.applications.for_each([&](const ApplicationId& id, const auto& application) {
        std::string& queue = queues_[id];
        moved = moved || (!queue.empty() && queue != application->submission->queue);
        queue = application->submission->queue;
        return true;
    });
    return moved;
}

// A queue comes to be over its maximum when a node is lost or another configuration takes effect,
// and by what is found again after a restart or moves there. Otherwise nothing more may come.
void Labels::check_maxima(const View& view, const QueueView& queue, bool excused) {
    for (const PartitionUse& use : queue.partitions) {
        Seen& seen = seen_[{queue.path, use.label}];
        const Seen now{queue.terms, view.cluster.started, use.used - use.lent};
        for (const PartitionTerms& terms : queue.terms->partitions) {
            const bool more = now.used.memory_mib > seen.used.memory_mib &&
                              now.used.memory_mib > terms.maximum.memory_mib;
            if (terms.label == use.label && more && !excused && seen.terms == now.terms &&
                seen.life == now.life) {
                scene_.stage().violate("queue " + queue.path + " holds " + to_string(now.used) +
                                       " on nodes labelled '" + use.label + "', of at most " +
                                       to_string(terms.maximum));
            }
        }
        seen = now;
    }
}

// What is stopping may be nobody's any more: then it counts for its node alone.
void Labels::check_sums(const View& view) const {
    std::map<std::pair<std::string, std::string>, Resource> least;
    std::map<std::pair<std::string, std::string>, Resource> most;
    view.containers.for_each([&](const ContainerId& id, const auto& container) {
        const auto application = view.applications.find(id.attempt.application);
        const auto node = view.nodes.find(container->node);
        const bool charged = container->execution == ExecutionType::Guaranteed;
        if (charged && !container->exit.has_value() && application != nullptr && node != nullptr) {
            const std::pair place{application->submission->queue, node->info.label};
            most[place] += container->size;
            least[place] +=
                container->stopping || is_final(application->state) ? Resource{} : container->size;
        }
        return true;
    });
    view.queues.for_each([&](const std::string& path, const auto& queue) {
        for (const PartitionUse& use : queue->partitions) {
            const std::pair place{path, use.label};
            if (queue->leaf &&
                (!least[place].fits_in(use.used) || !use.used.fits_in(most[place]))) {
                scene_.stage().violate("queue " + path + " is charged " + to_string(use.used) +
                                       " on nodes labelled '" + use.label + "' and holds " +
                                       to_string(least[place]) + " to " + to_string(most[place]));
            }
        }
        return true;
    });
}

}  // namespace heddle::rm::test
