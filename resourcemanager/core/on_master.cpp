// What application masters say. A master is believed only on its attempt's newest connection and
// with the session it was welcomed with.

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/check.h"
#include "resourcemanager/core/alternatives.h"
#include "resourcemanager/core/ask_check.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/constraint_switches.h"
#include "resourcemanager/core/constraints.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/drain_notice.h"
#include "resourcemanager/core/execution_change.h"
#include "resourcemanager/core/forget_asks.h"
#include "resourcemanager/core/gangs.h"
#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/headroom.h"
#include "resourcemanager/core/label_access.h"
#include "resourcemanager/core/lending.h"
#include "resourcemanager/core/lifecycle.h"
#include "resourcemanager/core/limits.h"
#include "resourcemanager/core/opportunistic.h"
#include "resourcemanager/core/preemption_notice.h"
#include "resourcemanager/core/resizes.h"
#include "resourcemanager/core/size_check.h"

namespace heddle::rm {
namespace {

void reject(Books& books, ConnectionId connection, const AttemptId& attempt, std::string reason) {
    books.emit(SendToMaster{connection, attempt, MasterRejected{reason}});
    books.emit(CloseConnection{connection, {ErrorCode::Conflict, std::move(reason)}});
    books.applications.disconnect(connection);
}

void attach(Books& books, Attempt& attempt, ConnectionId connection) {
    if (attempt.connection.value != 0 && attempt.connection != connection) {
        books.emit(CloseConnection{attempt.connection,
                                   {ErrorCode::Conflict, "the master has connected anew"}});
        books.applications.disconnect(attempt.connection);
    }
    attempt.connection = connection;
    attempt.session = books.prng.next() | 1;
    attempt.updates_seen = 0;
    attempt.news_sent = 0;
    attempt.news.clear();
    attempt.headroom_told.reset();
    attempt.heard = books.now;
}

void welcome(Books& books, Attempt& attempt) {
    MasterWelcome message;
    message.session = attempt.session;
    message.epoch = books.epoch;
    message.heartbeat_interval = books.config.heartbeat_interval;
    message.size_max = books.nodes.largest_ever();
    std::size_t bytes = 0;
    for (const ContainerId& id : attempt.containers) {
        Container& container = *books.containers.find(id);
        if (container.master() || container.stopping) {
            continue;
        }
        Grant grant = grant_of(books, container);
        bytes += bytes_of(grant);
        if (bytes > kMessageBytesMax) {
            tell_grant(books, attempt, container);  // follows as news
            continue;
        }
        message.containers.push_back(std::move(grant));
        container.told = true;
        container.news = 0;
        container.news_sent = books.now;
    }
    send_to_master(books, attempt, std::move(message));
    for (auto& [id, ended] : attempt.ended) {
        tell_end(books, attempt, id, ended);
    }
    tell_marks(books, attempt);
    tell_drains(books, attempt);
}

void on_message(Books& books, ConnectionId connection, const AttemptId& id,
                const MasterRegister& message) {
    Attempt& attempt = *books.applications.find(id);
    Application& application = books.application_of(id);
    if (connection <= attempt.connection && attempt.session != 0) {
        ++books.counters.messages_stale;
        return;
    }
    if (message.attempt != id) {
        reject(books, connection, id, "the token is not that of " + to_string(message.attempt));
        return;
    }
    if (attempt.state == AttemptState::Finishing || attempt.state == AttemptState::Finished) {
        // Its finish is on disk, and the answer to it was lost.
        attach(books, attempt, connection);
        send_to_master(books, attempt, MasterFinished{attempt.session});
        return;
    }
    if (attempt.state == AttemptState::FinalSaving &&
        attempt.record.state == AttemptState::Finished) {
        attach(books, attempt, connection);
        return;
    }
    if (is_ending(attempt.state) || application.state == AppState::Killing) {
        reject(books, connection, id, to_string(id) + " is over");
        return;
    }
    if (attempt.state != AttemptState::Allocated && attempt.state != AttemptState::Launched &&
        attempt.state != AttemptState::Running) {
        ++books.counters.messages_stale;
        return;
    }
    attach(books, attempt, connection);
    attempt.host = address_or_none(message.host, kHostMax);
    attempt.rpc_port = message.rpc_port;
    attempt.record.tracking_url = address_or_none(message.tracking_url, kUrlMax);
    application.tracking_url = attempt.record.tracking_url;
    books.deadlines.set({Timer::Kind::MasterExpiry, id, 0}, books.now + books.master_expiry());
    if (attempt.state != AttemptState::Running) {
        advance(books, attempt, AttemptInput::MasterRegistered);
    }
    if (application.state == AppState::Accepted) {
        if (application.launched.milliseconds == 0) {
            application.launched = books.wall;
        }
        advance(books, application, AppInput::MasterRegistered);
    }
    books.changed(application);
    welcome(books, attempt);
}

void confirm_ends(Books& books, Attempt& attempt, std::uint64_t news_seen) {
    for (auto it = attempt.ended.begin(); it != attempt.ended.end();) {
        const EndedContainer& ended = it->second;
        if (ended.news == 0 || ended.news > news_seen) {
            ++it;
            continue;
        }
        if (ended.node_waits) {
            acknowledge(books, ended.node, it->first);
        }
        if (ended.counted) {
            books.asks.count_unconfirmed(ended.key, -1);
        }
        it = attempt.ended.erase(it);
    }
}

void refuse_ask(Books& books, Attempt& attempt, const Ask& ask, std::string reason) {
    tell_refusal(books, attempt, {ask.id, ask.generation, std::move(reason)});
    forget_ask(books, attempt.record.id, ask.id);
    if (ask.gang > 0) {
        gang_member_refused(books, attempt, ask.gang, ask.id);
    }
}

std::string template_too_large(std::int32_t id) {
    return "launch template " + std::to_string(id) + " takes more than " +
           std::to_string(kLaunchSpecBytesMax) + " bytes";
}

// As long as the application is on record, what its templates name is kept.
void note_artifacts(Application& application, const LaunchSpec& spec) {
    std::set<std::string> all;
    if (application.template_artifacts != nullptr) {
        all = *application.template_artifacts;
    }
    const std::size_t before = all.size();
    for (const Artifact& artifact : spec.artifacts) {
        if (!artifact.sha256.empty()) {
            all.insert(artifact.sha256);
        }
    }
    if (all.size() != before) {
        application.template_artifacts =
            std::make_shared<const std::set<std::string>>(std::move(all));
    }
}

void take_template(Books& books, Attempt& attempt, const LaunchTemplate& the_template) {
    if (bytes_of(the_template.spec) <= kLaunchSpecBytesMax) {
        attempt.templates[the_template.id] = std::make_shared<const LaunchSpec>(the_template.spec);
        note_artifacts(books.application_of(attempt.record.id), the_template.spec);
        books.asks.unpark(attempt.record.id, the_template.id);
        return;
    }
    attempt.templates[the_template.id] = nullptr;
    for (const Demand* demand : books.asks.of_attempt(attempt.record.id)) {
        const Ask ask = demand->ask;
        if (ask.id > 0 && ask.launch_template == the_template.id) {
            refuse_ask(books, attempt, ask, template_too_large(the_template.id));
        }
    }
}

// What is switched off is not asked for.
void leave_out(const Books& books, Ask& ask) {
    if (books.config.off(Feature::NamedResources)) {
        ask.size.named = {};
    } else if (books.config.off(Feature::StrictLocality)) {
        ask.relax_locality = true;
    } else if (books.config.off(Feature::AskPriority)) {
        ask.priority = 0;
    } else if (books.config.off(Feature::HeldContainers)) {
        ask.hold = false;
    }
}

// It takes nothing but nodes that nobody has heard of: it would wait for ever.
std::optional<std::string> unknown_nodes(const Books& books, const Ask& ask) {
    const bool known = std::ranges::any_of(
        ask.nodes, [&](const NodeId& node) { return books.nodes.find(node).has_value(); });
    if (known || ask.nodes.empty() || ask.relax_locality || !ask.racks.empty() || !books.settled ||
        !books.nodes.any_ever()) {
        return std::nullopt;
    }
    return "it takes nothing but node " + ask.nodes.front().name +
           (ask.nodes.size() > 1 ? " and others" : "") +
           ", and no such node is known; name nodes that are there, or relax its locality";
}

void state_ask(Books& books, Application& application, Attempt& attempt, Ask ask, bool complete) {
    const auto the_template = attempt.templates.find(ask.launch_template);
    const bool known_template = the_template != attempt.templates.end();
    if (const auto why = wrong_ask(ask)) {
        refuse_ask(books, attempt, ask, *why);
        return;
    }
    if (books.config.off(Feature::Gangs)) {
        ask.gang = ask.gang_min = 0;
        ask.gang_deadline = {};
    }
    if (const auto why = take_execution(books, ask)) {
        refuse_ask(books, attempt, ask, *why);
        return;
    }
    if (const auto why = wrong_gang(books, attempt.record.id, ask)) {
        refuse_ask(books, attempt, ask, *why);
        return;
    }
    if (!known_template && complete) {
        refuse_ask(books, attempt, ask,
                   "launch template " + std::to_string(ask.launch_template) + " is not known");
        return;
    }
    if (known_template && the_template->second == nullptr) {
        refuse_ask(books, attempt, ask, template_too_large(ask.launch_template));
        return;
    }
    leave_out(books, ask);
    if (ask.label.empty()) {
        ask.label = application.submission->label;
    }
    if (const Status status = may_use_label(books, application.queue, ask.label); !status) {
        refuse_ask(books, attempt, ask, status.error().message);
        return;
    }
    if (const Status status = check_size(books, ask.size, ask.label); !status) {
        refuse_ask(books, attempt, ask, status.error().message);
        return;
    }
    if (const auto why = unknown_nodes(books, ask)) {
        refuse_ask(books, attempt, ask, *why);
        return;
    }
    leave_out_terms(books.config.feature_off, ask.constraint);
    if (ask.gang != 0 && books.config.off(Feature::GangMaximum)) {
        ask.count = std::min(ask.count, ask.gang_min);
    }
    if (const Status status = take_placement(ask); !status) {
        refuse_ask(books, attempt, ask, status.error().message);
        return;
    }
    if (const Status status = books.queues.admit_size(application.queue, ask.size); !status) {
        refuse_ask(books, attempt, ask, status.error().message);
        return;
    }
    ask.size = at_least_minimum(books, ask.size);
    const Demand* before = books.asks.find(attempt.record.id, ask.id);
    if (before == nullptr && books.asks.size_of(attempt.record.id) >= kAsksMax) {
        refuse_ask(books, attempt, ask,
                   std::to_string(kAsksMax) +
                       " asks are open, and more are not taken; state fewer with larger counts, "
                       "and take back what is served by a count of 0");
        return;
    }
    if (before == nullptr && attempt.recovered) {
        note_label(books, attempt, ask);
    }
    if (books.config.defect == Defect::IncrementInsteadOfAsk && before != nullptr &&
        before->ask.generation == ask.generation) {
        ask.count += before->ask.count;
    }
    const bool new_wish = before == nullptr || before->ask.nodes != ask.nodes ||
                          before->ask.racks != ask.racks ||
                          before->ask.generation != ask.generation;
    const bool new_constraint = before == nullptr || before->ask.constraint != ask.constraint ||
                                before->ask.generation != ask.generation;
    AskOwner owner = owner_of(books, application, attempt.record.id, false);
    owner.choosy = !attempt.blacklist.empty();
    // Said again with every complete update: it keeps its place, and what was found out about it.
    const bool repeated = before != nullptr && before->ask == ask && before->owner == owner &&
                          before->parked == !known_template;
    if (!repeated && !books.asks.state(owner, ask, !known_template)) {
        ++books.counters.messages_stale;
        return;
    }
    if (new_wish) {
        begin_locality(books, attempt.record.id, ask);
    }
    if (new_constraint) {
        begin_alternatives(books, attempt.record.id, ask);
    }
    gang_stated(books, attempt, ask);
    if (ask.execution == ExecutionType::Opportunistic) {
        begin_opportunistic(books);
    }
}

void forget_absent_asks(Books& books, Attempt& attempt, const std::vector<Ask>& asks) {
    std::set<std::int32_t> present;
    for (const Ask& ask : asks) {
        present.insert(ask.id);
    }
    std::vector<std::int32_t> absent;
    for (const Demand* demand : books.asks.of_attempt(attempt.record.id)) {
        if (demand->ask.id > 0 && !present.contains(demand->ask.id)) {
            absent.push_back(demand->ask.id);
        }
    }
    for (const std::int32_t id : absent) {
        forget_ask(books, attempt.record.id, id);
    }
}

// A container of this attempt, or of one before it that has left it to this one.
bool may_hold(const Books& books, const Attempt& attempt, const ContainerId& id) {
    const Application& application = *books.applications.find(attempt.record.id.application);
    return id.attempt == attempt.record.id ||
           (application.keeps_containers() &&
            id.attempt.application == attempt.record.id.application &&
            id.attempt.number < attempt.record.id.number);
}

// A complete update shows what the master knows: what it should know is told again.
void compare_known(Books& books, Attempt& attempt, const MasterUpdate& update) {
    const std::set<ContainerId> known(update.known.begin(), update.known.end());
    const std::set<ContainerId> released(update.releases.begin(), update.releases.end());
    for (const ContainerId& id : attempt.containers) {
        Container& container = *books.containers.find(id);
        if (container.master() || container.stopping || known.contains(id) ||
            released.contains(id)) {
            continue;
        }
        const bool crossed = container.told && container.news > update.news_seen;
        if (!crossed || books.now - container.news_sent >= books.resend_after()) {
            tell_grant(books, attempt, container);
        }
    }
    for (auto& [id, ended] : attempt.ended) {
        if (books.now - ended.news_sent >= books.resend_after()) {
            tell_end(books, attempt, id, ended);
        }
    }
    for (const ContainerId& id : known) {
        const bool here = attempt.containers.contains(id) || attempt.ended.contains(id);
        if (here || !may_hold(books, attempt, id) || (!books.settled && id.epoch < books.epoch)) {
            continue;  // it may still come with its node
        }
        attempt.tombstones.insert(id);
        EndedContainer& ended = attempt.ended[id];
        ended.exit = {
            ExitReason::NodeLost, kExitAborted, 0, "no node has reported it", 0, books.wall};
        tell_end(books, attempt, id, ended);
    }
}

// Its asks look for their nodes anew.
void set_blacklist(Books& books, Attempt& attempt, const std::vector<NodeId>& nodes) {
    const std::size_t count = std::min(nodes.size(), kBlacklistMax);
    std::set<NodeId> blacklist(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(count));
    if (blacklist == attempt.blacklist) {
        return;
    }
    attempt.blacklist = std::move(blacklist);
    books.changed(books.application_of(attempt.record.id));
    for (const Demand* demand : books.asks.of_attempt(attempt.record.id)) {
        if (demand->increase()) {
            continue;
        }
        AskOwner owner = demand->owner;
        owner.choosy = !attempt.blacklist.empty();
        const Ask ask = demand->ask;
        books.asks.state(owner, ask, demand->parked);
    }
}

void on_update(Books& books, Application& application, Attempt& attempt,
               const MasterUpdate& update) {
    attempt.updates_seen = update.sequence;
    attempt.heard = books.now;
    if (application.progress_percent != update.progress_percent) {
        application.progress_percent = std::clamp(update.progress_percent, 0, 100);
        books.changed(application);
    }
    if (!update.templates.empty()) {
        books.changes.applications.insert(application.id());
    }
    for (const LaunchTemplate& the_template : update.templates) {
        take_template(books, attempt, the_template);
    }
    for (const ContainerId& id : update.releases) {
        Container* container = books.containers.find(id);
        if (container != nullptr && container->key.attempt == attempt.record.id &&
            !container->master()) {
            given_back(books, *container);
            stop_container(books, *container, "released by its master");
        }
    }
    for (const ContainerId& id : update.starts) {
        Container* container = books.containers.find(id);
        if (container != nullptr && container->key.attempt == attempt.record.id) {
            start_held(books, *container);
        }
    }
    take_execution_changes(books, attempt, update.execution_changes, update.complete);
    if (!update.complete && !attempt.asks_known) {
        return;  // after a restart the whole book comes first
    }
    if (update.complete || update.blacklist) {
        set_blacklist(books, attempt, update.blacklist.value_or(std::vector<NodeId>{}));
    }
    books.gangs.refused.clear();
    // Asks before ends: a lowered count and a confirmed end belong together.
    for (const Ask& ask : update.asks) {
        state_ask(books, application, attempt, ask, update.complete);
    }
    confirm_ends(books, attempt, update.news_seen);
    if (update.complete) {
        attempt.asks_known = true;
        forget_absent_asks(books, attempt, update.asks);
    }
    if (update.complete || !update.asks.empty()) {
        release_surplus(books, attempt);
    }
    take_resizes(books, application, attempt, update);
    if (update.complete) {
        compare_known(books, attempt, update);
    }
    if (!update.asks.empty() || update.complete) {
        books.changes.applications.insert(application.id());
    }
}

void on_message(Books& books, ConnectionId connection, const AttemptId& id,
                const MasterUpdate& update) {
    Attempt& attempt = *books.applications.find(id);
    Application& application = books.application_of(id);
    if (attempt.connection != connection || attempt.session != update.session ||
        update.sequence <= attempt.updates_seen || attempt.state != AttemptState::Running ||
        application.state == AppState::Killing) {
        ++books.counters.messages_stale;
        return;
    }
    on_update(books, application, attempt, update);
    headroom_asked(books, application, attempt, update.headroom_wanted);
}

// It has had its time to end by itself since its finish was saved.
void stop_lingering_master(Books& books, const Attempt& attempt) {
    if (!attempt.record.master_container.has_value()) {
        return;
    }
    if (Container* container = books.containers.find(*attempt.record.master_container)) {
        stop_container(books, *container, "its application is finished");
    }
}

void on_message(Books& books, ConnectionId connection, const AttemptId& id,
                const MasterFinish& message) {
    Attempt& attempt = *books.applications.find(id);
    Application& application = books.application_of(id);
    if (attempt.connection != connection || attempt.session != message.session) {
        ++books.counters.messages_stale;
        return;
    }
    if (attempt.state == AttemptState::Finishing || attempt.state == AttemptState::Finished) {
        send_to_master(books, attempt, MasterFinished{attempt.session});
        return;
    }
    if (attempt.state != AttemptState::Running || application.state == AppState::Killing) {
        ++books.counters.messages_stale;
        return;
    }
    const std::string tracking_url = address_or_none(message.tracking_url, kUrlMax);
    if (!tracking_url.empty()) {
        application.tracking_url = tracking_url;
        attempt.record.tracking_url = tracking_url;
    }
    end_attempt(books, application, attempt,
                {AttemptState::Finished, message.status, message.diagnostics, AppState::Finished});
}

}  // namespace

// How long a master may be silent.
Duration patience_with(const Books& books, const Attempt& attempt) {
    const bool managed = books.applications.find(attempt.record.id.application)->managed();
    if (attempt.state != AttemptState::Running) {
        // A program outside the cluster was connected before the restart, or it is gone.
        return attempt.recovered && !managed ? books.config.settle_time + books.master_expiry()
                                             : books.config.master_register_expiry;
    }
    // Nobody tells us how a program outside the cluster has ended, but its connection ends with it.
    // Long heartbeats are no reason to wait for the next one of a program that is not connected.
    return !managed && attempt.connection.value == 0 ? books.config.master_expiry
                                                     : books.master_expiry();
}

void send_to_master(Books& books, const Attempt& attempt, ManagerToMaster what) {
    if (attempt.session != 0) {
        books.emit(SendToMaster{attempt.connection, attempt.record.id, std::move(what)});
    }
}

void dismiss_master(Books& books, Attempt& attempt, const std::string& why) {
    if (attempt.connection.value == 0) {
        return;
    }
    const ConnectionId connection = std::exchange(attempt.connection, {});
    attempt.session = 0;
    attempt.news.clear();
    reject(books, connection, attempt.record.id, why);
}

void on(Books& books, MasterConnected event) {
    const std::optional<AttemptId> attempt = books.applications.find_token(event.token);
    if (!attempt.has_value()) {
        books.emit(CloseConnection{
            event.connection, {ErrorCode::Unauthenticated, "the master's token is not known"}});
        return;
    }
    books.applications.connect(event.connection, *attempt);
    books.emit(AdmitMaster{event.connection, *attempt});
}

void on(Books& books, MasterMessage event) {
    const std::optional<AttemptId> id = books.applications.of_connection(event.connection);
    if (!id.has_value() || books.applications.find(*id) == nullptr) {
        ++books.counters.messages_stale;
        return;
    }
    std::visit([&](auto& message) { on_message(books, event.connection, *id, message); },
               event.message);
}

void on(Books& books, MasterDisconnected event) {
    const std::optional<AttemptId> id = books.applications.of_connection(event.connection);
    books.applications.disconnect(event.connection);
    if (!id.has_value()) {
        return;
    }
    Attempt* attempt = books.applications.find(*id);
    if (attempt != nullptr && attempt->connection == event.connection) {
        attempt->connection = {};
        attempt->session = 0;
        attempt->news.clear();
        attempt->heard = books.now;
        if (attempt->state == AttemptState::Running) {
            books.deadlines.set({Timer::Kind::MasterExpiry, *id, 0},
                                books.now + patience_with(books, *attempt));
        }
    }
}

void master_expiry_due(Books& books, const AttemptId& id) {
    Attempt* attempt = books.applications.find(id);
    if (attempt == nullptr || attempt->state == AttemptState::FinalSaving) {
        return;
    }
    if (is_ending(attempt->state)) {
        stop_lingering_master(books, *attempt);
        return;
    }
    Application& application = books.application_of(id);
    const Timer timer{Timer::Kind::MasterExpiry, id, 0};
    const bool registered = attempt->state == AttemptState::Running;
    const Duration patience = patience_with(books, *attempt);
    const TimePoint due = std::max(attempt->heard, books.listening_since) + patience;
    if (due > books.now) {
        books.deadlines.set(timer, due);
        return;
    }
    if (application.state == AppState::Killing || application.command()) {
        return;
    }
    fail_attempt(books, application, *attempt,
                 std::string("its master ") +
                     (registered ? "was not heard of" : "has not registered") + " for " +
                     std::to_string(patience.milliseconds()) + " ms",
                 true);
}

}  // namespace heddle::rm
