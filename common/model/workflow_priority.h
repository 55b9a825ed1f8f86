#pragma once

// Which priority applications of a workflow get in a queue, as one line of text in YARN's form:
// "nightly:root.etl:7,nightly:root.adhoc:2".

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/model/queue.h"

namespace heddle {

constexpr std::string_view kWorkflowTag = "workflowid:";
constexpr std::size_t kWorkflowsMax = 10'000;

/// Errors: InvalidArgument, with the form.
Result<std::vector<WorkflowPriority>> parse_workflow_priorities(std::string_view text);
std::string workflow_priorities_text(const std::vector<WorkflowPriority>& mappings);

/// Of an application with these tags in the queue: what the nearest queue upwards says of the
/// workflow. Of several such tags the last counts, of several entries as well.
std::optional<std::int32_t> workflow_priority(const std::vector<WorkflowPriority>& mappings,
                                              const std::vector<std::string>& tags,
                                              std::string_view queue);

}  // namespace heddle
