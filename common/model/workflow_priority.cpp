#include "common/model/workflow_priority.h"

#include "common/base/strings.h"

namespace heddle {
namespace {

Result<WorkflowPriority> parse_one(std::string_view text) {
    const std::vector<std::string_view> parts = split(text, ':');
    WorkflowPriority one;
    if (parts.size() != 3 || trim(parts[0]).empty() || trim(parts[1]).empty() ||
        !parse_number(trim(parts[2]), one.priority)) {
        return Error{ErrorCode::InvalidArgument,
                     "'" + std::string(text.substr(0, 80)) +
                         "' was found; write entries such as nightly:root.etl:7, a workflow, the "
                         "full path of a queue and a priority"};
    }
    one.workflow = to_lower(trim(parts[0]));
    one.queue = trim(parts[1]);
    return one;
}

std::string workflow_of(const std::vector<std::string>& tags) {
    std::string workflow;
    for (const std::string& tag : tags) {
        const std::string lower = to_lower(trim(tag));
        if (lower.starts_with(kWorkflowTag)) {
            workflow = lower.substr(kWorkflowTag.size());
        }
    }
    return workflow;
}

}  // namespace

Result<std::vector<WorkflowPriority>> parse_workflow_priorities(std::string_view text) {
    std::vector<WorkflowPriority> out;
    for (const std::string_view part : split(text == "none" ? "" : text, ',')) {
        if (!trim(part).empty()) {
            TRY(out.emplace_back(), parse_one(trim(part)));
        }
    }
    return out;
}

std::string workflow_priorities_text(const std::vector<WorkflowPriority>& mappings) {
    std::vector<std::string> parts;
    for (const WorkflowPriority& one : mappings) {
        parts.push_back(one.workflow + ":" + one.queue + ":" + std::to_string(one.priority));
    }
    return join(parts, ",");
}

std::optional<std::int32_t> workflow_priority(const std::vector<WorkflowPriority>& mappings,
                                              const std::vector<std::string>& tags,
                                              std::string_view queue) {
    const std::string workflow = mappings.empty() ? std::string() : workflow_of(tags);
    const WorkflowPriority* nearest = nullptr;
    for (const WorkflowPriority& one : mappings) {
        const bool above =
            queue == one.queue || (queue.starts_with(one.queue) && queue[one.queue.size()] == '.');
        if (!workflow.empty() && one.workflow == workflow && above &&
            (nearest == nullptr || one.queue.size() >= nearest->queue.size())) {
            nearest = &one;
        }
    }
    return nearest == nullptr ? std::nullopt : std::optional(nearest->priority);
}

}  // namespace heddle
