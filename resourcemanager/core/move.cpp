#include "resourcemanager/core/move.h"

#include <memory>
#include <string>
#include <utility>

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

}  // namespace heddle::rm
