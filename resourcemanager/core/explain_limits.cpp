#include "resourcemanager/core/explain_limits.h"

#include <algorithm>

#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/explain_words.h"
#include "resourcemanager/core/label_access.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kApplicationsLookedAt = 20'000;
constexpr std::size_t kSeatsLookedAt = 1000;
constexpr std::size_t kAsksLookedAt = 2000;
constexpr std::size_t kAheadShown = 5;
constexpr QueueIndex kQueuesLookedAt = 2000;

bool is_in(const Books& books, QueueIndex leaf, QueueIndex queue) {
    for (QueueIndex at = leaf;; at = books.queues.at(at).parent) {
        if (at == queue) {
            return true;
        }
        if (at == 0) {
            return false;
        }
    }
}

Reason reason_of(Limit limit) {
    switch (limit) {
        case Limit::QueueMaximum:
            return Reason::QueueLimit;
        case Limit::QueueMasters:
        case Limit::UserMasters:
            return Reason::AmShare;
        case Limit::QueueParallel:
        case Limit::UserParallel:
            return Reason::ParallelLimit;
        case Limit::UserFactor:
        case Limit::UserShare:
            return Reason::UserLimit;
    }
    return Reason::QueueLimit;
}

bool of_user(Limit limit) {
    return limit == Limit::UserFactor || limit == Limit::UserShare ||
           limit == Limit::UserParallel || limit == Limit::UserMasters;
}

std::string sentence_of(const Refusal& refusal, const std::string& queue, const std::string& user,
                        const Ask& ask) {
    const std::string on = on_label(ask.label);
    const std::string amounts =
        size_text(refusal.used) + " of at most " + size_text(refusal.bound) + on;
    const std::string count = count_text(refusal.count, "application");
    const std::string most = std::to_string(refusal.count_bound);
    const std::string more = "; one container of " + size_text(ask.size) + " more would pass that.";
    switch (refusal.limit) {
        case Limit::QueueMaximum:
            return "Queue " + queue + " uses " + amounts + more;
        case Limit::QueueMasters:
            return "Masters in queue " + queue + " use " + amounts + more;
        case Limit::QueueParallel:
            return "Queue " + queue + " runs " + count + " of at most " + most + " at a time.";
        case Limit::UserParallel:
            return "User " + user + " runs " + count + " of at most " + most + " at a time.";
        case Limit::UserMasters:
            return "Masters of user " + user + " use " + amounts + " in queue " + queue + more;
        case Limit::UserFactor:
            return "User " + user + " uses " + amounts + " in queue " + queue + more;
        case Limit::UserShare:
            return "User " + user + " uses " + size_text(refusal.used) + on + " in queue " + queue +
                   ", and the share of each user is " + size_text(refusal.bound) +
                   " while others wait.";
    }
    return "";
}

Blocker blocker_of(const Books& books, const Refusal& refusal, const ApplicationId& application,
                   const Ask& ask, HoldersInQueues* holders) {
    const QueueTree& queues = books.queues;
    const SeatBook& seat = *queues.seat(application);
    const std::string& queue = queues.at(refusal.queue).path;
    const std::string user = of_user(refusal.limit) ? seat.seat.user : "";
    Blocker blocker;
    blocker.reason = reason_of(refusal.limit);
    blocker.sentence = sentence_of(refusal, queue, seat.seat.user, ask);
    const QueuePart& whose = part_of(queues.at(refusal.queue), refusal.label);
    if (refusal.limit == Limit::QueueMaximum && whose.kept.has_value() &&
        whose.kept->size != ask.size) {
        blocker.sentence += " Of that, " + size_text(whose.kept->size) +
                            " is kept for one that comes first and has waited for longer.";
    } else if (refusal.limit == Limit::QueueMaximum && !whose.reserved.is_zero()) {
        blocker.sentence += " Of that, " + size_text(whose.reserved) + " is reserved.";
    }
    blocker.where = user.empty() ? queue : user;
    if (blocker.reason != Reason::ParallelLimit) {
        blocker.need = ask.size;
        blocker.limit = refusal.bound;
        blocker.used = refusal.used;
    }
    if (holders != nullptr) {
        blocker.holders =
            holders->in(refusal.limit == Limit::UserParallel ? 0 : refusal.queue, user);
    }
    return blocker;
}

}  // namespace

const std::vector<Holder>& HoldersInQueues::in(QueueIndex queue, const std::string& user) {
    const auto [it, fresh] = found_.emplace(std::pair(queue, user), std::vector<Holder>{});
    if (!fresh) {
        return it->second;
    }
    std::vector<Holder>& holders = it->second;
    std::size_t looked_at = 0;
    for (const auto& [id, application] : books_.applications.all()) {
        if (++looked_at > kApplicationsLookedAt) {
            break;
        }
        if (application.live_containers > 0 && is_in(books_, application.queue, queue) &&
            (user.empty() || application.submission->user == user)) {
            holders.push_back({id, application.allocated, application.live_containers});
        }
    }
    keep_largest(holders);
    return holders;
}

std::vector<Blocker> limit_blockers(const Books& books, const Demand& demand, bool full,
                                    HoldersInQueues* holders) {
    return limit_blockers(books, demand.owner.attempt.application, demand.ask,
                          books.asks.shape_of(demand), full, holders);
}

std::vector<Blocker> limit_blockers(const Books& books, const ApplicationId& application,
                                    const Ask& ask, const Shape& shape, bool full,
                                    HoldersInQueues* holders) {
    std::vector<Blocker> blockers;
    for (const Refusal& refusal : books.queues.refusals(application, shape)) {
        const bool whole = refusal.limit == Limit::QueueMaximum &&
                           refusal.bound == books.queues.total(shape.label);
        if (!(whole && full)) {
            blockers.push_back(blocker_of(books, refusal, application, ask, holders));
        }
    }
    return blockers;
}

Ahead ahead_of(const Books& books, const Demand& demand) {
    Ahead ahead;
    const QueueTree& queues = books.queues;
    const ApplicationId& own_id = demand.owner.attempt.application;
    const SeatBook* own = queues.seat(own_id);
    const LabelIndex label = queues.label_index(demand.ask.label);
    if (own == nullptr || !part_of(*own, label).listed.in) {
        return ahead;
    }
    const SeatKey& mine = part_of(*own, label).listed.key;
    // Users that a limit keeps from everything stand in nobody's way but their own.
    std::vector<SeatKey> seats;
    const auto add_seats = [&](const UserPart& user) {
        const ShapeMask all = user.waiting.all();
        for (const SeatKey* seat = user.waiting.front(); seat != nullptr && *seat < mine;
             seat = user.waiting.first_after(*seat, all)) {
            if (seats.size() >= kSeatsLookedAt) {
                ahead.more = true;
                return;
            }
            seats.push_back(*seat);
        }
    };
    const QueuePart& leaf = part_of(queues.at(demand.owner.queue), label);
    const ShapeMask all = leaf.users.all();
    for (const UserKey* user = leaf.users.front(); user != nullptr && user->head < mine;
         user = leaf.users.first_after(*user, all)) {
        if (user->user != own->user) {
            add_seats(part_of(queues.user(user->user), label));
        }
    }
    add_seats(part_of(queues.user(own->user), label));
    std::sort(seats.begin(), seats.end());
    std::size_t looked_at = 0;
    for (const SeatKey& seat : seats) {
        Holder waits{seat.application, {}, 0};
        const SeatPart& part = part_of(*queues.seat(seat.application), label);
        part.asks.for_each([&](const AskSlot& slot, const ShapeMask&) {
            if (++looked_at <= kAsksLookedAt) {
                const Demand& other = *books.asks.find(slot.attempt, slot.ask);
                waits.amount += other.ask.size * other.outstanding;
                waits.containers += other.outstanding;
            }
        });
        ahead.containers += waits.containers;
        ++ahead.applications_count;
        if (ahead.applications.size() < kAheadShown) {
            ahead.applications.push_back(waits);
        }
    }
    ahead.more = ahead.more || looked_at > kAsksLookedAt;
    return ahead;
}

std::string queue_with_room(const Books& books, const Demand& demand) {
    const QueueTree& queues = books.queues;
    const Ask& ask = demand.ask;
    const bool picky = demand.placed() || demand.owner.choosy || demand.constraint != nullptr;
    if (!books.free.survey(ask.size, ask.label).fits || (picky && !fits_somewhere(books, demand))) {
        return "";
    }
    const ApplicationId& application = demand.owner.attempt.application;
    const Shape shape = books.asks.shape_of(demand);
    for (QueueIndex index = 1; index < std::min<std::size_t>(queues.size(), kQueuesLookedAt);
         ++index) {
        const Queue& queue = queues.at(index);
        if (!queue.path.empty() && queue.leaf && index != demand.owner.queue &&
            queues.admit(index, application).ok() && queues.admit_size(index, ask.size).ok() &&
            may_use_label(books, index, ask.label).ok() &&
            queues.would_take(application, index, shape)) {
            return "Queue " + queue.path + " has room for it now.";
        }
    }
    return "";
}

}  // namespace heddle::rm
