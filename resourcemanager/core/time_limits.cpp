// How long applications live, how long they may wait to begin, and how long they are remembered.

#include <algorithm>
#include <utility>

#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/lifecycle.h"
#include "resourcemanager/core/move.h"
#include "resourcemanager/core/states.h"

namespace heddle::rm {
namespace {

Timer timer_of(const ApplicationId& id) {
    return {Timer::Kind::TimeLimit, {id, 0}, 0};
}

WallTime after(WallTime start, Duration time) {
    return {start.milliseconds + time.milliseconds()};
}

bool has_begun(const Application& application) {
    return application.launched.milliseconds != 0;
}

// The earlier of the limits that still bind; 0: none.
WallTime next_limit(const Application& application) {
    WallTime next = application.expires;
    if (!has_begun(application) && application.pending_until.milliseconds != 0 &&
        (next.milliseconds == 0 || application.pending_until < next)) {
        next = application.pending_until;
    }
    return next;
}

bool too_old(const Books& books, const ApplicationId& id) {
    const Application* application = books.applications.find(id);
    return application != nullptr && !books.config.off(Feature::RetentionAge) &&
           after(application->finished, books.config.applications_completed_for) <= books.wall;
}

}  // namespace

void set_time_limits(Books& books, Application& application) {
    const ApplicationSubmission& submission = *application.submission;
    const auto lifetime = submission.lifetime
                              ? submission.lifetime
                              : inherited(books, application.queue, &QueueConfig::lifetime_default);
    application.expires = within_lifetime_max(
        books, application, lifetime ? after(application.submitted, *lifetime) : WallTime{});
    const auto pending = submission.pending_max
                             ? submission.pending_max
                             : inherited(books, application.queue, &QueueConfig::pending_max);
    application.pending_until = pending ? after(application.submitted, *pending) : WallTime{};
    if (books.config.off(Feature::Lifetime)) {
        application.expires = {};
    } else if (books.config.off(Feature::PendingLimit)) {
        application.pending_until = {};
    }
}

WallTime within_lifetime_max(const Books& books, const Application& application, WallTime expires) {
    const auto most = inherited(books, application.queue, &QueueConfig::lifetime_max);
    if (!most) {
        return expires;
    }
    const WallTime last = after(application.submitted, *most);
    return expires.milliseconds == 0 ? last : std::min(expires, last);
}

void watch_time(Books& books, const Application& application, Duration least) {
    const WallTime next = next_limit(application);
    if (next.milliseconds == 0) {
        books.deadlines.cancel(timer_of(application.id()));
        return;
    }
    const Duration left = milliseconds(next.milliseconds - books.wall.milliseconds);
    books.deadlines.set(timer_of(application.id()), books.now + std::max(left, least));
}

void time_limit_due(Books& books, const ApplicationId& id) {
    Application* application = books.applications.find(id);
    if (application == nullptr || is_ending(application->state) ||
        application->state == AppState::Killing) {
        return;
    }
    const WallTime limit = next_limit(*application);
    if (limit.milliseconds == 0 || limit > books.wall) {
        watch_time(books, *application, milliseconds(1));
        return;
    }
    if (limit == application->expires) {
        begin_kill(books, *application,
                   "Application is killed by ResourceManager as it has exceeded the lifetime "
                   "period.");
        return;
    }
    const std::int64_t waited = limit.milliseconds - application->submitted.milliseconds;
    begin_kill(books, *application,
               "it has not started within " + std::to_string(waited) +
                   " ms, its limit for waiting; submit it again when queue " +
                   application->submission->queue + " has room, or with a higher limit");
}

void forget_completed(Books& books) {
    if (books.config.off(Feature::Retention)) {
        return;
    }
    const auto most = static_cast<std::size_t>(books.config.applications_completed_max);
    while (!books.completed.empty() &&
           (books.completed.size() > most || too_old(books, books.completed.front()))) {
        const ApplicationId oldest = books.completed.front();
        books.completed.pop_front();
        books.save({PendingSave::Kind::Removal, oldest, {}, 0, {}, 0},
                   {ApplicationRemoval{oldest}});
    }
    if (books.completed.empty()) {
        return;
    }
    const Application& oldest = *books.applications.find(books.completed.front());
    const WallTime due = after(oldest.finished, books.config.applications_completed_for);
    books.deadlines.set({Timer::Kind::Retention, {}, 0},
                        books.now + milliseconds(std::max<std::int64_t>(
                                        1, due.milliseconds - books.wall.milliseconds)));
}

void retention_due(Books& books) {
    forget_completed(books);
}

}  // namespace heddle::rm
