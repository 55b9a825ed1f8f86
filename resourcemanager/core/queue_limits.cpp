// The limits of the queue tree: what they refuse, and what lifts the refusal.

#include <algorithm>

#include "common/base/check.h"
#include "resourcemanager/core/queue_tree.h"
#include "resourcemanager/core/shares.h"

namespace heddle::rm {
namespace {

bool begins_application(AskKind kind) {
    return kind == AskKind::Command || kind == AskKind::Master;
}

}  // namespace

Status QueueTree::admit(QueueIndex index, const ApplicationId& application) const {
    const Queue& leaf = queues_[index];
    if (leaf.settings.state != QueueState::Running && off_ != Feature::QueueStates) {
        const char* state = leaf.settings.state == QueueState::Stopped ? "STOPPED" : "DRAINING";
        return Error{ErrorCode::InvalidArgument,
                     "Queue " + leaf.path + " is " + state +
                         ". Cannot accept submission of application: " + to_string(application) +
                         "; name another queue, or have it started"};
    }
    for (QueueIndex at = index;; at = queues_[at].parent) {
        const Queue& queue = queues_[at];
        if (queue.applications >= queue.settings.applications_max &&
            off_ != Feature::ApplicationLimit) {
            return Error{ErrorCode::InvalidArgument,
                         "Queue " + queue.path + " already has " +
                             std::to_string(queue.applications) +
                             " applications, cannot accept submission of application: " +
                             to_string(application) +
                             "; name another queue, wait until some are over, or have its "
                             "applications_max raised"};
        }
        if (at == 0) {
            return {};
        }
    }
}

namespace {

// What the largest size says nothing of has no limit there.
bool within_largest(const Resource& size, const Resource& largest) {
    return size.memory_mib <= largest.memory_mib && size.vcores <= largest.vcores &&
           std::ranges::all_of(largest.named.entries(), [&](const NamedCounts::Entry& one) {
               return size.named.get(one.name) <= one.count;
           });
}

}  // namespace

Status QueueTree::admit_size(QueueIndex leaf, const Resource& size) const {
    if (off_ == Feature::ContainerMaximum) {
        return {};
    }
    const std::optional<Resource>& of_queue = queues_[leaf].settings.container_max;
    if (of_queue.has_value() && !within_largest(size, *of_queue)) {
        return Error{ErrorCode::InvalidArgument,
                     "asked " + to_string(size) + "; queue " + queues_[leaf].path +
                         " gives containers of at most " + to_string(*of_queue)};
    }
    if (container_max_.has_value() && !within_largest(size, *container_max_)) {
        return Error{ErrorCode::InvalidArgument, "asked " + to_string(size) +
                                                     "; this cluster gives containers of at most " +
                                                     to_string(*container_max_)};
    }
    return {};
}

std::optional<Refusal> QueueTree::refused_parallel(const Queue& queue, QueueIndex index) const {
    const std::optional<std::int32_t>& limit = queue.settings.applications_parallel_max;
    if (!limit.has_value() || queue.parallel < std::max(1, *limit) ||
        off_ == Feature::ParallelLimit) {
        return std::nullopt;
    }
    Refusal refusal;
    refusal.limit = Limit::QueueParallel;
    refusal.queue = index;
    refusal.count = queue.parallel;
    refusal.count_bound = std::max(1, *limit);
    return refusal;
}

std::optional<Refusal> QueueTree::refused_parallel_of(const UserBook& user) const {
    const auto named = parallel_max_by_user_.find(user.name);
    const std::optional<std::int32_t> limit = named != parallel_max_by_user_.end()
                                                  ? std::optional(named->second)
                                                  : parallel_max_per_user_;
    const auto known = parallel_by_user_.find(user.name);
    const std::int64_t count = known == parallel_by_user_.end() ? 0 : known->second.count;
    if (!limit.has_value() || count < std::max(1, *limit) || off_ == Feature::UserParallelLimit) {
        return std::nullopt;
    }
    Refusal refusal;
    refusal.limit = Limit::UserParallel;
    refusal.queue = user.leaf;
    refusal.count = count;
    refusal.count_bound = std::max(1, *limit);
    return refusal;
}

std::int32_t masters_percent(const QueueSettings& settings, const std::string& label) {
    const auto found = settings.masters_percent_by_label.find(label);
    return found == settings.masters_percent_by_label.end() ? settings.masters_percent_max
                                                            : found->second;
}

// A leaf without any master may always have one: else it could never begin.
std::optional<Refusal> QueueTree::refused_masters(QueueIndex leaf, const Shape& shape) const {
    const LabelIndex label = label_index(shape.label);
    const bool first = part_of(queues_[leaf], label).used_by_masters.is_zero();
    if ((first && off_ != Feature::FirstMaster) || off_ == Feature::MasterLimit) {
        return std::nullopt;
    }
    for (QueueIndex at = leaf;; at = queues_[at].parent) {
        const Queue& queue = queues_[at];
        const QueuePart& part = part_of(queue, label);
        const std::int64_t percent = masters_percent(queue.settings, shape.label);
        const Resource bound = scaled(part.entitled.maximum, percent * 10);
        if (shape.size.passes(part.used_by_masters, bound)) {
            return Refusal{
                Limit::QueueMasters, at, shape.size, part.used_by_masters, bound, 0, 0, label};
        }
        if (at == 0) {
            return std::nullopt;
        }
    }
}

// As with the share of a leaf: an equal part of what masters may use of it, or the configured part
// if that is more, as long as others want masters too; the factor counts from what the leaf is
// owed, and always.
Resource QueueTree::user_masters_max(QueueIndex leaf, const std::string& label, std::int64_t weight,
                                     std::int64_t beside) const {
    const Queue& queue = queues_[leaf];
    const Entitlement& entitled = part_of(queue, label_index(label)).entitled;
    const std::int64_t masters = std::int64_t{masters_percent(queue.settings, label)} * 10;
    const std::int64_t configured =
        std::max<std::int64_t>(queue.settings.user_limit_percent_min, 0) * weight / 100;
    const std::int64_t part =
        std::min<std::int64_t>(std::max(weight * 1000 / (weight + beside), configured), 1000);
    Resource bound = scaled(scaled(entitled.maximum, masters), part);
    if (queue.settings.user_limit_factor.has_value() && !entitled.guaranteed.is_zero() &&
        off_ != Feature::UserLimitFactor) {
        const Resource owed = scaled(scaled(entitled.guaranteed, masters), part);
        bound = least(bound, scaled(owed, *queue.settings.user_limit_factor));
    }
    return bound;
}

// In amounts, for people: of a user with weight 1, beside those who want masters.
Resource QueueTree::user_masters_max(QueueIndex leaf, const std::string& label) const {
    const std::int64_t all = part_of(queues_[leaf], label_index(label)).masters_weight;
    return user_masters_max(leaf, label, 1000, std::max<std::int64_t>(all - 1000, 0));
}

// One that has no master may always have one, as far as the leaf allows it.
std::optional<Refusal> QueueTree::refused_user_masters(const UserBook& user,
                                                       const Shape& shape) const {
    const LabelIndex label = label_index(shape.label);
    const UserPart& part = part_of(user, label);
    if (part.used_by_masters.is_zero() || off_ == Feature::UserMasterLimit ||
        off_ == Feature::MasterLimit) {
        return std::nullopt;
    }
    const std::int64_t all = part_of(queues_[user.leaf], label).masters_weight;
    const std::int64_t beside = part.masters_wanted > 0 ? all - user.weight : all;
    const Resource bound = user_masters_max(user.leaf, shape.label, user.weight, beside);
    const std::int64_t percent = masters_percent(queues_[user.leaf].settings, shape.label);
    const bool all_of_it =
        bound == scaled(part_of(queues_[user.leaf], label).entitled.maximum, percent * 10);
    if (all_of_it || !shape.size.passes(part.used_by_masters, bound)) {
        return std::nullopt;  // what is the leaf's limit, that says
    }
    return Refusal{
        Limit::UserMasters, user.leaf, shape.size, part.used_by_masters, bound, 0, 0, label};
}

std::optional<Refusal> QueueTree::refused_maximum(QueueIndex index, const Shape& shape) const {
    const LabelIndex label = label_index(shape.label);
    const QueuePart& part = part_of(queues_[index], label);
    const Resource& bound = part.entitled.maximum;
    // Of all that nodes have, they themselves hold back what is reserved.
    const bool whole = is_whole(part, label);
    // What a node has too much of is in nobody's way on the others.
    Resource taken = whole ? part.used - excess_[label] : part.used + part.reserved;
    if (!whole && part.kept.has_value() && part.kept->size != shape.size) {
        taken += part.kept->size;
    }
    if (!shape.size.passes(taken, bound) || off_ == Feature::QueueMaximum) {
        return std::nullopt;
    }
    return Refusal{Limit::QueueMaximum, index, shape.size, taken, bound, 0, 0, label};
}

// Limits of applications and masters refuse the user, not the queue: one who cannot begin does not
// want room that others would have to leave. A user that holds nothing may always begin, as in
// YARN.
std::optional<Refusal> QueueTree::refused_user(const UserBook& user, const Shape& shape) const {
    for (QueueIndex at = user.leaf; begins_application(shape.kind); at = queues_[at].parent) {
        if (const auto refusal = refused_parallel(queues_[at], at)) {
            return refusal;
        }
        if (at == 0) {
            break;
        }
    }
    if (leads(shape.kind)) {
        if (const auto refusal = refused_masters(user.leaf, shape)) {
            return refusal;
        }
        if (const auto refusal = refused_user_masters(user, shape)) {
            return refusal;
        }
    }
    if (const auto refusal = refused_user_parallel(user, shape)) {
        return refusal;
    }
    return refused_user_factor(user, shape);
}

std::optional<Refusal> QueueTree::refused_user_parallel(const UserBook& user,
                                                        const Shape& shape) const {
    return begins_application(shape.kind) ? refused_parallel_of(user) : std::nullopt;
}

std::optional<Refusal> QueueTree::refused_user_factor(const UserBook& user,
                                                      const Shape& shape) const {
    const std::optional<std::int64_t>& factor = queues_[user.leaf].settings.user_limit_factor;
    if (!factor.has_value()) {
        return std::nullopt;
    }
    const LabelIndex label = label_index(shape.label);
    const Resource& guaranteed = part_of(queues_[user.leaf], label).entitled.guaranteed;
    const UserPart& part = part_of(user, label);
    if (guaranteed.is_zero() || (part.used.is_zero() && part.reserved.is_zero()) ||
        off_ == Feature::UserLimitFactor) {
        return std::nullopt;
    }
    const Resource bound = scaled(scaled(guaranteed, *factor), user.weight);
    const Resource taken = part.used + part.reserved;
    if (!shape.size.passes(taken, bound)) {
        return std::nullopt;
    }
    return Refusal{Limit::UserFactor, user.leaf, shape.size, taken, bound, 0, 0, label};
}

// What a user with weight 1 may use while others want room: an equal part of what the leaf is owed
// or uses, whichever is more, or the configured part if that is more.
std::uint64_t QueueTree::share_allowed(const QueueSettings& settings, const QueuePart& leaf,
                                       LabelIndex label) const {
    const Resource& total = total_of(label);
    const std::uint64_t base =
        std::max(dominant_share(leaf.entitled.guaranteed, total), dominant_share(leaf.used, total));
    const Uint128 equal =
        off_ == Feature::ElasticUserLimit
            ? 0
            : static_cast<Uint128>(base) * 1000 /
                  static_cast<Uint128>(std::max<std::int64_t>(leaf.active_weight, 1));
    const Uint128 part = static_cast<Uint128>(base) *
                         static_cast<Uint128>(std::max(settings.user_limit_percent_min, 0)) / 100;
    return static_cast<std::uint64_t>(std::min<Uint128>(std::max(equal, part), kShareMax));
}

// In amounts, for people. Nobody wants room: as if one with weight 1 did.
Resource QueueTree::user_share(QueueIndex index, LabelIndex label) const {
    const QueuePart& leaf = part_of(queues_[index], label);
    const bool owed = dominant_share(leaf.entitled.guaranteed, total_of(label)) >=
                      dominant_share(leaf.used, total_of(label));
    const std::int64_t weight = leaf.active_weight > 0 ? leaf.active_weight : 1000;
    const std::int64_t part = std::max<std::int64_t>(
        1'000'000 / weight, std::int64_t{queues_[index].settings.user_limit_percent_min} * 10);
    return scaled(owed ? leaf.entitled.guaranteed : leaf.used, part);
}

// As in YARN a user may pass the limit by one container, so that somebody can always go on; and the
// one that uses least of all that want is never refused.
std::optional<Refusal> QueueTree::refused_share(UserIndex index, LabelIndex label) const {
    const UserBook& book = users_[index];
    const UserPart& user = part_of(book, label);
    const Queue& queue = queues_[book.leaf];
    const QueuePart& leaf = part_of(queue, label);
    const std::uint64_t least = off_ == Feature::ElasticUserLimit ? 0
                                : leaf.active_by_use.empty()      ? user.use
                                                             : leaf.active_by_use.begin()->first;
    const std::uint64_t allowed = std::max(share_allowed(queue.settings, leaf, label), least);
    if (user.use <= allowed || off_ == Feature::UserLimit) {
        return std::nullopt;
    }
    const Resource share = scaled(user_share(book.leaf, label), book.weight);
    return Refusal{Limit::UserShare, book.leaf, {}, user.used, share, 0, 0, label};
}

std::optional<QueueTree::Found> QueueTree::find_refusal(const SeatBook& seat,
                                                        const Shape& shape) const {
    if (const auto refusal = refused_user(users_[seat.user], shape)) {
        return Found{true, seat.seat.leaf, *refusal};
    }
    for (QueueIndex at = seat.seat.leaf;; at = queues_[at].parent) {
        if (const auto refusal = refused_maximum(at, shape)) {
            return Found{false, at, *refusal};
        }
        if (at == 0) {
            break;
        }
    }
    if (auto refusal = refused_share(seat.user, label_index(shape.label))) {
        refusal->needed = shape.size;
        return Found{true, seat.seat.leaf, *refusal};
    }
    return std::nullopt;
}

std::optional<Refusal> QueueTree::refusal(const ApplicationId& application,
                                          const Shape& shape) const {
    const SeatBook* found = seat(application);
    CHECK(found != nullptr);
    const std::optional<Found> refused = find_refusal(*found, shape);
    return refused.has_value() ? std::optional(refused->refusal) : std::nullopt;
}

std::vector<Refusal> QueueTree::refusals(const ApplicationId& application,
                                         const Shape& shape) const {
    const SeatBook* found = seat(application);
    CHECK(found != nullptr);
    std::vector<Refusal> refusals;
    const auto add = [&](const std::optional<Refusal>& refusal) {
        if (refusal.has_value()) {
            refusals.push_back(*refusal);
        }
    };
    for (QueueIndex at = found->seat.leaf;; at = queues_[at].parent) {
        if (begins_application(shape.kind)) {
            add(refused_parallel(queues_[at], at));
        }
        if (leads(shape.kind) && queues_[at].leaf) {
            add(refused_masters(at, shape));
        }
        add(refused_maximum(at, shape));
        if (at == 0) {
            break;
        }
    }
    if (leads(shape.kind)) {
        add(refused_user_masters(users_[found->user], shape));
    }
    add(refused_user_parallel(users_[found->user], shape));
    add(refused_user_factor(users_[found->user], shape));
    if (auto refusal = refused_share(found->user, label_index(shape.label))) {
        refusal->needed = shape.size;
        refusals.push_back(*refusal);
    }
    return refusals;
}

bool QueueTree::would_take(const ApplicationId& application, QueueIndex leaf,
                           const Shape& shape) const {
    const SeatBook* found = seat(application);
    CHECK(found != nullptr);
    std::set<QueueIndex> has_it;  // already
    for (QueueIndex at = found->seat.leaf;; at = queues_[at].parent) {
        has_it.insert(at);
        if (at == 0) {
            break;
        }
    }
    const LabelIndex label = label_index(shape.label);
    Shape with_all = shape;
    with_all.size += part_of(*found, label).used;
    for (QueueIndex at = leaf;; at = queues_[at].parent) {
        if (refused_maximum(at, has_it.contains(at) ? shape : with_all).has_value() ||
            (begins_application(shape.kind) && refused_parallel(queues_[at], at).has_value())) {
            return false;
        }
        if (at == 0) {
            break;
        }
    }
    if ((leads(shape.kind) && refused_masters(leaf, shape).has_value()) ||
        refused_user_parallel(users_[found->user], shape).has_value()) {
        return false;
    }
    const auto user = queues_[leaf].users_by_name.find(users_[found->user].name);
    return user == queues_[leaf].users_by_name.end() ||
           (!refused_user_factor(users_[user->second], with_all).has_value() &&
            !(leads(shape.kind) && refused_user_masters(users_[user->second], shape).has_value()) &&
            !refused_share(user->second, label).has_value());
}

bool QueueTree::block_if_refused(const ApplicationId& application, const Shape& shape,
                                 TimePoint now) {
    const SeatBook& seat = seat_of(application);
    const std::optional<Found> found = find_refusal(seat, shape);
    if (!found.has_value()) {
        return false;
    }
    if (!found->at_user) {
        block_queue(found->queue, {shape, found->refusal, now});
        return true;
    }
    if (found->refusal.limit != Limit::UserShare) {
        block_user(seat.user, {shape, found->refusal, now});
        return true;
    }
    const LabelIndex label = found->refusal.label;
    UserPart& user = part_of(users_[seat.user], label);
    CHECK(user.active && !user.over.has_value());
    user.over = found->refusal;
    part_of(queues_[seat.seat.leaf], label).over_by_use.emplace(user.use, seat.user);
    relist_user(seat.user, label);
    return true;
}

bool QueueTree::refused_by_maxima_alone(const ApplicationId& application,
                                        const Shape& shape) const {
    const std::vector<Refusal> all = refusals(application, shape);
    return !all.empty() && std::ranges::all_of(all, [](const Refusal& one) {
        return one.limit == Limit::QueueMaximum;
    });
}

void QueueTree::look_at_lent(const Resource& free) {
    std::vector<std::pair<QueueIndex, ShapeId>> lifted;
    for (const QueueIndex index : queues_blocked_) {
        for (const auto& [shape, blocked] : queues_[index].blocked) {
            if (blocked.shape.label.empty() && blocked.shape.size.fits_in(free)) {
                lifted.emplace_back(index, shape);
            }
        }
    }
    for (const auto& [index, shape] : lifted) {
        release_queue(index, shape);
    }
}

bool QueueTree::within_maxima(QueueIndex leaf, LabelIndex label, const Resource& last) const {
    for (QueueIndex at = leaf;; at = queues_[at].parent) {
        const QueuePart& part = part_of(queues_[at], label);
        const Resource before = part.used - last;
        if (last.passes(is_whole(part, label) ? before - excess_[label] : before,
                        part.entitled.maximum)) {
            return false;
        }
        if (at == 0) {
            return true;
        }
    }
}

void QueueTree::block_queue(QueueIndex index, const Blocked& what) {
    Queue& queue = queues_[index];
    CHECK(queue.blocked.emplace(what.shape.id, what).second);
    queue.blocked_mask.set(what.shape.id);
    queues_blocked_.insert(index);
    blocked_at_[what.shape.id].queues.insert(index);
    relist_up(index, what.refusal.label);
}

void QueueTree::block_user(UserIndex index, const Blocked& what) {
    UserBook& user = users_[index];
    CHECK(user.blocked.emplace(what.shape.id, what).second);
    user.blocked_mask.set(what.shape.id);
    blocked_at_[what.shape.id].users.insert(index);
    wait_for(index, what.refusal);
    relist_user(index, label_index(what.shape.label));
}

// Whoever can lift the refusal finds the user.
void QueueTree::wait_for(UserIndex index, const Refusal& refusal) {
    if (refusal.limit == Limit::UserParallel) {
        parallel_by_user_[users_[index].name].waiting.insert(index);
    } else if (refusal.limit == Limit::QueueParallel || refusal.limit == Limit::QueueMasters ||
               refusal.limit == Limit::UserMasters) {
        queues_[refusal.queue].users_blocked.insert(index);
    }
}

void QueueTree::release_queue(QueueIndex index, ShapeId shape) {
    Queue& queue = queues_[index];
    const auto blocked = queue.blocked.find(shape);
    CHECK(blocked != queue.blocked.end());
    const LabelIndex label = blocked->second.refusal.label;
    queue.blocked.erase(blocked);
    queue.blocked_mask.reset(shape);
    if (queue.blocked.empty()) {
        queues_blocked_.erase(index);
    }
    const auto places = blocked_at_.find(shape);
    places->second.queues.erase(index);
    if (places->second.queues.empty() && places->second.users.empty()) {
        blocked_at_.erase(places);
    }
    relist_up(index, label);
}

void QueueTree::release_user(UserIndex index, ShapeId shape) {
    UserBook& user = users_[index];
    const auto blocked = user.blocked.find(shape);
    CHECK(blocked != user.blocked.end());
    const LabelIndex label = label_index(blocked->second.shape.label);
    user.blocked.erase(blocked);
    user.blocked_mask.reset(shape);
    const auto places = blocked_at_.find(shape);
    places->second.users.erase(index);
    if (places->second.queues.empty() && places->second.users.empty()) {
        blocked_at_.erase(places);
    }
    relist_user(index, label);
}

// `users_too`: fewer applications or masters than before, so users that wait for that are looked
// at.
void QueueTree::recheck_queue(QueueIndex index, bool users_too) {
    std::vector<ShapeId> lifted;
    for (auto& [shape, blocked] : queues_[index].blocked) {
        const std::optional<Refusal> still = refused_maximum(index, blocked.shape);
        if (still.has_value()) {
            blocked.refusal = *still;
        } else {
            lifted.push_back(shape);
        }
    }
    for (const ShapeId shape : lifted) {
        release_queue(index, shape);
    }
    if (users_too) {
        for (const UserIndex user : std::exchange(queues_[index].users_blocked, {})) {
            recheck_user(user);
        }
    }
}

void QueueTree::recheck_up(QueueIndex leaf, bool users_too) {
    for (QueueIndex at = leaf;; at = queues_[at].parent) {
        recheck_queue(at, users_too);
        if (at == 0) {
            return;
        }
    }
}

void QueueTree::recheck_user(UserIndex index) {
    std::vector<ShapeId> lifted;
    for (auto& [shape, blocked] : users_[index].blocked) {
        const std::optional<Refusal> still = refused_user(users_[index], blocked.shape);
        if (!still.has_value()) {
            lifted.push_back(shape);
        } else {
            blocked.refusal = *still;
            wait_for(index, *still);
        }
    }
    for (const ShapeId shape : lifted) {
        release_user(index, shape);
    }
}

void QueueTree::wake_user_everywhere(const std::string& name) {
    for (const UserIndex index : std::exchange(parallel_by_user_[name].waiting, {})) {
        recheck_user(index);
    }
}

void QueueTree::release_users(QueueIndex index, LabelIndex label) {
    QueuePart& leaf = part_of(queues_[index], label);
    while (!leaf.over_by_use.empty()) {
        const UserIndex user = leaf.over_by_use.begin()->second;
        if (refused_share(user, label).has_value()) {
            return;
        }
        leaf.over_by_use.erase(leaf.over_by_use.begin());
        part_of(users_[user], label).over.reset();
        relist_user(user, label);
    }
}

}  // namespace heddle::rm
