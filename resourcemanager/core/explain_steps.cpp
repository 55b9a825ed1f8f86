#include "resourcemanager/core/explain_steps.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "common/base/strings.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/explain_limits.h"
#include "resourcemanager/core/explain_nodes.h"
#include "resourcemanager/core/explain_words.h"
#include "resourcemanager/core/size_check.h"

namespace heddle::rm {
namespace {

bool rejects(const Blocker& blocker, std::initializer_list<std::string_view> wrong) {
    return std::ranges::any_of(blocker.rejections, [&](const NodeRejection& rejection) {
        return std::ranges::find(wrong, rejection.what) != wrong.end();
    });
}

// Nodes that an operator has taken out, of those that the blocker is about.
std::vector<NodeId> taken_out(const Books& books, const Ask& ask, Reason reason) {
    std::vector<NodeId> nodes;
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        const Node& node = books.nodes.at(index);
        const bool named = std::ranges::find(ask.nodes, node.info.id) != ask.nodes.end();
        const bool meant =
            reason == Reason::NoNodes ||
            (reason == Reason::Locality ? named : may_use(books, ask.label, node.info.label));
        if (meant &&
            (node.state == NodeState::Decommissioning || node.state == NodeState::Decommissioned)) {
            nodes.push_back(node.info.id);
        }
    }
    return nodes;
}

// What brings back the nodes that the blocker counts as away.
std::string bring_back(const Books& books, const Demand& demand, const Blocker& blocker) {
    std::vector<std::string> steps;
    if (rejects(blocker, {"decommissioning", "decommissioned"})) {
        const std::vector<NodeId> nodes = taken_out(books, demand.ask, blocker.reason);
        steps.push_back("take back what an operator has taken out (rmctl node recommission): " +
                        (nodes.empty() ? "nodes of another label" : names_text(nodes)));
    }
    if (rejects(blocker, {"lost", "not connected", "not back yet", "new"})) {
        steps.emplace_back(
            "start the node agents that are away, or look why they are not connected");
    }
    if (rejects(blocker, {"unhealthy"})) {
        steps.emplace_back("look at the unhealthy nodes: their health reports say what is wrong");
    }
    std::string text = join(steps, "; ");
    if (!text.empty()) {
        text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
        text += ".";
    }
    return text;
}

std::string about_named(const Books& books, const Demand& demand, const Blocker& blocker) {
    if (books.free.survey(demand.ask.size, demand.ask.label).fits) {
        return "Another node has room for it now: relaxed locality would take it.";
    }
    std::string back = bring_back(books, demand, blocker);
    if (demand.ask.relax_locality) {
        return back;
    }
    return back + (back.empty() ? "" : " ") +
           (rejects(blocker, {"unknown"})
                ? "Ask for nodes that are there (rmctl node list), or with relaxed locality."
                : "Ask with relaxed locality, or for other nodes; or wait for room there.");
}

bool of_limit(const Blocker& blocker) {
    return blocker.reason == Reason::QueueLimit || blocker.reason == Reason::UserLimit ||
           blocker.reason == Reason::AmShare || blocker.reason == Reason::ParallelLimit;
}

// Moving helps against limits, and against nothing else.
bool limits_alone(const AskExplanation& ask) {
    return std::ranges::all_of(ask.blockers, [](const Blocker& blocker) {
        return of_limit(blocker) || blocker.reason == Reason::Order;
    });
}

// Empty: what the reason says of itself will do.
std::string particular(const Books& books, const Demand& demand, const AskExplanation& ask) {
    const Blocker& first = ask.first();
    if (of_limit(first)) {
        return limits_alone(ask) ? queue_with_room(books, demand) : "";
    }
    if (first.reason == Reason::NoNodeFits) {
        return smaller_size(books, demand);
    }
    if (first.reason == Reason::Locality && demand.increase()) {
        return "A container stays on its node: end others there, wish for less, or ask for "
               "another container elsewhere.";
    }
    if (first.reason == Reason::Locality) {
        return about_named(books, demand, first);
    }
    if (first.reason == Reason::NeverFits && first.limit.has_value()) {
        return "At most " + size_text(*first.limit) +
               " fits on one node: " + smaller_or_elsewhere(books, ask.size, demand.ask.label) +
               ".";
    }
    if (first.reason == Reason::Constraint && first.never) {
        return "Change the constraint: no waiting helps.";
    }
    const bool away = first.reason == Reason::NoNodes || first.reason == Reason::NodeUnhealthy ||
                      first.reason == Reason::Label;
    return away ? bring_back(books, demand, first) : "";
}

}  // namespace

std::string next_step_of(const Books& books, const Demand& demand, const AskExplanation& ask) {
    const std::string step = particular(books, demand, ask);
    return step.empty() ? std::string(info_of(ask.first().reason).next_step) : step;
}

}  // namespace heddle::rm
