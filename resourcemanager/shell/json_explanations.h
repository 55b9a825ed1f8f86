#pragma once

// Explanations as JSON: ours, and in the shape of YARN's scheduler activities.

#include <string_view>
#include <vector>

#include "common/base/time.h"
#include "common/model/explanation.h"
#include "common/wire/json.h"

namespace heddle::rm {

void write_explanation(wire::JsonWriter& json, const Explanation& explanation);

/// `reason` as "reason", its title, its meaning and its page.
void write_reason(wire::JsonWriter& json, Reason reason);

/// Which asks of an application YARN's client wants to see; empty: all.
struct ActivityFilter {
    std::vector<std::int64_t> priorities;
    std::vector<std::int64_t> asks;

    bool accepts(const AskExplanation& ask) const;
};

/// YARN's appActivities.
void write_app_activities(wire::JsonWriter& json, const Explanation& explanation,
                          const ActivityFilter& filter, WallTime now);
/// YARN's activities: one tree of queues with the applications that wait. `node` may be empty.
void write_activities(wire::JsonWriter& json, const std::vector<Explanation>& explanations,
                      std::string_view node, WallTime now);

/// As Java prints a date: "Tue Nov 24 18:16:44 GMT 2026".
std::string java_date(WallTime time);

}  // namespace heddle::rm
