#include "resourcemanager/core/constraint_switches.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/model/constraint.h"

namespace heddle::rm {
namespace {

using Kind = Constraint::Kind;

Feature kind_of(const Constraint& tags) {
    if (tags.max == 0) {
        return Feature::AntiAffinity;
    }
    return tags.min == 1 && tags.max == Constraint::kNoMaximum ? Feature::Affinity
                                                               : Feature::Cardinality;
}

// An And of no parts is what always holds.
bool says_nothing(const Constraint& constraint) {
    return constraint.kind == Kind::And && constraint.parts.empty();
}

Constraint without(Feature off, Constraint constraint) {
    if (constraint.kind == Kind::Tags && kind_of(constraint) == off) {
        return {};
    }
    if (off == Feature::TagNamespaces) {
        for (TagTarget& target : constraint.targets) {
            target.space = TagTarget::Space::Self;
            target.of.clear();
        }
    }
    const bool first_alone = (off == Feature::ConstraintAnd && constraint.kind == Kind::And) ||
                             (off == Feature::ConstraintOr && constraint.kind == Kind::Or);
    if (first_alone && constraint.parts.size() > 1) {
        constraint.parts.resize(1);
    }
    std::vector<Constraint> parts;
    for (Constraint& part : std::exchange(constraint.parts, {})) {
        Constraint left = without(off, std::move(part));
        if (!says_nothing(left)) {
            parts.push_back(std::move(left));
        } else if (constraint.kind != Kind::And) {
            return {};  // one of the alternatives always holds
        }
    }
    constraint.parts = std::move(parts);
    if (constraint.parts.size() == 1 && constraint.kind != Kind::DelayedOr) {
        return std::move(constraint.parts.front());
    }
    return constraint;
}

}  // namespace

void leave_out_terms(Feature off, std::string& constraint) {
    constexpr Feature kOfTerms[] = {Feature::Affinity,      Feature::AntiAffinity,
                                    Feature::Cardinality,   Feature::TagNamespaces,
                                    Feature::ConstraintAnd, Feature::ConstraintOr};
    if (off == Feature::Constraints) {
        constraint.clear();
    }
    if (std::ranges::find(kOfTerms, off) == std::end(kOfTerms)) {
        return;
    }
    if (auto parsed = parse_constraint(constraint); parsed.ok()) {
        const Constraint left = without(off, std::move(parsed).value());
        constraint = says_nothing(left) ? std::string() : to_string(left);
    }
}

}  // namespace heddle::rm
