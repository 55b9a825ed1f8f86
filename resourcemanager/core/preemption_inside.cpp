#include "resourcemanager/core/preemption_inside.h"

#include <algorithm>

#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/preemption_balance.h"
#include "resourcemanager/core/shares.h"

namespace heddle::rm {
namespace {

const SeatBook& seat_of(const Books& books, const Demand& demand) {
    return *books.queues.seat(demand.owner.attempt.application);
}

// Unlike the limit that grants are held to, this one counts users that want nothing now: what one
// of them holds within it is not taken because others ask.
Resource limit_of(const Books& books, const Queue& leaf, LabelIndex label) {
    std::int64_t weight = 0;
    for (const auto& [name, user] : leaf.users_by_name) {
        weight += books.queues.user(user).weight;
    }
    const std::int64_t part =
        std::max<std::int64_t>(1'000'000 / std::max<std::int64_t>(weight, 1),
                               std::int64_t{leaf.settings.user_limit_percent_min} * 10);
    const Resource& used = part_of(leaf, label).used;
    const Resource& guaranteed = part_of(leaf, label).entitled.guaranteed;
    Resource whole = within(used, guaranteed) ? guaranteed : used;
    for (const NamedCounts::Entry& one : used.named.entries()) {
        whole.named.set(one.name, std::max(one.count, guaranteed.named.get(one.name)));
    }
    return scaled(whole, part);
}

}  // namespace

bool Inside::preempts(QueueIndex leaf) const {
    const auto found = preempts_.find(leaf);
    if (found != preempts_.end()) {
        return found->second;
    }
    return preempts_.emplace(leaf, preempts_inside(books_, leaf) && uses_enough(leaf))
        .first->second;
}

bool Inside::uses_enough(QueueIndex leaf) const {
    const auto percent =
        static_cast<std::uint64_t>(preemption_config(books_).intra_queue_threshold_percent);
    const QueuePart& part = part_of(books_.queues.at(leaf), label_);
    return books_.config.off(Feature::PreemptionInsideThreshold) ||
           dominant_share(part.used, part.entitled.guaranteed) >= kWholeShare / 100 * percent;
}

void Inside::leave(UserIndex user, const Resource& size, int sign) {
    Resource& leaving = users_[user].leaving;
    sign > 0 ? leaving += size : leaving -= size;
}

void Inside::come(UserIndex user, const Resource& size) {
    users_[user].coming += size;
}

void Inside::note(UserIndex user, std::int32_t priority) {
    std::optional<std::int32_t>& lowest = users_[user].lowest;
    lowest = std::min(lowest.value_or(priority), priority);
}

Inside::Standing Inside::of(UserIndex user) const {
    const auto found = users_.find(user);
    return found == users_.end() ? Standing{} : found->second;
}

Resource Inside::left(UserIndex user) const {
    return part_of(books_.queues.user(user), label_).used - of(user).leaving;
}

Resource Inside::soon(UserIndex user) const {
    return left(user) + of(user).coming;
}

const Resource& Inside::limit(UserIndex index) const {
    const auto found = limits_.find(index);
    if (found != limits_.end()) {
        return found->second;
    }
    const UserBook& user = books_.queues.user(index);
    auto of_leaf = of_leaf_.find(user.leaf);
    if (of_leaf == of_leaf_.end()) {
        const Resource limit = limit_of(books_, books_.queues.at(user.leaf), label_);
        of_leaf = of_leaf_.emplace(user.leaf, limit).first;
    }
    return limits_.emplace(index, scaled(of_leaf->second, user.weight)).first->second;
}

bool Inside::has_room(const Demand& demand) const {
    const UserIndex user = seat_of(books_, demand).user;
    return books_.config.off(Feature::PreemptionInsideLimit) ||
           within(soon(user) + demand.ask.size, limit(user), demand.ask.size);
}

bool Inside::over(UserIndex user, const Resource& of) const {
    const bool zone = !books_.config.off(Feature::PreemptionDeadZone);
    const std::int64_t percent = 100 + (zone ? preemption_config(books_).dead_zone_percent : 0);
    return books_.config.off(Feature::PreemptionInsideLimit) ||
           !within(left(user), scaled(limit(user), percent * 10), of);
}

bool Inside::by_priority(const Demand& demand, UserIndex from, std::int32_t priority) const {
    const SeatBook& seat = seat_of(books_, demand);
    if (priority >= seat.seat.priority ||
        books_.queues.at(seat.seat.leaf).settings.order == LeafOrder::Fair) {
        return false;
    }
    return from == seat.user ||
           (inside_order(books_, seat.seat.leaf) == InsideOrder::PriorityFirst && has_room(demand));
}

bool Inside::may_gain(const Demand& demand) const {
    const QueueIndex leaf = demand.owner.queue;
    if (!preempts(leaf)) {
        return false;
    }
    if (books_.config.defect == Defect::TakenToAndFro) {
        return true;
    }
    const UserIndex own = seat_of(books_, demand).user;
    const bool by_limit =
        inside_order(books_, leaf) == InsideOrder::UserLimitFirst && has_room(demand);
    for (const auto& [name, user] : books_.queues.at(leaf).users_by_name) {
        const Standing one = of(user);
        if (one.lowest.has_value() && ((by_limit && user != own && over(user, demand.ask.size)) ||
                                       by_priority(demand, user, *one.lowest))) {
            return true;
        }
    }
    return false;
}

bool Inside::may_take(const Candidate& victim, const Demand& demand) const {
    const QueueIndex leaf = demand.owner.queue;
    if (victim.leaf != leaf || victim.master || victim.lent || !preempts(leaf) ||
        victim.id.attempt.application == demand.owner.attempt.application) {
        return false;
    }
    if (books_.config.defect == Defect::TakenToAndFro) {
        return true;
    }
    const SeatBook& seat = seat_of(books_, demand);
    if (victim.user == seat.user || inside_order(books_, leaf) == InsideOrder::PriorityFirst) {
        return by_priority(demand, victim.user, victim.priority);
    }
    const Resource both = named_in_both(victim.size, demand.ask.size);
    return books_.config.off(Feature::PreemptionInsideLimit) ||
           (has_room(demand) && over(victim.user, both) &&
            reaches(left(victim.user) - victim.size, limit(victim.user), both));
}

InsideStanding Inside::standing(UserIndex from, std::int32_t priority, const Demand& demand) const {
    const SeatBook& to = seat_of(books_, demand);
    return {priority,    to.seat.priority, to.seat.user,  left(from),
            limit(from), soon(to.user),    limit(to.user)};
}

}  // namespace heddle::rm
