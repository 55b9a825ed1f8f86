#include "resourcemanager/core/move.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "resourcemanager/core/states.h"

namespace heddle::rm {
namespace {

// The submission is shared with views: what holds from now on is another one.
template <typename Change>
void resubmit(Application& application, Change&& change) {
    ApplicationSubmission submission = *application.submission;
    change(submission);
    application.submission = std::make_shared<const ApplicationSubmission>(std::move(submission));
}

// States every ask again, as it is, under the owner that the application now is.
void restate_asks(Books& books, const Application& application) {
    const Attempt* attempt = application.current();
    if (attempt == nullptr) {
        return;
    }
    const AskOwner owner{attempt->record.id, application.queue, application.submission->priority,
                         application.serial};
    for (const Demand* demand : books.asks.of_attempt(attempt->record.id)) {
        const Ask ask = demand->ask;
        books.asks.state(owner, ask, demand->parked);
    }
}

}  // namespace

void move_application(Books& books, Application& application, QueueIndex to) {
    const QueueIndex from = application.queue;
    resubmit(application, [&](ApplicationSubmission& submission) {
        submission.queue = books.queues.at(to).path;
    });
    if (from == to) {
        return;
    }
    for (const Attempt& attempt : application.attempts) {
        for (const ContainerId& id : attempt.containers) {
            const Container& container = *books.containers.find(id);
            books.queues.refund(from, container.size, container.master());
            books.queues.charge(to, container.size, container.master());
        }
    }
    const bool counted = !is_final(application.state) && application.state != AppState::New &&
                         application.state != AppState::NewSaving;
    if (application.state == AppState::Running) {
        books.queues.count_running(from, -1);
        books.queues.count_running(to, +1);
    }
    if (counted) {
        books.queues.count_application(from, -1);
        books.queues.count_application(to, +1);
    }
    application.queue = to;
    restate_asks(books, application);
}

void change_priority(Books& books, Application& application, std::int32_t priority) {
    resubmit(application,
             [&](ApplicationSubmission& submission) { submission.priority = priority; });
    restate_asks(books, application);
}

const QueueConfig* config_of(const Books& books, QueueIndex queue) {
    const std::vector<QueueConfig>& queues = books.config.scheduler.queues;
    const auto it = std::ranges::find(queues, books.queues.at(queue).path, &QueueConfig::path);
    return it == queues.end() ? nullptr : &*it;
}

Status takes_applications(const Books& books, QueueIndex leaf) {
    for (QueueIndex queue = leaf;; queue = books.queues.at(queue).parent) {
        const Queue& tree = books.queues.at(queue);
        const QueueConfig* config = config_of(books, queue);
        if (config != nullptr && config->state != QueueState::Running) {
            return Error{ErrorCode::InvalidArgument,
                         "queue " + tree.path + " is " +
                             (config->state == QueueState::Stopped ? "stopped" : "draining") +
                             " and takes no applications; name another queue, or set its state to "
                             "running"};
        }
        if (config != nullptr && config->applications_max.has_value() &&
            tree.applications >= *config->applications_max) {
            return Error{ErrorCode::ResourceExhausted,
                         "queue " + tree.path + " has " + std::to_string(tree.applications) +
                             " applications, and at most " +
                             std::to_string(*config->applications_max) +
                             " are taken; wait until one is over, or name another queue"};
        }
        if (queue == 0) {
            return {};
        }
    }
}

Status priority_is_allowed(const Books& books, std::int32_t priority) {
    const std::int32_t most = books.config.scheduler.application_priority_max;
    if (priority < 0 || priority > most) {
        return Error{ErrorCode::InvalidArgument,
                     "priority " + std::to_string(priority) + " is not between 0 and " +
                         std::to_string(most) + ", the cluster's maximum; ask for less"};
    }
    return {};
}

}  // namespace heddle::rm
