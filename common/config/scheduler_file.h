#pragma once

// The scheduler's configuration as TOML: settings of all at the top, a table per queue, a table per
// rule.
//
//     queue_default = "root.etl"
//     preemption.enabled = true
//     label.gpu = "exclusive"
//
//     [queues."root.etl"]            # or [[queues]] with path = "root.etl"
//     capacity = "40%"               # or weight = 3, or "[memory=64g,vcores=50%]"
//     capacity_max = "80%"
//     labels.gpu.capacity = "50%"
//     auto_creation = { enabled = true, leaf_template = { weight = 2 } }
//
//     [[rules]]
//     policy = "user"
//     parent = "root.users"
//
// Siblings are in the order of the file.

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/model/queue.h"

namespace heddle::config {

constexpr std::size_t kSchedulerFileMax = 4U << 20U;

/// Requires nothing of `text`; `name` leads the positions in messages. The version is 0 unless the
/// text says so. Errors: InvalidArgument, one line per mistake with its position, also of what does
/// not add up.
Result<SchedulerConfig> parse_scheduler(std::string_view text, const std::string& name);

/// Errors: as parse_scheduler, NotFound or Internal when it cannot be read.
Result<SchedulerConfig> read_scheduler(const std::string& path);

/// What parse_scheduler gives back as it was, `version` apart.
std::string scheduler_text(const SchedulerConfig& config);

}  // namespace heddle::config
