// What the store answers. Everything that was waiting for a fact to be on disk goes on from here.

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "resourcemanager/core/carried_saves.h"
#include "resourcemanager/core/change.h"
#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/lifecycle.h"
#include "resourcemanager/core/node_change.h"

namespace heddle::rm {
namespace {

void refuse_all(Books& books, std::vector<RequestId>& waits, const Error& why) {
    for (const RequestId& request : std::exchange(waits, {})) {
        books.emit(
            Reply{request, Error{ErrorCode::Unavailable, "could not be saved: " + why.message}});
    }
}

void stored_ids(Books& books, std::int64_t upto) {
    books.ids_saving = false;
    if (books.ids_next > books.ids_reserved) {
        books.ids_next = std::max(books.ids_next, books.ids_reserved + 1);
    }
    books.ids_reserved = upto;
    std::vector<RequestId> waits = std::exchange(books.id_waits, {});
    for (const RequestId& request : waits) {
        on(books, Request{request, NewApplication{}});
    }
}

void removed(Books& books, const ApplicationId& id) {
    Application* application = books.applications.find(id);
    if (application == nullptr) {
        return;
    }
    for (const Attempt& attempt : application->attempts) {
        const auto& master = attempt.record.master_container;
        const bool master_ends = master.has_value() && books.containers.find(*master) != nullptr;
        if (!attempt.containers.empty() || master_ends) {
            books.completed.push_back(id);  // something still ends: later
            return;
        }
    }
    hide_application(books, *application);
    books.applications.erase(id);
}

void own_change_failed(Books& books, BatchId batch, const ApplicationId& id, const Error& why) {
    Application& application = *books.applications.find(id);
    if (carried(books, batch, id)) {
        application.changes.front().failed = why;
        return;
    }
    change_failed(books, application, why);
}

void own_kill_failed(Books& books, BatchId batch, const ApplicationId& id, const Error& why) {
    Application* application = books.applications.find(id);
    if (application == nullptr) {
        return;
    }
    if (carried(books, batch, id)) {
        application->kill_failed = why;
        return;
    }
    kill_failed(books, *application, why);
}

void submission_failed(Books& books, const ApplicationId& id, const Error& why) {
    Application& application = *books.applications.find(id);
    refuse_all(books, application.submit_waits, why);
    books.applications.erase(id);
    books.changes.applications.insert(id);
}

// An attempt that has ended is saved with its end, and the record may have left the store with its
// application since: saving the grant now would bring it back. Nothing else that is tried again can
// outlive its application, which is over only when its ends are saved.
bool still_wanted(Books& books, const PendingSave& save) {
    if (save.kind != PendingSave::Kind::AttemptAllocated) {
        return true;
    }
    const Attempt* attempt = books.applications.find(save.attempt);
    return attempt != nullptr && being_saved(attempt->state);
}

void registration_failed(Books& books, const PendingSave& save, const Error& why) {
    const auto it = books.registrations.find(save.node);
    if (it == books.registrations.end() || it->second.connection != save.connection) {
        return;
    }
    const NodeId id = it->second.message.info.id;
    books.registrations.erase(it);
    books.emit(SendToNode{save.connection, id,
                          NodeRefused{"the registration could not be saved: " + why.message}});
    books.emit(CloseConnection{save.connection, {ErrorCode::Unavailable, why.message}});
}

}  // namespace

void on(Books& books, Saved event) {
    const auto it = books.saves.find(event.batch);
    if (it == books.saves.end()) {
        ++books.counters.messages_stale;
        return;
    }
    const PendingSave save = it->second;
    books.saves.erase(it);
    Application* application = books.applications.find(save.application);
    if (save.has_record) {
        carried_stored(books, *application);
    }
    switch (save.kind) {
        case PendingSave::Kind::Submission:
            stored_submission(books, *application);
            break;
        case PendingSave::Kind::Kill:
            stored_kill(books, *application);
            break;
        case PendingSave::Kind::Change:
            stored_change(books, *application);
            break;
        case PendingSave::Kind::AttemptAllocated:
            stored_attempt(books, *application, *books.applications.find(save.attempt));
            break;
        case PendingSave::Kind::AttemptEnd:
            stored_attempt_end(books, *application, *books.applications.find(save.attempt));
            break;
        case PendingSave::Kind::ApplicationEnd:
            stored_application_end(books, *application);
            break;
        case PendingSave::Kind::Removal:
            removed(books, save.application);
            break;
        case PendingSave::Kind::NodeRegistration:
            stored_registration(books, save.node, save.connection);
            break;
        case PendingSave::Kind::NodeLost:
            break;
        case PendingSave::Kind::NodeDrained:
            for (const NodeIndex index : save.nodes) {
                books.nodes.at(index).disk_unsure = false;
            }
            break;
        case PendingSave::Kind::NodeForgotten:
            stored_forgotten(books, save.node);
            break;
        case PendingSave::Kind::NodeChange:
            stored_node_change(books, save.node);
            break;
        case PendingSave::Kind::NodesChange:
            stored_nodes_change(books, save);
            break;
        case PendingSave::Kind::Scheduler:
            stored_scheduler(books);
            break;
        case PendingSave::Kind::Ids:
            stored_ids(books, save.sequences);
            break;
    }
}

void on(Books& books, SaveFailed event) {
    const auto it = books.saves.find(event.batch);
    if (it == books.saves.end()) {
        ++books.counters.messages_stale;
        return;
    }
    const PendingSave save = it->second;
    books.saves.erase(it);
    ++books.counters.saves_failed;
    switch (save.kind) {
        case PendingSave::Kind::Submission:
            submission_failed(books, save.application, event.error);
            break;
        case PendingSave::Kind::Kill:
            own_kill_failed(books, event.batch, save.application, event.error);
            break;
        case PendingSave::Kind::Change:
            own_change_failed(books, event.batch, save.application, event.error);
            break;
        case PendingSave::Kind::NodeRegistration:
            registration_failed(books, save, event.error);
            break;
        case PendingSave::Kind::NodeLost:
        case PendingSave::Kind::NodeDrained:
            break;
        case PendingSave::Kind::NodeChange:
            node_change_failed(books, save.node, event.error);
            break;
        case PendingSave::Kind::NodesChange:
            nodes_change_failed(books, save, event.error);
            break;
        case PendingSave::Kind::NodeForgotten:
            books.nodes.at(save.node).saved = true;
            books.deadlines.set({Timer::Kind::NodeForget, {}, save.node},
                                books.now + books.config.save_retry);
            break;
        case PendingSave::Kind::Scheduler:
            scheduler_failed(books, event.error);
            break;
        case PendingSave::Kind::Ids:
            books.ids_saving = false;
            refuse_all(books, books.id_waits, event.error);
            break;
        case PendingSave::Kind::AttemptAllocated:
        case PendingSave::Kind::AttemptEnd:
        case PendingSave::Kind::ApplicationEnd:
        case PendingSave::Kind::Removal: {
            const auto failed = static_cast<std::int64_t>(event.batch.value);
            books.saves_to_retry.emplace(failed, save);
            books.deadlines.set({Timer::Kind::SaveRetry, {}, failed},
                                books.now + books.config.save_retry);
            break;
        }
    }
    Application* application = books.applications.find(save.application);
    if (save.has_record && application != nullptr) {
        carrier_failed(books, event.batch, *application);
    }
}

void save_retry_due(Books& books, std::int64_t failed_batch) {
    const auto it = books.saves_to_retry.find(failed_batch);
    CHECK(it != books.saves_to_retry.end());
    const PendingSave save = it->second;
    books.saves_to_retry.erase(it);
    if (still_wanted(books, save)) {
        books.save(save, changes_of(books, save));
    }
}

}  // namespace heddle::rm
