// Keeps the orders of the queue tree up to date, from the ask upwards, and walks them down.

#include <algorithm>

#include "common/base/check.h"
#include "resourcemanager/core/queue_tree.h"
#include "resourcemanager/core/shares.h"
#include "resourcemanager/core/size_weight.h"

namespace heddle::rm {
namespace {

// Brings one entry up to date; nothing open: it is not in the order. True: something changed.
template <typename Key>
bool list(MaskedOrder<Key>& order, Listed<Key>& listed, const Key& key, const ShapeMask& mask) {
    const bool wanted = mask.any();
    if (listed.in && wanted && listed.key == key && listed.mask == mask) {
        return false;
    }
    if (!listed.in && !wanted) {
        return false;
    }
    if (listed.in && (!wanted || listed.key != key)) {
        order.erase(listed.key);
    }
    if (wanted) {
        order.set(key, mask);
    }
    listed = {key, mask, wanted};
    return true;
}

ShapeMask only(ShapeId shape) {
    ShapeMask mask;
    mask.set(shape);
    return mask;
}

}  // namespace

std::uint64_t QueueTree::share(const Resource& part, const Resource& whole) const {
    return off_ == Feature::DominantShare ? share_of(part.memory_mib, whole.memory_mib)
                                          : dominant_share(part, whole);
}

std::uint64_t QueueTree::fair_share(const SeatBook& seat, LabelIndex label) const {
    const SeatPart& part = part_of(seat, label);
    const std::uint64_t used = share(part.used, totals_[label]);
    if (!queues_[seat.seat.leaf].settings.size_based_weight || off_ == Feature::SizeBasedWeight) {
        return used;
    }
    const std::uint64_t weight = size_weight(part.used.memory_mib + part.wanted_mib);
    return static_cast<std::uint64_t>(static_cast<Uint128>(used) * kWholeWeight / weight);
}

SeatKey QueueTree::key_of(SeatIndex index, LabelIndex label) const {
    const SeatBook& seat = seats_[index];
    SeatKey key{0, 0, seat.seat.serial, seat.seat.application, index};
    if (queues_[seat.seat.leaf].settings.order == LeafOrder::Fair) {
        key.share = fair_share(seat, label);
    } else if (off_ != Feature::ApplicationPriority) {
        key.priority_negated = -seat.seat.priority;
    }
    return key;
}

void QueueTree::relist(SeatIndex index, LabelIndex label) {
    SeatBook& seat = seats_[index];
    SeatPart& part = part_of(seat, label);
    UserPart& user = part_of(users_[seat.user], label);
    const SeatKey key = key_of(index, label);
    if (list(user.waiting, part.listed, key, part.asks.all())) {
        relist_user(seat.user, label);
    }
    if (list(user.asleep, part.listed_asleep, key, part.asleep.all())) {
        relist_user_asleep(seat.user, label);
    }
}

void QueueTree::relist_user_asleep(UserIndex index, LabelIndex label) {
    UserBook& book = users_[index];
    UserPart& user = part_of(book, label);
    UserKey key{{}, index};
    if (const SeatKey* head = user.asleep.front()) {
        key.head = *head;
    }
    if (list(part_of(queues_[book.leaf], label).users_asleep, user.listed_asleep, key,
             user.asleep.all())) {
        relist_up(book.leaf, label);
    }
}

void QueueTree::relist_user(UserIndex index, LabelIndex label) {
    UserBook& book = users_[index];
    UserPart& user = part_of(book, label);
    const ShapeMask wants = user.waiting.all() - book.blocked_mask;
    const bool was_active = user.active;
    set_active(index, label, wants.any());
    UserKey key{{}, index};
    if (const SeatKey* head = user.waiting.front()) {
        key.head = *head;
    }
    const bool changed = list(part_of(queues_[book.leaf], label).users, user.listed, key,
                              user.over.has_value() ? ShapeMask{} : wants);
    if (changed) {
        relist_up(book.leaf, label);
    }
    if (was_active && !user.active) {
        release_users(book.leaf, label);  // one less to share with
    }
}

QueueKey QueueTree::key_of_queue(QueueIndex index, LabelIndex label) const {
    const Queue& queue = queues_[index];
    const QueuePart& part = part_of(queue, label);
    const QueueOrder order =
        off_ == Feature::QueueOrders ? queue_order_ : queues_[queue.parent].settings.queue_order;
    const bool priorities = order == QueueOrder::Priority && off_ != Feature::QueuePriority;
    const std::uint64_t used = share(part.used, part.entitled.guaranteed);
    return {used >= kWholeShare && off_ != Feature::QueuePriorityBelow,
            priorities ? -queue.settings.priority : 0, used, index};
}

// All that is open in a queue, blocked there or not.
ShapeMask QueueTree::open_below(QueueIndex at, LabelIndex label) const {
    const QueuePart& part = part_of(queues_[at], label);
    return queues_[at].leaf ? part.users.all() : part.children.all();
}

void QueueTree::relist_queue(QueueIndex index, LabelIndex label) {
    if (index == 0) {
        return;
    }
    Queue& queue = queues_[index];
    QueuePart& above = part_of(queues_[queue.parent], label);
    QueuePart& part = part_of(queue, label);
    const QueueKey key = key_of_queue(index, label);
    list(above.children, part.listed, key, open_below(index, label) - queue.blocked_mask);
    list(above.children_asleep, part.listed_asleep, key,
         queue.leaf ? part.users_asleep.all() : part.children_asleep.all());
}

// All the way: use counts at every level.
void QueueTree::relist_up(QueueIndex index, LabelIndex label) {
    for (; index != 0; index = queues_[index].parent) {
        relist_queue(index, label);
    }
}

// Fewer that want masters: there may be more for each.
void QueueTree::weigh_masters(UserIndex index, LabelIndex label, int sign) {
    UserBook& user = users_[index];
    if (part_of(user, label).masters_wanted == 0) {
        return;
    }
    part_of(queues_[user.leaf], label).masters_weight += sign * user.weight;
    touch(user.leaf);
}

void QueueTree::want_master(SeatIndex index, LabelIndex label, const AskSlot& slot, bool wants) {
    SeatBook& seat = seats_[index];
    std::set<AskSlot>& masters = part_of(seat, label).masters;
    if (wants ? !masters.insert(slot).second : masters.erase(slot) == 0) {
        return;
    }
    const QueueIndex leaf = seat.seat.leaf;
    weigh_masters(seat.user, label, -1);
    std::int32_t& wanted = part_of(users_[seat.user], label).masters_wanted;
    wanted += wants ? 1 : -1;
    const bool last = wanted == 0;
    weigh_masters(seat.user, label, +1);
    const QueueSettings& settings = queues_[leaf].settings;
    const bool shared = settings.user_limit_percent_min < 100 || !settings.user_weights.empty();
    if (last && shared) {  // there may be more for each; else each may have all of it anyway
        for (const UserIndex user : std::exchange(queues_[leaf].users_blocked, {})) {
            recheck_user(user);
        }
    }
}

void QueueTree::open(const AskSlot& slot, ShapeId shape, std::string_view label, bool leads) {
    const SeatIndex index = by_application_.at(slot.attempt.application);
    const LabelIndex number = label_of(label);
    part_of(seats_[index], number).asks.set(slot, only(shape));
    want_master(index, number, slot, leads);
    relist(index, number);
}

void QueueTree::close(const AskSlot& slot, std::string_view label) {
    const SeatIndex index = by_application_.at(slot.attempt.application);
    const LabelIndex number = label_of(label);
    part_of(seats_[index], number).asks.erase(slot);
    relist(index, number);
    want_master(index, number, slot, false);
    drop_if_done(slot.attempt.application);
}

void QueueTree::sleep(const AskSlot& slot, ShapeId group, std::string_view label) {
    const SeatIndex index = by_application_.at(slot.attempt.application);
    const LabelIndex number = label_of(label);
    part_of(seats_[index], number).asleep.set(slot, only(group));
    relist(index, number);
}

void QueueTree::wake(const AskSlot& slot, std::string_view label) {
    const SeatIndex index = by_application_.at(slot.attempt.application);
    const LabelIndex number = label_of(label);
    part_of(seats_[index], number).asleep.erase(slot);
    relist(index, number);
    drop_if_done(slot.attempt.application);
}

ShapeMask QueueTree::sleeping(const AskSlot& slot, std::string_view label) const {
    const SeatBook* book = seat(slot.attempt.application);
    return book == nullptr ? ShapeMask{} : part_of(*book, label_index(label)).asleep.mask_of(slot);
}

bool QueueTree::any(const ShapeMask& wanted, const ShapeMask& asleep) const {
    const Queue& root = queues_[0];
    return std::ranges::any_of(root.parts, [&](const QueuePart& part) {
        return (part.children.all() - root.blocked_mask).intersects(wanted) ||
               part.children_asleep.all().intersects(asleep);
    });
}

AskSlot QueueTree::next(const ShapeMask& wanted, const ShapeMask& asleep) const {
    const ShapeMask open = wanted - queues_[0].blocked_mask;
    for (auto it = labels_.rbegin(); it != labels_.rend(); ++it) {
        const QueuePart& part = part_of(queues_[0], it->second);
        if (part.children.all().intersects(open) || part.children_asleep.all().intersects(asleep)) {
            return next_below(0, it->second, open, asleep);
        }
    }
    CHECK(false);
    return {};
}

AskSlot QueueTree::next_below(QueueIndex at, LabelIndex label, ShapeMask mask,
                              const ShapeMask& asleep) const {
    while (!queues_[at].leaf) {
        const QueuePart& part = part_of(queues_[at], label);
        const QueueKey* child = part.children.first(mask);
        const QueueKey* sleeping = part.children_asleep.first(asleep);
        if (child == nullptr || (sleeping != nullptr && *sleeping < *child)) {
            child = sleeping;
        }
        CHECK(child != nullptr);
        at = child->queue;
        mask -= queues_[at].blocked_mask;
    }
    return next_in_leaf(at, label, mask, asleep);
}

AskSlot QueueTree::next_in_leaf(QueueIndex at, LabelIndex label, const ShapeMask& mask,
                                const ShapeMask& asleep) const {
    const QueuePart& leaf = part_of(queues_[at], label);
    const SeatKey* open = first_open(leaf, label, mask);
    const SeatKey* sleeping = first_asleep(leaf, label, asleep);
    CHECK(open != nullptr || sleeping != nullptr);
    const AskSlot* slot = nullptr;
    if (open != nullptr && (sleeping == nullptr || *open <= *sleeping)) {
        const SeatBook& seat = seats_[open->seat];
        slot = part_of(seat, label).asks.first(mask - users_[seat.user].blocked_mask);
        CHECK(slot != nullptr);
    }
    if (sleeping != nullptr && (open == nullptr || *sleeping <= *open)) {
        const AskSlot* other = part_of(seats_[sleeping->seat], label).asleep.first(asleep);
        CHECK(other != nullptr);
        slot = slot == nullptr || *other < *slot ? other : slot;
    }
    return *slot;
}

// The first application of a user stands before all others of that user, so no user behind the
// best found so far needs a look.
const SeatKey* QueueTree::first_open(const QueuePart& leaf, LabelIndex label,
                                     const ShapeMask& mask) const {
    const SeatKey* best = nullptr;
    for (const UserKey* user = leaf.users.first(mask);
         user != nullptr && (best == nullptr || user->head < *best);
         user = leaf.users.first_after(*user, mask)) {
        const UserBook& book = users_[user->user];
        const SeatKey* seat = part_of(book, label).waiting.first(mask - book.blocked_mask);
        CHECK(seat != nullptr);
        best = best == nullptr || *seat < *best ? seat : best;
    }
    return best;
}

const SeatKey* QueueTree::first_asleep(const QueuePart& leaf, LabelIndex label,
                                       const ShapeMask& groups) const {
    const SeatKey* best = nullptr;
    for (const UserKey* user = leaf.users_asleep.first(groups);
         user != nullptr && (best == nullptr || user->head < *best);
         user = leaf.users_asleep.first_after(*user, groups)) {
        const SeatKey* seat = part_of(users_[user->user], label).asleep.first(groups);
        CHECK(seat != nullptr);
        best = best == nullptr || *seat < *best ? seat : best;
    }
    return best;
}

std::uint64_t QueueTree::use_of(const UserBook& user, LabelIndex label) const {
    const Uint128 use = static_cast<Uint128>(share(part_of(user, label).used, totals_[label])) *
                        1000 / static_cast<Uint128>(user.weight);
    return static_cast<std::uint64_t>(std::min<Uint128>(use, kShareMax));
}

void QueueTree::set_use(UserIndex index, LabelIndex label) {
    UserBook& book = users_[index];
    UserPart& user = part_of(book, label);
    QueuePart& leaf = part_of(queues_[book.leaf], label);
    const std::uint64_t use = use_of(book, label);
    if (use == user.use) {
        return;
    }
    if (user.active) {
        leaf.active_by_use.erase({user.use, index});
        leaf.active_by_use.emplace(use, index);
    }
    if (user.over.has_value()) {
        leaf.over_by_use.erase({user.use, index});
        leaf.over_by_use.emplace(use, index);
    }
    user.use = use;
}

void QueueTree::set_active(UserIndex index, LabelIndex label, bool active) {
    UserBook& book = users_[index];
    UserPart& user = part_of(book, label);
    QueuePart& leaf = part_of(queues_[book.leaf], label);
    if (user.active == active) {
        return;
    }
    user.active = active;
    touch(book.leaf);  // what each user may use changes
    if (active) {
        leaf.active_by_use.emplace(user.use, index);
        leaf.active_weight += book.weight;
        return;
    }
    leaf.active_by_use.erase({user.use, index});
    leaf.active_weight -= book.weight;
    if (user.over.has_value()) {
        leaf.over_by_use.erase({user.use, index});
        user.over.reset();
    }
}

void QueueTree::forget_shape(ShapeId shape) {
    const std::set<std::pair<QueueIndex, LabelIndex>> kept = queues_kept_;
    for (const auto& [index, label] : kept) {
        if (part_of(queues_[index], label).kept->shape == shape) {
            lift(index, label);
        }
    }
    const auto it = blocked_at_.find(shape);
    if (it == blocked_at_.end()) {
        return;
    }
    const Places places = it->second;
    for (const QueueIndex index : places.queues) {
        release_queue(index, shape);
    }
    for (const UserIndex index : places.users) {
        release_user(index, shape);
    }
}

}  // namespace heddle::rm
