#include "tests/support/rm_world/policy_checks.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "resourcemanager/core/lending.h"
#include "resourcemanager/core/shares.h"
#include "resourcemanager/core/size_weight.h"
#include "resourcemanager/core/states.h"
#include "tests/support/rm_world/names.h"

namespace heddle::rm::test {
namespace {

const Application& owner_of(const Books& books, const AttemptId& attempt) {
    return *books.applications.find(attempt.application);
}

std::string label_of(const Books& books, const Container& grant) {
    const Demand* own = books.asks.find(grant.key.attempt, grant.key.ask);
    return own != nullptr ? own->ask.label : owner_of(books, grant.key.attempt).submission->label;
}

// Of the nodes that the grant counts on.
LabelIndex partition_of(const Books& books, const Container& grant) {
    return books.queues.label_index(books.nodes.at(grant.node).info.label);
}

bool is_lent(const Books& books, const Container& grant) {
    return lent(books.nodes.at(grant.node), grant);
}

// What the application holds on nodes of the label.
Resource held_by(const Books& books, const Application& application, LabelIndex label) {
    return part_of(*books.queues.seat(application.id()), label).used;
}

bool is_above(const QueueTree& queues, QueueIndex above, QueueIndex leaf) {
    while (leaf != above && leaf != 0) {
        leaf = queues.at(leaf).parent;
    }
    return leaf == above;
}

// Whether the limit refused the ask before the grant as well: the grant is part of its use now.
bool refused_before(const Books& books, const Refusal& now, bool same_user,
                    const Container& grant) {
    const QueueIndex leaf = owner_of(books, grant.key.attempt).queue;
    const bool counts =
        now.limit == Limit::QueueMaximum ? is_above(books.queues, now.queue, leaf) : same_user;
    if (now.limit == Limit::UserShare) {
        return !same_user;  // who was served was not over it
    }
    return !counts || now.needed.passes(now.used - grant.size, now.bound);
}

bool refused_before(const Books& books, const Demand& demand, const Container& grant) {
    const Application& served = owner_of(books, grant.key.attempt);
    const Application& other = owner_of(books, demand.owner.attempt);
    const bool same_user =
        served.queue == other.queue && served.submission->user == other.submission->user;
    const std::vector<Refusal> all = books.queues.refusals(other.id(), books.asks.shape_of(demand));
    return std::ranges::any_of(
        all, [&](const Refusal& now) { return refused_before(books, now, same_user, grant); });
}

// Whether the ask could have had the container instead: it wants the same, any node will do for it,
// and no limit was in its way.
bool rivals(const Books& books, const Demand& demand, const Container& grant) {
    return demand.outstanding > 0 && demand.ask.id != 0 && demand.in_line() && !demand.picky() &&
           !demand.placed() && !grant.master() && !is_lent(books, grant) &&
           demand.ask.size == grant.size && demand.ask.label == label_of(books, grant) &&
           !refused_before(books, demand, grant);
}

// The queues that part below the lowest one above both.
std::pair<QueueIndex, QueueIndex> siblings(const QueueTree& queues, QueueIndex a, QueueIndex b) {
    std::map<QueueIndex, QueueIndex> above;  // a queue above `a`: its child on the way down
    for (QueueIndex at = a; at != 0; at = queues.at(at).parent) {
        above.emplace(queues.at(at).parent, at);
    }
    while (!above.contains(queues.at(b).parent)) {
        b = queues.at(b).parent;
    }
    return {above.at(queues.at(b).parent), b};
}

// What the application holds on nodes of the label and has asked for there. A grant changes nothing
// of the sum.
std::int64_t wanted_in_all(const Books& books, const Application& application, LabelIndex label) {
    std::int64_t mib = held_by(books, application, label).memory_mib;
    for (const Demand* demand : books.asks.outstanding()) {
        if (demand->owner.attempt.application == application.id() &&
            books.queues.label_index(demand->ask.label) == label) {
            mib += demand->ask.size.memory_mib * demand->outstanding;
        }
    }
    return mib;
}

std::uint64_t weighed(std::uint64_t share, std::int64_t wanted) {
    return static_cast<std::uint64_t>(static_cast<Uint128>(share) * kWholeWeight /
                                      size_weight(wanted));
}

// Where an application stood in its leaf; lower is served first.
std::tuple<std::uint64_t, std::int32_t, std::uint64_t> place_of(const Books& books,
                                                                const Application& application,
                                                                const Resource& held,
                                                                const Resource& total,
                                                                std::int64_t wanted) {
    const QueueConfig& leaf = books.queues.at(application.queue).config;
    if (leaf.order == LeafOrder::Fair) {
        const std::uint64_t share = dominant_share(held, total);
        return {leaf.size_based_weight ? weighed(share, wanted) : share, 0, application.serial};
    }
    return {0, -application.submission->priority, application.serial};
}

// Of two users of a leaf the one that holds less is never over its share while the other is not:
// what the share was before the grant cannot be seen after it.
bool within_share(const Books& books, const Application& other, const Application& served,
                  const Container& grant) {
    const UserBook& waits = books.queues.user(books.queues.seat(other.id())->user);
    const UserBook& has = books.queues.user(books.queues.seat(served.id())->user);
    const LabelIndex label = partition_of(books, grant);
    const Resource total = books.nodes.total(books.nodes.at(grant.node).info.label);
    const auto use = [&](const UserBook& user, const Resource& held) {
        return static_cast<Uint128>(dominant_share(held, total)) /
               static_cast<Uint128>(user.weight);
    };
    return waits.name == has.name || use(waits, part_of(waits, label).used) <=
                                         use(has, part_of(has, label).used - grant.size);
}

// As the nearest queue from the parent upwards says, else as all of them do.
bool ordered_by_priority(const Books& books, const Queue& queue) {
    for (QueueIndex at = queue.parent;; at = books.queues.at(at).parent) {
        if (const auto said = books.queues.at(at).config.queue_order; said.has_value() || at == 0) {
            return said.value_or(books.config.scheduler.queue_priorities
                                     ? QueueOrder::Priority
                                     : QueueOrder::Share) == QueueOrder::Priority;
        }
    }
}

// Whether one queue stood before another of the same parent.
bool stood_before(const Books& books, const Queue& one, const Resource& held, const Queue& other,
                  const Resource& other_held, LabelIndex label) {
    const std::uint64_t share = dominant_share(held, part_of(one, label).entitled.guaranteed);
    const std::uint64_t other_share =
        dominant_share(other_held, part_of(other, label).entitled.guaranteed);
    const bool same_side = (share < kWholeShare) == (other_share < kWholeShare);
    if (ordered_by_priority(books, one) && same_side &&
        one.settings.priority != other.settings.priority) {
        return one.settings.priority > other.settings.priority;
    }
    return share < other_share;
}

}  // namespace

std::string check_granted(const Books& books, const Container& grant) {
    const Application& application = owner_of(books, grant.key.attempt);
    if (application.kill_requested || is_final(application.state)) {
        return "granted to an application that is killed or over: " + name_of(grant.id);
    }
    const Demand* demand = books.asks.find(grant.key.attempt, grant.key.ask);
    if (grant.master() || demand == nullptr) {
        return {};
    }
    const AskCount count = books.asks.count(grant.key);
    return count.live + count.unconfirmed <= demand->ask.count
               ? std::string()
               : "granted beyond its ask: " + name_of(grant.id);
}

std::string check_capacity(const Books& books, const Container& grant) {
    const Node& node = books.nodes.at(grant.node);
    return node.used.fits_in(node.info.total)
               ? std::string()
               : node.info.id.name + " has " + to_string(node.info.total) + " and holds " +
                     to_string(node.used) + " after " + name_of(grant.id);
}

std::string check_maximum(const Books& books, const Container& grant) {
    if (is_lent(books, grant)) {
        return {};
    }
    const LabelIndex label = partition_of(books, grant);
    for (QueueIndex at = owner_of(books, grant.key.attempt).queue;;
         at = books.queues.at(at).parent) {
        const Queue& queue = books.queues.at(at);
        const QueuePart& part = part_of(queue, label);
        // All that nodes have is no limit: what one has too much of is in nobody's way elsewhere.
        const bool whole =
            part.entitled.maximum == books.nodes.total(books.nodes.at(grant.node).info.label);
        if (!whole && grant.size.passes(part.used - grant.size, part.entitled.maximum)) {
            return queue.path + " may use " + to_string(part.entitled.maximum) + " and uses " +
                   to_string(part.used) + " after " + name_of(grant.id) + " on nodes labelled '" +
                   books.nodes.at(grant.node).info.label + "'";
        }
        if (at == 0) {
            return {};
        }
    }
}

std::string check_user_masters(const Books& books, const Container& grant) {
    const Application& application = owner_of(books, grant.key.attempt);
    const SeatBook* seat = books.queues.seat(application.id());
    if (!grant.master() || application.command() || seat == nullptr || is_lent(books, grant)) {
        return {};
    }
    const LabelIndex label = partition_of(books, grant);
    const UserBook& user = books.queues.user(seat->user);
    const UserPart& held = part_of(user, label);
    const Queue& queue = books.queues.at(user.leaf);
    const QueuePart& leaf = part_of(queue, label);
    const std::int64_t others =
        leaf.masters_weight - (held.masters_wanted > 0 ? user.weight : std::int64_t{0});
    const std::int64_t part = std::max(user.weight * 1000 / (user.weight + others),
                                       queue.settings.user_limit_percent_min * user.weight / 100);
    const std::int64_t percent =
        masters_percent(queue.settings, books.nodes.at(grant.node).info.label);
    const Resource bound =
        scaled(scaled(leaf.entitled.maximum, percent * 10), std::min<std::int64_t>(part, 1000));
    const Resource before = held.used_by_masters - grant.size;
    if (before.is_zero() || !grant.size.passes(before, bound)) {
        return {};
    }
    return name_of(grant.id) + " is one master more of user " + user.name + " than " +
           to_string(bound) + " in queue " + queue.path + ", while others want masters";
}

std::string check_order(const Books& books, const Container& grant) {
    const Application& served = owner_of(books, grant.key.attempt);
    const LabelIndex label = partition_of(books, grant);
    const Resource total = books.nodes.total(books.nodes.at(grant.node).info.label);
    for (const Demand* demand : books.asks.outstanding()) {
        const Application& other = owner_of(books, demand->owner.attempt);
        if (&other != &served && other.queue == served.queue && rivals(books, *demand, grant) &&
            within_share(books, other, served, grant) &&
            place_of(books, other, held_by(books, other, label), total,
                     wanted_in_all(books, other, label)) <
                place_of(books, served, held_by(books, served, label) - grant.size, total,
                         wanted_in_all(books, served, label))) {
            return name_of(grant.id) + " is granted before " + name_of(other.id()) +
                   ", which waits for the same";
        }
    }
    return {};
}

std::string check_ask_order(const Books& books, const Container& grant) {
    const Demand* own = books.asks.find(grant.key.attempt, grant.key.ask);
    for (const Demand* demand : books.asks.of_attempt(grant.key.attempt)) {
        if (own != nullptr && demand->ask.priority < own->ask.priority &&
            rivals(books, *demand, grant)) {
            return name_of(grant.id) + " is granted before ask " + std::to_string(demand->ask.id) +
                   " of the same application, which comes first";
        }
    }
    return {};
}

std::string check_fairness(const Books& books, const Container& grant) {
    const QueueIndex leaf = owner_of(books, grant.key.attempt).queue;
    const LabelIndex label = partition_of(books, grant);
    for (const Demand* demand : books.asks.outstanding()) {
        if (demand->owner.queue == leaf || !rivals(books, *demand, grant)) {
            continue;
        }
        const auto [mine, other] = siblings(books.queues, leaf, demand->owner.queue);
        const Queue& served = books.queues.at(mine);
        const Queue& waits = books.queues.at(other);
        if (stood_before(books, waits, part_of(waits, label).used, served,
                         part_of(served, label).used - grant.size, label)) {
            return name_of(grant.id) + " goes to " + served.path + " while " + waits.path +
                   ", further below what it is owed, waits for the same";
        }
    }
    return {};
}

}  // namespace heddle::rm::test
