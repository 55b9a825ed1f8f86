#include "resourcemanager/core/opportunistic_nodes.h"

#include <algorithm>

#include "common/base/check.h"

namespace heddle::rm {

void OpportunisticUse::count(const Container& container, int sign) {
    const bool runs = container.phase == ContainerPhase::Running ||
                      container.phase == ContainerPhase::Stopping ||
                      container.phase == ContainerPhase::Done;
    (runs ? running : queued) += sign;
    (runs ? used : waiting) += container.size * sign;
}

void OpportunisticNodes::remove(NodeIndex node) {
    Place& place = places_[node];
    if (!place.state.has_value()) {
        return;
    }
    const auto it = groups_.find({place.state->label, place.state->total});
    Group& group = it->second;
    const OpportunisticUse& use = place.state->use;
    open_ -= static_cast<std::int64_t>(group.open.erase({use.queued, node}));
    group.queued -= use.queued;
    if (--group.nodes == 0) {
        groups_.erase(it);
    }
    spare_.set(node, std::nullopt);
    place.state.reset();
}

void OpportunisticNodes::set(NodeIndex node, std::optional<State> state) {
    if (node >= places_.size()) {
        places_.resize(node + 1);
    }
    remove(node);
    if (!state.has_value() || state->use.queue_max == 0) {
        return;
    }
    Group& group = groups_[{state->label, state->total}];
    ++group.nodes;
    group.queued += state->use.queued;
    if (state->use.open()) {
        group.open.emplace(state->use.queued, node);
        ++open_;
        spare_.move(node, state->label, "");
        spare_.set(node, state->spare);
        changed_ = true;
    }
    places_[node].state = std::move(state);
}

void OpportunisticNodes::set_queued(NodeIndex node, std::int32_t queued) {
    if (node >= places_.size()) {
        places_.resize(node + 1);
    }
    std::int32_t& before = places_[node].queued;
    if (before != queued) {
        queued_.erase({before, node});
        before = queued;
        if (queued > 0) {
            queued_.emplace(queued, node);
        }
    }
}

bool OpportunisticNodes::takes(NodeIndex node, const Resource& size) const {
    return node < places_.size() && places_[node].state.has_value() &&
           places_[node].state->use.open() && size.fits_in(places_[node].state->total);
}

std::optional<NodeIndex> OpportunisticNodes::shortest(const Resource& size,
                                                      const std::string& label,
                                                      const std::set<NodeIndex>& avoided) const {
    std::optional<Queue> best;
    for (auto it = groups_.lower_bound({label, Resource{}});
         it != groups_.end() && it->first.first == label; ++it) {
        if (!size.fits_in(it->first.second)) {
            continue;
        }
        const std::set<Queue>& open = it->second.open;
        const auto found = std::ranges::find_if(
            open, [&](const Queue& queue) { return !avoided.contains(queue.second); });
        if (found != open.end() && (!best.has_value() || *found < *best)) {
            best = *found;
        }
    }
    return best.has_value() ? std::optional(best->second) : std::nullopt;
}

std::vector<NodeIndex> OpportunisticNodes::longest(std::size_t count) const {
    std::vector<NodeIndex> nodes;
    for (auto it = queued_.rbegin(); it != queued_.rend() && nodes.size() < count; ++it) {
        nodes.push_back(it->second);
    }
    return nodes;
}

OpportunisticSurvey OpportunisticNodes::survey(const Resource& size,
                                               const std::string& label) const {
    OpportunisticSurvey survey;
    for (const auto& [key, group] : groups_) {
        if (key.first == label && size.fits_in(key.second)) {
            survey.nodes += group.nodes;
            survey.open += static_cast<std::int64_t>(group.open.size());
            survey.queued += group.queued;
        }
    }
    return survey;
}

}  // namespace heddle::rm
