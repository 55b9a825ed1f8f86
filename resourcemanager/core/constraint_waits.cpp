#include "resourcemanager/core/constraint_waits.h"

namespace heddle::rm {
namespace {

template <typename Key>
void put(std::map<Key, std::set<AskRef>>& index, const Key& key, const AskRef& ask, bool add) {
    if (add) {
        index[key].insert(ask);
    } else if (const auto it = index.find(key); it != index.end()) {
        it->second.erase(ask);
        if (it->second.empty()) {
            index.erase(it);
        }
    }
}

template <typename Key>
void collect(const std::map<Key, std::set<AskRef>>& index, const Key& key, std::set<AskRef>& into) {
    if (const auto it = index.find(key); it != index.end()) {
        into.insert(it->second.begin(), it->second.end());
    }
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

}  // namespace

std::optional<std::vector<const Constraint*>> anchors_of(const Constraint& constraint) {
    switch (constraint.kind) {
        case Constraint::Kind::Tags:
            return constraint.min > 0 ? std::optional(std::vector{&constraint}) : std::nullopt;
        case Constraint::Kind::Attribute:
            return constraint.equal ? std::optional(std::vector{&constraint}) : std::nullopt;
        case Constraint::Kind::And:
        case Constraint::Kind::Or:
            break;
    }
    return anchors_of_parts(constraint);
}

void ConstraintWaits::change(const ConstrainedAsk& ask, bool add) {
    asks_ += add ? 1 : -1;
    change_terms(*ask.constraint, ask.ask, add);
    const auto anchors = anchors_of(*ask.constraint);
    if (!anchors.has_value()) {
        const std::tuple<std::int64_t, AttemptId, std::int32_t> entry{ask.memory_mib, ask.ask.first,
                                                                      ask.ask.second};
        add ? static_cast<void>(open_.insert(entry)) : static_cast<void>(open_.erase(entry));
        return;
    }
    for (const Constraint* anchor : *anchors) {
        if (anchor->kind == Constraint::Kind::Attribute) {
            put(by_attribute_, {anchor->attribute, anchor->value}, ask.ask, add);
        } else {
            put(anchor->scope == Constraint::Scope::Node ? by_node_tag_ : by_rack_tag_,
                anchor->targets.front().tag, ask.ask, add);
        }
    }
}

void ConstraintWaits::change_terms(const Constraint& constraint, const AskRef& ask, bool add) {
    const bool on_node = constraint.scope == Constraint::Scope::Node;
    for (const TagTarget& target : constraint.targets) {
        const TagKey key = key_of(target, ask.first.application);
        if (constraint.min > 0) {
            put(on_node ? needed_on_node_ : needed_in_rack_, key, ask, add);
        }
        if (limited(constraint) && !on_node) {
            put(limited_in_rack_, key, ask, add);
        }
    }
    for (const Constraint& part : constraint.parts) {
        change_terms(part, ask, add);
    }
}

std::set<AskRef> ConstraintWaits::about_node(const TagIndex& tags, const NodeInfo& node,
                                             NodeIndex index, std::int64_t memory_mib) const {
    std::set<AskRef> found;
    for (const auto& [memory, attempt, ask] : open_) {
        if (memory > memory_mib) {
            break;
        }
        found.emplace(attempt, ask);
    }
    if (!by_node_tag_.empty()) {
        for (const auto& [tag, count] : tags.on_node(index)) {
            collect(by_node_tag_, tag, found);
        }
    }
    for (const auto& [tag, asks] : by_rack_tag_) {
        if (tags.in_rack({TagTarget::Space::All, "", tag}, {}, node.rack) > 0) {
            found.insert(asks.begin(), asks.end());
        }
    }
    if (!by_attribute_.empty()) {
        for (const auto& attribute : node.attributes) {
            collect(by_attribute_, {attribute.first, attribute.second}, found);
        }
    }
    return found;
}

std::set<AskRef> ConstraintWaits::risen(const std::vector<TagKey>& keys,
                                        Constraint::Scope scope) const {
    std::set<AskRef> found;
    for (const TagKey& key : keys) {
        collect(scope == Constraint::Scope::Node ? needed_on_node_ : needed_in_rack_, key, found);
    }
    return found;
}

std::set<AskRef> ConstraintWaits::fallen(const std::vector<TagKey>& keys) const {
    std::set<AskRef> found;
    for (const TagKey& key : keys) {
        collect(limited_in_rack_, key, found);
    }
    return found;
}

}  // namespace heddle::rm
