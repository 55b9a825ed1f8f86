#include "resourcemanager/core/lifecycle.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/forget_asks.h"
#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/limits.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/resizes.h"

namespace heddle::rm {
namespace {

Timer master_timer(const Attempt& attempt) {
    return {Timer::Kind::MasterExpiry, attempt.record.id, 0};
}

void reply(Books& books, std::vector<RequestId>& waits, const Answer& answer) {
    for (const RequestId& request : std::exchange(waits, {})) {
        books.emit(Reply{request, answer});
    }
}

void refuse(Books& books, std::vector<RequestId>& waits, const Error& error) {
    for (const RequestId& request : std::exchange(waits, {})) {
        books.emit(Reply{request, error});
    }
}

// The outcome is known: everything of it that is shown later is set here and saved with it.
void decide_outcome(Books& books, Application& application, AppState outcome, FinalStatus status,
                    const std::string& diagnostics) {
    CHECK(!application.outcome.has_value());
    application.outcome = outcome;
    application.final_status = status;
    application.diagnostics = diagnostics;
    application.finished = books.wall;
    advance(books, application, AppInput::EndDecided);
}

void application_over(Books& books, Application& application) {
    books.queues.leave(application.id());
    switch (*application.outcome) {
        case AppState::Failed:
            ++books.counters.failed;
            break;
        case AppState::Killed:
            ++books.counters.killed;
            break;
        default:
            ++books.counters.finished;
            break;
    }
    refuse(books, application.claim_waits,
           Error{ErrorCode::Conflict, to_string(application.id()) + " is over"});
    reply(books, application.kill_waits, KillAnswer{application.state});
    books.completed.push_back(application.id());
    forget_completed(books);
}

AppInput end_stored_input(AppState outcome, bool master_up) {
    switch (outcome) {
        case AppState::Failed:
            return AppInput::EndStoredFailed;
        case AppState::Killed:
            return AppInput::EndStoredKilled;
        default:
            return master_up ? AppInput::EndStoredMasterUp : AppInput::EndStoredFinished;
    }
}

AttemptInput end_stored_input(AttemptState state, bool master_up) {
    switch (state) {
        case AttemptState::Failed:
            return AttemptInput::EndStoredFailed;
        case AttemptState::Killed:
            return AttemptInput::EndStoredKilled;
        default:
            return master_up ? AttemptInput::EndStoredMasterUp : AttemptInput::EndStoredFinished;
    }
}

// The program of an RDD application is its driver: what it exits with is the result, if it has not
// said so itself (it ran no job, or could not reach us any more). With any other exit it may be
// tried again.
bool driver_succeeded(const Application& application, const ContainerExit& exit) {
    return application.submission->kind == ApplicationKind::Rdd && exit.success();
}

void acknowledge_master_end(Books& books, Attempt& attempt) {
    if (!std::exchange(attempt.master_end_waits, false)) {
        return;
    }
    if (const auto node = books.nodes.find(attempt.record.master_node)) {
        acknowledge(books, *node, *attempt.record.master_container);
    }
}

// A command's only container has ended by itself: that is the result.
void command_ended(Books& books, Application& application, Attempt& attempt,
                   const ContainerExit& exit) {
    AttemptEnd end;
    if (exit.success()) {
        end = {AttemptState::Finished, FinalStatus::Succeeded, "", AppState::Finished};
    } else {
        end = {AttemptState::Failed, FinalStatus::Failed, "the command " + describe(exit),
               AppState::Failed};
    }
    end_attempt(books, application, attempt, std::move(end));
}

}  // namespace

void advance(Books& books, Application& application, AppInput input) {
    const std::optional<AppState> next = next_state(application.state, input);
    CHECK(next.has_value());
    const bool ran = application.state == AppState::Running;
    books.changes.app_transitions.push_back({application.id(), application.state, *next});
    application.state = *next;
    if (ran != (*next == AppState::Running)) {
        books.queues.set_running(application.id(), !ran);
    }
    books.changed(application);
}

void advance(Books& books, Attempt& attempt, AttemptInput input) {
    const std::optional<AttemptState> next = next_state(attempt.state, input);
    CHECK(next.has_value());
    books.changes.attempt_transitions.push_back({attempt.record.id, attempt.state, *next});
    attempt.state = *next;
    books.changes.applications.insert(attempt.record.id.application);
}

std::string describe(const ContainerExit& exit) {
    std::string text;
    switch (exit.reason) {
        case ExitReason::Exited:
            text = "exited with code " + std::to_string(exit.code);
            break;
        case ExitReason::Signalled:
            text = "was ended by signal " + std::to_string(exit.signal);
            break;
        case ExitReason::Stopped:
            text = "was stopped";
            break;
        case ExitReason::LaunchFailed:
            text = "could not be started";
            break;
        case ExitReason::NodeLost:
            // A node that lives may have lost it too, and the message says so.
            text = exit.message.empty() ? "was lost with its node" : "was lost";
            break;
        case ExitReason::OutOfMemory:
            text = "ran out of memory";
            break;
        case ExitReason::Unknown:
            text = "ended in a way that is not on record";
            break;
        case ExitReason::Displaced:
            text = "made room";
            break;
    }
    if (exit.message.starts_with(text)) {
        return exit.message;  // the same, and more
    }
    return exit.message.empty() ? text : text + ": " + exit.message;
}

std::string shortened(std::string text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) {
        return text;
    }
    const std::string note =
        "... (of " + std::to_string(text.size()) + " bytes; the rest is in the logs)";
    std::size_t end = bytes_max - note.size();
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        --end;  // not inside a character
    }
    text.resize(end);
    return text + note;
}

std::string address_or_none(std::string text, std::size_t bytes_max) {
    return text.size() <= bytes_max ? std::move(text) : std::string();
}

LaunchSpec master_spec(const Books& books, const Application& application, const Attempt& attempt) {
    LaunchSpec spec = application.submission->master;
    if (application.command()) {
        return spec;
    }
    for (const auto& [name, value] : books.config.master_environment) {
        spec.environment[name] = value;
    }
    spec.environment[kAttemptVariable] = to_string(attempt.record.id);
    spec.environment[kMasterTokenVariable] = kMasterTokenFile;
    spec.secrets.push_back({kMasterTokenFile, attempt.record.master_token});
    return spec;
}

void stored_submission(Books& books, Application& application) {
    advance(books, application, AppInput::Stored);
    ++books.counters.submitted;
    if (books.config.defect != Defect::LostAcknowledgement) {
        reply(books, application.submit_waits, SubmitAnswer{application.id()});
    }
    books.queues.enter(seat_of(application));
    advance(books, application, AppInput::QueueAccepted);
    watch_time(books, application);
    start_attempt(books, application);
}

namespace {

// What the attempt before has left running goes on under this one, and counts under the same ask
// and generation as before. Until the new master has stated its asks nothing of it is surplus.
void hand_over(Books& books, Attempt& before, Attempt& attempt) {
    attempt.asks_known = false;
    attempt.tombstones = std::move(before.tombstones);
    const std::set<ContainerId> containers = before.containers;
    for (const ContainerId& id : containers) {
        Container& container = *books.containers.find(id);
        if (container.master()) {
            continue;
        }
        if (!container.stopping) {
            books.asks.count_live(container.key, -1);
        }
        container.key.attempt = attempt.record.id;
        if (!container.stopping) {
            books.asks.count_live(container.key, +1);
        }
        before.containers.erase(container.in_attempt);
        container.in_attempt = attempt.containers.insert(id).first;
        container.told = false;
        container.news = 0;
        books.changed(container);
    }
    forget_asks(books, before.record.id);
}

}  // namespace

void start_attempt(Books& books, Application& application) {
    const bool needs_secret = !application.command();
    if (needs_secret && books.secrets.empty()) {
        books.secret_waits.push_back(application.id());
        return;
    }
    Attempt* last = application.current();
    const AttemptId id{application.id(), last == nullptr ? 1 : last->record.id.number + 1};
    Attempt& attempt = application.attempts.emplace_back();
    attempt.record.id = id;
    attempt.record.started = books.wall;
    if (needs_secret) {
        attempt.record.master_token = std::move(books.secrets.front());
        books.secrets.pop_front();
        books.applications.add_token(attempt.record.master_token, id);
    }
    if (last != nullptr && application.keeps_containers()) {
        hand_over(books, *last, attempt);
    }
    advance(books, attempt, AttemptInput::Started);
    advance(books, attempt, AttemptInput::QueueAccepted);
    Ask ask;
    ask.priority = std::numeric_limits<std::int32_t>::min();
    ask.count = 1;
    if (application.managed()) {
        ask.size = application.submission->master_size;
        ask.label = master_label(*application.submission);
    }
    AskOwner owner = owner_of(books, application, id, true);
    owner.choosy = application.attempts.size() > 1;
    books.asks.state(owner, ask, false);
}

namespace {

void save_granted(Books& books, Application& application, Attempt& attempt) {
    forget_ask(books, attempt.record.id, 0);
    books.queues.count_parallel(application.id());
    advance(books, attempt,
            application.managed() ? AttemptInput::Granted : AttemptInput::GrantedUnmanaged);
    const PendingSave save{
        PendingSave::Kind::AttemptAllocated, application.id(), attempt.record.id, 0, {}, 0};
    books.save(save, changes_of(books, save));
}

}  // namespace

void outside_granted(Books& books, const AttemptId& id) {
    save_granted(books, books.application_of(id), *books.applications.find(id));
}

void master_granted(Books& books, Application& application, Attempt& attempt,
                    const Container& container) {
    attempt.record.master_container = container.id;
    attempt.record.master_node = books.nodes.at(container.node).info.id;
    attempt.record.master_origin = books.nodes.at(container.node).origin;
    save_granted(books, application, attempt);
}

void stored_attempt(Books& books, Application& application, Attempt& attempt) {
    if (!being_saved(attempt.state)) {
        return;  // it has been ended while its record was being saved
    }
    attempt.heard = books.now;
    books.deadlines.set(master_timer(attempt), books.now + books.config.master_register_expiry);
    advance(books, attempt, AttemptInput::Stored);
    if (application.managed()) {
        // Gone: a kill has ended it meanwhile, and waits for what the attempt before has left.
        if (Container* container = books.containers.find(*attempt.record.master_container)) {
            container->saving = false;
            order_start(books, *container);
        }
        return;
    }
    reply(books, application.claim_waits,
          MasterCredentials{attempt.record.id, attempt.record.master_token});
}

void end_attempt(Books& books, Application& application, Attempt& attempt, AttemptEnd end) {
    const bool finished = end.state == AttemptState::Finished;
    end.diagnostics = shortened(std::move(end.diagnostics), kDiagnosticsMax);
    attempt.record.state = end.state;
    attempt.record.final_status = end.status;
    attempt.record.diagnostics = end.diagnostics;
    attempt.record.finished = books.wall;
    advance(books, attempt, AttemptInput::EndDecided);
    books.deadlines.cancel(master_timer(attempt));
    const bool keeps =
        application.keeps_containers() && application.goes_on() && !end.outcome.has_value();
    const std::set<ContainerId> containers = attempt.containers;
    for (const ContainerId& id : containers) {
        Container* container = books.containers.find(id);
        if (container != nullptr && !(finished && container->master()) &&
            !(keeps && !container->master()) &&
            !(books.config.defect == Defect::StaleEpochAccepted && !container->master())) {
            stop_container(books, *container, "its application attempt is over");
        }
    }
    for (const auto& [id, ended] : std::exchange(attempt.ended, {})) {
        if (ended.node_waits) {
            acknowledge(books, ended.node, id);
        }
    }
    forget_increases(books, attempt.record.id);
    if (keeps) {
        attempt.asks_known = false;
        for (const Demand* demand : books.asks.of_attempt(attempt.record.id)) {
            forget_ask(books, attempt.record.id, demand->ask.id);
        }
    } else {
        forget_asks(books, attempt.record.id);
    }
    if (!finished) {
        dismiss_master(books, attempt, end.diagnostics);
    }
    if (end.outcome.has_value()) {
        decide_outcome(books, application, *end.outcome, end.status, end.diagnostics);
    }
    const PendingSave save{
        PendingSave::Kind::AttemptEnd, application.id(), attempt.record.id, 0, {}, 0};
    books.save(save, changes_of(books, save));
}

void fail_attempt(Books& books, Application& application, Attempt& attempt, std::string why,
                  bool counts) {
    AttemptEnd end;
    end.status = counts ? FinalStatus::Failed : FinalStatus::Undefined;
    end.diagnostics = why;
    const std::int32_t failures = application.failures(books.wall) + (counts ? 1 : 0);
    const std::int32_t most =
        books.config.off(Feature::AttemptLimit) ? 1 : application.attempts_max();
    if (application.state != AppState::Killing && (failures >= most || !application.managed())) {
        end.status = FinalStatus::Failed;
        end.outcome = AppState::Failed;
        end.diagnostics = to_string(attempt.record.id) + " failed: " + why;
    }
    end_attempt(books, application, attempt, std::move(end));
}

void stored_attempt_end(Books& books, Application& application, Attempt& attempt) {
    const bool finished = attempt.record.state == AttemptState::Finished;
    const bool master_up = finished && attempt.record.master_container.has_value() &&
                           attempt.containers.contains(*attempt.record.master_container);
    advance(books, attempt, end_stored_input(attempt.record.state, master_up));
    acknowledge_master_end(books, attempt);
    reply(books, application.fail_waits, OrderAnswer{});
    if (finished) {
        send_to_master(books, attempt, MasterFinished{attempt.session});
    }
    if (master_up) {
        attempt.heard = books.now;
        books.deadlines.set(master_timer(attempt), books.now + books.config.master_register_expiry);
    }
    if (application.outcome.has_value()) {
        advance(books, application, end_stored_input(*application.outcome, master_up));
        if (is_final(application.state)) {
            application_over(books, application);
        }
        return;
    }
    if (application.state == AppState::Killing) {
        try_finish_kill(books, application);
        return;
    }
    advance(books, application, AppInput::AttemptLost);
    start_attempt(books, application);
}

void master_gone(Books& books, Application& application, Attempt& attempt,
                 const ContainerExit& exit, bool blameless) {
    switch (attempt.state) {
        case AttemptState::Allocated:
        case AttemptState::Launched:
        case AttemptState::Running:
            break;
        case AttemptState::Finishing:
            books.deadlines.cancel(master_timer(attempt));
            acknowledge_master_end(books, attempt);
            advance(books, attempt, AttemptInput::MasterGone);
            advance(books, application, AppInput::MasterGone);
            application_over(books, application);
            return;
        case AttemptState::FinalSaving:
            return;  // what follows comes with the answer of the store
        case AttemptState::Finished:
        case AttemptState::Failed:
        case AttemptState::Killed:
            acknowledge_master_end(books, attempt);
            return;
        case AttemptState::New:
        case AttemptState::Submitted:
        case AttemptState::Scheduled:
        case AttemptState::AllocatedSaving:
        case AttemptState::LaunchedUnmanagedSaving:
            if (application.state != AppState::Killing) {
                fail_attempt(books, application, attempt,
                             "its master's container " + describe(exit), false);
            }
            return;
    }
    if (application.state == AppState::Killing) {
        return;
    }
    // Its node's doing. That its shim was killed may be its own, and counts: a program that does so
    // would otherwise be started for ever.
    const bool lost = exit.reason == ExitReason::NodeLost;
    const bool ended_by_itself = !lost && exit.reason != ExitReason::Stopped;
    if (application.command() && ended_by_itself) {
        command_ended(books, application, attempt, exit);
        return;
    }
    if (driver_succeeded(application, exit)) {
        end_attempt(books, application, attempt,
                    {AttemptState::Finished, FinalStatus::Succeeded, "", AppState::Finished});
        return;
    }
    fail_attempt(books, application, attempt, "its master's container " + describe(exit),
                 !lost && !blameless && !is_preempted(exit));
}

void kill_failed(Books& books, Application& application, const Error& why) {
    application.kill_saving = false;
    application.kill_failed.reset();
    if (is_ending(application.state)) {
        reply(books, application.kill_waits, KillAnswer{application.state});
        return;
    }
    refuse(books, application.kill_waits,
           Error{ErrorCode::Unavailable, "could not be saved: " + why.message});
    watch_time(books, application, books.config.save_retry);
}

void stored_kill(Books& books, Application& application) {
    application.kill_saving = false;
    application.kill_failed.reset();
    if (is_ending(application.state)) {
        reply(books, application.kill_waits, KillAnswer{application.state});
        return;
    }
    application.kill_requested = true;
    advance(books, application, AppInput::KillStored);
    reply(books, application.kill_waits, KillAnswer{application.state});
    std::erase(books.secret_waits, application.id());
    Attempt* attempt = application.current();
    if (attempt != nullptr && (!is_ending(attempt->state) || application.keeps_containers())) {
        const std::set<ContainerId> containers = attempt->containers;
        for (const ContainerId& id : containers) {
            if (Container* container = books.containers.find(id)) {
                stop_container(books, *container, application.kill_reason);
            }
        }
        forget_asks(books, attempt->record.id);
        if (!is_ending(attempt->state)) {
            dismiss_master(books, *attempt, application.kill_reason);
        }
    }
    try_finish_kill(books, application);
}

void try_finish_kill(Books& books, Application& application) {
    if (application.state != AppState::Killing || !books.settled) {
        return;
    }
    Attempt* attempt = application.current();
    if (attempt != nullptr && !is_final(attempt->state)) {
        if (!is_ending(attempt->state) && attempt->containers.empty()) {
            end_attempt(books, application, *attempt,
                        {AttemptState::Killed, FinalStatus::Killed, application.kill_reason,
                         AppState::Killed});
        }
        return;
    }
    decide_outcome(books, application, AppState::Killed, FinalStatus::Killed,
                   application.kill_reason);
    const PendingSave save{PendingSave::Kind::ApplicationEnd, application.id(), {}, 0, {}, 0};
    books.save(save, changes_of(books, save));
}

void stored_application_end(Books& books, Application& application) {
    advance(books, application, end_stored_input(*application.outcome, false));
    application_over(books, application);
}

void refuse_application(Books& books, Application& application, std::string why) {
    Attempt* attempt = application.current();
    if (attempt != nullptr && !is_ending(attempt->state) &&
        application.state != AppState::Killing) {
        end_attempt(books, application, *attempt,
                    {AttemptState::Failed, FinalStatus::Failed, std::move(why), AppState::Failed});
    }
}

std::vector<StoreChange> changes_of(Books& books, const PendingSave& save) {
    std::vector<StoreChange> changes;
    const Application* application = books.applications.find(save.application);
    Attempt* attempt = books.applications.find(save.attempt);
    switch (save.kind) {
        case PendingSave::Kind::Submission:
        case PendingSave::Kind::Kill:
        case PendingSave::Kind::Change:
        case PendingSave::Kind::ApplicationEnd:
            changes.emplace_back(record_of(*application));
            break;
        case PendingSave::Kind::AttemptAllocated: {
            AttemptRecord record = attempt->record;
            if (!is_final(record.state)) {
                record.state = AttemptState::Allocated;
            }
            changes.emplace_back(std::move(record));
            break;
        }
        case PendingSave::Kind::AttemptEnd:
            changes.emplace_back(attempt->record);
            if (application->outcome.has_value()) {
                changes.emplace_back(record_of(*application));
            }
            break;
        case PendingSave::Kind::Removal:
            changes.emplace_back(ApplicationRemoval{save.application});
            break;
        case PendingSave::Kind::NodeRegistration:
        case PendingSave::Kind::NodeLost:
        case PendingSave::Kind::NodeChange:
        case PendingSave::Kind::NodesChange:
        case PendingSave::Kind::NodeDrained:
        case PendingSave::Kind::NodeForgotten:
        case PendingSave::Kind::Scheduler:
        case PendingSave::Kind::Ids:
            CHECK(false);  // never tried again
    }
    return changes;
}

}  // namespace heddle::rm
