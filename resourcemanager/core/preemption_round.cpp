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
#include "resourcemanager/core/preemption_balance.h"
#include "resourcemanager/core/preemption_wishes.h"

namespace heddle::rm {
namespace {

class Round {
public:
    Round(Books& books, const std::string& label) : books_(books), balance_(books, label) {
        for (const auto& [id, claim] : books.claims.all) {
            if (!claim.stopping) {
                plan_room(claim.node, claim.size, size_of_victims(books, claim));
            }
        }
    }

    Balance& balance() { return balance_; }

    void serve(const Wish& wish) {
        for (std::int64_t i = 0; i < wish.count; ++i) {
            if (books_.claims.all.size() >= kClaimsMax ||
                (!find_victims(wish, false) && !find_victims(wish, true))) {
                return;
            }
        }
    }

private:
    // Of what is free on a node, other claims that are not under way yet count on this.
    void plan_room(NodeIndex node, const Resource& size, const Resource& victims) {
        planned_[node] += lacking(size, victims);
    }

    bool find_victims(const Wish& wish, bool masters) {
        std::set<NodeIndex> tried;
        for (const Candidate& candidate : balance_.candidates()) {
            if (candidate.taken || (candidate.master && !masters) ||
                !tried.insert(candidate.node).second) {
                continue;
            }
            if (try_node(wish, candidate.node, masters)) {
                return true;
            }
        }
        return false;
    }

    bool try_node(const Wish& wish, NodeIndex index, bool masters) {
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
        std::vector<std::size_t> victims;
        Resource sum;
        for (const std::size_t i : balance_.on_node(index)) {
            Candidate& candidate = balance_.candidates()[i];
            if (size.fits_in(room)) {
                break;
            }
            const Resource gap = lacking(size, room);
            if (candidate.taken || (candidate.master && !masters) ||
                lacking(gap, candidate.size) == gap || is_needed(demand, candidate) ||
                !balance_.may_take(candidate, demand.owner.queue, wish.scope, size)) {
                continue;
            }
            victims.push_back(i);
            take(candidate, +1);
            room += candidate.size;
            sum += candidate.size;
        }
        const bool enough = size.fits_in(room);
        // Small ones that a larger one has made superfluous stay.
        for (auto it = victims.begin(); enough && it != victims.end();) {
            Candidate& candidate = balance_.candidates()[*it];
            if (!size.fits_in(room - candidate.size)) {
                ++it;
                continue;
            }
            take(candidate, -1);
            room -= candidate.size;
            sum -= candidate.size;
            it = victims.erase(it);
        }
        if (!enough || victims.empty() || !balance_.in_budget(sum)) {
            for (const std::size_t i : victims) {
                take(balance_.candidates()[i], -1);
            }
            return false;
        }
        mark(wish, index, victims, sum);
        return true;
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

    void mark(const Wish& wish, NodeIndex node, const std::vector<std::size_t>& victims,
              const Resource& sum) {
        const Demand& demand = *wish.demand;
        Claim claim;
        claim.id = ++books_.claims.last;
        claim.leaf = demand.owner.queue;
        claim.attempt = demand.owner.attempt;
        claim.ask = demand.ask.id;
        claim.size = demand.ask.size;
        claim.label = demand.ask.label;
        claim.node = node;
        const bool grace = !books_.config.off(Feature::PreemptionGrace);
        claim.due = books_.now + (grace ? preemption_config(books_).grace : Duration{});
        for (const std::size_t i : victims) {
            claim.victims.insert(balance_.candidates()[i].id);
            books_.claims.by_victim.emplace(balance_.candidates()[i].id, claim.id);
        }
        balance_.promise(claim.leaf, claim.size, +1);
        balance_.fly(sum, +1);
        plan_room(node, claim.size, sum);
        books_.claims.all.emplace(claim.id, std::move(claim));
        books_.claims.changed = true;
    }

    Books& books_;
    Balance balance_;
    std::map<NodeIndex, Resource> planned_;
};

}  // namespace

void make_round(Books& books) {
    lift_surplus(books);
    std::vector<Wish> wishes = wishes_of(books);
    std::erase_if(wishes, [&](const Wish& wish) { return !may_be_owed(books, wish); });
    wishes.resize(std::min(wishes.size(), kWishesPerRound));
    std::set<std::string> labels;
    for (const Wish& wish : wishes) {
        labels.insert(wish.demand->ask.label);
    }
    for (const std::string& label : labels) {
        Round round(books, label);
        for (const Wish& wish : wishes) {
            const Demand& demand = *wish.demand;
            if (demand.ask.label == label &&
                (round.balance().owed(demand.owner.queue, demand.ask.size) ||
                 is_lent(books, demand))) {
                round.serve(wish);
            }
        }
    }
    watch_claims(books);
}

}  // namespace heddle::rm
