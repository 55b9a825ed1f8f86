#include "resourcemanager/core/headroom.h"

#include <algorithm>
#include <string>

#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/shares.h"

namespace heddle::rm {
namespace {

// Somebody else of the leaf waits: then each has an equal share.
bool others_want_room(const QueuePart& leaf, UserIndex user) {
    return std::ranges::any_of(leaf.active_by_use,
                               [&](const auto& active) { return active.second != user; });
}

// As QueueTree::user_share(), once this user wants room as well; beyond what the leaf is owed there
// is always one container more to share.
Resource equal_share(const QueueTree& queues, const UserBook& user, LabelIndex label,
                     const Resource& total, const Resource& least_size) {
    const Queue& leaf = queues.at(user.leaf);
    const QueuePart& part = part_of(leaf, label);
    const bool owed =
        dominant_share(part.entitled.guaranteed, total) >= dominant_share(part.used, total);
    const std::int64_t weight =
        part.active_weight + (part_of(user, label).active ? 0 : user.weight);
    const std::int64_t thousandths =
        std::max(1'000'000 / std::max<std::int64_t>(weight, 1),
                 std::int64_t{leaf.settings.user_limit_percent_min} * 10);
    const Resource& shared = owed ? part.entitled.guaranteed : part.used + least_size;
    return scaled(scaled(shared, thousandths), user.weight);
}

// Who is not over the share is given one container more, however much that is.
bool over_share(const QueueTree& queues, const SeatBook& seat, const std::string& label,
                const Resource& least_size) {
    return std::ranges::any_of(
        queues.refusals(seat.seat.application, {kNoShape, least_size, label, AskKind::Ordinary}),
        [](const Refusal& refusal) { return refusal.limit == Limit::UserShare; });
}

Resource within_user(const Books& books, const SeatBook& seat, const std::string& name,
                     Resource room) {
    const QueueTree& queues = books.queues;
    const Feature off = books.config.feature_off;
    const LabelIndex label = queues.label_index(name);
    const Resource& total = queues.total(name);
    const Resource& least_size = books.config.scheduler.container_min;
    const UserBook& user = queues.user(seat.user);
    const UserPart& part = part_of(user, label);
    const Queue& leaf = queues.at(seat.seat.leaf);
    const QueuePart& of_leaf = part_of(leaf, label);
    const Resource taken = part.used + part.reserved;
    const std::optional<std::int64_t>& factor = leaf.settings.user_limit_factor;
    if (factor.has_value() && !of_leaf.entitled.guaranteed.is_zero() &&
        off != Feature::UserLimitFactor) {
        const Resource bound = scaled(scaled(of_leaf.entitled.guaranteed, *factor), user.weight);
        room = least(room, bound - taken);
    }
    if (others_want_room(of_leaf, seat.user) && off != Feature::UserLimit) {
        Resource left = equal_share(queues, user, label, total, least_size) - taken;
        if (!over_share(queues, seat, name, least_size)) {
            left.memory_mib = std::max(left.memory_mib, least_size.memory_mib);
            left.vcores = std::max(left.vcores, least_size.vcores);
        }
        room = least(room, left);
    }
    return room;
}

}  // namespace

Resource headroom_of(const Books& books, const Application& application) {
    const QueueTree& queues = books.queues;
    const SeatBook* seat = queues.seat(application.id());
    if (seat == nullptr) {
        return {};
    }
    const std::string& name = application.submission->label;
    const LabelIndex label = queues.label_index(name);
    Resource room = queues.total(name);
    for (QueueIndex at = seat->seat.leaf;; at = queues.at(at).parent) {
        const QueuePart& part = part_of(queues.at(at), label);
        room = least(room, part.entitled.maximum - part.used - part.reserved);
        if (at == 0) {
            break;
        }
    }
    return within_user(books, *seat, name, std::move(room));
}

void headroom_asked(Books& books, const Application& application, Attempt& attempt, bool wanted) {
    attempt.headroom_wanted = wanted;
    if (wanted && attempt.headroom_told != headroom_of(books, application)) {
        tell_something(books, attempt);  // the amount is looked up when the news leave
    }
}

}  // namespace heddle::rm
