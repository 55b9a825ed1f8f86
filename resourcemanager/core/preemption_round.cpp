#include "resourcemanager/core/preemption_round.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/claim_room.h"
#include "resourcemanager/core/constraints.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/preemption_balance.h"
#include "resourcemanager/core/preemption_notice.h"
#include "resourcemanager/core/preemption_wishes.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kCandidatesTried = 128;
constexpr std::size_t kNodesTried = 16;  // for one ask in one round, and as many further ones

class Round {
public:
    Round(Books& books, const std::string& label) : books_(books), balance_(books, label) {
        for (const auto& [id, claim] : books.claims.all) {
            if (!claim.stopping) {
                plan_room(claim.node, claim.size, size_of_victims(books, claim));
            }
        }
    }

    bool may_gain(const Wish& wish) const {
        const Demand& demand = *wish.demand;
        return may_gain_from_others(demand) || balance_.inside().may_gain(demand);
    }

    void serve(const Wish& wish) {
        for (std::int64_t i = 0; i < wish.count; ++i) {
            if (books_.claims.all.size() >= kClaimsMax || made_ == kClaimsPerRound ||
                !serve_one(wish)) {
                return;
            }
            ++made_;
        }
    }

private:
    // What makes way: containers of other queues, their masters as well, those of the same leaf.
    enum class Among { Ordinary, Masters, Own };

    bool serve_one(const Wish& wish) {
        beyond_ = false;
        if (find_room(wish)) {
            return true;
        }
        beyond_ = balance_.idle();
        return beyond_ && find_room(wish);
    }

    // From other queues first; what they do not owe may come from the leaf itself.
    bool find_room(const Wish& wish) {
        const Demand& demand = *wish.demand;
        return (may_gain_from_others(demand) &&
                (find_victims(wish, Among::Ordinary) || find_victims(wish, Among::Masters))) ||
               (balance_.inside().may_gain(demand) && find_victims(wish, Among::Own));
    }

    bool may_gain_from_others(const Demand& demand) const {
        return balance_.owed(demand.owner.queue, demand.ask.size) || is_lent(books_, demand);
    }

    bool may_take(const Candidate& candidate, const Wish& wish, Among among) {
        const Demand& demand = *wish.demand;
        if (candidate.taken || (candidate.master && among != Among::Masters)) {
            return false;
        }
        return among == Among::Own
                   ? balance_.may_take_inside(candidate, demand)
                   : balance_.may_take(candidate, demand.owner.queue, wish.scope, demand.ask.size);
    }

    // Of what is free on a node, other claims that are not under way yet count on this.
    void plan_room(NodeIndex node, const Resource& size, const Resource& victims) {
        planned_[node] += lacking(size, victims);
    }

    // Where room is reserved for the ask the least is missing.
    bool find_victims(const Wish& wish, Among among) {
        const std::vector<NodeIndex> reserved = nodes_kept_for(books_, *wish.demand);
        if (std::ranges::any_of(reserved,
                                [&](NodeIndex node) { return try_node(wish, node, among); })) {
            return true;
        }
        const std::vector<Candidate>& first =
            among == Among::Own ? balance_.candidates().first_of(wish.demand->owner.queue)
                                : balance_.candidates().first();
        std::set<NodeIndex> tried;
        std::size_t& from = taken_up_[&first];
        while (from < first.size() && books_.claims.by_victim.contains(first[from].id)) {
            ++from;
        }
        const std::size_t to = std::min(first.size(), from + kCandidatesTried);
        for (std::size_t i = from; i < to && tried.size() < kNodesTried; ++i) {
            const Candidate& one = first[i];
            if ((!one.master || among == Among::Masters) &&
                !books_.claims.by_victim.contains(one.id) && tried.insert(one.node).second &&
                try_node(wish, one.node, among)) {
                return true;
            }
        }
        return (to < first.size() || tried.size() == kNodesTried) && look_further(wish, among);
    }

    // Where those that come first are of no use, every node has its turn, some in each round.
    bool look_further(const Wish& wish, Among among) {
        NodeIndex& next = books_.claims.next_node;
        for (std::size_t i = 0; i < std::min(kNodesTried, books_.nodes.size()); ++i) {
            next = (next + 1) % static_cast<NodeIndex>(books_.nodes.size());
            if (try_node(wish, next, among)) {
                return true;
            }
        }
        return false;
    }

    bool try_node(const Wish& wish, NodeIndex index, Among among) {
        const Demand& demand = *wish.demand;
        const Resource& size = demand.ask.size;
        const Node& node = books_.nodes.at(index);
        if (!size.fits_in(node.info.total) || !takes_node(books_, demand, index)) {
            return false;
        }
        // A maximum above is not lifted by what is free on a node.
        Resource room = wish.scope == 0
                            ? node.free() + kept_on(books_, demand, index) - planned_[index]
                            : Resource{};
        std::vector<Candidate*> victims;
        Resource sum;
        for (Candidate& candidate : balance_.candidates().on_node(index)) {
            if (size.fits_in(room)) {
                break;
            }
            const Resource gap = lacking(size, room);
            if (lacking(gap, candidate.size) == gap || is_needed(demand, candidate) ||
                !may_take(candidate, wish, among) ||
                (among != Among::Own &&
                 !balance_.may_ask_back(candidate, taken_of(victims, candidate.leaf)))) {
                continue;
            }
            victims.push_back(&candidate);
            take(candidate, +1);
            room += candidate.size;
            sum += candidate.size;
        }
        const bool enough = size.fits_in(room);
        // Small ones that a larger one has made superfluous stay.
        for (auto it = victims.begin(); enough && it != victims.end();) {
            Candidate& candidate = **it;
            if (!size.fits_in(room - candidate.size)) {
                ++it;
                continue;
            }
            take(candidate, -1);
            room -= candidate.size;
            sum -= candidate.size;
            it = victims.erase(it);
        }
        if (!enough || victims.empty() || !(beyond_ || balance_.in_budget(sum)) ||
            (among == Among::Own && (!balance_.keeps_guarantee(demand, sum, {}) ||
                                     !balance_.in_budget_inside(demand.owner.queue, sum)))) {
            for (Candidate* victim : victims) {
                take(*victim, -1);
            }
            return false;
        }
        mark(wish, index, victims, sum, among == Among::Own);
        return true;
    }

    static Resource taken_of(const std::vector<Candidate*>& victims, QueueIndex leaf) {
        Resource sum;
        for (const Candidate* victim : victims) {
            sum += victim->leaf == leaf && !victim->lent ? victim->size : Resource{};
        }
        return sum;
    }

    // Room beside what the ask wants to be near is of no use without it.
    bool is_needed(const Demand& demand, const Candidate& candidate) const {
        const Container* container = books_.containers.find(candidate.id);
        return demand.constraint != nullptr && container != nullptr &&
               needs_tags_of(*demand.constraint, demand.owner.attempt.application, *container);
    }

    void take(Candidate& candidate, int sign) {
        candidate.taken = sign > 0;
        balance_.leave(candidate, sign);
    }

    void mark(const Wish& wish, NodeIndex node, const std::vector<Candidate*>& victims,
              const Resource& sum, bool inside) {
        const Demand& demand = *wish.demand;
        Claim claim;
        claim.id = ++books_.claims.last;
        claim.leaf = demand.owner.queue;
        claim.attempt = demand.owner.attempt;
        claim.ask = demand.ask.id;
        claim.size = demand.ask.size;
        claim.label = demand.ask.label;
        claim.node = node;
        claim.inside = inside;
        const bool grace = !books_.config.off(Feature::PreemptionGrace);
        claim.due = books_.now + (grace ? preemption_config(books_).grace : Duration{});
        for (const Candidate* victim : victims) {
            claim.victims.insert(victim->id);
            books_.claims.by_victim.emplace(victim->id, claim.id);
        }
        balance_.promise(claim, sum);
        balance_.fly(sum, +1);
        plan_room(node, claim.size, sum);
        tell_marked(books_, claim);
        books_.claims.all.emplace(claim.id, std::move(claim));
        books_.claims.changed = true;
    }

    Books& books_;
    Balance balance_;
    std::map<NodeIndex, Resource> planned_;
    std::map<const void*, std::size_t> taken_up_;  // of a list of candidates, all before this one
    std::size_t made_ = 0;
    bool beyond_ = false;  // the budget does not bound this one
};

// Where nodes are offered one after another, free room has only to come up. A look at every node,
// for the simulator alone.
bool fits_when_offered(const Books& books, const Demand& demand) {
    if (books.config.placements_per_status == 0) {
        return false;
    }
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        if (demand.ask.size.fits_in(books.nodes.at(index).free()) &&
            takes_node(books, demand, index)) {
            return true;
        }
    }
    return false;
}

}  // namespace

void make_round(Books& books) {
    lift_surplus(books);
    std::vector<Wish> wishes = wishes_of(books);
    std::erase_if(wishes, [&](const Wish& wish) { return fits_when_offered(books, *wish.demand); });
    std::set<std::string> labels;
    for (const Wish& wish : wishes) {
        labels.insert(wish.demand->ask.label);
    }
    for (const std::string& label : labels) {
        Round round(books, label);
        std::size_t served = 0;
        for (const Wish& wish : wishes) {
            if (wish.demand->ask.label == label && served < kWishesPerRound &&
                round.may_gain(wish)) {
                round.serve(wish);
                ++served;
            }
        }
    }
    watch_claims(books);
}

}  // namespace heddle::rm
