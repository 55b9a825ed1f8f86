#include "resourcemanager/core/claim_room.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/gangs.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/preemption_balance.h"
#include "resourcemanager/core/preemption_notice.h"
#include "resourcemanager/core/preemption_wishes.h"

namespace heddle::rm {

Timer preemption_timer(std::int64_t number) {
    return {Timer::Kind::Preemption, {}, number};
}

Resource lacking(const Resource& wanted, const Resource& there) {
    Resource gap = wanted - there;
    gap.memory_mib = std::max<std::int64_t>(gap.memory_mib, 0);
    gap.vcores = std::max<std::int64_t>(gap.vcores, 0);
    NamedCounts named;
    for (const NamedCounts::Entry& entry : wanted.named.entries()) {
        named.set(entry.name, std::max<std::int64_t>(entry.count - there.named.get(entry.name), 0));
    }
    gap.named = named;
    return gap;
}

Resource size_of_victims(const Books& books, const Claim& claim) {
    Resource sum;
    for (const ContainerId& id : claim.victims) {
        sum += books.containers.find(id)->size;
    }
    return sum;
}

void hold(Books& books, Claim& claim, const Resource& amount) {
    Node& node = books.nodes.at(claim.node);
    node.held -= claim.held;
    node.held += amount;
    claim.held = amount;
    books.changed(node);
}

void begin_stopping(Books& books, Claim& claim) {
    claim.stopping = true;
    books.claims.killable.erase({claim.attempt, claim.ask, claim.id});
    books.claims.changed = true;
}

bool lazy(const Books& books) {
    return preemption_config(books).lazy && !books.config.off(Feature::LazyPreemption);
}

// An ask whose claim cannot be carried out yet may have its turn at every end of a container, and
// to judge claims is to look at all queues: so the next time is a part of an interval later.
void turn_came(Books& books, const Demand& demand) {
    const auto& [attempt, ask] = std::pair(demand.owner.attempt, demand.ask.id);
    const std::set<std::tuple<AttemptId, std::int32_t, std::uint64_t>>& all = books.claims.killable;
    bool any = false;
    for (auto it = all.lower_bound({attempt, ask, 0});
         it != all.end() && std::get<0>(*it) == attempt && std::get<1>(*it) == ask; ++it) {
        TimePoint& due = books.claims.all.at(std::get<2>(*it)).due;
        const TimePoint turn = std::max(books.now, books.claims.turns_from);
        any = any || turn < due;
        due = std::min(due, turn);
    }
    if (any) {
        watch_claims(books);
    }
}

void watch_claims(Books& books) {
    TimePoint first = TimePoint::never();
    for (const auto& [id, claim] : books.claims.all) {
        if (!claim.stopping || claim.freed()) {
            first = std::min(first, claim.due);
        }
    }
    first == TimePoint::never() ? books.deadlines.cancel(preemption_timer(kClaimsDue))
                                : books.deadlines.set(preemption_timer(kClaimsDue), first);
}

void drop_claim(Books& books, std::uint64_t id, bool quietly) {
    const auto it = books.claims.all.find(id);
    for (const ContainerId& victim : it->second.victims) {
        books.claims.by_victim.erase(victim);
    }
    books.claims.killable.erase({it->second.attempt, it->second.ask, id});
    hold(books, it->second, {});
    Node& node = books.nodes.at(it->second.node);
    const Claim dropped = std::move(it->second);
    books.claims.all.erase(it);
    books.claims.changed = true;
    if (!quietly) {
        node_room_changed(books, node);
        if (!dropped.stopping) {
            tell_lifted(books, dropped);
        }
    }
}

std::optional<FreedRoom> take_freed_room(Books& books) {
    for (auto it = books.claims.all.begin(); it != books.claims.all.end();) {
        const Claim claim = it->second;
        ++it;
        const Node& node = books.nodes.at(claim.node);
        if (!claim.freed() || node.withheld) {
            continue;
        }
        const auto refused = [&](const Demand& demand) {
            return !demand.gang_waits &&
                   books.queues
                       .refusal(demand.owner.attempt.application, books.asks.shape_of(demand))
                       .has_value();
        };
        const bool there = claim.size.fits_in(node.free() + claim.held);
        const Demand* demand =
            there ? demand_for(books, claim, [&](const Demand& one) { return !refused(one); })
                  : nullptr;
        const bool waits = there && demand == nullptr &&
                           demand_for(books, claim, [](const Demand&) { return true; }) != nullptr;
        if (waits) {
            continue;  // for a limit to be lifted, until its time is over
        }
        drop_claim(books, claim.id, demand != nullptr);
        watch_claims(books);
        if (demand != nullptr && demand->gang_waits) {
            give_to_gang(books, *demand, claim.node);
        } else if (demand != nullptr) {
            return FreedRoom{demand, claim.node};
        }
    }
    return std::nullopt;
}

namespace {

// What was given for it and has left is kept for it, as far as the others leave something to want.
void hold_given(Books& books, Claim& claim, const ContainerId& id) {
    const auto given = claim.given.find(id);
    if (given == claim.given.end()) {
        return;
    }
    const Resource there = claim.held + given->second;
    const Resource wanted = lacking(claim.size, size_of_victims(books, claim));
    claim.given.erase(given);
    hold(books, claim, there - lacking(there, wanted));
}

}  // namespace

void note_end(Books& books, const ContainerId& id) {
    const auto found = books.claims.by_victim.find(id);
    if (found == books.claims.by_victim.end()) {
        return;
    }
    Claim& claim = books.claims.all.at(found->second);
    books.claims.by_victim.erase(found);
    claim.victims.erase(id);
    books.claims.changed = true;
    if (!claim.stopping) {
        hold_given(books, claim, id);
        if (!claim.victims.empty()) {
            return;
        }
        if (claim.held.is_zero()) {
            drop_claim(books, claim.id);
            watch_claims(books);
            return;
        }
        begin_stopping(books, claim);  // all that was to make way has been given
    }
    hold(books, claim, lacking(claim.size, size_of_victims(books, claim)));
    if (claim.victims.empty()) {
        claim.due = books.now + kFreedRoomHeldFor;
        watch_claims(books);
    }
}

void drop_claims(Books& books) {
    while (!books.claims.all.empty()) {
        drop_claim(books, books.claims.all.begin()->first);
    }
    watch_claims(books);
}

void publish_preemption(Books& books) {
    if (!std::exchange(books.claims.changed, false)) {
        return;
    }
    std::vector<PreemptionMark> marks;
    for (const auto& [victim, id] : books.claims.by_victim) {
        const Claim& claim = books.claims.all.at(id);
        const QueueIndex from =
            books.application_of(books.containers.find(victim)->key.attempt).queue;
        marks.push_back({victim, books.queues.at(from).path, books.queues.at(claim.leaf).path,
                         claim.stopping, !claim.stopping && claim.killable.has_value()});
    }
    books.view.marks = std::make_shared<const std::vector<PreemptionMark>>(std::move(marks));
}

void check_claims(const Books& books) {
    std::map<NodeIndex, Resource> held;
    std::size_t victims = 0;
    for (const auto& [id, claim] : books.claims.all) {
        held[claim.node] += claim.held;
        victims += claim.victims.size();
        CHECK(!claim.held.any_negative() && (claim.stopping || claim.held.fits_in(claim.size)));
        for (const ContainerId& victim : claim.victims) {
            const Container* container = books.containers.find(victim);
            CHECK(container != nullptr && container->node == claim.node);
            CHECK(books.claims.by_victim.at(victim) == id);
        }
    }
    for (const auto& [attempt, ask, id] : books.claims.killable) {
        const Claim& claim = books.claims.all.at(id);
        CHECK(claim.killable.has_value() && claim.attempt == attempt && claim.ask == ask);
        CHECK(!claim.stopping);
    }
    for (const auto& [id, reservation] : books.reservations.all) {
        held[reservation.node] += reservation.held;
    }
    CHECK(victims == books.claims.by_victim.size());
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        CHECK(books.nodes.at(index).held == held[index]);
    }
}

}  // namespace heddle::rm
