#include "resourcemanager/core/ask_book.h"

#include <algorithm>

#include "common/base/check.h"

namespace heddle::rm {

bool AskBook::state(const AskOwner& owner, const Ask& ask, bool parked) {
    Asks& asks = by_attempt_[owner.attempt];
    const auto it = asks.demands.find(ask.id);
    if (it != asks.demands.end()) {
        if (ask.generation < it->second.ask.generation) {
            return false;
        }
        close(it->second);
    }
    Demand& demand = asks.demands[ask.id];
    const bool same_place = demand.ask.nodes == ask.nodes;
    demand.relaxed = demand.relaxed && same_place && demand.ask.generation == ask.generation;
    demand.owner = owner;
    demand.ask = ask;
    demand.parked = parked;
    demand.order = {-owner.application_priority, owner.application_serial, ask.priority,
                    owner.attempt, ask.id};
    refresh(demand);
    return true;
}

void AskBook::unpark(const AttemptId& attempt, std::int32_t launch_template) {
    const auto it = by_attempt_.find(attempt);
    if (it == by_attempt_.end()) {
        return;
    }
    for (auto& [id, demand] : it->second.demands) {
        if (demand.parked && demand.ask.launch_template == launch_template) {
            demand.parked = false;
            refresh(demand);
        }
    }
}

void AskBook::relax(const AttemptId& attempt, std::int32_t ask) {
    const auto it = by_attempt_.find(attempt);
    if (it == by_attempt_.end()) {
        return;
    }
    if (const auto found = it->second.demands.find(ask); found != it->second.demands.end()) {
        close(found->second);
        found->second.relaxed = true;
        refresh(found->second);
    }
}

void AskBook::forget(const AttemptId& attempt, std::int32_t ask) {
    const auto it = by_attempt_.find(attempt);
    if (it == by_attempt_.end()) {
        return;
    }
    if (const auto found = it->second.demands.find(ask); found != it->second.demands.end()) {
        close(found->second);
        it->second.demands.erase(found);
    }
}

void AskBook::forget_all(const AttemptId& attempt) {
    const auto it = by_attempt_.find(attempt);
    if (it == by_attempt_.end()) {
        return;
    }
    for (auto& [id, demand] : it->second.demands) {
        close(demand);
    }
    by_attempt_.erase(it);
}

void AskBook::count_live(const AskKey& key, std::int32_t change) {
    Asks& asks = by_attempt_[key.attempt];
    AskCount& count = asks.counts[{key.ask, key.generation}];
    count.live += change;
    CHECK(count.live >= 0);
    if (const auto it = asks.demands.find(key.ask); it != asks.demands.end()) {
        refresh(it->second);
    }
}

void AskBook::count_unconfirmed(const AskKey& key, std::int32_t change) {
    Asks& asks = by_attempt_[key.attempt];
    AskCount& count = asks.counts[{key.ask, key.generation}];
    count.unconfirmed += change;
    CHECK(count.unconfirmed >= 0);
    if (const auto it = asks.demands.find(key.ask); it != asks.demands.end()) {
        refresh(it->second);
    }
}

const Demand* AskBook::find(const AttemptId& attempt, std::int32_t ask) const {
    const auto it = by_attempt_.find(attempt);
    if (it == by_attempt_.end()) {
        return nullptr;
    }
    const auto found = it->second.demands.find(ask);
    return found == it->second.demands.end() ? nullptr : &found->second;
}

std::vector<const Demand*> AskBook::of_attempt(const AttemptId& attempt) const {
    std::vector<const Demand*> demands;
    if (const auto it = by_attempt_.find(attempt); it != by_attempt_.end()) {
        for (const auto& [id, demand] : it->second.demands) {
            demands.push_back(&demand);
        }
    }
    return demands;
}

AskCount AskBook::count(const AskKey& key) const {
    const auto it = by_attempt_.find(key.attempt);
    if (it == by_attempt_.end()) {
        return {};
    }
    const auto found = it->second.counts.find({key.ask, key.generation});
    return found == it->second.counts.end() ? AskCount{} : found->second;
}

std::int32_t AskBook::surplus(const AskKey& key) const {
    const AskCount held = count(key);
    const Demand* demand = find(key.attempt, key.ask);
    if (demand == nullptr || demand->ask.generation != key.generation) {
        return held.live;
    }
    return std::clamp(held.live + held.unconfirmed - demand->ask.count, 0, held.live);
}

std::vector<AskKey> AskBook::with_surplus(const AttemptId& attempt) const {
    std::vector<AskKey> keys;
    if (const auto it = by_attempt_.find(attempt); it != by_attempt_.end()) {
        for (const auto& [part, count] : it->second.counts) {
            const AskKey key{attempt, part.first, part.second};
            if (surplus(key) > 0) {
                keys.push_back(key);
            }
        }
    }
    return keys;
}

std::vector<AttemptId> AskBook::attempts() const {
    std::vector<AttemptId> ids;
    for (const auto& [id, asks] : by_attempt_) {
        ids.push_back(id);
    }
    return ids;
}

std::vector<QueueIndex> AskBook::ready_queues() const {
    std::vector<QueueIndex> queues;
    for (const auto& [queue, heads] : ready_) {
        queues.push_back(queue);
    }
    return queues;
}

bool AskBook::any_ready() const {
    return !ready_.empty();
}

const Demand* AskBook::next(QueueIndex queue) const {
    const auto it = ready_.find(queue);
    if (it == ready_.end()) {
        return nullptr;
    }
    const AskOrder& order = it->second.begin()->first;
    return find(order.attempt, order.ask);
}

void AskBook::block(const Demand& demand) {
    CHECK(demand.outstanding > 0);
    set_blocked(demand.class_id, true);
}

void AskBook::unblock(const NodeId& node, const Resource& free) {
    std::vector<std::uint64_t> fitting;
    for (const auto& [memory, id] : blocked_) {
        if (memory > free.memory_mib) {
            break;
        }
        if (classes_.at(id).key.size.fits_in(free)) {
            fitting.push_back(id);
        }
    }
    if (const auto it = blocked_on_.find(node); it != blocked_on_.end()) {
        for (const std::uint64_t id : it->second) {
            if (classes_.at(id).key.size.fits_in(free)) {
                fitting.push_back(id);
            }
        }
    }
    for (const std::uint64_t id : fitting) {
        if (classes_.at(id).blocked) {
            set_blocked(id, false);
        }
    }
}

AskBook::Pending AskBook::pending() const {
    Pending sum;
    for (const Pending& leaf : pending_) {
        sum.size += leaf.size;
        sum.count += leaf.count;
    }
    return sum;
}

// Brings `outstanding` and the class up to date with the counts.
void AskBook::refresh(Demand& demand) {
    const AskCount held = count(demand.key());
    const std::int32_t outstanding =
        demand.parked ? 0 : std::max(0, demand.ask.count - held.live - held.unconfirmed);
    if (outstanding == demand.outstanding) {
        return;
    }
    Pending& pending = pending_[demand.owner.queue];
    pending.count += outstanding - demand.outstanding;
    pending.size += demand.ask.size * (outstanding - demand.outstanding);
    const bool was_open = demand.outstanding > 0;
    demand.outstanding = outstanding;
    if (!was_open && outstanding > 0) {
        open(demand);
    } else if (was_open && outstanding == 0) {
        demand.outstanding = 1;  // close() takes one open ask out of its class, and it sets zero
        pending.count += 1;
        pending.size += demand.ask.size;
        close(demand);
    }
}

void AskBook::open(Demand& demand) {
    ClassKey key{demand.owner.queue, demand.ask.size, {}, 0};
    if (demand.located()) {
        key.located_attempt = demand.owner.attempt;
        key.located_ask = demand.ask.id;
    }
    const auto [it, fresh] = class_ids_.emplace(key, class_last_ + 1);
    if (fresh) {
        classes_[++class_last_].key = key;
    }
    demand.class_id = it->second;
    Class& the_class = classes_.at(demand.class_id);
    the_class.nodes = demand.ask.nodes;
    if (!the_class.blocked && !the_class.open.empty()) {
        set_ready(the_class, demand.class_id, false);
    }
    the_class.open.insert(demand.order);
    if (!the_class.blocked) {
        set_ready(the_class, demand.class_id, true);
    }
}

// Takes an ask out of its class; a class without asks is forgotten.
void AskBook::close(Demand& demand) {
    if (demand.outstanding == 0) {
        return;
    }
    Pending& pending = pending_[demand.owner.queue];
    pending.count -= demand.outstanding;
    pending.size -= demand.ask.size * demand.outstanding;
    demand.outstanding = 0;
    const std::uint64_t id = std::exchange(demand.class_id, 0);
    Class& the_class = classes_.at(id);
    if (the_class.blocked) {
        the_class.open.erase(demand.order);
        if (the_class.open.empty()) {
            the_class.open.insert(demand.order);
            set_blocked(id, false);
            set_ready(the_class, id, false);
            the_class.open.clear();
        }
    } else {
        set_ready(the_class, id, false);
        the_class.open.erase(demand.order);
        if (!the_class.open.empty()) {
            set_ready(the_class, id, true);
        }
    }
    if (the_class.open.empty()) {
        class_ids_.erase(the_class.key);
        classes_.erase(id);
    }
}

// Requires a class with open asks; its entry in the ready set goes by its head.
void AskBook::set_ready(Class& the_class, std::uint64_t id, bool ready) {
    const QueueIndex queue = the_class.key.queue;
    const std::pair<AskOrder, std::uint64_t> entry{*the_class.open.begin(), id};
    if (ready) {
        ready_[queue].insert(entry);
        return;
    }
    const auto it = ready_.find(queue);
    CHECK(it != ready_.end() && it->second.erase(entry) == 1);
    if (it->second.empty()) {
        ready_.erase(it);
    }
}

void AskBook::set_blocked(std::uint64_t id, bool blocked) {
    Class& the_class = classes_.at(id);
    CHECK(the_class.blocked != blocked);
    the_class.blocked = blocked;
    set_ready(the_class, id, !blocked);
    for (const NodeId& node : the_class.nodes) {
        if (blocked) {
            blocked_on_[node].insert(id);
        } else if (const auto it = blocked_on_.find(node); it != blocked_on_.end()) {
            it->second.erase(id);
            if (it->second.empty()) {
                blocked_on_.erase(it);
            }
        }
    }
    // A located class is in here only once it takes any node.
    const AskOrder& head = *the_class.open.begin();
    const Demand* demand = find(head.attempt, head.ask);
    const bool any_node = the_class.nodes.empty() || (demand != nullptr && demand->relaxed);
    if (!blocked) {
        blocked_.erase({the_class.key.size.memory_mib, id});
    } else if (any_node) {
        blocked_.emplace(the_class.key.size.memory_mib, id);
    }
}

void AskBook::check() const {
    std::vector<Pending> pending(pending_.size());
    std::size_t open = 0;
    for (const auto& [attempt, asks] : by_attempt_) {
        for (const auto& [id, demand] : asks.demands) {
            const AskCount held = count(demand.key());
            CHECK(
                demand.outstanding ==
                (demand.parked ? 0 : std::max(0, demand.ask.count - held.live - held.unconfirmed)));
            pending[demand.owner.queue].count += demand.outstanding;
            pending[demand.owner.queue].size += demand.ask.size * demand.outstanding;
            if (demand.outstanding > 0) {
                ++open;
                CHECK(classes_.at(demand.class_id).open.contains(demand.order));
            }
        }
    }
    for (std::size_t queue = 0; queue < pending.size(); ++queue) {
        CHECK(pending[queue].count == pending_[queue].count);
        CHECK(pending[queue].size == pending_[queue].size);
    }
    for (const auto& [id, the_class] : classes_) {
        CHECK(!the_class.open.empty());
        open -= the_class.open.size();
        const auto it = ready_.find(the_class.key.queue);
        const bool ready = it != ready_.end() && it->second.contains({*the_class.open.begin(), id});
        CHECK(ready != the_class.blocked);
    }
    CHECK(open == 0);
}

}  // namespace heddle::rm
