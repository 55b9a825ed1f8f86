// Keeps room below the maximum of a queue for the first ask in its order, when the maximum has
// refused it for long: smaller asks behind it would else take whatever gets free, for ever. What is
// kept is its size once; it is lifted with the first container of that shape, and by time, so that
// nobody waits for what never comes.

#include <algorithm>

#include "common/base/check.h"
#include "resourcemanager/core/queue_tree.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kQueuesPerLook = 64;

}  // namespace

void QueueTree::change_reserved(QueueIndex leaf, const Resource& size, int sign) {
    for (QueueIndex at = leaf;; at = queues_[at].parent) {
        sign > 0 ? queues_[at].reserved += size : queues_[at].reserved -= size;
        queues_[at].containers_reserved += sign;
        touch(at);
        if (at == 0) {
            return;
        }
    }
}

void QueueTree::reserve(const ApplicationId& application, const Resource& size) {
    SeatBook& seat = seat_of(application);
    seat.reserved += size;
    ++seat.containers_reserved;
    users_[seat.user].reserved += size;
    change_reserved(seat.seat.leaf, size, +1);
}

void QueueTree::unreserve(const ApplicationId& application, const Resource& size) {
    SeatBook& seat = seat_of(application);
    seat.reserved -= size;
    --seat.containers_reserved;
    users_[seat.user].reserved -= size;
    change_reserved(seat.seat.leaf, size, -1);
    recheck_user(seat.user);
    recheck_up(seat.seat.leaf, false);
    drop_if_done(application);
}

void QueueTree::lift(QueueIndex index) {
    if (queues_[index].kept.has_value()) {
        queues_[index].kept.reset();
        queues_kept_.erase(index);
        recheck_queue(index, false);
    }
}

void QueueTree::lift_kept(QueueIndex leaf, ShapeId shape) {
    for (QueueIndex at = leaf; !queues_kept_.empty(); at = queues_[at].parent) {
        if (queues_[at].kept.has_value() && queues_[at].kept->shape == shape) {
            lift(at);
        }
        if (at == 0) {
            return;
        }
    }
}

void QueueTree::lift_all_kept() {
    while (!queues_kept_.empty()) {
        lift(*queues_kept_.begin());
    }
}

bool QueueTree::is_whole(const Refusal& refusal) const {
    return refusal.limit == Limit::QueueMaximum && refusal.bound == total(kNoLabel);
}

bool QueueTree::refused_beside_nodes(const ApplicationId& application, const Shape& shape) const {
    const std::vector<Refusal> all = refusals(application, shape);
    return std::ranges::any_of(all, [&](const Refusal& one) { return !is_whole(one); });
}

std::vector<AskSlot> QueueTree::waiting_for_nodes(std::size_t count) const {
    struct Waiting {
        Resource size;
        ShapeId shape = 0;
        QueueIndex queue = 0;
    };
    std::vector<Waiting> waiting;
    for (const QueueIndex index : queues_blocked_) {
        const Queue& queue = queues_[index];
        const ShapeMask open = queue.leaf ? queue.users.all() : queue.children.all();
        for (const auto& [shape, blocked] : queue.blocked) {
            if (is_whole(blocked.refusal) && open.test(shape)) {
                waiting.push_back({blocked.shape.size, shape, index});
            }
        }
    }
    std::sort(waiting.begin(), waiting.end(), [](const Waiting& a, const Waiting& b) {
        return a.size != b.size ? b.size < a.size
                                : std::pair(a.queue, a.shape) < std::pair(b.queue, b.shape);
    });
    std::vector<AskSlot> slots;
    for (const Waiting& one : waiting) {
        if (slots.size() >= count) {
            break;
        }
        ShapeMask only;
        only.set(one.shape);
        slots.push_back(next_below(one.queue, only));
    }
    return slots;
}

// True: something is kept now.
bool QueueTree::look_at_maximum(QueueIndex index, TimePoint now, Duration patience) {
    Queue& queue = queues_[index];
    const ShapeMask open = queue.leaf ? queue.users.all() : queue.children.all();
    if (queue.kept.has_value() || !open.any()) {
        return false;
    }
    const AskSlot slot = next_below(index, open);
    const ShapeMask shapes =
        seats_[by_application_.at(slot.attempt.application)].asks.mask_of(slot);
    for (const auto& [shape, blocked] : queue.blocked) {
        if (!shapes.test(shape) || now - blocked.since < patience) {
            continue;
        }
        // What can never be must not keep others from what can.
        const Refusal& refusal = blocked.refusal;
        if (refusal.limit == Limit::QueueMaximum && !is_whole(refusal) &&
            blocked.shape.size.fits_in(refusal.bound)) {
            queue.kept = Kept{shape, blocked.shape.size, now};
            queues_kept_.insert(index);
            return true;
        }
    }
    return false;
}

void QueueTree::keep_limits(TimePoint now, Duration patience, Duration timeout) {
    const std::set<QueueIndex> kept = queues_kept_;
    for (const QueueIndex index : kept) {
        const Kept& what = *queues_[index].kept;
        const Queue& queue = queues_[index];
        const ShapeMask open = queue.leaf ? queue.users.all() : queue.children.all();
        if (open.test(what.shape) && now - what.since < timeout) {
            continue;
        }
        if (const auto blocked = queues_[index].blocked.find(what.shape);
            blocked != queues_[index].blocked.end()) {
            blocked->second.since = now;  // it waits anew
        }
        lift(index);
    }
    std::size_t looks = std::min(kQueuesPerLook, queues_blocked_.size());
    for (; looks > 0; --looks) {
        auto it = queues_blocked_.upper_bound(queue_looked_at_);
        it = it == queues_blocked_.end() ? queues_blocked_.begin() : it;
        queue_looked_at_ = *it;
        look_at_maximum(queue_looked_at_, now, patience);
    }
}

}  // namespace heddle::rm
