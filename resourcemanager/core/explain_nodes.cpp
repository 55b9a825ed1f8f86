#include "resourcemanager/core/explain_nodes.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "common/base/strings.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/constraints.h"
#include "resourcemanager/core/explain_constraint.h"
#include "resourcemanager/core/explain_reserved.h"
#include "resourcemanager/core/explain_words.h"
#include "resourcemanager/core/size_check.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kContainersLookedAt = 1000;
constexpr std::size_t kNodesNamed = 3;

Resource gap_between(const Resource& size, const Resource& free) {
    Resource gap;
    gap.memory_mib = std::max<std::int64_t>(size.memory_mib - free.memory_mib, 0);
    gap.vcores = std::max<std::int64_t>(size.vcores - free.vcores, 0);
    for (const NamedCounts::Entry& entry : size.named.entries()) {
        gap.named.set(entry.name,
                      std::max<std::int64_t>(entry.count - free.named.get(entry.name), 0));
    }
    return gap;
}

// What the nodes that the ask may use say together.
NodeSurvey survey_of(const Books& books, const FreeIndex& index, const Ask& ask) {
    NodeSurvey all = index.survey(ask.size, ask.label);
    if (!ask.label.empty()) {
        return all;
    }
    for (const auto& [label, exclusive] : books.config.scheduler.labels) {
        if (exclusive || label.empty()) {
            continue;
        }
        const NodeSurvey one = index.survey(ask.size, label);
        all.fits = all.fits || one.fits;
        for (const auto& [what, nodes] : one.short_of) {
            all.short_of[what] += nodes;
        }
        if (one.nearest.has_value() && (!all.nearest.has_value() || one.gap < all.gap)) {
            all.nearest = one.nearest;
            all.gap = one.gap;
        }
    }
    return all;
}

// Nodes that its application does not want: blacklisted ones, and those where its master failed.
std::set<NodeId> avoided_by(const Books& books, const Demand& demand) {
    const Application* application =
        demand.owner.choosy ? books.applications.find(demand.owner.attempt.application) : nullptr;
    if (application == nullptr) {
        return {};
    }
    if (demand.ask.id == 0) {
        return kept_off_by_master(books, *application);
    }
    for (const Attempt& attempt : application->attempts) {
        if (attempt.record.id == demand.owner.attempt) {
            return {attempt.blacklist.begin(), attempt.blacklist.end()};
        }
    }
    return {};
}

NearMiss near_miss(const Node& node, const Resource& size) {
    return {node.info.id, node.free(), gap_between(size, node.free())};
}

std::int64_t nodes_in(const std::map<NodeState, std::int64_t>& states, NodeState state) {
    const auto it = states.find(state);
    return it == states.end() ? 0 : it->second;
}

void reject(std::vector<NodeRejection>& rejections, const std::string& what, std::int64_t nodes) {
    if (nodes > 0) {
        rejections.push_back({what, nodes});
    }
}

// Nodes that take nothing, whatever is asked for.
std::vector<NodeRejection> away(const Books& books) {
    const std::map<NodeState, std::int64_t> states = books.nodes.count_by_state();
    std::vector<NodeRejection> rejections;
    reject(rejections, "unhealthy", nodes_in(states, NodeState::Unhealthy));
    reject(rejections, "decommissioning", nodes_in(states, NodeState::Decommissioning));
    reject(rejections, "decommissioned", nodes_in(states, NodeState::Decommissioned));
    reject(rejections, "lost", nodes_in(states, NodeState::Lost));
    reject(rejections, "not back yet", nodes_in(states, NodeState::New));
    reject(rejections, "not connected",
           nodes_in(states, NodeState::Running) - static_cast<std::int64_t>(books.free.size()));
    return rejections;
}

std::string rejections_text(const std::vector<NodeRejection>& rejections) {
    std::vector<std::string> parts;
    for (const NodeRejection& rejection : rejections) {
        parts.push_back(std::to_string(rejection.nodes) + " " + rejection.what);
    }
    return join(parts, ", ");
}

Blocker about_size(Reason reason, const Resource& size) {
    Blocker blocker;
    blocker.reason = reason;
    blocker.need = size;
    return blocker;
}

Blocker never_fits(const Books& books, const Ask& ask) {
    Blocker blocker = about_size(Reason::NeverFits, ask.size);
    blocker.limit = largest_for(books, ask.label);
    const bool labelled = books.nodes.labels_ever().size() > 1;
    const std::string which = !ask.label.empty() ? " of label " + ask.label
                              : labelled         ? " for asks without a label"
                                                 : "";
    blocker.sentence = "One container needs " + size_text(ask.size) + "; no node" + which +
                       " that ever registered has as much, the largest has " +
                       size_text(*blocker.limit) + ".";
    return blocker;
}

Blocker no_nodes(const Books& books, const Resource& size) {
    Blocker blocker = about_size(Reason::NoNodes, size);
    blocker.rejections = away(books);
    blocker.sentence =
        blocker.rejections.empty()
            ? "No node has registered."
            : "No node takes containers: " + rejections_text(blocker.rejections) + ".";
    return blocker;
}

// Every node that is up is too small, even when it is empty; another one was large enough.
Blocker large_nodes_away(const Books& books, const Ask& ask) {
    const Resource& size = ask.size;
    Blocker blocker = about_size(Reason::NodeUnhealthy, size);
    blocker.rejections = away(books);
    reject(blocker.rejections, "too small", static_cast<std::int64_t>(books.free.size()));
    if (const NodeSurvey survey = survey_of(books, books.capacity, ask);
        survey.nearest.has_value()) {
        const Node& node = books.nodes.at(*survey.nearest);
        blocker.limit = node.info.total;
        blocker.where = node.info.id.name;
    }
    blocker.sentence = "No node that is up has " + parts_text(size) + " even when it is empty (" +
                       rejections_text(blocker.rejections) + ").";
    return blocker;
}

Blocker no_node_fits(const Books& books, const Demand& demand, const NodeSurvey& survey,
                     Detail detail) {
    const Resource& size = demand.ask.size;
    Blocker blocker = about_size(Reason::NoNodeFits, size);
    const Node& nearest = books.nodes.at(*survey.nearest);
    blocker.near_miss = near_miss(nearest, size);
    const Resource& gap = blocker.near_miss->gap;
    blocker.where = nearest.info.id.name;
    blocker.sentence = "No node has " + parts_text(size) + " free: " + nearest.info.id.name +
                       " comes nearest with " + size_text(nearest.free()) + ", " + parts_text(gap) +
                       " short" + kept_text(books, demand, nearest) + ".";
    if (detail == Detail::Full) {
        blocker.limit = nearest.info.total;
        blocker.used = nearest.used;
        auto others = static_cast<std::int64_t>(books.free.size());
        for (const auto& [what, nodes] : survey.short_of) {
            reject(blocker.rejections, what, nodes);
            others -= nodes;
        }
        reject(blocker.rejections, "of another label", others);
        for (NodeRejection& rejection : away(books)) {
            blocker.rejections.push_back(std::move(rejection));
        }
        blocker.holders = holders_on(books, nearest);
    }
    return blocker;
}

// The nodes and racks that an ask names.
std::string places_text(const Ask& ask) {
    std::string text = names_text(ask.nodes);
    for (const std::string& rack : ask.racks) {
        text += (text.empty() ? "rack " : ", rack ") + rack;
    }
    return text;
}

// What is wrong with each of the nodes that an ask names.
struct NamedNodes {
    bool room = false;
    bool can_ever = false;  // one of them is large enough, or not known, or need not be taken
    std::vector<NodeRejection> rejections;
    std::optional<NodeIndex> nearest;
};

// Of a node that takes nothing.
std::string state_text(const Node& node) {
    return node.state == NodeState::Running ? "not connected" : to_lower(to_string(node.state));
}

std::string wrong_with(const Books& books, const Node& node, const Demand& demand,
                       const std::set<NodeId>& avoided, const Resource& gap) {
    if (!node.placeable()) {
        return state_text(node);
    }
    if (!may_use(books, demand.ask.label, node.info.label)) {
        return "of another label";
    }
    if (avoided.contains(node.info.id)) {
        return "not wanted";
    }
    if (!gap.named.empty()) {
        return gap.named.entries().front().name;
    }
    if (!gap.is_zero()) {
        return gap.vcores > 0 ? "vcores" : "memory";
    }
    return constraint_holds(books, demand, node.index) ? "" : "constraint";
}

// The reason that such a verdict belongs to.
Reason reason_of(const std::string& what, const Node& node) {
    if (!node.placeable()) {
        return Reason::NodeUnhealthy;
    }
    return what == "of another label"           ? Reason::Label
           : what == "not wanted"               ? Reason::Blacklist
           : what == "constraint"               ? Reason::Constraint
           : what == "not among those it names" ? Reason::Locality
                                                : Reason::NoNodeFits;
}

NamedNodes look_at_named(const Books& books, const Demand& demand) {
    const Resource& size = demand.ask.size;
    const std::set<NodeId> avoided = avoided_by(books, demand);
    NamedNodes named;
    named.can_ever = demand.ask.relax_locality || !demand.ask.racks.empty();
    std::map<std::string, std::int64_t> wrong;
    Resource gap_min;
    for (const NodeId& id : demand.ask.nodes) {
        const std::optional<NodeIndex> index = books.nodes.find(id);
        if (!index.has_value()) {
            named.can_ever = true;
            ++wrong["unknown"];
            continue;
        }
        const Node& node = books.nodes.at(*index);
        named.can_ever = named.can_ever || size.fits_in(node.info.total);
        const Resource gap = gap_between(size, node.free());
        const std::string what = wrong_with(books, node, demand, avoided, gap);
        if (what.empty()) {
            named.room = true;
            continue;
        }
        ++wrong[what];
        const bool nearer = gap.memory_mib != gap_min.memory_mib
                                ? gap.memory_mib < gap_min.memory_mib
                                : gap.vcores < gap_min.vcores;
        if (node.placeable() && !gap.is_zero() && (!named.nearest.has_value() || nearer)) {
            named.nearest = *index;
            gap_min = gap;
        }
    }
    for (const auto& [what, nodes] : wrong) {
        named.rejections.push_back({what, nodes});
    }
    return named;
}

std::string verdict(const Ask& ask, const NamedNodes& named) {
    const bool one = ask.nodes.size() == 1;
    if (named.nearest.has_value() || named.rejections.empty()) {
        return one ? "that node has no room" : "none of these nodes has room";
    }
    if (named.rejections.size() == 1 && named.rejections.front().what == "unknown") {
        return one ? "no node of that name has registered"
                   : "no node of these names has registered";
    }
    return std::string(one ? "that node cannot take it" : "none of these nodes can take it") +
           " (" + rejections_text(named.rejections) + ")";
}

// It wants certain nodes, and only these, for now or for ever.
Blocker locality(const Books& books, const Demand& demand, const NamedNodes& named, Detail detail) {
    const Ask& ask = demand.ask;
    Blocker blocker = about_size(named.can_ever ? Reason::Locality : Reason::NeverFits, ask.size);
    blocker.rejections = named.rejections;
    blocker.where = places_text(ask);
    if (!named.can_ever) {
        blocker.sentence = "It takes only " + blocker.where + ", too small even when " +
                           (ask.nodes.size() == 1 ? "it is empty." : "they are empty.");
        return blocker;
    }
    blocker.sentence = std::string(ask.relax_locality ? "It prefers " : "It takes only ") +
                       blocker.where + ", and " + verdict(ask, named);
    if (named.nearest.has_value()) {
        const Node& node = books.nodes.at(*named.nearest);
        blocker.near_miss = near_miss(node, ask.size);
        blocker.sentence += ": " + node.info.id.name + " has " + size_text(node.free()) +
                            " free, " + parts_text(blocker.near_miss->gap) + " short" +
                            kept_text(books, demand, node);
        if (detail == Detail::Full) {
            blocker.limit = node.info.total;
            blocker.used = node.used;
            blocker.holders = holders_on(books, node);
        }
    }
    const auto due = books.deadlines.at({Timer::Kind::LocalityDelay, demand.owner.attempt, ask.id});
    if (due.has_value() && *due > books.now) {
        blocker.sentence += (demand.near ? "; it takes any node in " : "; it looks further in ") +
                            time_text(*due - books.now);
    }
    blocker.sentence += ".";
    return blocker;
}

Blocker nodes_away(const Books& books, const Resource& size) {
    Blocker blocker = about_size(Reason::NodeUnhealthy, size);
    blocker.rejections = away(books);
    std::int64_t nodes = 0;
    for (const NodeRejection& rejection : blocker.rejections) {
        nodes += rejection.nodes;
    }
    blocker.sentence = count_text(nodes, "node") + (nodes == 1 ? " takes" : " take") +
                       " no containers: " + rejections_text(blocker.rejections) + ".";
    return blocker;
}

}  // namespace

namespace {

// Nodes of this label that take nothing, by why.
std::vector<NodeRejection> away_of(const Books& books, const std::string& label) {
    std::map<std::string, std::int64_t> wrong;
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        const Node& node = books.nodes.at(index);
        if (!node.info.id.name.empty() && node.info.label == label && !node.placeable()) {
            ++wrong[state_text(node)];
        }
    }
    std::vector<NodeRejection> rejections;
    for (const auto& [what, nodes] : wrong) {
        rejections.push_back({what, nodes});
    }
    return rejections;
}

Blocker label_away(const Books& books, const Ask& ask, bool known, Detail detail) {
    Blocker blocker = about_size(Reason::Label, ask.size);
    blocker.where = ask.label;
    if (detail == Detail::Full) {  // it looks at every node
        blocker.rejections = away_of(books, ask.label);
    }
    blocker.sentence = ask.label.empty()
                           ? "It asks for nodes without a label, and none takes containers."
                           : std::string("No node of label ") + ask.label +
                                 (known ? " takes containers now." : " has ever registered.");
    if (!blocker.rejections.empty()) {
        blocker.sentence.pop_back();
        blocker.sentence += " (" + rejections_text(blocker.rejections) + ").";
    }
    return blocker;
}

Blocker unwanted(const Books& books, const Demand& demand) {
    Blocker blocker = about_size(Reason::Blacklist, demand.ask.size);
    const std::set<NodeId> avoided = avoided_by(books, demand);
    blocker.where = names_text({avoided.begin(), avoided.end()});
    blocker.sentence =
        "Nodes with room are not wanted by the application: " + blocker.where +
        (demand.ask.id == 0 ? ", where its master failed." : ", which it has excluded.");
    return blocker;
}

// What is free on nodes that may take it, whatever it prefers.
std::vector<Blocker> anywhere(const Books& books, const Demand& demand, Detail detail) {
    const Ask& ask = demand.ask;
    if (books.free.size() == 0) {
        return {no_nodes(books, ask.size)};
    }
    const NodeSurvey survey = survey_of(books, books.free, ask);
    if (survey.fits) {
        const bool picky = demand.owner.choosy || demand.constraint != nullptr;
        // While a limit refuses it nobody has tried.
        if (!picky || (!books.asks.blocked(demand) &&
                       (detail == Detail::Headline || fits_somewhere(books, demand)))) {
            return {};
        }
        return {demand.constraint != nullptr ? constraint_blocker(books, demand, detail)
                                             : unwanted(books, demand)};
    }
    if (!survey.nearest.has_value()) {
        return {label_away(books, ask, true, detail)};
    }
    if (!survey_of(books, books.capacity, ask).fits) {
        return {large_nodes_away(books, ask)};
    }
    std::vector<Blocker> blockers{no_node_fits(books, demand, survey, detail)};
    if (detail == Detail::Full && !away(books).empty()) {
        blockers.push_back(nodes_away(books, ask.size));
    }
    return blockers;
}

std::vector<Blocker> where_it_may_go(const Books& books, const Demand& demand, Detail detail) {
    const Ask& ask = demand.ask;
    if (books.nodes.any_ever() && !ever_fits(books, ask.size, ask.label)) {
        return {largest_for(books, ask.label).is_zero() ? label_away(books, ask, false, detail)
                                                        : never_fits(books, ask)};
    }
    if (!demand.placed() || demand.relaxed) {
        return anywhere(books, demand, detail);
    }
    // Whether its racks have room was found out when it was tried.
    const NamedNodes named = look_at_named(books, demand);
    const bool may_have_room = named.room || demand.near || !ask.racks.empty();
    if (!books.asks.blocked(demand) && may_have_room) {
        return {};
    }
    return {locality(books, demand, named, detail)};
}

}  // namespace

std::vector<Blocker> node_blockers(const Books& books, const Demand& demand, Detail detail) {
    if (demand.constraint == nullptr) {
        return where_it_may_go(books, demand, detail);
    }
    std::vector<Blocker> blockers;
    const bool never = contradicts_itself(*demand.constraint);
    if (never) {
        blockers.push_back(constraint_blocker(books, demand, detail));
    }
    if (!never || detail == Detail::Full) {
        for (Blocker& blocker : where_it_may_go(books, demand, detail)) {
            if (!never || blocker.reason != Reason::Constraint) {
                blockers.push_back(std::move(blocker));
            }
        }
    }
    const auto of_constraint = [](const Blocker& b) { return b.reason == Reason::Constraint; };
    if (detail == Detail::Full && !blockers.empty() &&
        std::ranges::none_of(blockers, of_constraint)) {
        if (std::optional<Blocker> nowhere = constraint_nowhere(books, demand)) {
            blockers.push_back(std::move(*nowhere));
        }
    }
    return blockers;
}

std::vector<NodeVerdict> verdicts_on(const Books& books, const Demand& demand,
                                     const std::vector<NodeIndex>& nodes) {
    const std::set<NodeId> avoided = avoided_by(books, demand);
    const std::vector<bool> taken = nodes_taken(books, demand, nodes);
    std::vector<NodeVerdict> verdicts;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const Node& node = books.nodes.at(nodes[i]);
        const Resource gap = gap_between(demand.ask.size, node.free());
        std::string what = wrong_with(books, node, demand, avoided, gap);
        if (what.empty() && !taken[i]) {
            what = "not among those it names";
        }
        if (!what.empty()) {
            verdicts.push_back({node.info.id, reason_of(what, node), what});
        }
    }
    std::ranges::sort(verdicts, {}, &NodeVerdict::node);
    return verdicts;
}

std::string names_text(const std::vector<NodeId>& nodes) {
    std::string text;
    for (std::size_t i = 0; i < std::min(nodes.size(), kNodesNamed); ++i) {
        text += (i == 0 ? "" : ", ") + nodes[i].name;
    }
    if (nodes.size() > kNodesNamed) {
        text += " and " + std::to_string(nodes.size() - kNodesNamed) + " more";
    }
    return text;
}

std::optional<Blocker> blocker_on(const Books& books, const Node& node, const Resource& size,
                                  Detail detail) {
    const std::string& name = node.info.id.name;
    if (!node.placeable()) {
        Blocker away = about_size(Reason::NodeUnhealthy, size);
        away.where = name;
        away.sentence = "Its node " + name + " takes nothing more: it is " + state_text(node) + ".";
        return away;
    }
    const Resource gap = gap_between(size, node.free());
    if (gap.is_zero()) {
        return std::nullopt;
    }
    Blocker full = about_size(Reason::Locality, size);
    full.where = name;
    full.limit = node.info.total;
    full.used = node.used;
    full.near_miss = near_miss(node, size);
    full.sentence = "Its node " + name + " has " + size_text(node.free()) +
                    " free beside guaranteed containers, " + parts_text(gap) + " short.";
    if (detail == Detail::Full) {
        full.holders = holders_on(books, node);
    }
    return full;
}

std::string smaller_size(const Books& books, const Demand& demand) {
    const NodeSurvey survey = survey_of(books, books.free, demand.ask);
    if (survey.fits || !survey.nearest.has_value()) {
        return "";
    }
    const Node& node = books.nodes.at(*survey.nearest);
    Resource room = node.free();
    room.memory_mib = std::min(room.memory_mib, demand.ask.size.memory_mib);
    room.vcores = std::min(room.vcores, demand.ask.size.vcores);
    room.named = {};
    for (const NamedCounts::Entry& entry : demand.ask.size.named.entries()) {
        room.named.set(entry.name, std::min(entry.count, node.free().named.get(entry.name)));
    }
    if (room.memory_mib <= 0 || room.vcores <= 0) {
        return "";
    }
    return "A container of at most " + size_text(room) + " would fit on " + node.info.id.name +
           " now.";
}

std::vector<Holder> holders_on(const Books& books, const Node& node) {
    std::map<ApplicationId, Holder> by_application;
    std::size_t looked_at = 0;
    for (const ContainerId& id : node.containers) {
        if (++looked_at > kContainersLookedAt) {
            break;
        }
        const Container* container = books.containers.find(id);
        Holder& holder = by_application[id.attempt.application];
        holder.application = id.attempt.application;
        holder.amount += container->charged();
        ++holder.containers;
    }
    std::vector<Holder> holders;
    for (const auto& [id, holder] : by_application) {
        holders.push_back(holder);
    }
    keep_largest(holders);
    return holders;
}

void keep_largest(std::vector<Holder>& holders) {
    std::stable_sort(holders.begin(), holders.end(), [](const Holder& a, const Holder& b) {
        return a.amount.memory_mib != b.amount.memory_mib
                   ? b.amount.memory_mib < a.amount.memory_mib
                   : b.amount.vcores < a.amount.vcores;
    });
    if (holders.size() > kHoldersShown) {
        holders.resize(kHoldersShown);
    }
}

}  // namespace heddle::rm
