#pragma once

// The scheduler's configuration setting by setting, as names and texts. One table serves the TOML
// file, changes over REST, templates of created queues, and differences between versions.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/model/queue.h"

namespace heddle {

/// Name and text. Lists are joined by commas; "none" is the empty list; an empty text takes a
/// setting back to what holds without it.
using SettingText = std::pair<std::string, std::string>;

/// Of a queue: "capacity", "capacity_max", "weight" (another way to write a capacity),
/// "labels.gpu.capacity", "user_weight.alice", "auto_creation.leaf_template.capacity", ...
/// Errors: InvalidArgument saying what was found and what to write; an unknown name with the
/// nearest known one.
Status set_setting(QueueConfig& queue, std::string_view name, std::string_view text);
/// Of a placement rule.
Status set_setting(PlacementRule& rule, std::string_view name, std::string_view text);
/// Of all: "queue_default", "label.gpu", "preemption.grace", ...
Status set_setting(SchedulerConfig& config, std::string_view name, std::string_view text);

/// What differs from what holds without configuration, in the order of the table. Set one by one
/// they give the same again.
std::vector<SettingText> settings_of(const QueueConfig& queue);
std::vector<SettingText> settings_of(const PlacementRule& rule);
std::vector<SettingText> settings_of(const SchedulerConfig& config);

/// The difference of two versions, a line per setting: "+ root.etl capacity = 3w",
/// "- root.etl capacity = 1w", "+ queue root.etl". Rules are compared as a list.
std::vector<std::string> difference(const SchedulerConfig& before, const SchedulerConfig& after);

}  // namespace heddle
