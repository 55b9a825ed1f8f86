#include "resourcemanager/core/constraint_waits.h"

#include <algorithm>

#include "common/base/check.h"

namespace heddle::rm {
namespace {

using Groups = std::map<ShapeId, std::int64_t>;

// True: nothing is left of it.
bool count(Groups& groups, ShapeId group, int by) {
    const auto it = groups.try_emplace(group, 0).first;
    it->second += by;
    CHECK(it->second >= 0);
    if (it->second == 0) {
        groups.erase(it);
    }
    return groups.empty();
}

template <typename Key>
void count_in(std::map<Key, Groups>& index, const Key& key, ShapeId group, int by) {
    const auto it = index.try_emplace(key).first;
    if (count(it->second, group, by)) {
        index.erase(it);
    }
}

void mark(const Groups& groups, ShapeMask& into) {
    for (const auto& [group, asks] : groups) {
        into.set(group);
    }
}

template <typename Key>
void mark(const std::map<Key, Groups>& index, const Key& key, ShapeMask& into) {
    if (const auto it = index.find(key); it != index.end()) {
        mark(it->second, into);
    }
}

// Where kinds share a number: the same on every machine.
std::uint64_t scattered(std::uint64_t hash, std::string_view text) {
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    }
    return hash;
}

bool limited(const Constraint& term) {
    return term.max != Constraint::kNoMaximum;
}

// All alternatives need an anchor; of what holds together one is enough.
std::optional<std::vector<const Constraint*>> anchors_of_parts(const Constraint& constraint) {
    const bool together = constraint.kind == Constraint::Kind::And;
    std::vector<const Constraint*> all;
    for (const Constraint& part : constraint.parts) {
        auto of_part = anchors_of(part);
        if (together && of_part.has_value()) {
            return of_part;
        }
        if (!together && !of_part.has_value()) {
            return std::nullopt;
        }
        if (of_part.has_value()) {
            all.insert(all.end(), of_part->begin(), of_part->end());
        }
    }
    return together ? std::nullopt : std::optional(std::move(all));
}

// Whether a term that leads to the ask means containers of its own application.
bool leads_to_own(const Constraint& constraint) {
    const bool leads = constraint.min > 0 || constraint.scope == Constraint::Scope::Rack;
    return (leads && std::ranges::any_of(constraint.targets,
                                         [](const TagTarget& target) {
                                             return target.space == TagTarget::Space::Self;
                                         })) ||
           std::ranges::any_of(constraint.parts, leads_to_own);
}

// Whether some application may have fewer than `max` of these in the rack (`max` 0: none).
bool may_be_below(const TagIndex& tags, const TagKey& key, std::int32_t max, bool without_own,
                  const std::string& rack) {
    const std::int64_t bound = std::max(1, max);
    const std::int64_t all = tags.in_rack(key, rack);
    if (!without_own || all < bound) {
        return all < bound;
    }
    const TagsHere* here = tags.here(rack);
    const auto found = here == nullptr ? TagsHere::const_iterator{} : here->find(key.tag);
    if (here == nullptr || found == here->end()) {
        return true;
    }
    // Every other application has one at least.
    if (std::ssize(found->second) > bound) {
        return false;
    }
    return std::ranges::any_of(found->second,
                               [&](const auto& own) { return all - own.second < bound; });
}

}  // namespace

std::optional<std::vector<const Constraint*>> anchors_of(const Constraint& constraint) {
    switch (constraint.kind) {
        case Constraint::Kind::Tags:
            return constraint.min > 0 ? std::optional(std::vector{&constraint}) : std::nullopt;
        case Constraint::Kind::Attribute:
            return constraint.equal ? std::optional(std::vector{&constraint}) : std::nullopt;
        case Constraint::Kind::And:
        case Constraint::Kind::Or:
        case Constraint::Kind::DelayedOr:
            break;
    }
    return anchors_of_parts(constraint);
}

ConstraintWaits::Kind ConstraintWaits::kind_of(const ConstrainedAsk& ask) {
    return {ask.text, ask.size, ask.label,
            leads_to_own(*ask.constraint) ? ask.application : ApplicationId{}};
}

ShapeId ConstraintWaits::number_for(const Kind& kind) {
    const auto vacant =
        std::ranges::find_if(groups_, [](const Group& group) { return group.asks == 0; });
    if (vacant != groups_.end()) {
        return static_cast<ShapeId>(vacant - groups_.begin());
    }
    if (groups_.size() < kSleepingGroupsMax) {
        groups_.emplace_back();
        return static_cast<ShapeId>(groups_.size() - 1);
    }
    std::uint64_t hash = scattered(14'695'981'039'346'656'037U, kind.constraint);
    hash = scattered(hash, to_string(kind.size));
    hash = scattered(hash, kind.label);
    hash = scattered(hash, to_string(kind.application));
    return static_cast<ShapeId>(hash % kSleepingGroupsMax);
}

ShapeId ConstraintWaits::add(const ConstrainedAsk& ask) {
    Kind kind = kind_of(ask);
    auto it = kinds_.find(kind);
    if (it == kinds_.end()) {
        const ShapeId group = number_for(kind);
        it = kinds_.emplace(std::move(kind), std::pair{group, 0}).first;
    }
    it->second.second += 1;
    change(ask, it->second.first, +1);
    return it->second.first;
}

void ConstraintWaits::remove(const ConstrainedAsk& ask, ShapeId group) {
    const auto it = kinds_.find(kind_of(ask));
    CHECK(it != kinds_.end() && it->second.first == group);
    if (--it->second.second == 0) {
        kinds_.erase(it);
    }
    change(ask, group, -1);
}

void ConstraintWaits::change(const ConstrainedAsk& ask, ShapeId number, int by) {
    asks_ += by;
    Group& group = groups_[number];
    group.asks += by;
    const auto wish = group.wishes.try_emplace({ask.size, ask.label}, 0).first;
    wish->second += by;
    if (wish->second == 0) {
        group.wishes.erase(wish);
    }
    change_terms(*ask.constraint, ask.application, number, by);
    const auto anchors = anchors_of(*ask.constraint);
    if (!anchors.has_value()) {
        group.open += by;
        return;
    }
    for (const Constraint* anchor : *anchors) {
        change_anchor(*anchor, ask.application, number, by);
    }
}

void ConstraintWaits::change_anchor(const Constraint& anchor, const ApplicationId& asking,
                                    ShapeId group, int by) {
    if (anchor.kind == Constraint::Kind::Attribute) {
        count_in(by_attribute_, {anchor.attribute, anchor.value}, group, by);
        return;
    }
    const TagKey key = key_of(anchor.targets.front(), asking);
    auto& index = anchor.scope == Constraint::Scope::Node ? by_node_tag_ : by_rack_tag_;
    const auto it = index.try_emplace(key.tag).first;
    if (key.application_tag.empty()) {
        count_in(it->second.of_application, key.application, group, by);
    } else {
        count_in(it->second.of_application_tag, key.application_tag, group, by);
    }
    if (it->second.empty()) {
        index.erase(it);
    }
}

void ConstraintWaits::change_terms(const Constraint& constraint, const ApplicationId& asking,
                                   ShapeId group, int by) {
    const bool on_node = constraint.scope == Constraint::Scope::Node;
    for (const TagTarget& target : constraint.targets) {
        const TagKey key = key_of(target, asking);
        if (constraint.min > 0) {
            count_in(on_node ? needed_on_node_ : needed_in_rack_, key, group, by);
        }
        if (limited(constraint) && !on_node) {
            const auto it = limited_in_rack_.try_emplace(key).first;
            count_in(it->second, {constraint.max, target.space == TagTarget::Space::NotSelf}, group,
                     by);
            if (it->second.empty()) {
                limited_in_rack_.erase(it);
            }
        }
    }
    for (const Constraint& part : constraint.parts) {
        change_terms(part, asking, group, by);
    }
}

// Of applications that are here and those that are waited for, the fewer are looked up.
void ConstraintWaits::collect(const std::map<std::string, ByTag>& index, const TagsHere* here,
                              ShapeMask& into) {
    if (index.empty() || here == nullptr) {
        return;
    }
    for (const auto& [tag, applications] : *here) {
        const auto found = index.find(tag);
        if (found == index.end()) {
            continue;
        }
        const ByTag& waits = found->second;
        mark(waits.of_application, ApplicationId{}, into);
        for (const auto& [application_tag, groups] : waits.of_application_tag) {
            mark(groups, into);
        }
        if (applications.size() < waits.of_application.size()) {
            for (const auto& [application, containers] : applications) {
                mark(waits.of_application, application, into);
            }
            continue;
        }
        for (const auto& [application, groups] : waits.of_application) {
            if (applications.contains(application)) {
                mark(groups, into);
            }
        }
    }
}

ShapeMask ConstraintWaits::about_node(const TagIndex& tags, const NodeInfo& node, NodeIndex index,
                                      const Resource& free) const {
    ShapeMask found;
    for (ShapeId group = 0; group < groups_.size(); ++group) {
        if (groups_[group].open > 0) {
            found.set(group);
        }
    }
    collect(by_node_tag_, tags.here(index), found);
    collect(by_rack_tag_, tags.here(node.rack), found);
    if (!by_attribute_.empty()) {
        for (const auto& attribute : node.attributes) {
            mark(by_attribute_, {attribute.first, attribute.second}, found);
        }
    }
    return with_room(found, free, node.label);
}

ShapeMask ConstraintWaits::with_room(const ShapeMask& groups, const Resource& free,
                                     const std::string& label) const {
    const auto has_room = [&](const auto& wish) {
        const auto& [size, wanted] = wish.first;
        return size.fits_in(free) && (wanted == label || wanted.empty());
    };
    ShapeMask found;
    for (ShapeId group = 0; group < groups_.size(); ++group) {
        if (groups.test(group) && std::ranges::any_of(groups_[group].wishes, has_room)) {
            found.set(group);
        }
    }
    return found;
}

ShapeMask ConstraintWaits::risen_on_node(const std::vector<TagKey>& keys) const {
    ShapeMask found;
    for (const TagKey& key : keys) {
        mark(needed_on_node_, key, found);
    }
    return found;
}

ShapeMask ConstraintWaits::risen_in_rack(const std::vector<TagKey>& keys) const {
    ShapeMask found;
    for (const TagKey& key : keys) {
        mark(needed_in_rack_, key, found);
    }
    return found;
}

ShapeMask ConstraintWaits::fallen(const TagIndex& tags, const std::vector<TagKey>& keys,
                                  const std::string& rack) const {
    ShapeMask found;
    for (const TagKey& key : keys) {
        const auto limits = limited_in_rack_.find(key);
        if (limits == limited_in_rack_.end()) {
            continue;
        }
        for (const auto& [bound, groups] : limits->second) {
            if (may_be_below(tags, key, bound.first, bound.second, rack)) {
                mark(groups, found);
            }
        }
    }
    return found;
}

}  // namespace heddle::rm
