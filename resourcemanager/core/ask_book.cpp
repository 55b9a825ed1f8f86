#include "resourcemanager/core/ask_book.h"

#include <algorithm>

#include "common/base/check.h"

namespace heddle::rm {
namespace {

// It has been checked when the ask arrived. Of alternatives in time the first one begins.
void take_constraint(Demand& demand, const std::string& text) {
    demand.constraint =
        text.empty() ? nullptr : std::make_shared<const Constraint>(parse_constraint(text).value());
    demand.alternatives.reset();
    demand.alternatives_taken = 0;
    if (demand.constraint != nullptr && demand.constraint->kind == Constraint::Kind::DelayedOr) {
        demand.alternatives = demand.constraint;
        demand.alternatives_taken = 1;
        demand.constraint =
            std::make_shared<const Constraint>(first_alternatives(*demand.alternatives, 1));
    }
}

}  // namespace

bool AskBook::ClassKey::operator<(const ClassKey& other) const {
    if (size != other.size) {
        return size < other.size;
    }
    return std::tie(kind, picky, label) < std::tie(other.kind, other.picky, other.label);
}

bool AskBook::state(const AskOwner& owner, const Ask& ask, bool parked) {
    Asks& asks = by_attempt_[owner.attempt];
    const auto it = asks.demands.find(ask.id);
    if (it != asks.demands.end()) {
        if (ask.generation < it->second.ask.generation) {
            return false;
        }
        Ask same = ask;
        same.count = it->second.ask.count;
        if (ask.count != same.count && it->second.ask == same && it->second.owner == owner &&
            it->second.parked == parked) {
            it->second.ask.count = ask.count;  // and it keeps its place
            touch(it->second);
            refresh(it->second);
            return true;
        }
        touch(it->second);
        close(it->second);
    }
    Demand& demand = asks.demands[ask.id];
    const bool same_gang = demand.ask.gang == ask.gang && demand.ask.generation == ask.generation;
    demand.gang_waits = ask.gang != 0 && (!same_gang || demand.gang_waits);
    if (demand.ask.size != ask.size || demand.ask.generation != ask.generation) {
        demand.waits_since.reset();
    }
    const bool same_wish = demand.ask.nodes == ask.nodes && demand.ask.racks == ask.racks &&
                           demand.ask.generation == ask.generation;
    demand.relaxed = demand.relaxed && same_wish;
    demand.near = (demand.near && same_wish) || ask.nodes.empty();
    demand.owner = owner;
    if (demand.ask.constraint != ask.constraint || demand.ask.generation != ask.generation) {
        take_constraint(demand, ask.constraint);
    }
    demand.ask = ask;
    demand.parked = parked;
    touch(demand);
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

template <typename Change>
void AskBook::change(const AttemptId& attempt, std::int32_t ask, Change&& change) {
    const auto it = by_attempt_.find(attempt);
    if (it == by_attempt_.end()) {
        return;
    }
    if (const auto found = it->second.demands.find(ask); found != it->second.demands.end()) {
        close(found->second);
        change(found->second);
        refresh(found->second);
    }
}

void AskBook::relax(const AttemptId& attempt, std::int32_t ask) {
    change(attempt, ask, [](Demand& demand) { demand.near = demand.relaxed = true; });
}

void AskBook::take_alternative(const AttemptId& attempt, std::int32_t ask) {
    change(attempt, ask, [](Demand& demand) {
        CHECK(demand.alternatives_taken < demand.alternatives->parts.size());
        ++demand.alternatives_taken;
        demand.constraint = std::make_shared<const Constraint>(
            first_alternatives(*demand.alternatives, demand.alternatives_taken));
    });
}

void AskBook::widen(const AttemptId& attempt, std::int32_t ask) {
    change(attempt, ask, [](Demand& demand) { demand.near = true; });
}

void AskBook::forget(const AttemptId& attempt, std::int32_t ask) {
    const auto it = by_attempt_.find(attempt);
    if (it == by_attempt_.end()) {
        return;
    }
    if (const auto found = it->second.demands.find(ask); found != it->second.demands.end()) {
        touch(found->second);
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
        touch(demand);
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
        if (change > 0) {
            it->second.waits_since.reset();
            drop_hint(it->second);  // another place may be before it now
        }
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

std::size_t AskBook::size_of(const AttemptId& attempt) const {
    const auto it = by_attempt_.find(attempt);
    return it == by_attempt_.end() ? 0 : it->second.demands.size();
}

AskCount AskBook::count(const AskKey& key) const {
    const auto it = by_attempt_.find(key.attempt);
    if (it == by_attempt_.end()) {
        return {};
    }
    const auto found = it->second.counts.find({key.ask, key.generation});
    return found == it->second.counts.end() ? AskCount{} : found->second;
}

std::int32_t AskBook::wanted(const Demand& demand) const {
    const AskCount held = count(demand.key());
    return std::max(0, demand.ask.count - held.live - held.unconfirmed);
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

void AskBook::move(const ApplicationId& application, QueueIndex leaf) {
    std::vector<Demand*> all;
    for (auto it = by_attempt_.lower_bound({application, 0});
         it != by_attempt_.end() && it->first.application == application; ++it) {
        for (auto& [id, demand] : it->second.demands) {
            touch(demand);
            close(demand);
            demand.owner.queue = leaf;
            all.push_back(&demand);
        }
    }
    queues_->move(application, leaf);
    for (Demand* demand : all) {
        refresh(*demand);
    }
}

const Demand& AskBook::first_in(const AskSlot& slot) const {
    const Demand* demand = find(slot.attempt, slot.ask);
    CHECK(demand != nullptr && demand->outstanding > 0);
    return *demand;
}

Shape AskBook::shape_of(const Demand& demand) const {
    const ClassKey& key = classes_[demand.shape].key;
    return {demand.shape, key.size, key.label, key.kind};
}

Demand& AskBook::demand_of(const AttemptId& attempt, std::int32_t ask) {
    return by_attempt_.at(attempt).demands.at(ask);
}

bool AskBook::block(const Demand& demand) {
    CHECK(demand.outstanding > 0 && !demand.waits_for_nodes);
    if (!demand.picky()) {
        set_blocked(demand.shape, true);
        return true;
    }
    Demand& mine = demand_of(demand.owner.attempt, demand.ask.id);
    if (mine.hint.has_value()) {
        drop_hint(mine);
        return false;
    }
    set_waiting(mine, true);
    if (asleep(mine)) {
        mine.looked_until = changed_.last();
        if (changed_.groups().test(mine.sleeps_in)) {
            pass(mine);
        }
    }
    return true;
}

void AskBook::unblock(const NodeId& node, const std::string& label, const Resource& free) {
    std::vector<ShapeId> fitting;
    for (const auto& [memory, shape] : blocked_) {
        if (memory > free.memory_mib) {
            break;
        }
        const ClassKey& key = classes_[shape].key;
        if (key.size.fits_in(free) && (key.label == label || key.label.empty())) {
            fitting.push_back(shape);
        }
    }
    for (const ShapeId shape : fitting) {
        set_blocked(shape, false);
    }
    std::set<std::pair<AttemptId, std::int32_t>> awake;
    if (const auto it = waiting_for_.find(node); it != waiting_for_.end()) {
        awake = it->second;
    }
    for (const auto& [memory, attempt, ask] : waiting_) {
        if (memory > free.memory_mib) {
            break;
        }
        awake.emplace(attempt, ask);
    }
    for (const auto& [attempt, ask] : awake) {
        Demand& demand = demand_of(attempt, ask);
        if (demand.ask.size.fits_in(free) &&
            (demand.ask.label == label || demand.ask.label.empty())) {
            set_waiting(demand, false);
        }
    }
}

void AskBook::wake_masters() {
    std::vector<AttemptId> masters;
    for (const auto& [memory, attempt, ask] : waiting_) {
        if (ask == 0) {
            masters.push_back(attempt);
        }
    }
    for (const AttemptId& attempt : masters) {
        set_waiting(demand_of(attempt, 0), false);
    }
}

void AskBook::stands_elsewhere(const NodeId& node) {
    const std::set<AskPlace> waiting = alone_;
    for (const auto& [attempt, ask] : waiting) {
        const std::vector<NodeId>& nodes = demand_of(attempt, ask).ask.nodes;
        if (std::ranges::find(nodes, node) != nodes.end()) {
            set_waiting(demand_of(attempt, ask), false);
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

Resource AskBook::pending_on(QueueIndex index, LabelIndex label) const {
    if (label != 0) {
        const auto found = pending_labelled_.find({label, index});
        return found == pending_labelled_.end() ? Resource{} : found->second;
    }
    Resource rest = index == 0 ? pending().size : pending(index).size;
    for (const auto& [name, number] : queues_->labels()) {
        rest -= number == 0 ? Resource{} : pending_on(index, number);
    }
    return rest;
}

// Brings `outstanding` and the class up to date with the counts.
void AskBook::refresh(Demand& demand) {
    if (demand.opportunistic()) {
        list_opportunistic(demand);
        return;
    }
    const AskCount held = count(demand.key());
    const std::int32_t outstanding =
        demand.in_line() ? std::max(0, demand.ask.count - held.live - held.unconfirmed) : 0;
    if (outstanding == demand.outstanding) {
        return;
    }
    if (demand.reserved > 0) {
        touch(demand);
    }
    add_pending(demand, outstanding - demand.outstanding);
    const bool was_open = demand.outstanding > 0;
    demand.outstanding = outstanding;
    if (!was_open && outstanding > 0) {
        open(demand);
    } else if (was_open && outstanding == 0) {
        demand.outstanding = 1;  // close() takes one open ask out of its class, and it sets zero
        add_pending(demand, 1);
        close(demand);
    }
}

void AskBook::list_opportunistic(const Demand& demand) {
    const OpportunisticLine::Ask ask{demand.ask.priority, demand.ask.id};
    if (demand.parked || wanted(demand) == 0) {
        opportunistic_.leave(demand.owner.attempt, ask);
    } else {
        opportunistic_.enter(demand.owner.attempt, ask);
    }
}

void AskBook::add_pending(const Demand& demand, std::int32_t count) {
    const QueueIndex queue = demand.owner.queue;
    if (queue >= pending_.size()) {
        pending_.resize(queue + 1);
    }
    queues_->touch(queue);
    queues_->want(demand.owner.attempt.application, demand.ask.label,
                  demand.ask.size.memory_mib * count);
    pending_[queue].count += count;
    pending_[queue].size += demand.ask.size * count;
    for (const QueueIndex index : {queue, QueueIndex{0}}) {
        if (!demand.ask.label.empty()) {
            pending_labelled_[{queues_->label_of(demand.ask.label), index}] +=
                demand.ask.size * count;
        }
    }
}

void AskBook::open(Demand& demand) {
    ClassKey key{demand.ask.size, demand.ask.label, demand.owner.kind, demand.picky()};
    const auto known = class_ids_.find(key);
    if (known != class_ids_.end()) {
        demand.shape = known->second;
    } else {
        demand.shape = static_cast<ShapeId>(classes_.size());
        if (vacant_.empty()) {
            classes_.emplace_back();
        } else {
            demand.shape = *vacant_.begin();
            vacant_.erase(vacant_.begin());
        }
        classes_[demand.shape].key = key;
        class_ids_.emplace(std::move(key), demand.shape);
        fitting_.set(demand.shape);
    }
    classes_[demand.shape].asks += 1;
    queues_->open(demand.slot(), demand.shape, demand.ask.label, leads(demand.owner.kind));
}

// Takes an ask out of its class; a class without asks is forgotten.
void AskBook::close(Demand& demand) {
    opportunistic_.leave(demand.owner.attempt, {demand.ask.priority, demand.ask.id});
    if (demand.outstanding == 0) {
        return;
    }
    add_pending(demand, -demand.outstanding);
    if (demand.waits_for_nodes) {
        set_waiting(demand, false);
    }
    drop_hint(demand);
    demand.outstanding = 0;
    queues_->close(demand.slot(), demand.ask.label);
    Class& the_class = classes_[demand.shape];
    the_class.asks -= 1;
    if (the_class.asks == 0) {
        if (the_class.blocked) {
            set_blocked(demand.shape, false);
        }
        fitting_.reset(demand.shape);
        queues_->forget_shape(demand.shape);
        class_ids_.erase(the_class.key);
        vacant_.insert(demand.shape);
        the_class = {};
    }
}

void AskBook::set_blocked(ShapeId shape, bool blocked) {
    Class& the_class = classes_[shape];
    CHECK(the_class.blocked != blocked);
    the_class.blocked = blocked;
    if (blocked) {
        fitting_.reset(shape);
        blocked_.emplace(the_class.key.size.memory_mib, shape);
    } else {
        fitting_.set(shape);
        blocked_.erase({the_class.key.size.memory_mib, shape});
    }
}

void AskBook::set_waiting(Demand& demand, bool waits) {
    demand.waits_for_nodes = waits;
    const AskPlace place{demand.owner.attempt, demand.ask.id};
    waits ? static_cast<void>(alone_.insert(place)) : static_cast<void>(alone_.erase(place));
    if (waits) {
        note_waiting(demand, true);
        queues_->close(demand.slot(), demand.ask.label);
    } else {
        queues_->open(demand.slot(), demand.shape, demand.ask.label, leads(demand.owner.kind));
        note_waiting(demand, false);
    }
}

// Where it is found when something changes for it.
void AskBook::note_waiting(Demand& demand, bool waits) {
    const AskRef entry{demand.owner.attempt, demand.ask.id};
    if (demand.constraint != nullptr) {
        note_constrained(demand, waits);
        return;
    }
    if (demand.near) {
        const std::tuple<std::int64_t, AttemptId, std::int32_t> alone{
            demand.ask.size.memory_mib, demand.owner.attempt, demand.ask.id};
        waits ? static_cast<void>(waiting_.insert(alone))
              : static_cast<void>(waiting_.erase(alone));
    }
    for (const NodeId& node : demand.ask.nodes) {
        if (waits) {
            waiting_for_[node].insert(entry);
        } else if (const auto it = waiting_for_.find(node); it != waiting_for_.end()) {
            it->second.erase(entry);
            if (it->second.empty()) {
                waiting_for_.erase(it);
            }
        }
    }
}

void AskBook::touch(const Demand& demand) {
    const AskPlace id{demand.owner.attempt, demand.ask.id};
    if ((demand.reserved > 0 || demand.ask.gang != 0) &&
        (touched_.empty() || touched_.back() != id)) {
        touched_.push_back(id);
    }
}

ShapeMask AskBook::blocked_shapes() const {
    ShapeMask shapes;
    for (const auto& [memory, shape] : blocked_) {
        shapes.set(shape);
    }
    return shapes;
}

std::vector<const Demand*> AskBook::waiting_alone(const AskPlace& after, std::size_t count) const {
    std::vector<const Demand*> found;
    for (auto it = alone_.upper_bound(after); it != alone_.end() && found.size() < count; ++it) {
        found.push_back(find(it->first, it->second));
    }
    for (auto it = alone_.begin(); it != alone_.end() && !(after < *it) && found.size() < count;
         ++it) {
        found.push_back(find(it->first, it->second));
    }
    return found;
}

const Demand* AskBook::first_of(const ShapeMask& shapes) const {
    if (!queues_->any(shapes)) {
        return nullptr;
    }
    const AskSlot slot = queues_->next(shapes);
    return find(slot.attempt, slot.ask);
}

void AskBook::begin_wait(const Demand& demand, TimePoint now, bool anew) {
    std::optional<TimePoint>& since = demand_of(demand.owner.attempt, demand.ask.id).waits_since;
    since = anew ? now : since.value_or(now);
}

void AskBook::give_back(const Demand& demand, std::uint32_t node) {
    demand_of(demand.owner.attempt, demand.ask.id).gave_back = node;
}

void AskBook::set_reserved(const AttemptId& attempt, std::int32_t ask, std::int32_t count) {
    const auto it = by_attempt_.find(attempt);
    if (it == by_attempt_.end()) {
        return;  // the ask is gone, and what was reserved for it goes
    }
    if (const auto found = it->second.demands.find(ask); found != it->second.demands.end()) {
        found->second.reserved = count;
    }
}

void AskBook::set_gang_waits(const AttemptId& attempt, std::int32_t ask, bool waits) {
    change(attempt, ask, [&](Demand& demand) { demand.gang_waits = waits; });
}

std::vector<const Demand*> AskBook::outstanding() const {
    std::vector<const Demand*> all;
    for (const auto& [attempt, asks] : by_attempt_) {
        for (const auto& [id, demand] : asks.demands) {
            if (demand.outstanding > 0) {
                all.push_back(&demand);
            }
        }
    }
    return all;
}

void AskBook::check() const {
    std::vector<Pending> pending(pending_.size());
    std::vector<std::int64_t> asks_of(classes_.size());
    std::int64_t sleeping = 0;
    for (const auto& [attempt, asks] : by_attempt_) {
        for (const auto& [id, demand] : asks.demands) {
            const AskCount held = count(demand.key());
            CHECK(demand.outstanding ==
                  (demand.in_line() ? std::max(0, demand.ask.count - held.live - held.unconfirmed)
                                    : 0));
            CHECK(opportunistic_.contains(attempt, {demand.ask.priority, id}) ==
                  (demand.opportunistic() && !demand.parked && wanted(demand) > 0));
            CHECK(!demand.waits_for_nodes || (demand.outstanding > 0 && demand.picky()));
            CHECK(alone_.contains({attempt, id}) == demand.waits_for_nodes);
            check_sleep(demand);
            sleeping += asleep(demand) ? 1 : 0;
            if (demand.outstanding > 0) {
                pending[demand.owner.queue].count += demand.outstanding;
                pending[demand.owner.queue].size += demand.ask.size * demand.outstanding;
                asks_of[demand.shape] += 1;
                CHECK(queues_->seat(attempt.application)->seat.leaf == demand.owner.queue);
            }
        }
    }
    CHECK(constrained_.asks() == sleeping);
    for (std::size_t queue = 0; queue < pending.size(); ++queue) {
        CHECK(pending[queue].count == pending_[queue].count);
        CHECK(pending[queue].size == pending_[queue].size);
    }
    for (ShapeId shape = 0; shape < classes_.size(); ++shape) {
        const Class& the_class = classes_[shape];
        CHECK(the_class.asks == asks_of[shape]);
        CHECK((the_class.asks == 0) == vacant_.contains(shape));
        CHECK(the_class.asks == 0 || fitting_.test(shape) != the_class.blocked);
    }
}

}  // namespace heddle::rm
