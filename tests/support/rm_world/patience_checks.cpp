#include "tests/support/rm_world/patience_checks.h"

#include <algorithm>

#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/lending.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/states.h"
#include "tests/support/rm_world/names.h"

namespace heddle::rm::test {
namespace {

bool refused(const Books& books, const Demand& demand) {
    return books.queues.refusal(demand.owner.attempt.application, books.asks.shape_of(demand))
        .has_value();
}

// By more than that nodes are full.
bool limited(const Books& books, const Demand& demand) {
    return books.queues.refused_beside_nodes(demand.owner.attempt.application,
                                             books.asks.shape_of(demand));
}

// By memory and vcores, in thousandths of what it is owed.
bool within_owed(const Resource& used, const Resource& guaranteed, std::int64_t thousandths,
                 const Resource& of = {}) {
    for (const NamedCounts::Entry& entry : of.named.entries()) {
        if (used.named.get(entry.name) > guaranteed.named.get(entry.name)) {
            return false;
        }
    }
    return used.memory_mib * 1000 <= guaranteed.memory_mib * thousandths &&
           used.vcores * 1000 <= guaranteed.vcores * thousandths;
}

// Of the resource of which it holds most.
bool keeps_what_it_is_owed(const Resource& left, const Resource& guaranteed,
                           const Resource& victim) {
    for (const NamedCounts::Entry& entry : victim.named.entries()) {
        if (left.named.get(entry.name) < guaranteed.named.get(entry.name)) {
            return false;
        }
    }
    return left.memory_mib >= guaranteed.memory_mib || left.vcores >= guaranteed.vcores;
}

bool below_root(const Queue& queue) {
    return queue.leaf && !queue.path.empty() && queue.parent == 0;
}

const QueuePart& part_for(const Books& books, QueueIndex leaf, const Demand& wish) {
    return part_of(books.queues.at(leaf), books.queues.label_index(wish.ask.label));
}

// It counts on nodes of the label that is wished for.
bool counts_for(const Books& books, const Container& container, const Demand& wish) {
    const Node& node = books.nodes.at(container.node);
    return node.info.label == wish.ask.label && !lent(node, container);
}

// What its queue will hold when all that is ordered to stop is gone.
Resource staying(const Books& books, QueueIndex leaf, const Demand& wish) {
    Resource sum = part_for(books, leaf, wish).used;
    books.containers.for_each([&](const Container& container) {
        if (container.stopping && !container.orphan && counts_for(books, container, wish) &&
            books.applications.find(container.key.attempt.application)->queue == leaf) {
            sum -= container.charged();
        }
    });
    return sum;
}

bool could_make_way(const Books& books, const Container& container, const Demand& wish) {
    if (container.opportunistic() || container.orphan || container.stopping || container.master() ||
        container.saving || container.since == books.now || !counts_for(books, container, wish) ||
        !wish.ask.size.fits_in(container.size)) {
        return false;
    }
    if (is_ending(books.applications.find(container.key.attempt)->state)) {
        return false;  // it goes by itself, once that is saved
    }
    const QueueIndex giver = books.applications.find(container.key.attempt.application)->queue;
    const Queue& queue = books.queues.at(giver);
    const Node& node = books.nodes.at(container.node);
    const std::int64_t zone = 1000 + books.config.scheduler.preemption.dead_zone_percent * 10;
    const Resource left = staying(books, giver, wish);
    const Resource& owed = part_for(books, giver, wish).entitled.guaranteed;
    return giver != wish.owner.queue && below_root(queue) &&
           !protected_from_preemption(books, giver) && !within_owed(left, owed, zone) &&
           keeps_what_it_is_owed(left - container.size, owed, container.size) && node.connected() &&
           node.placeable() && takes_node(books, wish, container.node);
}

}  // namespace

bool owed_and_withheld(const Books& books, QueueIndex leaf) {
    const PreemptionConfig& config = books.config.scheduler.preemption;
    const Queue& queue = books.queues.at(leaf);
    if (!config.enabled || config.dry_run || !books.settled || !below_root(queue)) {
        return false;
    }
    for (const Demand* wish : books.asks.outstanding()) {
        if (wish->owner.queue != leaf || !wish->in_line() || wish->picky() || wish->placed() ||
            limited(books, *wish) ||
            !within_owed(part_for(books, leaf, *wish).used + wish->ask.size,
                         part_for(books, leaf, *wish).entitled.guaranteed, 1000, wish->ask.size)) {
            continue;
        }
        bool found = false;
        books.containers.for_each([&](const Container& container) {
            found = found || could_make_way(books, container, *wish);
        });
        if (found) {
            return true;
        }
    }
    return false;
}

Duration PatienceChecks::lasts(const Books& books, const Key& key) {
    const auto before = before_.find(key);
    const TimePoint since = before == before_.end() ? books.now : before->second;
    seen_.emplace(key, since);
    return books.now - since;
}

std::string PatienceChecks::look(const Books& books) {
    before_ = std::exchange(seen_, {});
    std::string wrong = look_at_kept(books);
    for (const std::string& other : {look_at_placeable(books), look_at_owed(books)}) {
        wrong = wrong.empty() ? other : wrong;
    }
    return wrong;
}

std::string PatienceChecks::look_at_kept(const Books& books) {
    const SchedulerConfig& config = books.config.scheduler;
    std::string wrong;
    for (const auto& [id, claim] : books.claims.all) {
        if (lasts(books, {What::Claim, id, {}}) > config.preemption.grace + kClaimPatience) {
            wrong = "a claim of " + name_of(claim.attempt.application) + " does not end";
        }
    }
    reservation_timeout_ = std::max(reservation_timeout_, config.reservations.timeout);
    const Duration patience = reservation_timeout_ + kReservationPatience;
    for (const auto& [id, reservation] : books.reservations.all) {
        if (reservation.gang == 0 && lasts(books, {What::Reservation, id, {}}) > patience) {
            wrong =
                "a reservation of " + name_of(reservation.attempt.application) + " does not end";
        }
    }
    if (books.gangs.gathering.has_value()) {
        const auto& [attempt, gang] = *books.gangs.gathering;
        const auto turn = static_cast<std::uint64_t>(books.gangs.gathering_until.microseconds);
        if (lasts(books, {What::Gathering, turn, {attempt, gang}}) > patience) {
            wrong = "a gang of " + name_of(attempt.application) + " gathers room without end";
        }
    }
    return wrong;
}

// Ticks follow at the same moment until nothing more can be placed, so no time may pass.
std::string PatienceChecks::look_at_placeable(const Books& books) {
    if (!books.settled || books.config.placements_per_status > 0) {
        return {};
    }
    std::string wrong;
    for (const Demand* demand : books.asks.outstanding()) {
        const AskPlace place{demand->owner.attempt, demand->ask.id};
        if (demand->in_line() && !refused(books, *demand) && fits_somewhere(books, *demand) &&
            lasts(books, {What::Placeable, 0, place}) > Duration{}) {
            wrong = "ask " + std::to_string(place.second) + " of " +
                    name_of(place.first.application) + " waits while it has room";
        }
    }
    return wrong;
}

std::string PatienceChecks::look_at_owed(const Books& books) {
    const PreemptionConfig& config = books.config.scheduler.preemption;
    if (!config.enabled || !books.claims.all.empty()) {
        return {};  // something is being taken, and claims end
    }
    // Four rounds when all goes well; nodes that come and go make it more. Where but a part is
    // asked back at one time it takes as many times as there are parts, and what is left over gets
    // less.
    const std::int64_t parts =
        (100 + config.natural_termination_percent - 1) / config.natural_termination_percent;
    const Duration patience = config.interval * (kPreemptionRounds * parts);
    std::string wrong;
    for (QueueIndex leaf = 0; leaf < books.queues.size(); ++leaf) {
        if (owed_and_withheld(books, leaf) && lasts(books, {What::Owed, leaf, {}}) > patience) {
            wrong = books.queues.at(leaf).path + " is owed room that others hold, and waits";
        }
    }
    return wrong;
}

}  // namespace heddle::rm::test
