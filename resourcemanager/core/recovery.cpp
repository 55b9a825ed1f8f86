// After a start: the books as the store has them, and the wait for nodes to report the rest.
//
// A master's container is on record with its attempt, so it is entered at once and charged to its
// node; when the node registers it either shows it, or is ordered to start it (the order may have
// been lost with the earlier manager; a node keeps ends until they are acknowledged, so what it
// does not show has not run). Ordinary containers come with their nodes.

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/check.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/lifecycle.h"
#include "resourcemanager/core/limits.h"
#include "resourcemanager/core/node_change.h"

namespace heddle::rm {
namespace {

void recover_nodes(Books& books, std::vector<NodeRecord>& records) {
    std::sort(records.begin(), records.end(),
              [](const NodeRecord& a, const NodeRecord& b) { return a.info.id < b.info.id; });
    for (const NodeRecord& record : records) {
        Node& node = books.nodes.add(record.info);
        node.registered = record.registered;
        node.saved = true;
        node.heard = books.now;
        node.settings = record.settings;
        take_info(books, node);
        if (record.lost.milliseconds != 0) {
            // Nobody waits for it; it has the rest of its time to come back.
            node.lost = record.lost;
            books.nodes.set_state(node, NodeState::Lost);
            const Duration gone = milliseconds(books.wall.milliseconds - record.lost.milliseconds);
            books.deadlines.set({Timer::Kind::NodeForget, {}, node.index},
                                books.now + std::clamp(books.config.node_forget_after - gone,
                                                       Duration{}, books.config.node_forget_after));
        } else if (node.settings.service == NodeService::Decommissioned) {
            books.nodes.set_state(node, NodeState::Decommissioned);  // nobody waits for it either
        }
        books.changed(node);
    }
}

AppState recovered_state(const ApplicationRecord& record) {
    if (is_final(record.state)) {
        return record.state;
    }
    return record.kill_requested ? AppState::Killing : AppState::Accepted;
}

void recover_application(Books& books, ApplicationRecord& record) {
    const ApplicationId id = record.submission.id;
    Application& application = books.applications.add(std::move(record.submission));
    const Result<QueueIndex> named = books.queues.find_leaf(application.submission->queue);
    const Result<QueueIndex> other = books.queues.find_leaf("");
    const Result<QueueIndex> last = books.queues.find_leaf(kRecoveredQueue);
    application.queue = named ? *named : other ? *other : last ? *last : 0;
    application.state = recovered_state(record);
    application.final_status = record.final_status;
    application.diagnostics = record.diagnostics;
    application.tracking_url = record.tracking_url;
    application.submitted = record.submitted;
    application.launched = record.launched;
    application.finished = record.finished;
    application.kill_requested = record.kill_requested;
    application.kill_reason =
        record.kill_reason.empty() ? std::string("killed by request") : record.kill_reason;
    application.expires = record.expires;
    application.pending_until = record.pending_until;
    application.sent = std::move(record.sent);
    application.memory_mib_seconds = record.memory_mib_seconds;
    application.vcore_seconds = record.vcore_seconds;
    application.named_seconds = std::move(record.named_seconds);
    ++books.counters.submitted;
    books.changed(application);
    if (!is_final(application.state)) {
        books.queues.enter(seat_of(application));
        watch_time(books, application);
        return;
    }
    application.outcome = application.state;
    books.completed.push_back(id);
    books.counters.finished += application.state == AppState::Finished ? 1 : 0;
    books.counters.failed += application.state == AppState::Failed ? 1 : 0;
    books.counters.killed += application.state == AppState::Killed ? 1 : 0;
}

void recover_master_container(Books& books, const Application& application, Attempt& attempt) {
    std::optional<NodeIndex> node = books.nodes.find(attempt.record.master_node);
    if (!node.has_value()) {
        // Nodes are saved before anything is placed on them: this one was lost and forgotten, and
        // the end of the attempt could not be saved.
        NodeInfo info;
        info.id = attempt.record.master_node;
        Node& forgotten = books.nodes.add(info);
        books.nodes.set_state(forgotten, NodeState::Lost);
        node = forgotten.index;
    }
    Container container;
    container.id = *attempt.record.master_container;
    container.key = {attempt.record.id, 0, 0};
    container.node = *node;
    container.size = application.submission->master_size;
    container.labelled = !master_label(*application.submission).empty();
    container.since = books.now;
    container.allocated = attempt.record.started;
    enter_container(books, std::move(container));
}

void recover_attempt(Books& books, AttemptRecord& record) {
    Application* application = books.applications.find(record.id.application);
    if (application == nullptr) {
        return;
    }
    Attempt& attempt = application->attempts.emplace_back();
    attempt.record = std::move(record);
    attempt.recovered = true;
    attempt.heard = books.now;
    if (!attempt.record.master_token.empty()) {
        books.applications.add_token(attempt.record.master_token, attempt.record.id);
    }
    if (is_final(attempt.record.state)) {
        attempt.state = attempt.record.state;
        return;
    }
    attempt.asks_known = false;
    books.queues.count_parallel(application->id());
    attempt.state = application->managed() ? AttemptState::Allocated : AttemptState::Launched;
    if (application->managed()) {
        recover_master_container(books, *application, attempt);
    }
    books.deadlines.set({Timer::Kind::MasterExpiry, attempt.record.id, 0},
                        books.now + books.config.settle_time + books.master_expiry());
}

// They leave in the order in which they ended.
void order_completed(Books& books) {
    std::stable_sort(books.completed.begin(), books.completed.end(),
                     [&](const ApplicationId& a, const ApplicationId& b) {
                         return books.applications.find(a)->finished <
                                books.applications.find(b)->finished;
                     });
}

}  // namespace

void on(Books& books, Booted event) {
    CHECK(!books.booted && event.epoch > 0);
    books.booted = true;
    books.epoch = event.epoch;
    books.cluster_timestamp = event.cluster_timestamp;
    books.started = books.wall;
    books.ids_reserved = event.sequences_reserved;
    books.ids_of_earlier_epochs = event.sequences_reserved;
    books.ids_next = event.sequences_reserved + 1;
    recover_scheduler(books, std::move(event.scheduler_versions));
    recover_nodes(books, event.nodes);
    std::sort(event.applications.begin(), event.applications.end(),
              [](const ApplicationRecord& a, const ApplicationRecord& b) {
                  return a.submitted != b.submitted ? a.submitted < b.submitted
                                                    : a.submission.id < b.submission.id;
              });
    std::set<std::string> leaves;
    for (const ApplicationRecord& record : event.applications) {
        if (!is_final(record.state)) {
            leaves.insert(record.submission.queue);
        }
    }
    recover_created(books, leaves);
    for (ApplicationRecord& record : event.applications) {
        recover_application(books, record);
    }
    order_completed(books);
    std::sort(event.attempts.begin(), event.attempts.end(),
              [](const AttemptRecord& a, const AttemptRecord& b) { return a.id < b.id; });
    for (AttemptRecord& record : event.attempts) {
        recover_attempt(books, record);
    }
    books.secrets.insert(books.secrets.end(), event.secrets.begin(), event.secrets.end());
    for (auto& [id, application] : books.applications.all()) {
        const Attempt* attempt = application.current();
        if (application.state == AppState::Accepted &&
            (attempt == nullptr || is_final(attempt->state))) {
            start_attempt(books, application);
        }
    }
    ask_for_secrets(books);
    forget_completed(books);
    books.deadlines.set({Timer::Kind::Settle, {}, 0}, books.now + books.config.settle_time);
    settle_if_complete(books);
}

void settle_if_complete(Books& books) {
    if (books.settled) {
        return;
    }
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        const Node& node = books.nodes.at(index);
        if (node.saved && node.state == NodeState::New &&
            !books.config.off(Feature::RestartSettle)) {
            return;
        }
    }
    settle(books);
}

void settle(Books& books) {
    if (std::exchange(books.settled, true)) {
        return;
    }
    books.deadlines.cancel({Timer::Kind::Settle, {}, 0});
    books.changes.cluster = true;
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        Node& node = books.nodes.at(index);
        const bool missing = node.saved && node.state == NodeState::New;
        const bool gone = node.state == NodeState::Lost ||
                          (node.state == NodeState::Decommissioned && !node.connected());
        if (missing || (gone && !node.containers.empty())) {
            node_lost(books, node, "it did not come back after the manager's restart");
        }
    }
    for (auto& [id, application] : books.applications.all()) {
        Attempt* attempt = application.current();
        if (application.state == AppState::Killing && attempt != nullptr) {
            const std::set<ContainerId> containers = attempt->containers;
            for (const ContainerId& container : containers) {
                stop_container(books, *books.containers.find(container), application.kill_reason);
            }
        }
        try_finish_kill(books, application);
    }
}

}  // namespace heddle::rm
