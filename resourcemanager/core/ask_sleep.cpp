// The asks of the book that sleep: who looks where again when something has changed.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "resourcemanager/core/ask_book.h"

namespace heddle::rm {

void AskBook::note_constrained(Demand& demand, bool waits) {
    const ConstrainedAsk ask{
        demand.owner.attempt.application, demand.constraint.get(),
        demand.ask.constraint + "@" + std::to_string(demand.alternatives_taken), demand.ask.size,
        demand.ask.label};
    if (waits) {
        demand.sleeps_in = constrained_.add(ask);
        queues_->sleep(demand.slot(), demand.sleeps_in, demand.ask.label);
        return;
    }
    constrained_.remove(ask, demand.sleeps_in);
    if (!std::exchange(demand.past, false)) {
        queues_->wake(demand.slot(), demand.ask.label);
    }
}

void AskBook::wake(const Demand& sleeping, std::optional<NodeIndex> hint) {
    CHECK(asleep(sleeping));
    Demand& demand = demand_of(sleeping.owner.attempt, sleeping.ask.id);
    set_waiting(demand, false);
    demand.hint = hint;
    if (hint.has_value()) {
        hinted_.emplace(demand.owner.attempt, demand.ask.id);
    }
}

void AskBook::drop_hint(Demand& demand) {
    if (demand.hint.has_value()) {
        demand.hint.reset();
        hinted_.erase({demand.owner.attempt, demand.ask.id});
    }
}

std::optional<std::vector<const ChangedPlace*>> AskBook::places_for(const Demand& sleeping) const {
    if (changed_.forgotten_since(sleeping.looked_until, sleeping.sleeps_in)) {
        return std::nullopt;
    }
    std::vector<const ChangedPlace*> places;
    for (const ChangedPlace& place : changed_.all()) {
        if (place.number > sleeping.looked_until && place.groups.test(sleeping.sleeps_in)) {
            places.push_back(&place);
        }
    }
    return places;
}

void AskBook::pass(const Demand& sleeping) {
    CHECK(asleep(sleeping) && !sleeping.past);
    Demand& demand = demand_of(sleeping.owner.attempt, sleeping.ask.id);
    demand.past = true;
    demand.looked_until = changed_.last();
    past_.emplace_back(demand.owner.attempt, demand.ask.id);
    queues_->wake(demand.slot(), demand.ask.label);
}

// It may have ended meanwhile, or have become another one.
void AskBook::back_into_order(const AskRef& ask) {
    const Demand* found = find(ask.first, ask.second);
    if (found != nullptr && found->past) {
        Demand& demand = demand_of(ask.first, ask.second);
        demand.past = false;
        queues_->sleep(demand.slot(), demand.sleeps_in, demand.ask.label);
    }
}

void AskBook::all_passed() {
    for (const AskRef& ask : std::exchange(past_, {})) {
        back_into_order(ask);
    }
    changed_.clear();
}

void AskBook::place_changed(ChangedPlace place) {
    const std::set<AskRef> hinted = hinted_;
    for (const auto& [attempt, ask] : hinted) {
        Demand& demand = demand_of(attempt, ask);
        if (demand.hint != place.node) {
            drop_hint(demand);  // more than that node has changed for it
        }
    }
    if (!place.groups.any()) {
        return;
    }
    std::vector<AskRef> still;
    for (const AskRef& ask : std::exchange(past_, {})) {
        const Demand* demand = find(ask.first, ask.second);
        if (demand != nullptr && demand->past && !place.groups.test(demand->sleeps_in)) {
            still.push_back(ask);
        } else {
            back_into_order(ask);
        }
    }
    past_ = std::move(still);
    changed_.add(std::move(place));
}

void AskBook::node_changed(const TagIndex& tags, const NodeInfo& node, NodeIndex index,
                           const Resource& free) {
    place_changed({index, "", constrained_.about_node(tags, node, index, free)});
}

void AskBook::node_filled(const NodeInfo& node, NodeIndex index, const Resource& free) {
    changed_.narrow(index, [&](const ShapeMask& groups) {
        return constrained_.with_room(groups, free, node.label);
    });
}

void AskBook::tags_risen(const std::vector<TagKey>& keys, NodeIndex node, const std::string& rack) {
    if (ShapeMask groups = constrained_.risen_on_node(keys); groups.any()) {
        place_changed({node, "", std::move(groups)});
    }
    if (ShapeMask groups = constrained_.risen_in_rack(keys); groups.any()) {
        place_changed({std::nullopt, rack, std::move(groups)});
    }
}

void AskBook::tags_fallen(const TagIndex& tags, const std::vector<TagKey>& keys,
                          const std::string& rack) {
    if (ShapeMask groups = constrained_.fallen(tags, keys, rack); groups.any()) {
        place_changed({std::nullopt, rack, std::move(groups)});
    }
}

// It stands in the order of those who sleep exactly while it sleeps and is not past, and a hint
// leads one that is awake.
void AskBook::check_sleep(const Demand& demand) const {
    const AskRef ask{demand.owner.attempt, demand.ask.id};
    ShapeMask in_order;
    if (asleep(demand) && !demand.past) {
        in_order.set(demand.sleeps_in);
    }
    CHECK(queues_->sleeping(demand.slot(), demand.ask.label) == in_order);
    CHECK(!demand.past || (asleep(demand) && std::ranges::find(past_, ask) != past_.end()));
    CHECK(demand.hint.has_value() == hinted_.contains(ask));
    CHECK(!demand.hint.has_value() || (demand.outstanding > 0 && !demand.waits_for_nodes));
}

}  // namespace heddle::rm
