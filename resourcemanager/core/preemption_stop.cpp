#include "resourcemanager/core/preemption_stop.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
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

bool may_still_take(const Books& books, Balance& balance, const Claim& claim) {
    const auto good = [&](const Demand& demand) { return scope_of(books, demand).has_value(); };
    const Demand* demand = demand_for(books, claim, good);
    const Node& node = books.nodes.at(claim.node);
    if (demand == nullptr || !node.serving() ||
        !claim.size.fits_in(node.free() + kept_on(books, *demand, claim.node) +
                            size_of_victims(books, claim))) {
        return false;
    }
    const QueueIndex scope = *scope_of(books, *demand);
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
    if (!good_so_far || !(balance.idle() || balance.in_budget(sum)) ||
        (claim.inside && !balance.keeps_guarantee(*demand, sum, {}))) {
        for (const Candidate* victim : victims) {
            balance.leave(*victim, -1);
        }
        return false;
    }
    balance.promise(claim, sum);
    balance.fly(sum, +1);
    return true;
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
    claim.stopping = true;
    books.claims.changed = true;
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
            claim.held = {};
            if (claim.label == label && may_still_take(books, balance, claim)) {
                for (const ContainerId& victim : claim.victims) {
                    books.claims.by_victim.emplace(victim, claim.id);
                }
                carry_out(books, balance, books.claims.all.emplace(claim.id, claim).first->second);
            } else {
                node_room_changed(books, books.nodes.at(claim.node));
                tell_lifted(books, claim);
            }
        }
    }
    watch_claims(books);
}

}  // namespace heddle::rm
