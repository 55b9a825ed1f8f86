#include "resourcemanager/core/change.h"

#include <utility>

#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/lifecycle.h"
#include "resourcemanager/core/move.h"
#include "resourcemanager/core/outbox.h"
#include "resourcemanager/core/states.h"
#include "resourcemanager/core/submit_access.h"

namespace heddle::rm {
namespace {

void refuse(Books& books, RequestId request, ErrorCode code, std::string message) {
    books.emit(Reply{request, Error{code, std::move(message)}});
}

void answer(Books& books, RequestId request, const Application& application) {
    books.emit(Reply{request,
                     Answer{ChangeAnswer{application.id(), application.submission->queue,
                                         application.submission->priority, application.expires}}});
}

// The application, or null when the request has been answered: there is nothing to change.
Application* changeable(Books& books, RequestId request, const ApplicationId& id) {
    Application* application = books.applications.find(id);
    if (application == nullptr) {
        refuse(books, request, ErrorCode::NotFound, "app with id: " + to_string(id) + " not found");
        return nullptr;
    }
    if (application->state == AppState::NewSaving) {
        refuse(books, request, ErrorCode::Unavailable, to_string(id) + " is still being saved");
        return nullptr;
    }
    return application;
}

void save_next(Books& books, Application& application) {
    while (!application.changes.empty()) {
        if (!is_ending(application.state)) {
            const PendingSave save{PendingSave::Kind::Change, application.id(), {}, 0, {}, 0};
            books.save(save, changes_of(books, save));
            return;
        }
        answer(books, application.changes.front().request, application);
        application.changes.pop_front();
    }
}

void begin(Books& books, Application& application, ApplicationChange change) {
    if (application.changes.size() >= kChangesWaitingMax) {
        refuse(books, change.request, ErrorCode::ResourceExhausted,
               std::to_string(kChangesWaitingMax) + " changes of " + to_string(application.id()) +
                   " wait to be saved; no more are taken");
        return;
    }
    application.changes.push_back(std::move(change));
    if (application.changes.size() == 1) {
        save_next(books, application);
    }
}

void apply(Books& books, Application& application, const ApplicationChange& change) {
    if (change.queue) {
        if (const auto queue = books.queues.find_leaf(*change.queue); queue.ok()) {
            take_queue(books, application, *queue);
        }
    }
    if (change.priority) {
        take_priority(books, application, *change.priority);
    }
    if (change.expires) {
        application.expires = *change.expires;
        watch_time(books, application);
    }
    books.changed(application);
}

}  // namespace

void perform(Books& books, RequestId request, const MoveApplication& move) {
    Application* application = changeable(books, request, move.application);
    if (application == nullptr) {
        return;
    }
    if (is_ending(application->state) || application->state == AppState::Killing) {
        refuse(books, request, ErrorCode::InvalidArgument,
               "App in " + std::string(to_string(application->state)) + " state cannot be moved.");
        return;
    }
    const auto queue = books.queues.find_leaf(move.queue);
    if (!queue) {
        books.emit(Reply{request, queue.error()});
        return;
    }
    // Who moves an application submits it to the other queue.
    if (!move.user.empty() && !books.config.off(Feature::AccessLists)) {
        const Status may = may_submit(books.config.scheduler.queues, move.user, move.groups,
                                      books.queues.at(*queue).path);
        if (!may) {
            books.emit(Reply{request, may.error()});
            return;
        }
    }
    if ((*queue == application->queue && application->changes.empty()) ||
        books.config.off(Feature::Move)) {
        answer(books, request, *application);
        return;
    }
    if (const Status taken = books.queues.admit(*queue, move.application); !taken) {
        books.emit(Reply{request, taken.error()});
        return;
    }
    if (const Status stays = stays_leaf(books, books.queues.at(*queue).path); !stays) {
        books.emit(Reply{request, stays.error()});
        return;
    }
    begin(books, *application,
          {request,
           books.queues.at(*queue).path,
           priority_of_workflow(books, *queue, *application->submission),
           {}});
}

void perform(Books& books, RequestId request, const ChangePriority& change) {
    Application* application = changeable(books, request, change.application);
    if (application == nullptr) {
        return;
    }
    if (const Status allowed = priority_is_allowed(books, application->queue, change.user,
                                                   change.groups, change.priority);
        !allowed) {
        books.emit(Reply{request, allowed.error()});
        return;
    }
    if (is_ending(application->state) || books.config.off(Feature::PriorityChange)) {
        answer(books, request, *application);
        return;
    }
    begin(books, *application, {request, {}, change.priority, {}});
}

void perform(Books& books, RequestId request, const ChangeLifetime& change) {
    Application* application = changeable(books, request, change.application);
    if (application == nullptr) {
        return;
    }
    if (is_ending(application->state)) {
        answer(books, request, *application);
        return;
    }
    if (change.expires.milliseconds != 0 && change.expires <= books.wall) {
        refuse(books, request, ErrorCode::InvalidArgument,
               "the expiry time of " + to_string(change.application) +
                   " is not in the future; give a later one, or kill the application");
        return;
    }
    begin(books, *application,
          {request, {}, {}, within_lifetime_max(books, *application, change.expires)});
}

void perform(Books& books, RequestId request, const SignalContainer& signal) {
    const Container* container = books.containers.find(signal.container);
    if (container == nullptr || container->orphan || container->saving) {
        refuse(books, request, ErrorCode::NotFound,
               "container with id: " + to_string(signal.container) + " not found");
        return;
    }
    if (container->stopping) {
        refuse(books, request, ErrorCode::Conflict,
               to_string(signal.container) + " is being stopped");
        return;
    }
    Node& node = books.nodes.at(container->node);
    if (!node.connected()) {
        refuse(books, request, ErrorCode::Unavailable,
               "node " + node.info.id.name + " of " + to_string(signal.container) +
                   " is not connected; try again when it is back");
        return;
    }
    const ContainerSignal order{signal.container, signal.kind};
    if (books.config.off(Feature::Signals)) {
        return;
    }
    node.orders.room_for(bytes_of(order)).signals.push_back(order);
    books.nodes.touch_orders(node);
    books.emit(Reply{request, Answer{OrderAnswer{}}});
}

void perform(Books& books, RequestId request, const FailAttempt& fail) {
    Attempt* attempt = books.applications.find(fail.attempt);
    Application* application = books.applications.find(fail.attempt.application);
    if (attempt == nullptr) {
        refuse(books, request, ErrorCode::NotFound,
               "app attempt with id: " + to_string(fail.attempt) + " not found");
        return;
    }
    if (is_ending(attempt->state) || !application->goes_on()) {
        refuse(books, request, ErrorCode::Conflict, to_string(fail.attempt) + " is over");
        return;
    }
    if (books.config.off(Feature::FailAttempt)) {
        return;
    }
    application->fail_waits.push_back(request);
    fail_attempt(books, *application, *attempt, shortened(fail.reason, kDiagnosticsMax), true);
}

void stored_change(Books& books, Application& application) {
    const ApplicationChange change = std::move(application.changes.front());
    application.changes.pop_front();
    apply(books, application, change);
    answer(books, change.request, application);
    save_next(books, application);
}

void change_failed(Books& books, Application& application, const Error& why) {
    refuse(books, application.changes.front().request, ErrorCode::Unavailable,
           "could not be saved: " + why.message);
    application.changes.pop_front();
    save_next(books, application);
}

}  // namespace heddle::rm
