// Keeps the orders of the queue tree up to date, from the ask upwards, and walks them down.

#include <algorithm>

#include "common/base/check.h"
#include "resourcemanager/core/queue_tree.h"
#include "resourcemanager/core/shares.h"

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

SeatKey QueueTree::key_of(SeatIndex index) const {
    const SeatBook& seat = seats_[index];
    SeatKey key{0, 0, seat.seat.serial, seat.seat.application, index};
    if (queues_[seat.seat.leaf].settings.order == LeafOrder::Fair) {
        key.share = share(seat.used, total_);
    } else if (off_ != Feature::ApplicationPriority) {
        key.priority_negated = -seat.seat.priority;
    }
    return key;
}

void QueueTree::relist(SeatIndex index) {
    SeatBook& seat = seats_[index];
    if (list(users_[seat.user].waiting, seat.listed, key_of(index), seat.asks.all())) {
        relist_user(seat.user);
    }
}

void QueueTree::relist_user(UserIndex index) {
    UserBook& user = users_[index];
    const ShapeMask wants = user.waiting.all() - user.blocked_mask;
    const bool was_active = user.active;
    set_active(index, wants.any());
    UserKey key{{}, index};
    if (const SeatKey* head = user.waiting.front()) {
        key.head = *head;
    }
    const bool changed = list(queues_[user.leaf].users, user.listed, key,
                              user.over.has_value() ? ShapeMask{} : wants);
    if (changed) {
        relist_up(user.leaf);
    }
    if (was_active && !user.active) {
        release_users(user.leaf);  // one less to share with
    }
}

QueueKey QueueTree::key_of_queue(QueueIndex index) const {
    const Queue& queue = queues_[index];
    const bool priorities = queue_priorities_ && off_ != Feature::QueuePriority;
    return {priorities ? -queue.settings.priority : 0, share(queue.used, queue.guaranteed), index};
}

bool QueueTree::relist_queue(QueueIndex index) {
    if (index == 0) {
        return false;
    }
    Queue& queue = queues_[index];
    return list(queues_[queue.parent].children, queue.listed, key_of_queue(index),
                (queue.leaf ? queue.users.all() : queue.children.all()) - queue.blocked_mask);
}

// All the way: use counts at every level.
void QueueTree::relist_up(QueueIndex index) {
    for (; index != 0; index = queues_[index].parent) {
        relist_queue(index);
    }
}

void QueueTree::open(const AskSlot& slot, ShapeId shape) {
    const SeatIndex index = by_application_.at(slot.attempt.application);
    seats_[index].asks.set(slot, only(shape));
    relist(index);
}

void QueueTree::close(const AskSlot& slot) {
    const SeatIndex index = by_application_.at(slot.attempt.application);
    seats_[index].asks.erase(slot);
    relist(index);
    drop_if_done(slot.attempt.application);
}

bool QueueTree::any(const ShapeMask& wanted) const {
    return (queues_[0].children.all() - queues_[0].blocked_mask).intersects(wanted);
}

AskSlot QueueTree::next(const ShapeMask& wanted) const {
    return next_below(0, wanted - queues_[0].blocked_mask);
}

AskSlot QueueTree::next_below(QueueIndex at, ShapeMask mask) const {
    while (!queues_[at].leaf) {
        const QueueKey* child = queues_[at].children.first(mask);
        CHECK(child != nullptr);
        at = child->queue;
        mask -= queues_[at].blocked_mask;
    }
    // The first application of a user stands before all others of that user, so no user behind the
    // best found so far needs a look.
    const Queue& leaf = queues_[at];
    const SeatKey* best = nullptr;
    UserIndex best_user = 0;
    for (const UserKey* user = leaf.users.first(mask);
         user != nullptr && (best == nullptr || user->head < *best);
         user = leaf.users.first_after(*user, mask)) {
        const UserBook& book = users_[user->user];
        const SeatKey* seat = book.waiting.first(mask - book.blocked_mask);
        CHECK(seat != nullptr);
        if (best == nullptr || *seat < *best) {
            best = seat;
            best_user = user->user;
        }
    }
    CHECK(best != nullptr);
    const AskSlot* slot = seats_[best->seat].asks.first(mask - users_[best_user].blocked_mask);
    CHECK(slot != nullptr);
    return *slot;
}

std::uint64_t QueueTree::use_of(const UserBook& user) const {
    const Uint128 use =
        static_cast<Uint128>(share(user.used, total_)) * 1000 / static_cast<Uint128>(user.weight);
    return static_cast<std::uint64_t>(std::min<Uint128>(use, kShareMax));
}

void QueueTree::set_use(UserIndex index) {
    UserBook& user = users_[index];
    Queue& leaf = queues_[user.leaf];
    const std::uint64_t use = use_of(user);
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

void QueueTree::set_active(UserIndex index, bool active) {
    UserBook& user = users_[index];
    Queue& leaf = queues_[user.leaf];
    if (user.active == active) {
        return;
    }
    user.active = active;
    touch(user.leaf);  // what each user may use changes
    if (active) {
        leaf.active_by_use.emplace(user.use, index);
        leaf.active_weight += user.weight;
        return;
    }
    leaf.active_by_use.erase({user.use, index});
    leaf.active_weight -= user.weight;
    if (user.over.has_value()) {
        leaf.over_by_use.erase({user.use, index});
        user.over.reset();
    }
}

void QueueTree::forget_shape(ShapeId shape) {
    const std::set<QueueIndex> kept = queues_kept_;
    for (const QueueIndex index : kept) {
        if (queues_[index].kept->shape == shape) {
            lift(index);
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
