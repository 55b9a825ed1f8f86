#include "resourcemanager/shell/json_explanations.h"

#include <time.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <string>

#include "common/base/strings.h"
#include "resourcemanager/shell/json_views.h"

namespace heddle::rm {
namespace {

void write_amount(wire::JsonWriter& json, std::string_view name,
                  const std::optional<Resource>& amount) {
    if (amount.has_value()) {
        write_resource(json.key(name), *amount);
    }
}

void write_holders(wire::JsonWriter& json, std::string_view name,
                   const std::vector<Holder>& holders) {
    json.key(name).begin_array();
    for (const Holder& holder : holders) {
        json.begin_object().member("application", to_string(holder.application));
        json.member("containers", holder.containers);
        write_resource(json.key("amount"), holder.amount);
        json.end_object();
    }
    json.end_array();
}

void write_blocker(wire::JsonWriter& json, const Blocker& blocker) {
    json.begin_object();
    write_reason(json, blocker.reason);
    json.member("sentence", blocker.sentence);
    if (!blocker.where.empty()) {
        json.member("where", blocker.where);
    }
    write_amount(json, "needed", blocker.need);
    write_amount(json, "limit", blocker.limit);
    write_amount(json, "used", blocker.used);
    write_holders(json, "holders", blocker.holders);
    json.key("rejected").begin_array();
    for (const NodeRejection& rejection : blocker.rejections) {
        json.begin_object().member("what", rejection.what);
        json.member("nodes", rejection.nodes).end_object();
    }
    json.end_array();
    if (blocker.near_miss.has_value()) {
        json.key("nearest").begin_object().member("node", blocker.near_miss->node.name);
        write_resource(json.key("free"), blocker.near_miss->free);
        write_resource(json.key("missing"), blocker.near_miss->gap);
        json.end_object();
    }
    json.end_object();
}

void write_blockers(wire::JsonWriter& json, const std::vector<Blocker>& blockers) {
    json.key("blockers").begin_array();
    for (const Blocker& blocker : blockers) {
        write_blocker(json, blocker);
    }
    json.end_array();
}

void write_ask(wire::JsonWriter& json, const AskExplanation& ask) {
    json.begin_object();
    json.member("ask", ask.ask).member("priority", ask.priority);
    json.member("containers", ask.count);
    write_resource(json.key("size"), ask.size);
    json.key("nodes").begin_array();
    for (const NodeId& node : ask.nodes) {
        json.value(node.name);
    }
    json.end_array();
    json.member("never", ask.never);
    write_blockers(json, ask.blockers);
    json.key("ahead").begin_object().member("containers", ask.ahead.containers);
    json.member("applications", ask.ahead.applications_count).member("more", ask.ahead.more);
    write_holders(json, "first", ask.ahead.applications);
    json.end_object();
    json.key("estimate").begin_object().member("sentence", ask.estimate.sentence);
    if (ask.estimate.low.has_value() && ask.estimate.high.has_value()) {
        json.member("lowMilliseconds", ask.estimate.low->milliseconds());
        json.member("highMilliseconds", ask.estimate.high->milliseconds());
    }
    json.end_object();
    json.member("nextStep", ask.next_step);
    if (ask.container.has_value()) {
        json.member("container", to_string(*ask.container));
    }
    json.end_object();
}

// YARN's activities.

void write_moment(wire::JsonWriter& json, WallTime now) {
    json.member("timestamp", now.milliseconds).member("dateTime", java_date(now));
}

std::string diagnostic_of(Reason reason, const std::string& what) {
    return std::string(info_of(reason).yarn) + " (" + what + ")";
}

// What is known when nodes were not looked at one by one.
void write_counts(wire::JsonWriter& json, const AskExplanation& ask) {
    for (const Blocker& blocker : ask.blockers) {
        for (const NodeRejection& rejection : blocker.rejections) {
            json.begin_object().member("allocationState", "REJECTED");
            json.member("diagnostic", diagnostic_of(blocker.reason, rejection.what));
            json.member("count", rejection.nodes);
            if (blocker.near_miss.has_value() &&
                (rejection.what == "memory" || rejection.what == "vcores")) {
                json.key("nodeIds").begin_array().value(blocker.near_miss->node.name).end_array();
            }
            json.end_object();
        }
    }
}

// Null: it may go there, or nobody looked.
const NodeVerdict* verdict_on(const AskExplanation& ask, const NodeId& node) {
    const auto found = std::ranges::lower_bound(ask.verdicts, node, {}, &NodeVerdict::node);
    return found != ask.verdicts.end() && found->node == node ? &*found : nullptr;
}

void write_grouped(wire::JsonWriter& json, const std::vector<const NodeVerdict*>& verdicts) {
    std::map<std::string, std::vector<const NodeVerdict*>> groups;
    for (const NodeVerdict* verdict : verdicts) {
        groups[diagnostic_of(verdict->reason, verdict->what)].push_back(verdict);
    }
    for (const auto& [diagnostic, nodes] : groups) {
        json.begin_object().member("allocationState", "REJECTED").member("diagnostic", diagnostic);
        json.member("count", nodes.size()).key("nodeIds").begin_array();
        for (const NodeVerdict* verdict : nodes) {
            json.value(verdict->node.name);
        }
        json.end_array().end_object();
    }
}

void write_nodes_of(wire::JsonWriter& json, const AskExplanation& ask,
                    const ActivityFilter& filter) {
    json.key("children").begin_array();
    std::vector<const NodeVerdict*> verdicts;
    if (!filter.node.has_value()) {
        for (const NodeVerdict& verdict : ask.verdicts) {
            verdicts.push_back(&verdict);
        }
    } else if (const NodeVerdict* verdict = verdict_on(ask, *filter.node)) {
        verdicts.push_back(verdict);
    }
    if (!ask.each_node) {
        write_counts(json, ask);
    } else if (filter.grouped) {
        write_grouped(json, verdicts);
    } else {
        for (const NodeVerdict* verdict : verdicts) {
            json.begin_object().member("nodeId", verdict->node.name);
            json.member("allocationState", "REJECTED");
            json.member("diagnostic", diagnostic_of(verdict->reason, verdict->what)).end_object();
        }
    }
    json.end_array();
}

void write_requests(wire::JsonWriter& json, const Explanation& explanation,
                    const ActivityFilter& filter) {
    json.key("children").begin_array();
    for (const AskExplanation& ask : explanation.asks) {
        if (!filter.accepts(ask)) {
            continue;
        }
        json.begin_object().member("requestPriority", ask.priority);
        json.member("allocationRequestId", ask.ask).member("allocationState", "SKIPPED");
        json.member("diagnostic",
                    std::string(info_of(ask.first().reason).yarn) + ". " + ask.first().sentence);
        write_nodes_of(json, ask, filter);
        json.end_object();
    }
    json.end_array();
}

std::string diagnostic_of(const Explanation& explanation) {
    return explanation.reason.has_value()
               ? std::string(info_of(*explanation.reason).yarn) + ". " + explanation.headline
               : explanation.headline;
}

using ByQueue = std::map<std::string, std::vector<const Explanation*>>;

void write_queue(wire::JsonWriter& json, const std::string& path, const ByQueue& by_queue,
                 const ActivityFilter& filter) {
    json.begin_object().member("name", path).member("allocationState", "SKIPPED");
    json.member("diagnostic", "").key("children").begin_array();
    std::string below;  // the child that is being skipped over
    const std::string prefix = path + ".";
    for (auto it = by_queue.lower_bound(prefix);
         it != by_queue.end() && it->first.starts_with(prefix); ++it) {
        const std::string child = it->first.substr(0, it->first.find('.', prefix.size()));
        if (child != below) {
            below = child;
            write_queue(json, child, by_queue, filter);
        }
    }
    if (const auto here = by_queue.find(path); here != by_queue.end()) {
        for (const Explanation* explanation : here->second) {
            json.begin_object().member("name", to_string(explanation->application));
            json.member("appPriority", explanation->priority);
            json.member("allocationState", "SKIPPED");
            json.member("diagnostic", diagnostic_of(*explanation));
            write_requests(json, *explanation, filter);
            json.end_object();
        }
    }
    json.end_array().end_object();
}

// Those that have a word to say for these asks: that wait for one, or for nothing to do with nodes.
ByQueue by_queue(const std::vector<Explanation>& explanations, const ActivityFilter& filter) {
    ByQueue queues;
    for (const Explanation& explanation : explanations) {
        const bool asks = std::ranges::any_of(
            explanation.asks, [&](const AskExplanation& ask) { return filter.accepts(ask); });
        const bool anywhere = !filter.label.has_value() || filter.label->empty();
        if (asks || (explanation.asks.empty() && anywhere)) {
            queues[explanation.queue].push_back(&explanation);
        }
    }
    return queues;
}

// The labels that are asked for; of applications without an ask: none.
std::set<std::string> labels_of(const std::vector<Explanation>& explanations) {
    std::set<std::string> labels;
    for (const Explanation& explanation : explanations) {
        for (const AskExplanation& ask : explanation.asks) {
            labels.insert(ask.label);
        }
        if (explanation.asks.empty()) {
            labels.insert("");
        }
    }
    return labels;
}

bool write_tree(wire::JsonWriter& json, const std::vector<Explanation>& explanations,
                const ActivityFilter& filter, const std::string& partition) {
    const ByQueue queues = by_queue(explanations, filter);
    if (queues.empty()) {
        return false;
    }
    json.begin_object().member("partition", partition).member("updatedContainerId", "N/A");
    json.member("finalAllocationState", "SKIPPED").key("root");
    write_queue(json, "root", queues, filter);
    json.end_object();
    return true;
}

// Of one application.
void write_allocation(wire::JsonWriter& json, const Explanation& explanation,
                      const ActivityFilter& filter, WallTime now) {
    json.begin_object();
    if (filter.node.has_value()) {
        json.member("nodeId", filter.node->name);
    }
    write_moment(json, now);
    json.member("queueName", explanation.queue).member("appPriority", explanation.priority);
    json.member("allocationState", "SKIPPED");
    json.member("diagnostic", diagnostic_of(explanation));
    write_requests(json, explanation, filter);
    json.end_object();
}

std::set<NodeId> nodes_of(const Explanation& explanation) {
    std::set<NodeId> nodes;
    for (const AskExplanation& ask : explanation.asks) {
        for (const NodeVerdict& verdict : ask.verdicts) {
            nodes.insert(verdict.node);
        }
    }
    return nodes;
}

}  // namespace

std::size_t most_nodes(std::size_t asks) {
    return std::max<std::size_t>(1, kActivityLines / std::max<std::size_t>(1, asks));
}

void write_reason(wire::JsonWriter& json, Reason reason) {
    const ReasonInfo& info = info_of(reason);
    json.member("reason", info.code).member("title", info.title).member("meaning", info.meaning);
    json.member("page", "docs/reasons/" + std::string(info.code) + ".md");
}

void write_explanation(wire::JsonWriter& json, const Explanation& explanation) {
    json.begin_object();
    json.member("application", to_string(explanation.application));
    json.member("queue", explanation.queue).member("state", to_string(explanation.state));
    json.member("waiting", explanation.waiting);
    if (explanation.reason.has_value()) {
        write_reason(json, *explanation.reason);
    }
    json.member("headline", explanation.headline);
    write_blockers(json, explanation.blockers);
    json.key("asks").begin_array();
    for (const AskExplanation& ask : explanation.asks) {
        write_ask(json, ask);
    }
    json.end_array().member("asksCount", explanation.asks_count);
    json.key("promotions").begin_array();
    for (const PromotionExplanation& promotion : explanation.promotions) {
        json.begin_object().member("container", to_string(promotion.container));
        json.member("node", promotion.node.name);
        write_resource(json.key("size"), promotion.size);
        write_blockers(json, promotion.blockers);
        json.end_object();
    }
    json.end_array();
    write_resource(json.key("requested"), explanation.requested);
    write_resource(json.key("used"), explanation.used);
    write_resource(json.key("clusterFree"), explanation.cluster_free);
    write_resource(json.key("clusterTotal"), explanation.cluster_total);
    write_resource(json.key("headroom"), explanation.headroom);
    json.end_object();
}

bool ActivityFilter::accepts(const AskExplanation& ask) const {
    bool elsewhere = false;
    if (node.has_value() && ask.each_node) {
        const NodeVerdict* verdict = verdict_on(ask, *node);
        elsewhere = verdict != nullptr && verdict->reason == Reason::Label;
    } else if (node.has_value()) {  // nobody looked at it
        elsewhere = node_label.has_value() && ask.label != *node_label;
    }
    return !elsewhere && (!label.has_value() || ask.label == *label) &&
           (priorities.empty() || std::ranges::count(priorities, ask.priority) > 0) &&
           (asks.empty() || std::ranges::count(asks, ask.ask) > 0);
}

void write_app_activities(wire::JsonWriter& json, const Explanation& explanation,
                          const ActivityFilter& filter, WallTime now, bool each_node,
                          std::size_t limit) {
    json.begin_object().member("applicationId", to_string(explanation.application));
    if (!explanation.waiting) {
        json.member("diagnostic", explanation.headline);
    }
    write_moment(json, now);
    json.key("allocations").begin_array();
    const std::set<NodeId> nodes = each_node ? nodes_of(explanation) : std::set<NodeId>();
    if (explanation.waiting && !nodes.empty()) {
        limit = std::min(limit, most_nodes(explanation.asks.size()));
        for (const NodeId& node : nodes) {
            if (limit-- == 0) {
                break;
            }
            ActivityFilter of_node = filter;
            of_node.node = node;
            write_allocation(json, explanation, of_node, now);
        }
    } else if (explanation.waiting) {  // also when nothing is wrong with any node
        write_allocation(json, explanation, filter, now);
    }
    json.end_array().end_object();
}

void write_activities(wire::JsonWriter& json, const std::vector<Explanation>& explanations,
                      const ActivityFilter& filter, const std::string& label, WallTime now) {
    json.begin_object();
    if (filter.node.has_value()) {
        json.member("nodeId", filter.node->name);
    }
    write_moment(json, now);
    json.key("allocations").begin_array();
    bool any = false;
    if (filter.node.has_value()) {
        ActivityFilter of_node = filter;
        of_node.node_label = label;
        any = write_tree(json, explanations, of_node, label);
    } else {
        for (const std::string& each : labels_of(explanations)) {
            ActivityFilter of_label = filter;
            of_label.label = each;
            any = write_tree(json, explanations, of_label, each) || any;
        }
    }
    json.end_array();
    json.member("diagnostic", any ? "" : "Queue does not need more resource").end_object();
}

std::string java_date(WallTime time) {
    const auto seconds = static_cast<std::time_t>(time.milliseconds / 1000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[64];
    const std::size_t size = std::strftime(text, sizeof text, "%a %b %d %H:%M:%S GMT %Y", &parts);
    return {text, size};
}

}  // namespace heddle::rm
