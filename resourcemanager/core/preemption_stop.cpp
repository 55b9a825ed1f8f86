#include "resourcemanager/core/preemption_stop.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "resourcemanager/core/claim_room.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/lending.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/preemption_balance.h"
#include "resourcemanager/core/preemption_notice.h"
#include "resourcemanager/core/preemption_wishes.h"

namespace heddle::rm {
namespace {

void write_down(Books& books, const Balance& balance, const Claim& claim,
                const Container& container) {
    const Application& application = books.application_of(container.key.attempt);
    const Queue& from = books.queues.at(application.queue);
    const Queue& to = books.queues.at(claim.leaf);
    auto record = std::make_shared<PreemptionRecord>();
    record->number = ++books.claims.records;
    record->at = books.wall;
    record->dry_run = dry_run(books);
    record->container = container.id;
    record->user = application.submission->user;
    record->master = container.master();
    record->node = books.nodes.at(container.node).info.id;
    record->size = container.size;
    const Resource& owed = part_of(from, balance.label()).entitled.guaranteed;
    record->from = {from.path, balance.left(application.queue), owed};
    record->to = {to.path, balance.promised(claim.leaf),
                  part_of(to, balance.label()).entitled.guaranteed};
    record->label = claim.label;
    record->lent = lent(books.nodes.at(container.node), container);
    record->for_whom = claim.attempt;
    record->ask = claim.ask;
    record->wanted = claim.size;
    record->cluster_percent_max = preemption_config(books).round_percent_max;
    record->in_flight = balance.in_flight();
    record->cluster = books.nodes.total();
    record->why = why(books, claim, container);
    if (claim.killable.has_value()) {
        record->killable_for = books.now - *claim.killable;
    }
    if (claim.inside) {
        const Demand* demand = books.asks.find(claim.attempt, claim.ask);
        record->inside = balance.inside().standing(books.queues.seat(application.id())->user,
                                                   application.submission->priority, *demand);
    }
    log::info(record->dry_run ? "container would be preempted" : "container preempted",
              {{"container", to_string(container.id)},
               {"size", to_string(container.size)},
               {"from", from.path},
               {"left", to_string(record->from.used)},
               {"guaranteed", to_string(owed)},
               {"to", to.path},
               {"for", to_string(claim.attempt)},
               {"ask", std::to_string(claim.ask)}});
    if (books.config.off(Feature::PreemptionRecords)) {
        return;
    }
    books.view.preemptions.set(record->number, record);
    books.view.preemptions.erase(record->number - static_cast<std::int64_t>(kPreemptionRecordsMax));
}

void count_preempted(Books& books, const Container& container) {
    Application& application = books.application_of(container.key.attempt);
    const std::int64_t seconds =
        std::max<std::int64_t>(0, (books.now - container.since).microseconds / 1'000'000);
    books.queues.touch(application.queue);
    for (Preempted* sum : {&application.preempted,
                           &books.claims.by_queue[books.queues.at(application.queue).path]}) {
        ++(container.master() ? sum->masters : sum->containers);
        sum->size += container.size;
        sum->memory_mib_seconds += container.size.memory_mib * seconds;
        sum->vcore_seconds += container.size.vcores * seconds;
        sum->named_seconds.add(container.size.named, seconds);
    }
    books.changed(application);
}

// A turn that does not come must not use up the budget of others for ever.
constexpr Duration kKillableFor = seconds(60);

// So often claims whose turn has come are judged.
constexpr std::int64_t kTurnsPerInterval = 10;

// What becomes of a mark whose grace is over.
enum class Verdict { Take, Wait, Lift };

// An ask that the claim is of use for and that nothing but room is in the way of; lazily, one that
// would be of use when its turn comes.
struct Asker {
    const Demand* demand = nullptr;
    bool its_turn = false;
};

Asker asker_of(const Books& books, const Claim& claim) {
    const auto ready = [&](const Demand& demand) { return scope_of(books, demand).has_value(); };
    if (const Demand* demand = demand_for(books, claim, ready)) {
        return {demand, true};
    }
    const bool waits = lazy(books) && books.now - claim.killable.value_or(books.now) < kKillableFor;
    return {waits ? demand_for(books, claim, [](const Demand&) { return true; }) : nullptr, false};
}

Verdict judge(const Books& books, Balance& balance, const Claim& claim) {
    const auto [demand, its_turn] = asker_of(books, claim);
    const Node& node = books.nodes.at(claim.node);
    if (demand == nullptr || !node.serving() ||
        !claim.size.fits_in(node.free() + kept_on(books, *demand, claim.node) +
                            size_of_victims(books, claim))) {
        return Verdict::Lift;
    }
    const QueueIndex scope = scope_of(books, *demand).value_or(0);
    std::vector<Candidate*> victims;
    for (Candidate& one : balance.candidates().on_node(claim.node)) {
        if (claim.victims.contains(one.id) && !claim.given.contains(one.id)) {
            victims.push_back(&one);
        }
    }
    Resource sum;
    bool good_so_far = victims.size() + claim.given.size() == claim.victims.size();
    for (Candidate* victim : victims) {
        good_so_far = good_so_far &&
                      (claim.inside ? balance.may_take_inside(*victim, *demand)
                                    : balance.may_take(*victim, claim.leaf, scope, claim.size));
        balance.leave(*victim, +1);
        sum += victim->size;
    }
    const bool in_budget = balance.idle() || balance.in_budget(sum);
    if (!good_so_far || !(in_budget || lazy(books)) ||
        (claim.inside && !balance.keeps_guarantee(*demand, sum, {}))) {
        for (const Candidate* victim : victims) {
            balance.leave(*victim, -1);
        }
        return Verdict::Lift;
    }
    balance.promise(claim, sum);
    balance.fly(sum, +1);
    return its_turn && in_budget ? Verdict::Take : Verdict::Wait;
}

Claim& enter_again(Books& books, const Claim& claim) {
    for (const ContainerId& victim : claim.victims) {
        books.claims.by_victim.emplace(victim, claim.id);
    }
    books.claims.changed = true;
    return books.claims.all.emplace(claim.id, claim).first->second;
}

// It stays, and what was given for it stays held.
void keep_killable(Books& books, Claim claim, const Resource& held) {
    claim.killable = claim.killable.value_or(books.now);
    claim.due = books.now + preemption_config(books).interval;
    books.claims.killable.insert({claim.attempt, claim.ask, claim.id});
    hold(books, enter_again(books, claim), held);
}

void carry_out(Books& books, const Balance& balance, Claim& claim) {
    std::set<ContainerId> victims = claim.victims;
    std::erase_if(victims, [&](const ContainerId& id) { return claim.given.contains(id); });
    for (const ContainerId& id : victims) {
        write_down(books, balance, claim, *books.containers.find(id));
    }
    if (dry_run(books)) {
        drop_claim(books, claim.id);
        return;
    }
    begin_stopping(books, claim);
    hold(books, claim, lacking(claim.size, size_of_victims(books, claim)));
    node_room_changed(books, books.nodes.at(claim.node));
    for (const ContainerId& id : victims) {
        Container& container = *books.containers.find(id);
        count_preempted(books, container);
        note_preempted(books, container);
        stop_container(books, container,
                       std::string(kPreempted) + ": " + why(books, claim, container));
    }
    if (books.config.off(Feature::PreemptionReserve)) {
        drop_claim(books, claim.id);
    }
}

}  // namespace

void claims_due(Books& books) {
    std::vector<Claim> due;
    for (const auto& [id, claim] : books.claims.all) {
        if (claim.due <= books.now && (!claim.stopping || claim.freed())) {
            due.push_back(claim);
        }
    }
    const auto killable = [](const Claim& claim) {
        return claim.killable.has_value() && !claim.stopping;
    };
    if (std::ranges::any_of(due, killable)) {
        books.claims.turns_from =
            books.now +
            Duration{preemption_config(books).interval.microseconds / kTurnsPerInterval};
    }
    lift_surplus(books);
    std::vector<Claim> planned;  // not in the balance while they are looked at anew
    for (const Claim& claim : due) {
        if (!books.claims.all.contains(claim.id)) {
            continue;
        }
        if (!claim.stopping) {
            planned.push_back(claim);
        }
        drop_claim(books, claim.id, !claim.stopping);
    }
    std::set<std::string> labels;
    for (const Claim& claim : planned) {
        labels.insert(claim.label);
    }
    for (const std::string& label : labels) {
        Balance balance(books, label);
        for (Claim& claim : planned) {
            if (claim.label != label) {
                continue;
            }
            const Resource held = std::exchange(claim.held, {});
            const Verdict verdict = judge(books, balance, claim);
            if (verdict == Verdict::Take) {
                carry_out(books, balance, enter_again(books, claim));
            } else if (verdict == Verdict::Wait) {
                keep_killable(books, claim, held);
            } else {
                node_room_changed(books, books.nodes.at(claim.node));
                tell_lifted(books, claim);
            }
        }
    }
    watch_claims(books);
}

}  // namespace heddle::rm
