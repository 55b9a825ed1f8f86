#pragma once

// Explanations as JSON: ours, and in the shape of YARN's scheduler activities.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.h"
#include "common/model/explanation.h"
#include "common/wire/json.h"

namespace heddle::rm {

void write_explanation(wire::JsonWriter& json, const Explanation& explanation);

/// `reason` as "reason", its title, its meaning and its page.
void write_reason(wire::JsonWriter& json, Reason reason);

/// Which asks YARN's client wants to see, and how.
struct ActivityFilter {
    std::vector<std::int64_t> priorities;  // empty: all
    std::vector<std::int64_t> asks;
    bool grouped = false;                        // nodes with the same diagnostic are one line
    std::optional<NodeId> node = {};             // only what it has to do with
    std::optional<std::string> node_label = {};  // where it is known
    std::optional<std::string> label = {};       // only asks for nodes with it

    bool accepts(const AskExplanation& ask) const;
};

/// Requests that stand in one answer when they stand once for each node, at most.
inline constexpr std::size_t kActivityLines = 10'000;
/// So many nodes may be shown with so many requests each, at least one.
std::size_t most_nodes(std::size_t asks);

/// YARN's appActivities: one allocation for all nodes, or, with `each_node`, one for each node that
/// is out of the question, at most `limit` and most_nodes(). Without such a node: the one for all.
void write_app_activities(wire::JsonWriter& json, const Explanation& explanation,
                          const ActivityFilter& filter, WallTime now, bool each_node = false,
                          std::size_t limit = SIZE_MAX);
/// YARN's activities: a tree of queues with the applications that wait, for each label of nodes
/// that they ask for. `label` with `filter.node`: that of the node, whose tree is the only one.
void write_activities(wire::JsonWriter& json, const std::vector<Explanation>& explanations,
                      const ActivityFilter& filter, const std::string& label, WallTime now);

/// As Java prints a date: "Tue Nov 24 18:16:44 GMT 2026".
std::string java_date(WallTime time);

}  // namespace heddle::rm
