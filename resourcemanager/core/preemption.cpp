#include "resourcemanager/core/preemption.h"

#include <algorithm>
#include <memory>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/base/log.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/gangs.h"
#include "resourcemanager/core/preemption_balance.h"
#include "resourcemanager/core/shares.h"

namespace heddle::rm {
namespace {

constexpr std::int64_t kRound = 0;
constexpr std::int64_t kClaimsDue = 1;

using ClassOfAsks = std::tuple<QueueIndex, Resource, std::string>;

ClassOfAsks class_of(const Demand& demand) {
    return {demand.owner.queue, demand.ask.size, demand.ask.label};
}
ClassOfAsks class_of(const Claim& claim) {
    return {claim.leaf, claim.size, claim.label};
}

Timer timer_of(std::int64_t number) {
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

void hold(Books& books, Claim& claim, const Resource& amount) {
    Node& node = books.nodes.at(claim.node);
    node.held -= claim.held;
    node.held += amount;
    claim.held = amount;
    books.changed(node);
}

void watch_claims(Books& books) {
    TimePoint first = TimePoint::never();
    for (const auto& [id, claim] : books.claims.all) {
        if (!claim.stopping || claim.freed()) {
            first = std::min(first, claim.due);
        }
    }
    first == TimePoint::never() ? books.deadlines.cancel(timer_of(kClaimsDue))
                                : books.deadlines.set(timer_of(kClaimsDue), first);
}

// What was ordered to stop stops; the room is anybody's, unless it is used at once: `quietly`.
void drop(Books& books, std::uint64_t id, bool quietly = false) {
    const auto it = books.claims.all.find(id);
    for (const ContainerId& victim : it->second.victims) {
        books.claims.by_victim.erase(victim);
    }
    hold(books, it->second, {});
    Node& node = books.nodes.at(it->second.node);
    books.claims.all.erase(it);
    books.claims.changed = true;
    if (!quietly) {
        node_room_changed(books, node);
    }
}

// Asks in line, and those of the gang that gathers room.
std::vector<const Demand*> wishing(const Books& books) {
    std::vector<const Demand*> asks = books.asks.outstanding();
    const std::vector<const Demand*> of_gang = gathering_asks(books);
    asks.insert(asks.end(), of_gang.begin(), of_gang.end());
    return asks;
}

std::int64_t wanted_of(const Books& books, const Demand& demand) {
    return demand.gang_waits ? gathered_missing(books, demand) : demand.outstanding;
}

// What is kept for it there already.
Resource kept_on(const Books& books, const Demand& demand, NodeIndex node) {
    const auto found = books.reservations.by_ask.find({demand.owner.attempt, demand.ask.id});
    if (found != books.reservations.by_ask.end()) {
        for (const std::uint64_t id : found->second) {
            const Reservation& one = books.reservations.all.at(id);
            if (one.node == node && !one.full()) {
                return one.held;
            }
        }
    }
    return {};
}

// The deepest queue above the ask's own whose maximum is in its way, as room has to be made below
// it; the root if only nodes are; nullopt: something else is, or nothing.
std::optional<QueueIndex> scope_of(const Books& books, const Demand& demand) {
    if (wanted_of(books, demand) == 0 ||
        (demand.placed() && !demand.relaxed && demand.ask.relax_locality)) {
        return std::nullopt;
    }
    if (demand.reserved > 0) {
        return 0;  // every limit allowed it when it was reserved
    }
    if (demand.gang_waits) {
        return std::nullopt;
    }
    std::optional<QueueIndex> scope;
    for (const Refusal& refusal :
         books.queues.refusals(demand.owner.attempt.application, books.asks.shape_of(demand))) {
        if (refusal.limit != Limit::QueueMaximum || refusal.queue == demand.owner.queue) {
            return std::nullopt;
        }
        scope = scope.value_or(refusal.queue);
    }
    if (!scope.has_value() && books.asks.blocked(demand)) {
        scope = 0;
    }
    return scope;
}

std::map<ClassOfAsks, std::int64_t> wanted_by_class(const Books& books) {
    std::map<ClassOfAsks, std::int64_t> wanted;
    for (const Demand* demand : wishing(books)) {
        wanted[class_of(*demand)] += wanted_of(books, *demand);
    }
    return wanted;
}

// An ask that the claim may serve: its own, or one like it.
template <typename Good>
const Demand* demand_for(const Books& books, const Claim& claim, Good&& good) {
    const auto serves = [&](const Demand& demand) {
        return wanted_of(books, demand) > 0 && class_of(demand) == class_of(claim) &&
               takes_node(books, demand, claim.node) && good(demand);
    };
    const Demand* own = books.asks.find(claim.attempt, claim.ask);
    if (own != nullptr && serves(*own)) {
        return own;
    }
    for (const Demand* demand : wishing(books)) {
        if (serves(*demand)) {
            return demand;
        }
    }
    return nullptr;
}

struct Wish {
    const Demand* demand = nullptr;
    QueueIndex scope = 0;
    std::int64_t count = 0;
    std::uint64_t share = 0;  // of what its leaf is owed
    std::int32_t priority_negated = 0;
    std::uint64_t serial = 0;
};

class Round {
public:
    explicit Round(Books& books) : books_(books), balance_(books) {
        for (const auto& [id, claim] : books.claims.all) {
            if (!claim.stopping) {
                plan_room(claim.node, claim.size, size_of_victims(books, claim));
            }
        }
    }

    Balance& balance() { return balance_; }

    void serve(const Wish& wish) {
        for (std::int64_t i = 0; i < wish.count; ++i) {
            if (books_.claims.all.size() >= kClaimsMax ||
                (!find_victims(wish, false) && !find_victims(wish, true))) {
                return;
            }
        }
    }

private:
    // Of what is free on a node, other claims that are not under way yet count on this.
    void plan_room(NodeIndex node, const Resource& size, const Resource& victims) {
        planned_[node] += lacking(size, victims);
    }

    bool find_victims(const Wish& wish, bool masters) {
        std::set<NodeIndex> tried;
        for (const Candidate& candidate : balance_.candidates()) {
            if (candidate.taken || (candidate.master && !masters) ||
                !tried.insert(candidate.node).second) {
                continue;
            }
            if (try_node(wish, candidate.node, masters)) {
                return true;
            }
        }
        return false;
    }

    bool try_node(const Wish& wish, NodeIndex index, bool masters) {
        const Demand& demand = *wish.demand;
        const Resource& size = demand.ask.size;
        const Node& node = books_.nodes.at(index);
        if (!size.fits_in(node.info.total) || !takes_node(books_, demand, index)) {
            return false;
        }
        // A maximum above is not lifted by what is free on a node.
        Resource room = wish.scope == 0
                            ? node.free() + kept_on(books_, demand, index) - planned_[index]
                            : Resource{};
        std::vector<std::size_t> victims;
        Resource sum;
        for (const std::size_t i : balance_.on_node(index)) {
            Candidate& candidate = balance_.candidates()[i];
            if (size.fits_in(room)) {
                break;
            }
            const Resource gap = lacking(size, room);
            if (candidate.taken || (candidate.master && !masters) ||
                lacking(gap, candidate.size) == gap ||
                !balance_.may_take(candidate, demand.owner.queue, wish.scope, size)) {
                continue;
            }
            victims.push_back(i);
            take(candidate, +1);
            room += candidate.size;
            sum += candidate.size;
        }
        const bool enough = size.fits_in(room);
        // Small ones that a larger one has made superfluous stay.
        for (auto it = victims.begin(); enough && it != victims.end();) {
            Candidate& candidate = balance_.candidates()[*it];
            if (!size.fits_in(room - candidate.size)) {
                ++it;
                continue;
            }
            take(candidate, -1);
            room -= candidate.size;
            sum -= candidate.size;
            it = victims.erase(it);
        }
        if (!enough || victims.empty() || !balance_.in_budget(sum)) {
            for (const std::size_t i : victims) {
                take(balance_.candidates()[i], -1);
            }
            return false;
        }
        mark(wish, index, victims, sum);
        return true;
    }

    void take(Candidate& candidate, int sign) {
        candidate.taken = sign > 0;
        balance_.leave(candidate.leaf, candidate.size, sign);
    }

    void mark(const Wish& wish, NodeIndex node, const std::vector<std::size_t>& victims,
              const Resource& sum) {
        const Demand& demand = *wish.demand;
        Claim claim;
        claim.id = ++books_.claims.last;
        claim.leaf = demand.owner.queue;
        claim.attempt = demand.owner.attempt;
        claim.ask = demand.ask.id;
        claim.size = demand.ask.size;
        claim.label = demand.ask.label;
        claim.node = node;
        const bool grace = !books_.config.off(Feature::PreemptionGrace);
        claim.due = books_.now + (grace ? preemption_config(books_).grace : Duration{});
        for (const std::size_t i : victims) {
            claim.victims.insert(balance_.candidates()[i].id);
            books_.claims.by_victim.emplace(balance_.candidates()[i].id, claim.id);
        }
        balance_.promise(claim.leaf, claim.size, +1);
        balance_.fly(sum, +1);
        plan_room(node, claim.size, sum);
        books_.claims.all.emplace(claim.id, std::move(claim));
        books_.claims.changed = true;
    }

    Books& books_;
    Balance balance_;
    std::map<NodeIndex, Resource> planned_;
};

// Marks beyond what still waits are lifted, the youngest first.
void lift_surplus(Books& books) {
    std::map<ClassOfAsks, std::int64_t> wanted = wanted_by_class(books);
    std::vector<std::uint64_t> surplus;
    for (const bool stopping : {true, false}) {
        for (const auto& [id, claim] : books.claims.all) {
            if (claim.stopping == stopping && --wanted[class_of(claim)] < 0 && !stopping) {
                surplus.push_back(id);
            }
        }
    }
    for (const std::uint64_t id : surplus) {
        drop(books, id);
    }
}

std::vector<Wish> wishes_of(const Books& books) {
    std::map<ClassOfAsks, std::int64_t> wanted = wanted_by_class(books);
    for (const auto& [id, claim] : books.claims.all) {
        --wanted[class_of(claim)];
    }
    std::vector<Wish> wishes;
    for (const Demand* demand : wishing(books)) {
        std::int64_t& left = wanted[class_of(*demand)];
        const std::int64_t count = std::min(wanted_of(books, *demand), left);
        if (count <= 0) {
            continue;
        }
        if (const std::optional<QueueIndex> scope = scope_of(books, *demand)) {
            const Queue& leaf = books.queues.at(demand->owner.queue);
            const Seat& seat = books.queues.seat(demand->owner.attempt.application)->seat;
            wishes.push_back({demand, *scope, count, dominant_share(leaf.used, leaf.guaranteed),
                              -seat.priority, seat.serial});
            left -= count;
        }
    }
    std::sort(wishes.begin(), wishes.end(), [](const Wish& a, const Wish& b) {
        return std::tuple(a.share, a.priority_negated, a.serial, a.demand->slot()) <
               std::tuple(b.share, b.priority_negated, b.serial, b.demand->slot());
    });
    return wishes;
}

// Without a look at containers: whether any queue is owed room for this at all.
bool may_be_owed(const Books& books, const Wish& wish) {
    for (QueueIndex at = wish.demand->owner.queue; at != 0; at = books.queues.at(at).parent) {
        const Queue& queue = books.queues.at(at);
        if (within(queue.used + wish.demand->ask.size, queue.guaranteed)) {
            return true;
        }
    }
    return false;
}

void make_round(Books& books) {
    lift_surplus(books);
    std::vector<Wish> wishes = wishes_of(books);
    std::erase_if(wishes, [&](const Wish& wish) { return !may_be_owed(books, wish); });
    if (!wishes.empty()) {
        wishes.resize(std::min(wishes.size(), kWishesPerRound));
        Round round(books);
        for (const Wish& wish : wishes) {
            if (round.balance().owed(wish.demand->owner.queue, wish.demand->ask.size)) {
                round.serve(wish);
            }
        }
    }
    watch_claims(books);
}

bool dry_run(const Books& books) {
    return preemption_config(books).dry_run && !books.config.off(Feature::PreemptionDryRun);
}

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
    record->from = {from.path, balance.left(application.queue), from.guaranteed};
    record->to = {to.path, balance.promised(claim.leaf), to.guaranteed};
    record->for_whom = claim.attempt;
    record->ask = claim.ask;
    record->wanted = claim.size;
    record->cluster_percent_max = preemption_config(books).round_percent_max;
    record->in_flight = balance.in_flight();
    record->cluster = books.nodes.total();
    log::info(record->dry_run ? "container would be preempted" : "container preempted",
              {{"container", to_string(container.id)},
               {"size", to_string(container.size)},
               {"from", from.path},
               {"left", to_string(record->from.used)},
               {"guaranteed", to_string(from.guaranteed)},
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
    }
    books.changed(application);
}

bool may_still_take(const Books& books, Balance& balance, const Claim& claim) {
    const auto good = [&](const Demand& demand) { return scope_of(books, demand).has_value(); };
    const Demand* demand = demand_for(books, claim, good);
    const Node& node = books.nodes.at(claim.node);
    if (demand == nullptr || !node.placeable() ||
        !claim.size.fits_in(node.free() + kept_on(books, *demand, claim.node) +
                            size_of_victims(books, claim))) {
        return false;
    }
    const QueueIndex scope = *scope_of(books, *demand);
    std::vector<Candidate*> victims;
    for (const std::size_t i : balance.on_node(claim.node)) {
        if (claim.victims.contains(balance.candidates()[i].id)) {
            victims.push_back(&balance.candidates()[i]);
        }
    }
    Resource sum;
    bool good_so_far = victims.size() == claim.victims.size();
    for (Candidate* victim : victims) {
        good_so_far = good_so_far && balance.may_take(*victim, claim.leaf, scope, claim.size);
        balance.leave(victim->leaf, victim->size, +1);
        sum += victim->size;
    }
    if (!good_so_far || !balance.in_budget(sum)) {
        for (const Candidate* victim : victims) {
            balance.leave(victim->leaf, victim->size, -1);
        }
        return false;
    }
    balance.promise(claim.leaf, claim.size, +1);
    balance.fly(sum, +1);
    return true;
}

void carry_out(Books& books, const Balance& balance, Claim& claim) {
    const std::set<ContainerId> victims = claim.victims;
    for (const ContainerId& id : victims) {
        write_down(books, balance, claim, *books.containers.find(id));
    }
    if (dry_run(books)) {
        drop(books, claim.id);
        return;
    }
    claim.stopping = true;
    books.claims.changed = true;
    hold(books, claim, lacking(claim.size, size_of_victims(books, claim)));
    node_room_changed(books, books.nodes.at(claim.node));
    for (const ContainerId& id : victims) {
        Container& container = *books.containers.find(id);
        count_preempted(books, container);
        stop_container(books, container,
                       std::string(kPreempted) + ": queue " + books.queues.at(claim.leaf).path +
                           " is owed the room");
    }
    if (books.config.off(Feature::PreemptionReserve)) {
        drop(books, claim.id);
    }
}

// The grace of some marks is over: whatever speaks against it now counts, not what held then.
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
        drop(books, claim.id);
    }
    if (!planned.empty()) {
        Balance balance(books);
        for (Claim& claim : planned) {
            if (may_still_take(books, balance, claim)) {
                for (const ContainerId& victim : claim.victims) {
                    books.claims.by_victim.emplace(victim, claim.id);
                }
                carry_out(books, balance, books.claims.all.emplace(claim.id, claim).first->second);
            }
        }
    }
    watch_claims(books);
}

}  // namespace

bool is_preempted(const ContainerExit& exit) {
    return exit.reason == ExitReason::Stopped && exit.message.starts_with(kPreempted);
}

bool protected_from_preemption(const Books& books, QueueIndex leaf) {
    if (books.config.off(Feature::PreemptionDisabled)) {
        return false;
    }
    for (QueueIndex at = leaf;; at = books.queues.at(at).parent) {
        const std::optional<bool>& said = books.queues.at(at).config.preemption_disabled;
        if (said.has_value() || at == 0) {
            return said.value_or(false);
        }
    }
}

ContainerExit with_preempted_code(ContainerExit exit) {
    if (is_preempted(exit)) {
        exit.code = kExitPreempted;
    }
    return exit;
}

void preemption_due(Books& books, std::int64_t number) {
    if (!preemption_config(books).enabled || !books.settled) {
        drop_claims(books);
        return;
    }
    books.queues.refresh({{kNoLabel, books.nodes.total()}});
    if (number == kClaimsDue) {
        claims_due(books);
    } else {
        make_round(books);
    }
}

void arm_preemption(Books& books) {
    if (preemption_config(books).enabled && !books.config.off(Feature::Preemption) &&
        (books.asks.classes() > 0 || !books.claims.all.empty() ||
         books.gangs.gathering.has_value()) &&
        !books.deadlines.at(timer_of(kRound)).has_value()) {
        books.deadlines.set(timer_of(kRound), books.now + preemption_config(books).interval);
    }
}

std::optional<FreedRoom> take_freed_room(Books& books) {
    for (auto it = books.claims.all.begin(); it != books.claims.all.end();) {
        const Claim claim = it->second;
        ++it;
        if (!claim.freed()) {
            continue;
        }
        const Node& node = books.nodes.at(claim.node);
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
        drop(books, claim.id, demand != nullptr);
        watch_claims(books);
        if (demand != nullptr && demand->gang_waits) {
            give_to_gang(books, *demand, claim.node);
        } else if (demand != nullptr) {
            return FreedRoom{demand, claim.node};
        }
    }
    return std::nullopt;
}

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
        if (claim.victims.empty()) {
            drop(books, claim.id);
            watch_claims(books);
        }
        return;
    }
    hold(books, claim, lacking(claim.size, size_of_victims(books, claim)));
    if (claim.victims.empty()) {
        claim.due = books.now + kFreedRoomHeldFor;
        watch_claims(books);
    }
}

void drop_claims(Books& books) {
    while (!books.claims.all.empty()) {
        drop(books, books.claims.all.begin()->first);
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
        marks.push_back(
            {victim, books.queues.at(from).path, books.queues.at(claim.leaf).path, claim.stopping});
    }
    books.view.marks = std::make_shared<const std::vector<PreemptionMark>>(std::move(marks));
}

void check_claims(const Books& books) {
    std::map<NodeIndex, Resource> held;
    std::size_t victims = 0;
    for (const auto& [id, claim] : books.claims.all) {
        held[claim.node] += claim.held;
        victims += claim.victims.size();
        CHECK(!claim.held.any_negative() && (claim.stopping || claim.held.is_zero()));
        for (const ContainerId& victim : claim.victims) {
            const Container* container = books.containers.find(victim);
            CHECK(container != nullptr && container->node == claim.node);
            CHECK(books.claims.by_victim.at(victim) == id);
        }
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
