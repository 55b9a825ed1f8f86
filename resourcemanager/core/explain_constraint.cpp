#include "resourcemanager/core/explain_constraint.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "common/base/strings.h"
#include "resourcemanager/core/alternatives.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/constraints.h"
#include "resourcemanager/core/explain_words.h"

namespace heddle::rm {
namespace {

// Terms that have to hold together; alternatives stand as one.
void terms_of(const Constraint& constraint, std::vector<const Constraint*>& terms) {
    if (constraint.kind != Constraint::Kind::And) {
        terms.push_back(&constraint);
        return;
    }
    for (const Constraint& part : constraint.parts) {
        terms_of(part, terms);
    }
}

std::vector<const Constraint*> terms_of(const Constraint& constraint) {
    std::vector<const Constraint*> terms;
    terms_of(constraint, terms);
    return terms;
}

// What there is in place of what the term wants: "2 there", "it has java=8".
std::string found_text(const Books& books, PlaceJudge& judge, const Constraint& term,
                       NodeIndex node) {
    if (term.kind == Constraint::Kind::Tags) {
        std::vector<std::string> counts;
        for (const TagTarget& target : term.targets) {
            counts.push_back(std::to_string(judge.count(term.scope, target, node)));
        }
        return " (" + join(counts, ", ") + " there)";
    }
    if (term.kind == Constraint::Kind::Attribute) {
        const auto& attributes = books.nodes.at(node).info.attributes;
        const auto it = attributes.find(term.attribute);
        return it == attributes.end() ? " (it has no " + term.attribute + ")"
                                      : " (it has " + it->first + "=" + it->second + ")";
    }
    return "";
}

struct Look {
    std::map<std::string, std::int64_t> wrong;  // nodes, by what is wrong with them first
    std::optional<NodeIndex> nearest;           // with room, and the fewest terms that fail
    std::size_t failing = 0;                    // there
    std::int64_t usable = 0;                    // nodes that it may go to otherwise
    std::int64_t holds = 0;                     // of these, with or without room
};

bool not_wanted(const Books& books, const Demand& demand, const Node& node) {
    const Attempt* attempt = books.applications.find(demand.owner.attempt);
    return attempt != nullptr && attempt->blacklist.contains(node.info.id);
}

void look_at(const Books& books, const Demand& demand, const Node& node,
             const std::vector<const Constraint*>& terms, PlaceJudge& judge, Look& look) {
    if (!may_use(books, demand.ask.label, node.info.label)) {
        ++look.wrong["of another label"];
        return;
    }
    if (not_wanted(books, demand, node)) {
        ++look.wrong["not wanted"];
        return;
    }
    std::vector<const Constraint*> failing;
    for (const Constraint* term : terms) {
        if (!judge.holds(*term, node.index)) {
            failing.push_back(term);
        }
    }
    ++look.usable;
    if (failing.empty()) {
        ++look.holds;
        ++look.wrong["without room"];
        return;
    }
    ++look.wrong[to_string(*failing.front())];
    const bool room = demand.ask.size.fits_in(node.free());
    if (room && (!look.nearest.has_value() || failing.size() < look.failing)) {
        look.nearest = node.index;
        look.failing = failing.size();
    }
}

Look look_at_all(const Books& books, const Demand& demand,
                 const std::vector<const Constraint*>& terms, PlaceJudge& judge) {
    Look look;
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        const Node& node = books.nodes.at(index);
        if (node.placeable()) {
            look_at(books, demand, node, terms, judge, look);
        }
    }
    return look;
}

std::string nearest_text(const Books& books, const std::vector<const Constraint*>& terms,
                         PlaceJudge& judge, NodeIndex nearest) {
    std::vector<std::string> failing;
    for (const Constraint* term : terms) {
        if (!judge.holds(*term, nearest)) {
            failing.push_back(to_string(*term) + found_text(books, judge, *term, nearest));
        }
    }
    return books.nodes.at(nearest).info.id.name + " comes nearest and fails " + join(failing, ", ");
}

// Attributes that are needed and that no node has.
std::vector<std::string> unknown_attributes(const Books& books,
                                            const std::vector<const Constraint*>& terms) {
    std::vector<std::string> unknown;
    for (const Constraint* term : terms) {
        if (term->kind == Constraint::Kind::Attribute && term->equal &&
            books.attributes.with(term->attribute, term->value) == nullptr) {
            unknown.push_back(to_string(*term));
        }
    }
    return unknown;
}

// Counts of one tag that may be there: at least, and at most.
struct Bounds {
    std::int64_t least = 0;
    std::int64_t most = Constraint::kNoMaximum;
};

bool counts_contradict(const std::vector<const Constraint*>& terms) {
    std::map<std::pair<Constraint::Scope, TagTarget>, Bounds> bounds;
    for (const Constraint* term : terms) {
        for (const TagTarget& target : term->targets) {
            Bounds& both = bounds[{term->scope, target}];
            both.least = std::max<std::int64_t>(both.least, term->min);
            if (term->max != Constraint::kNoMaximum) {
                both.most = std::min<std::int64_t>(both.most, std::max(term->max - 1, 0));
            }
        }
    }
    return std::ranges::any_of(
        bounds, [](const auto& entry) { return entry.second.least > entry.second.most; });
}

bool attributes_contradict(const std::vector<const Constraint*>& terms) {
    std::map<std::string, std::string> wanted;
    for (const Constraint* term : terms) {
        if (term->kind == Constraint::Kind::Attribute && term->equal &&
            wanted.emplace(term->attribute, term->value).first->second != term->value) {
            return true;
        }
    }
    return std::ranges::any_of(terms, [&](const Constraint* term) {
        const auto it = wanted.find(term->attribute);
        return term->kind == Constraint::Kind::Attribute && !term->equal && it != wanted.end() &&
               it->second == term->value;
    });
}

void add_look(const Books& books, const std::vector<const Constraint*>& terms, PlaceJudge& judge,
              const Look& look, Blocker& blocker) {
    for (const auto& [what, nodes] : look.wrong) {
        blocker.rejections.push_back({what, nodes});
    }
    if (look.nearest.has_value()) {
        blocker.where = books.nodes.at(*look.nearest).info.id.name;
        blocker.sentence += "; " + nearest_text(books, terms, judge, *look.nearest);
    }
}

Blocker begun(const Books& books, const Demand& demand, const char* which,
              const std::vector<const Constraint*>& terms) {
    Blocker blocker;
    blocker.reason = Reason::Constraint;
    blocker.need = demand.ask.size;
    blocker.sentence =
        "No node " + std::string(which) + "satisfies its constraint " + demand.ask.constraint;
    if (const std::string next = alternatives_text(books, demand); !next.empty()) {
        blocker.sentence += "; " + next;
    }
    if (const auto unknown = unknown_attributes(books, terms); !unknown.empty()) {
        blocker.sentence += "; no node has " + join(unknown, " or ") + " yet";
    }
    return blocker;
}

}  // namespace

bool contradicts_itself(const Constraint& constraint) {
    const std::vector<const Constraint*> terms = terms_of(constraint);
    return counts_contradict(terms) || attributes_contradict(terms) ||
           std::ranges::any_of(terms, [](const Constraint* term) {
               return (term->kind == Constraint::Kind::Or ||
                       term->kind == Constraint::Kind::DelayedOr) &&
                      std::ranges::all_of(term->parts, contradicts_itself);
           });
}

Blocker constraint_blocker(const Books& books, const Demand& demand, Detail detail) {
    const Constraint& constraint = *demand.constraint;
    if (contradicts_itself(demand.alternatives ? *demand.alternatives : constraint)) {
        Blocker blocker;
        blocker.reason = Reason::Constraint;
        blocker.need = demand.ask.size;
        blocker.never = true;
        blocker.sentence = "Its constraint " + demand.ask.constraint +
                           " can hold nowhere: its terms exclude each other.";
        return blocker;
    }
    const std::vector<const Constraint*> terms = terms_of(constraint);
    Blocker blocker = begun(books, demand, "with room ", terms);
    if (detail == Detail::Full) {
        PlaceJudge judge(books, demand.owner.attempt.application);
        add_look(books, terms, judge, look_at_all(books, demand, terms, judge), blocker);
    }
    blocker.sentence += ".";
    return blocker;
}

std::optional<Blocker> constraint_nowhere(const Books& books, const Demand& demand) {
    const std::vector<const Constraint*> terms = terms_of(*demand.constraint);
    PlaceJudge judge(books, demand.owner.attempt.application);
    const Look look = look_at_all(books, demand, terms, judge);
    if (look.usable == 0 || look.holds > 0) {
        return std::nullopt;
    }
    Blocker blocker = begun(books, demand, "", terms);
    add_look(books, terms, judge, look, blocker);
    blocker.sentence += ".";
    return blocker;
}

}  // namespace heddle::rm
