// Keeps room below the maximum of a queue for the first ask in its order, when the maximum has
// refused it for long: smaller asks behind it would else take whatever gets free, for ever. What is
// kept is its size once; it is lifted with the first container of that size, and by time, so that
// nobody waits for what never comes.

#include <algorithm>

#include "common/base/check.h"
#include "resourcemanager/core/queue_tree.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kQueuesPerLook = 64;

}  // namespace

void QueueTree::change_reserved(SeatBook& seat, LabelIndex label, const Resource& size, int sign) {
    const auto change = [&](auto& book) {
        Resource& in_part = part_of(book, label).reserved;
        sign > 0 ? in_part += size : in_part -= size;
        sign > 0 ? book.reserved += size : book.reserved -= size;
        book.containers_reserved += sign;
    };
    change(seat);
    Resource& of_user = part_of(users_[seat.user], label).reserved;
    sign > 0 ? of_user += size : of_user -= size;
    for (QueueIndex at = seat.seat.leaf;; at = queues_[at].parent) {
        change(queues_[at]);
        touch(at);
        if (at == 0) {
            return;
        }
    }
}

void QueueTree::reserve(const ApplicationId& application, std::string_view label,
                        const Resource& size) {
    change_reserved(seat_of(application), label_of(label), size, +1);
}

void QueueTree::unreserve(const ApplicationId& application, std::string_view label,
                          const Resource& size) {
    SeatBook& seat = seat_of(application);
    change_reserved(seat, label_of(label), size, -1);
    recheck_user(seat.user);
    recheck_up(seat.seat.leaf, false);
    drop_if_done(application);
}

void QueueTree::lift(QueueIndex index, LabelIndex label) {
    QueuePart& part = part_of(queues_[index], label);
    if (part.kept.has_value()) {
        part.kept.reset();
        queues_kept_.erase({index, label});
        recheck_queue(index, false);
    }
}

void QueueTree::lift_kept(QueueIndex leaf, std::string_view label, const Resource& size) {
    if (queues_kept_.empty()) {
        return;
    }
    const LabelIndex wanted = label_of(label);
    for (QueueIndex at = leaf;; at = queues_[at].parent) {
        const std::optional<Kept>& kept = part_of(queues_[at], wanted).kept;
        if (kept.has_value() && kept->size == size) {
            lift(at, wanted);
        }
        if (at == 0) {
            return;
        }
    }
}

void QueueTree::lift_all_kept() {
    while (!queues_kept_.empty()) {
        lift(queues_kept_.begin()->first, queues_kept_.begin()->second);
    }
}

bool QueueTree::is_whole(const QueuePart& part, LabelIndex label) const {
    return label < totals_.size() && part.entitled.maximum == totals_[label];
}

bool QueueTree::is_whole(const Refusal& refusal) const {
    return refusal.limit == Limit::QueueMaximum && refusal.label < totals_.size() &&
           refusal.bound == totals_[refusal.label];
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
        LabelIndex label = 0;
    };
    std::vector<Waiting> waiting;
    for (const QueueIndex index : queues_blocked_) {
        for (const auto& [shape, blocked] : queues_[index].blocked) {
            const LabelIndex label = blocked.refusal.label;
            if (is_whole(blocked.refusal) && open_below(index, label).test(shape)) {
                waiting.push_back({blocked.shape.size, shape, index, label});
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
        slots.push_back(next_below(one.queue, one.label, only));
    }
    return slots;
}

// True: something is kept now.
bool QueueTree::look_at_maximum(QueueIndex index, LabelIndex label, TimePoint now,
                                Duration patience) {
    const Queue& queue = queues_[index];
    const ShapeMask open = open_below(index, label);
    if (part_of(queue, label).kept.has_value() || !open.any()) {
        return false;
    }
    const AskSlot slot = next_below(index, label, open);
    const SeatBook& seat = seats_[by_application_.at(slot.attempt.application)];
    const ShapeMask shapes = part_of(seat, label).asks.mask_of(slot);
    for (const auto& [shape, blocked] : queue.blocked) {
        if (!shapes.test(shape) || now - blocked.since < patience) {
            continue;
        }
        // What can never be must not keep others from what can.
        const Refusal& refusal = blocked.refusal;
        if (refusal.limit == Limit::QueueMaximum && !is_whole(refusal) &&
            blocked.shape.size.fits_in(refusal.bound)) {
            part_of(queues_[index], label).kept = Kept{shape, blocked.shape.size, now};
            queues_kept_.emplace(index, label);
            return true;
        }
    }
    return false;
}

void QueueTree::keep_limits(TimePoint now, Duration patience, Duration timeout) {
    const std::set<std::pair<QueueIndex, LabelIndex>> kept = queues_kept_;
    for (const auto& [index, label] : kept) {
        const Kept what = *part_of(queues_[index], label).kept;
        if (open_below(index, label).test(what.shape) && now - what.since < timeout) {
            continue;
        }
        if (const auto blocked = queues_[index].blocked.find(what.shape);
            blocked != queues_[index].blocked.end()) {
            blocked->second.since = now;  // it waits anew
        }
        lift(index, label);
    }
    std::size_t looks = std::min(kQueuesPerLook, queues_blocked_.size());
    for (; looks > 0; --looks) {
        auto it = queues_blocked_.upper_bound(queue_looked_at_);
        it = it == queues_blocked_.end() ? queues_blocked_.begin() : it;
        queue_looked_at_ = *it;
        for (LabelIndex label = 0; label < queues_[queue_looked_at_].parts.size(); ++label) {
            look_at_maximum(queue_looked_at_, label, now, patience);
        }
    }
}

}  // namespace heddle::rm
