#include "resourcemanager/core/move.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "common/model/priority_limit.h"
#include "common/model/workflow_priority.h"
#include "resourcemanager/core/limits.h"

namespace heddle::rm {
namespace {

// The submission is shared with views: what holds from now on is another one.
template <typename Change>
void resubmit(Application& application, Change&& change) {
    ApplicationSubmission submission = *application.submission;
    change(submission);
    application.submission = std::make_shared<const ApplicationSubmission>(std::move(submission));
}

// The nearest queue upwards that limits priorities; root when none does.
const Queue& limits_of(const Books& books, QueueIndex queue) {
    while (queue != 0 && books.queues.at(queue).config.priority_limits.empty()) {
        queue = books.queues.at(queue).parent;
    }
    return books.queues.at(queue);
}

}  // namespace

void take_queue(Books& books, Application& application, QueueIndex leaf) {
    resubmit(application, [&](ApplicationSubmission& submission) {
        submission.queue = books.queues.at(leaf).path;
    });
    if (application.queue != leaf) {
        move_application(books, application, leaf);
    }
}

void take_priority(Books& books, Application& application, std::int32_t priority) {
    resubmit(application,
             [&](ApplicationSubmission& submission) { submission.priority = priority; });
    reprioritise_application(books, application, priority);
}

Status priority_is_allowed(const Books& books, std::int32_t priority) {
    const std::int32_t most = books.config.scheduler.application_priority_max;
    if (priority < 0 || (priority > most && !books.config.off(Feature::PriorityMaximum))) {
        return Error{ErrorCode::InvalidArgument,
                     "priority " + std::to_string(priority) + " is not between 0 and " +
                         std::to_string(most) + ", the cluster's maximum; ask for less"};
    }
    return {};
}

Status priority_is_allowed(const Books& books, QueueIndex leaf, const std::string& user,
                           const std::vector<std::string>& groups, std::int32_t priority) {
    TRY(priority_is_allowed(books, priority));
    const Queue& queue = limits_of(books, leaf);
    if (user.empty() || queue.config.priority_limits.empty() ||
        books.config.off(Feature::PriorityLimits)) {
        return {};
    }
    const PriorityLimit* limit = limit_of(queue.config.priority_limits, user, groups);
    const std::int32_t most =
        limit != nullptr ? limit->most : priority_default(books, leaf, user, groups);
    if (priority > most) {
        return Error{ErrorCode::PermissionDenied,
                     "user " + user + " may ask for a priority of at most " + std::to_string(most) +
                         " in queue " + books.queues.at(leaf).path + ", and asked for " +
                         std::to_string(priority) +
                         "; ask for less, or have application_priority_limits of " + queue.path +
                         " raised"};
    }
    return {};
}

std::optional<std::int32_t> priority_of_workflow(const Books& books, QueueIndex leaf,
                                                 const ApplicationSubmission& submission) {
    const SchedulerConfig& config = books.config.scheduler;
    if (!config.workflow_priorities_override || books.config.off(Feature::WorkflowPriorities)) {
        return std::nullopt;
    }
    return workflow_priority(config.workflow_priorities, submission.tags,
                             books.queues.at(leaf).path);
}

std::int32_t priority_default(const Books& books, QueueIndex leaf, const std::string& user,
                              const std::vector<std::string>& groups) {
    const PriorityLimit* limit =
        limit_of(limits_of(books, leaf).config.priority_limits, user, groups);
    const std::int32_t wanted = limit != nullptr && limit->otherwise
                                    ? *limit->otherwise
                                    : books.queues.at(leaf).config.application_priority_default;
    return limit != nullptr ? std::min(wanted, limit->most) : wanted;
}

}  // namespace heddle::rm
