// What clients ask for: new ids, submissions, kills, and the credentials of masters that run
// outside the cluster.

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "resourcemanager/core/attribute_change.h"
#include "resourcemanager/core/change.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/explanations.h"
#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/label_access.h"
#include "resourcemanager/core/lifecycle.h"
#include "resourcemanager/core/limits.h"
#include "resourcemanager/core/move.h"
#include "resourcemanager/core/node_change.h"
#include "resourcemanager/core/queue_rules.h"
#include "resourcemanager/core/racks.h"
#include "resourcemanager/core/size_check.h"
#include "resourcemanager/core/submit_access.h"

namespace heddle::rm {
namespace {

void refuse(Books& books, RequestId request, ErrorCode code, std::string message) {
    books.emit(Reply{request, Error{code, std::move(message)}});
}

void reserve_ids(Books& books) {
    if (std::exchange(books.ids_saving, true)) {
        return;
    }
    const std::int64_t upto =
        std::max(books.ids_reserved, books.ids_next - 1) + books.config.ids_per_reservation;
    books.save({PendingSave::Kind::Ids, {}, {}, 0, {}, upto}, {IdReservation{upto}});
}

void perform(Books& books, RequestId request, const NewApplication&) {
    if (books.ids_next > books.ids_reserved) {
        books.id_waits.push_back(request);
        reserve_ids(books);
        return;
    }
    books.emit(
        Reply{request, Answer{NewApplicationAnswer{{books.cluster_timestamp, books.ids_next++},
                                                   books.nodes.largest_ever()}}});
    if (books.ids_reserved - books.ids_next < books.config.ids_per_reservation / 2) {
        reserve_ids(books);
    }
}

bool was_handed_out(const Books& books, const ApplicationId& id) {
    return id.cluster_timestamp == books.cluster_timestamp && id.sequence >= 1 &&
           (id.sequence <= books.ids_of_earlier_epochs ||
            (id.sequence > books.ids_of_earlier_epochs && id.sequence < books.ids_next));
}

// By the placement rules.
Result<QueueChoice> queue_of(const Books& books, const SubmitApplication& submit) {
    const ApplicationSubmission& submission = submit.submission;
    return queue_for(books.config.scheduler,
                     {submission.user, submit.groups, submission.name, submission.queue},
                     books.config.feature_off);
}

// Whoever has chosen the queue: its lists, or of one that is not there yet those above it.
Status may_come(const Books& books, const SubmitApplication& submit, const QueueChoice& choice) {
    if (!submit.lists_asked || books.config.off(Feature::AccessLists)) {
        return {};
    }
    std::string path = choice.path;
    if (path.empty()) {
        TRY(const QueueIndex otherwise, books.queues.find_leaf({}));
        path = books.queues.at(otherwise).path;
    }
    return may_submit(books.config.scheduler.queues, submit.submission.user, submit.groups, path);
}

// What every submission must fulfil, whenever it comes. Fills in what was left open.
// Makes the queue that `made` names then, if it is not there yet.
Status complete(Books& books, SubmitApplication& submit, std::string& made) {
    ApplicationSubmission& submission = submit.submission;
    if (!was_handed_out(books, submission.id)) {
        return Error{ErrorCode::InvalidArgument,
                     to_string(submission.id) + " was not handed out by new-application"};
    }
    if (submission.keep_containers && submission.kind == ApplicationKind::Rdd) {
        return Error{ErrorCode::InvalidArgument,
                     "an application of kind rdd cannot keep containers across attempts: its "
                     "executors end with their driver; leave "
                     "keep-containers-across-application-attempts out, or submit a program that "
                     "speaks the master protocol as kind master"};
    }
    if (submission.unmanaged) {
        if (submission.kind == ApplicationKind::Command) {
            return Error{ErrorCode::InvalidArgument,
                         "a command cannot be unmanaged: it has no master"};
        }
    } else {
        if (submission.master.argv.empty() || submission.master.argv.front().empty()) {
            return Error{ErrorCode::InvalidArgument, "no command is given to start"};
        }
        if (submission.master_size.memory_mib <= 0 || submission.master_size.vcores <= 0 ||
            submission.master_size.any_negative()) {
            return Error{
                ErrorCode::InvalidArgument,
                "memory and vcores must be positive and other resources not negative, in " +
                    to_string(submission.master_size)};
        }
        TRY(check_size_at_all(books, submission.master_size, master_label(submission)));
    }
    if (const std::size_t bytes = bytes_of(submission.master); bytes > kLaunchSpecBytesMax) {
        return Error{ErrorCode::InvalidArgument,
                     "the command takes " + std::to_string(bytes) +
                         " bytes with its environment and artifacts; at most " +
                         std::to_string(kLaunchSpecBytesMax) + " are taken"};
    }
    submission.attempts_max =
        std::clamp(submission.attempts_max, 1, std::max(1, books.config.attempts_max));
    TRY(const QueueChoice choice, queue_of(books, submit));
    TRY(may_come(books, submit, choice));
    if (choice.create) {
        TRY(create_queue(books, choice.path));
        made = choice.path;
    }
    TRY(const QueueIndex queue, books.queues.find_leaf(choice.path));
    submission.queue = books.queues.at(queue).path;
    if (submission.priority == kPriorityOpen) {
        submission.priority = priority_default(books, queue, submission.user, submit.groups);
    }
    if (const auto mapped = priority_of_workflow(books, queue, submission)) {
        submission.priority = *mapped;
    } else {
        TRY(priority_is_allowed(books, queue, submission.user, submit.groups, submission.priority));
    }
    if (submission.label.empty()) {
        submission.label = default_label(books, queue);
    }
    TRY(may_use_label(books, queue, submission.label));
    TRY(may_use_label(books, queue, submission.master_label));
    if (!submission.unmanaged) {
        TRY(check_size(books, submission.master_size, master_label(submission)));
        TRY(books.queues.admit_size(queue, submission.master_size));
        submission.master_size = at_least_minimum(books, submission.master_size);
    }
    return stays_leaf(books, submission.queue);
}

// What is switched off is not asked for.
void leave_out(const Books& books, ApplicationSubmission& submission) {
    if (books.config.off(Feature::NamedResources)) {
        submission.master_size.named = {};
    } else if (books.config.off(Feature::FailuresValidity)) {
        submission.failures_validity.reset();
    } else if (books.config.off(Feature::KeptContainers)) {
        submission.keep_containers = false;
    }
}

void submit_application(Books& books, RequestId request, SubmitApplication& submit,
                        std::string& made) {
    ApplicationSubmission& submission = submit.submission;
    leave_out(books, submission);
    if (Application* known = books.applications.find(submission.id)) {
        if (with_wishes(*known->submission, known->sent) != submission) {
            refuse(books, request, ErrorCode::Conflict,
                   to_string(submission.id) + " was submitted before with other content");
        } else if (known->state == AppState::NewSaving) {
            known->submit_waits.push_back(request);
        } else {
            books.emit(Reply{request, Answer{SubmitAnswer{submission.id}}});
        }
        return;
    }
    SentWishes sent = wishes_of(submission);
    if (const Status status = complete(books, submit, made); !status) {
        books.emit(Reply{request, status.error()});
        return;
    }
    const QueueIndex queue = books.queues.find_leaf(submission.queue).value();
    if (books.queues.at(0).applications >= books.config.applications_active_max) {
        refuse(books, request, ErrorCode::InvalidArgument,
               std::to_string(books.config.applications_active_max) +
                   " applications are active, and no more are taken; wait until some are over");
        return;
    }
    if (const Status status = books.queues.admit(queue, submission.id); !status) {
        books.emit(Reply{request, status.error()});
        return;
    }
    Application& application = books.applications.add(std::move(submission));
    application.sent = std::move(sent);
    application.queue = queue;
    application.submitted = books.wall;
    set_time_limits(books, application);
    application.submit_waits.push_back(request);
    advance(books, application, AppInput::Submitted);
    const PendingSave save{PendingSave::Kind::Submission, application.id(), {}, 0, {}, 0};
    books.save(save, changes_of(books, save));
    if (books.config.defect == Defect::AnswerBeforeSave) {
        for (const RequestId& waiting : std::exchange(application.submit_waits, {})) {
            books.emit(Reply{waiting, Answer{SubmitAnswer{application.id()}}});
        }
    }
}

void perform(Books& books, RequestId request, SubmitApplication& submit) {
    std::string made;
    submit_application(books, request, submit, made);
    if (!made.empty()) {
        drop_created(books, made);  // unless it was taken
    }
}

void perform(Books& books, RequestId request, KillApplication& kill) {
    Application* application = books.applications.find(kill.application);
    if (application == nullptr) {
        refuse(books, request, ErrorCode::NotFound,
               "no application " + to_string(kill.application));
        return;
    }
    if (application->state == AppState::NewSaving) {
        refuse(books, request, ErrorCode::Unavailable,
               to_string(kill.application) + " is still being saved");
        return;
    }
    if (application->kill_requested || is_ending(application->state)) {
        books.emit(Reply{request, Answer{KillAnswer{application->state}}});
        return;
    }
    application->kill_waits.push_back(request);
    begin_kill(books, *application,
               kill.reason.empty() ? std::string("killed by request") : std::move(kill.reason));
}

void perform(Books& books, RequestId request, const ClaimMaster& claim) {
    Application* application = books.applications.find(claim.application);
    if (application == nullptr || application->state == AppState::NewSaving) {
        refuse(books, request, ErrorCode::NotFound,
               "no application " + to_string(claim.application));
        return;
    }
    if (application->managed() || is_ending(application->state) ||
        application->state == AppState::Killing || books.config.off(Feature::OutsideMasters)) {
        refuse(books, request, ErrorCode::Conflict,
               application->managed()
                   ? to_string(claim.application) + " has its master inside the cluster"
                   : to_string(claim.application) + " is over");
        return;
    }
    const Attempt* attempt = application->current();
    if (attempt != nullptr &&
        (attempt->state == AttemptState::Launched || attempt->state == AttemptState::Running)) {
        books.emit(Reply{
            request, Answer{MasterCredentials{attempt->record.id, attempt->record.master_token}}});
        return;
    }
    application->claim_waits.push_back(request);
}

void perform(Books& books, RequestId request, const ExplainApplication& what) {
    const Application* application = books.applications.find(what.application);
    if (application == nullptr) {
        refuse(books, request, ErrorCode::NotFound,
               "no application " + to_string(what.application));
        return;
    }
    NodeQuestion question = question_of(books, what.nodes);
    Explanation explanation = explain(books, *application, what.ask, kAsksExplained, &question);
    if (what.ask.has_value() && explanation.asks.empty()) {
        refuse(books, request, ErrorCode::NotFound,
               to_string(what.application) + " has no open ask " + std::to_string(*what.ask) +
                   "; it has " + std::to_string(explanation.asks_count) + " open asks");
        return;
    }
    books.emit(Reply{request, Answer{std::move(explanation)}});
}

void perform(Books& books, RequestId request, const ExplainWaiting& what) {
    const auto count = static_cast<std::size_t>(std::max(0, what.count));
    NodeQuestion question = question_of(books, what.nodes);
    books.emit(Reply{request, Answer{explain_waiting(books, std::min(count, kApplicationsExplained),
                                                     &question)}});
}

}  // namespace

void begin_kill(Books& books, Application& application, std::string reason) {
    if (application.kill_requested || is_ending(application.state) ||
        std::exchange(application.kill_saving, true)) {
        return;
    }
    application.kill_reason = shortened(std::move(reason), kDiagnosticsMax);
    const PendingSave save{PendingSave::Kind::Kill, application.id(), {}, 0, {}, 0};
    books.save(save, changes_of(books, save));
}

void on(Books& books, Request event) {
    std::visit([&](auto& what) { perform(books, event.id, what); }, event.what);
}

void on(Books& books, SecretsSupplied event) {
    books.secrets_asked = false;
    for (std::string& secret : event.secrets) {
        if (!secret.empty()) {
            books.secrets.push_back(std::move(secret));
        }
    }
    while (!books.secret_waits.empty() && !books.secrets.empty()) {
        const ApplicationId id = books.secret_waits.front();
        books.secret_waits.pop_front();
        start_attempt(books, *books.applications.find(id));
    }
    ask_for_secrets(books);
}

void ask_for_secrets(Books& books) {
    const auto have = static_cast<std::int32_t>(books.secrets.size());
    if (have >= books.config.secrets_pool / 2 || std::exchange(books.secrets_asked, true)) {
        return;
    }
    const auto waiting = static_cast<std::int32_t>(books.secret_waits.size());
    books.emit(NeedSecrets{books.config.secrets_pool - have + waiting});
}

}  // namespace heddle::rm
