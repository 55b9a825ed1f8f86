#include "resourcemanager/core/preemption_balance.h"

#include <algorithm>
#include <set>

#include "resourcemanager/core/claim_room.h"
#include "resourcemanager/core/lending.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/shares.h"
#include "resourcemanager/core/states.h"

namespace heddle::rm {
namespace {

template <typename Visit>
void walk_up(const Books& books, QueueIndex leaf, Visit&& visit) {
    for (QueueIndex at = leaf;; at = books.queues.at(at).parent) {
        visit(at);
        if (at == 0) {
            return;
        }
    }
}

// No more than `percent` of `whole`, of the resources of which it has any.
bool within_where(const Resource& part, const Resource& whole, std::int64_t percent) {
    const Resource most = scaled(whole, percent * 10);
    return (whole.memory_mib <= 0 || part.memory_mib <= most.memory_mib) &&
           (whole.vcores <= 0 || part.vcores <= most.vcores) &&
           std::ranges::all_of(whole.named.entries(), [&](const NamedCounts::Entry& one) {
               return one.count <= 0 || part.named.get(one.name) <= most.named.get(one.name);
           });
}

bool is_within(const Books& books, QueueIndex index, QueueIndex above) {
    bool found = false;
    walk_up(books, index, [&](QueueIndex at) { found = found || at == above; });
    return found;
}

}  // namespace

const PreemptionConfig& preemption_config(const Books& books) {
    return books.config.scheduler.preemption;
}

bool within(const Resource& used, const Resource& guaranteed, const Resource& of) {
    return used.memory_mib <= guaranteed.memory_mib && used.vcores <= guaranteed.vcores &&
           std::ranges::all_of(of.named.entries(), [&](const NamedCounts::Entry& one) {
               return used.named.get(one.name) <= guaranteed.named.get(one.name);
           });
}

bool reaches(const Resource& used, const Resource& guaranteed, const Resource& of) {
    return used.memory_mib >= guaranteed.memory_mib || used.vcores >= guaranteed.vcores ||
           std::ranges::any_of(of.named.entries(), [&](const NamedCounts::Entry& one) {
               return used.named.get(one.name) >= guaranteed.named.get(one.name);
           });
}

Resource named_in_both(const Resource& a, const Resource& b) {
    Resource both;
    for (const NamedCounts::Entry& one : a.named.entries()) {
        if (b.named.get(one.name) > 0) {
            both.named.set(one.name, 1);
        }
    }
    return both;
}

Balance::Balance(const Books& books, const std::string& label)
    : books_(books),
      label_(books.queues.label_index(label)),
      left_(books.queues.size()),
      promised_(books.queues.size()),
      coming_(books.queues.size()),
      candidates_(books, label_),
      inside_(books, label_) {
    for (QueueIndex index = 0; index < books.queues.size(); ++index) {
        left_[index] = promised_[index] = part_of(books.queues.at(index), label_).used;
    }
    for (const auto& [id, claim] : books.claims.all) {
        if (claim.label == label) {
            promise(claim, size_of_victims(books, claim));
        }
        in_flight_ += size_of_victims(books, claim);
    }
    for (const ContainerId& id : books.containers.stopping()) {
        count_leaving(id);
    }
    for (const auto& [id, claim] : books.claims.by_victim) {
        if (!books.containers.find(id)->stopping) {
            count_leaving(id);
        }
    }
    note_users();
}

// A claim inside a leaf moves room between its applications: the leaf gains only the rest.
void Balance::promise(const Claim& claim, const Resource& victims) {
    walk_up(books_, claim.leaf, [&](QueueIndex at) {
        promised_[at] += claim.size;
        coming_[at] += claim.size;
        if (claim.inside) {
            promised_[at] -= victims;
        }
    });
    if (claim.inside) {
        flying_inside_[claim.leaf] += victims;
    }
    if (const SeatBook* seat = books_.queues.seat(claim.attempt.application)) {
        inside_.come(seat->user, claim.size);
    }
}

// Of what is lent nothing is counted.
void Balance::leave(const Candidate& candidate, int sign) {
    if (!candidate.lent) {
        walk_up(books_, candidate.leaf, [&](QueueIndex at) {
            sign > 0 ? left_[at] -= candidate.size : left_[at] += candidate.size;
        });
        inside_.leave(candidate.user, candidate.size, sign);
    }
}

void Balance::fly(const Resource& size, int sign) {
    sign > 0 ? in_flight_ += size : in_flight_ -= size;
}

bool Balance::owed(QueueIndex leaf, const Resource& size) const {
    for (QueueIndex at = leaf; at != 0; at = books_.queues.at(at).parent) {
        if (owed_at(at, size)) {
            return true;
        }
    }
    return false;
}

bool Balance::may_take(const Candidate& victim, QueueIndex leaf, QueueIndex scope,
                       const Resource& size) {
    if (protected_from_preemption(books_, victim.leaf) ||
        (victim.master && candidates_.has_ordinary(victim.leaf))) {
        return false;
    }
    if (victim.lent) {
        return scope == 0;  // a maximum does not count it
    }
    const Resource both = named_in_both(victim.size, size);
    if (victim.leaf == leaf || !over(victim.leaf, both)) {
        return false;
    }
    std::set<QueueIndex> above;
    walk_up(books_, victim.leaf, [&](QueueIndex at) { above.insert(at); });
    QueueIndex getter = leaf;
    while (!above.contains(books_.queues.at(getter).parent)) {
        getter = books_.queues.at(getter).parent;
    }
    const QueueIndex common = books_.queues.at(getter).parent;
    if (!owed_at(getter, size) || !is_within(books_, common, scope)) {
        return false;
    }
    for (QueueIndex at = victim.leaf; at != common; at = books_.queues.at(at).parent) {
        if (!keeps_guarantee(at, victim, both)) {
            return false;
        }
    }
    return true;
}

bool Balance::may_ask_back(const Candidate& victim, const Resource& own) const {
    const std::int64_t percent = preemption_config(books_).natural_termination_percent;
    if (percent >= 100 || victim.lent || books_.config.off(Feature::NaturalTermination)) {
        return true;
    }
    const Resource& used = part_of(books_.queues.at(victim.leaf), label_).used;
    const Resource leaving = used - left_[victim.leaf];
    const Resource beyond = lacking(used, guaranteed(victim.leaf));
    return leaving == own || within_where(leaving + victim.size, beyond, percent);
}

// Of named resources that the victim has, each; of the rest, one that the ask wants.
bool Balance::keeps_guarantee(QueueIndex queue, const Candidate& victim, const Resource& of) const {
    const Resource then = left_[queue] - victim.size;
    const bool named_too =
        std::ranges::all_of(victim.size.named.entries(), [&](const NamedCounts::Entry& one) {
            return then.named.get(one.name) >= guaranteed(queue).named.get(one.name);
        });
    return (named_too && reaches(then, guaranteed(queue), of)) ||
           books_.config.off(Feature::PreemptionGuarantee);
}

bool Balance::may_take_inside(const Candidate& victim, const Demand& demand) const {
    return inside_.may_take(victim, demand) && keeps_guarantee(demand, victim.size, victim.size);
}

bool Balance::keeps_guarantee(const Demand& demand, const Resource& taken,
                              const Resource& there) const {
    if (taken.fits_in(demand.ask.size)) {
        return true;
    }
    bool keeps = true;
    walk_up(books_, demand.owner.queue, [&](QueueIndex at) {
        const Resource then = left_[at] + coming_[at] + demand.ask.size - there;
        keeps = keeps && reaches(then, guaranteed(at));
    });
    return keeps;
}

bool Balance::in_budget(const Resource& more) const {
    const std::int64_t percent = preemption_config(books_).round_percent_max;
    return books_.config.off(Feature::PreemptionBudget) ||
           within(in_flight_ + more, scaled(books_.nodes.total(), percent * 10));
}

bool Balance::in_budget_inside(QueueIndex leaf, const Resource& more) const {
    const std::int64_t percent = preemption_config(books_).intra_queue_percent_max;
    const auto flying = flying_inside_.find(leaf);
    return percent >= 100 || flying == flying_inside_.end() || flying->second.is_zero() ||
           books_.config.off(Feature::PreemptionInsideBudget) ||
           within(flying->second + more, scaled(guaranteed(leaf), percent * 10));
}

bool Balance::owed_at(QueueIndex index, const Resource& size) const {
    return within(promised_[index] + size, guaranteed(index), size);
}

bool Balance::over(QueueIndex leaf, const Resource& of) const {
    const std::int64_t dead_zone = books_.config.off(Feature::PreemptionDeadZone)
                                       ? 0
                                       : preemption_config(books_).dead_zone_percent;
    const std::int64_t percent = 100 + dead_zone;
    return books_.config.off(Feature::PreemptionGuarantee) ||
           !within(left_[leaf], scaled(guaranteed(leaf), percent * 10), of);
}

// In whatever order.
void Balance::count_leaving(const ContainerId& id) {
    const Container& container = *books_.containers.find(id);
    const Node& node = books_.nodes.at(container.node);
    if (container.orphan || container.opportunistic() ||
        books_.queues.label_index(node.info.label) != label_) {
        return;
    }
    Candidate one;
    const Application& application = *books_.applications.find(container.key.attempt.application);
    one.leaf = application.queue;
    one.size = container.size;
    one.lent = lent(node, container);
    one.user = books_.queues.seat(application.id())->user;
    leave(one, +1);
}

void Balance::note_users() {
    books_.queues.for_each_seat([&](const SeatBook& seat) {
        if (!part_of(seat, label_).used.is_zero() && inside_.preempts(seat.seat.leaf)) {
            inside_.note(seat.user, seat.seat.priority);
        }
    });
}

}  // namespace heddle::rm
