#include "resourcemanager/core/preemption_candidates.h"

#include <algorithm>
#include <tuple>

#include "resourcemanager/core/lending.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/preemption_balance.h"
#include "resourcemanager/core/states.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kFirstOfLeaf = 64;  // at least
constexpr std::size_t kLooksPerFind = 8;  // containers looked at for each that is taken up

// What is lent first. Then least work lost first: ordinary ones, of less important applications,
// the newest.
bool earlier(const Candidate& a, const Candidate& b) {
    if (a.lent != b.lent) {
        return a.lent;
    }
    if (a.master != b.master) {
        return b.master;
    }
    if (a.priority != b.priority) {
        return a.priority < b.priority;
    }
    return a.since != b.since ? b.since < a.since : b.id < a.id;
}

bool less_important(const Application* a, const Application* b) {
    return std::tuple(a->submission->priority, b->serial) <
           std::tuple(b->submission->priority, a->serial);
}

bool ordinary(const Container& container) {
    return !container.master() && !container.orphan && !container.opportunistic();
}

}  // namespace

Candidates::Candidates(const Books& books, LabelIndex label) : books_(books), label_(label) {
    books.queues.for_each_seat([&](const SeatBook& seat) {
        if (seat.containers > 0) {
            applications_[seat.seat.leaf].push_back(books.applications.find(seat.seat.application));
        }
    });
    for (auto& [leaf, applications] : applications_) {
        std::sort(applications.begin(), applications.end(), less_important);
    }
}

std::vector<Candidate>& Candidates::on_node(NodeIndex index) {
    const auto [it, fresh] = by_node_.try_emplace(index);
    const Node& node = books_.nodes.at(index);
    if (fresh && node.serving()) {
        for (const ContainerId& id : node.containers) {
            if (const auto one = candidate(*books_.containers.find(id))) {
                it->second.push_back(*one);
            }
        }
        sort(it->second);
    }
    return it->second;
}

const std::vector<Candidate>& Candidates::first() {
    if (!first_.has_value()) {
        std::vector<QueueIndex> givers;
        for (const auto& [leaf, applications] : applications_) {
            if (gives(leaf) || has_lent(leaf)) {
                givers.push_back(leaf);
            }
        }
        first_.emplace();
        for (const QueueIndex leaf : givers) {
            for (const Candidate& one :
                 newest_of(leaf, std::max(kFirstOfLeaf, kFirstCandidates / givers.size()))) {
                if (one.lent || gives(leaf)) {
                    first_->push_back(one);
                }
            }
        }
        sort(*first_);
    }
    return *first_;
}

const std::vector<Candidate>& Candidates::first_of(QueueIndex leaf) {
    const auto [it, fresh] = first_of_.try_emplace(leaf);
    if (fresh) {
        it->second = newest_of(leaf, kFirstOfLeaf);
        std::erase_if(it->second, [](const Candidate& one) { return one.master || one.lent; });
    }
    return it->second;
}

bool Candidates::has_ordinary(QueueIndex leaf) {
    const auto [it, fresh] = has_ordinary_.try_emplace(leaf, false);
    const auto applications = applications_.find(leaf);
    if (!fresh || applications == applications_.end()) {
        return it->second;
    }
    it->second = std::ranges::any_of(applications->second, [&](const Application* application) {
        return std::ranges::any_of(application->attempts, [&](const Attempt& attempt) {
            return std::ranges::any_of(attempt.containers, [&](const ContainerId& id) {
                return ordinary(*books_.containers.find(id));
            });
        });
    });
    return it->second;
}

void Candidates::sort(std::vector<Candidate>& candidates) const {
    if (books_.config.off(Feature::LeastWorkLost)) {
        std::ranges::sort(candidates, {}, &Candidate::id);
        return;
    }
    std::sort(candidates.begin(), candidates.end(), earlier);
}

std::optional<Candidate> Candidates::candidate(const Container& container) const {
    const Node& node = books_.nodes.at(container.node);
    if (container.orphan || container.opportunistic() || container.stopping || container.saving ||
        !node.serving() || books_.queues.label_index(node.info.label) != label_ ||
        books_.claims.by_victim.contains(container.id)) {
        return std::nullopt;
    }
    const Application& application = *books_.applications.find(container.key.attempt.application);
    const bool is_lent = lent(node, container);
    if (is_ending(books_.applications.find(container.key.attempt)->state) ||
        (is_lent ? books_.config.off(Feature::LentRoomTakenBack)
                 : !gives(application.queue) && !preempts_inside(books_, application.queue))) {
        return std::nullopt;
    }
    const bool master = container.master() && !books_.config.off(Feature::PreemptionMastersLast);
    return Candidate{container.id,    application.queue,
                     container.node,  container.size,
                     master,          application.submission->priority,
                     container.since, false,
                     is_lent,         books_.queues.seat(application.id())->user};
}

bool Candidates::gives(QueueIndex leaf) const {
    const QueuePart& part = part_of(books_.queues.at(leaf), label_);
    return !within(part.used, part.entitled.guaranteed, part.used) ||
           books_.config.off(Feature::PreemptionGuarantee);
}

bool Candidates::has_lent(QueueIndex leaf) const {
    return !part_of(books_.queues.at(leaf), label_).lent.is_zero();
}

// Applications come in order of their importance, so that most of them need not be looked at.
std::vector<Candidate> Candidates::newest_of(QueueIndex leaf, std::size_t count) const {
    std::vector<Candidate> found;
    const auto applications = applications_.find(leaf);
    if (applications == applications_.end()) {
        return found;
    }
    for (const Application* application : applications->second) {
        if (found.size() >= kLooksPerFind * count) {
            break;
        }
        add_newest(*application, count, found);
    }
    sort(found);
    found.resize(std::min(found.size(), count));
    return found;
}

void Candidates::add_newest(const Application& application, std::size_t count,
                            std::vector<Candidate>& found) const {
    std::size_t looks = kLooksPerFind * count;
    std::size_t taken = 0;
    for (auto attempt = application.attempts.rbegin(); attempt != application.attempts.rend();
         ++attempt) {
        const std::set<ContainerId>& containers = attempt->containers;
        for (auto id = containers.rbegin(); id != containers.rend(); ++id) {
            if (taken == count || looks-- == 0) {
                return;
            }
            if (const auto one = candidate(*books_.containers.find(*id))) {
                found.push_back(*one);
                ++taken;
            }
        }
    }
}

}  // namespace heddle::rm
