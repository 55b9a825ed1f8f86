// What node agents say. A node is believed only on its newest connection and with the session it
// was welcomed with; anything else is late or doubled: counted and dropped.

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/check.h"
#include "common/base/log.h"
#include "resourcemanager/core/constraints.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/drain_notice.h"
#include "resourcemanager/core/execution_change.h"
#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/lending.h"
#include "resourcemanager/core/lifecycle.h"
#include "resourcemanager/core/node_change.h"
#include "resourcemanager/core/offers.h"
#include "resourcemanager/core/opportunistic.h"
#include "resourcemanager/core/racks.h"
#include "resourcemanager/core/resizes.h"

namespace heddle::rm {
namespace {

constexpr Duration kHeardShownEvery = seconds(5);

void refuse(Books& books, ConnectionId connection, const NodeId& node, std::string reason) {
    log::warning("node refused", {{"node", node.name}, {"reason", reason}});
    books.emit(SendToNode{connection, node, NodeRefused{reason}});
    books.emit(CloseConnection{connection, {ErrorCode::Conflict, std::move(reason)}});
}

// The attempt that a reported container belongs to: the one it was granted to, or, where
// containers outlive attempts, the present one.
Attempt* attempt_of(Books& books, const ContainerReport& report) {
    Application* application = books.applications.find(report.container.attempt.application);
    if (application != nullptr && application->keeps_containers() && report.key.ask > 0) {
        return application->current();
    }
    return books.applications.find(report.container.attempt);
}

// An attempt that has failed keeps its containers for the next one.
bool kept_by(const Application& application, const Attempt& attempt,
             const ContainerReport& report) {
    return application.keeps_containers() && application.goes_on() &&
           report.container.attempt.number <= attempt.record.id.number;
}

// An attempt whose containers are taken over when a node reports them.
bool takes_containers(const Books& books, const Attempt* attempt, const ContainerReport& report) {
    if (books.config.defect == Defect::StaleEpochAccepted && attempt != nullptr) {
        return true;
    }
    if (attempt == nullptr || report.key.ask <= 0 || report.container.epoch >= books.epoch ||
        attempt->tombstones.contains(report.container)) {
        return false;
    }
    const Application* application = books.applications.find(attempt->record.id.application);
    return kept_by(*application, *attempt, report) ||
           (!is_ending(attempt->state) && report.key.attempt == report.container.attempt &&
            report.key.attempt == attempt->record.id);
}

void show_phase(Books& books, Container& container, const ContainerReport& report) {
    const bool first = !std::exchange(container.confirmed, true);
    if (!first && container.phase == report.phase && container.pid == report.pid) {
        return;
    }
    take_phase(books, container, report.phase);
    container.pid = report.pid;
    container.started = report.started;
    books.changed(container);
}

Container from_report(const Books& books, NodeIndex node, const ContainerReport& report) {
    Container container;
    container.id = report.container;
    container.key = report.key;
    container.node = node;
    container.size = report.size;
    container.version = report.version;
    container.confirmed = true;
    container.origin = books.nodes.at(node).origins;  // that which reports it knows it
    container.execution = report.execution;
    container.hold = report.phase == ContainerPhase::Ready && !container.opportunistic();
    container.phase = report.phase;
    container.pid = report.pid;
    container.started = report.started;
    container.allocated = report.started;
    container.since = books.now;
    container.tags = tags_of(books, report.container.attempt.application, report.tags);
    if (report.started.milliseconds > 0) {
        const std::int64_t age = books.wall.milliseconds - report.started.milliseconds;
        container.since = books.now - milliseconds(std::max<std::int64_t>(0, age));
    }
    return container;
}

void adopt(Books& books, Node& node, Attempt& attempt, const ContainerReport& report) {
    Container taken = from_report(books, node.index, report);
    taken.key.attempt = attempt.record.id;
    guess_label(books, node, taken);
    Container& container = enter_container(books, std::move(taken));
    books.asks.count_live(container.key, +1);
    const Application& application = books.application_of(attempt.record.id);
    if (application.state == AppState::Killing && books.settled) {
        // Its node was away when the others were stopped.
        stop_container(books, container, application.kill_reason);
        return;
    }
    tell_grant(books, attempt, container);
    release_surplus(books, attempt);
}

// The finish of this master is on disk, and it is about to end, or has not heard that it may.
bool is_finished_master(const Attempt* attempt, const ContainerReport& report) {
    return attempt != nullptr && attempt->state == AttemptState::Finished &&
           attempt->record.master_container == report.container;
}

// What nobody here has on record. A finished master ends by itself, with the patience that it would
// have had without the restart; anything else is stopped.
void take_orphan(Books& books, Node& node, Attempt* attempt, const ContainerReport& report) {
    Container orphan = from_report(books, node.index, report);
    orphan.orphan = true;
    Container& container = enter_container(books, std::move(orphan));
    node_room_changed(books, node);
    if (is_finished_master(attempt, report)) {
        attempt->heard = books.now;
        books.deadlines.set({Timer::Kind::MasterExpiry, attempt->record.id, 0},
                            books.now + books.config.master_register_expiry);
        return;
    }
    stop_container(books, container, "nobody needs it any more");
}

void unknown_done(Books& books, Node& node, const ContainerReport& report) {
    Attempt* attempt = attempt_of(books, report);
    if (attempt != nullptr) {
        if (const auto it = attempt->ended.find(report.container); it != attempt->ended.end()) {
            it->second.node_waits = true;
            return;
        }
        if (attempt->master_end_waits && attempt->record.master_container == report.container) {
            return;
        }
        if (!is_ending(attempt->state) && attempt->record.master_container == report.container &&
            attempt->master_exit.has_value()) {
            return;  // its end is being dealt with; acknowledged when that is saved
        }
    }
    if (takes_containers(books, attempt, report)) {
        attempt->tombstones.insert(report.container);
        if (is_ending(attempt->state)) {  // the next attempt's master does not know it
            acknowledge(books, node.index, report.container);
            return;
        }
        AskKey key = report.key;
        key.attempt = attempt->record.id;
        const bool counted = !replaced_at_once(books, *report.exit);
        books.asks.count_unconfirmed(key, counted ? 1 : 0);
        EndedContainer& ended = attempt->ended[report.container];
        ended = {*report.exit, key, node.index, true, counted, 0, {}};
        tell_end(books, *attempt, report.container, ended);
        return;
    }
    acknowledge(books, node.index, report.container);
}

// A command has no master that could register: it runs as soon as its process does.
void command_runs(Books& books, Attempt& attempt) {
    Application& application = books.application_of(attempt.record.id);
    if (!application.command() || attempt.state != AttemptState::Launched) {
        return;
    }
    advance(books, attempt, AttemptInput::MasterRegistered);
    if (application.state == AppState::Accepted) {
        if (application.launched.milliseconds == 0) {
            application.launched = books.wall;
        }
        advance(books, application, AppInput::MasterRegistered);
    }
    books.changed(application);
}

// Whether an order to start this container would still be on record if it had arrived.
bool would_be_known(Books& books, const Node& node, const Container& container) {
    if (!container.master()) {
        return container.origin == node.origins;
    }
    // Ordered by an earlier manager perhaps.
    const Attempt* attempt = books.applications.find(container.id.attempt);
    const std::string& then = attempt == nullptr ? "" : attempt->record.master_origin;
    return then.empty() || node.origin.empty() || then == node.origin;
}

// Of a container that the agent cannot say more of than that it does not run any more: it does not
// outlive its machine, whose doing it was then.
ContainerExit exit_of(Books& books, const Node& node, const Container& container,
                      const ContainerReport& report) {
    ContainerExit exit = report.exit.value_or(ContainerExit{});
    if (exit.reason == ExitReason::Unknown && !would_be_known(books, node, container)) {
        exit.reason = ExitReason::NodeLost;
        exit.message = node.info.id.name + " has been started anew (" + exit.message + ")";
    }
    return exit;
}

void known(Books& books, Node& node, Container& container, const ContainerReport& report) {
    show_phase(books, container, report);
    if (report.phase == ContainerPhase::Done) {
        container_gone(books, container.id, exit_of(books, node, container, report), true);
        return;
    }
    if (container.master() && !container.orphan) {
        Attempt& attempt = *books.applications.find(container.id.attempt);
        if (attempt.state == AttemptState::Allocated) {
            advance(books, attempt, AttemptInput::MasterSeen);
        }
        if (report.phase == ContainerPhase::Running) {
            command_runs(books, attempt);
        }
    }
    const bool order_seen = container.order <= node.orders_seen ||
                            books.now - container.ordered >= books.resend_after();
    take_size(books, container, report, order_seen);
    if (container.execution_wanted() == report.execution) {
        finish_demotion(books, container);
    } else if (!container.stopping && order_seen) {
        order_execution(books, container);
    }
    if (container.stopping && report.phase != ContainerPhase::Stopping && order_seen) {
        order_stop(books, container);
    } else if (container.start_decided && report.phase == ContainerPhase::Ready && order_seen) {
        container.start_decided = false;
        start_held(books, container);
    }
}

void on_report(Books& books, Node& node, ContainerReport& report) {
    if (report.exit.has_value()) {
        report.exit->message = shortened(std::move(report.exit->message), kExitMessageMax);
    }
    if (Container* container = books.containers.find(report.container)) {
        if (container->node == node.index) {
            known(books, node, *container, report);
        } else {
            ++books.counters.messages_stale;
        }
        return;
    }
    if (report.phase == ContainerPhase::Done) {
        unknown_done(books, node, report);
        return;
    }
    Attempt* attempt = attempt_of(books, report);
    if (takes_containers(books, attempt, report)) {
        adopt(books, node, *attempt, report);
    } else {
        take_orphan(books, node, attempt, report);
    }
}

// A node's records of containers are kept in its agent's work directory, and the last of them may
// be lost when the machine loses power. With the same of both, what it does not show has not run.
std::string origin_of(const NodeRegister& message) {
    return message.agent.empty() && message.boot.empty() ? "" : message.agent + " " + message.boot;
}

// A complete list does not show a container that should be on the node. Only if the node has seen
// the last order about it does that mean anything; otherwise order and list have crossed.
void on_absent(Books& books, Node& node, Container& container) {
    if (container.saving) {
        return;
    }
    if (container.order > node.orders_seen) {
        if (books.now - container.ordered >= books.resend_after()) {
            container.stopping ? order_stop(books, container) : order_start(books, container);
        }
        return;
    }
    ContainerExit exit{
        ExitReason::Stopped, kExitKilledByResourceManager, 0, container.stop_reason, 0, books.wall};
    if (container.stopping) {
        container_gone(books, container.id, exit, false);
    } else if (!would_be_known(books, node, container)) {
        exit.reason = ExitReason::NodeLost;
        exit.code = kExitAborted;
        exit.message = node.info.id.name + " has been started anew, without its records";
        container_gone(books, container.id, exit, false);
    } else if (!container.confirmed && !node.used.fits_in(node.info.total)) {
        // An earlier manager gave its room to others, and came to an end before it had saved that.
        exit.reason = ExitReason::NodeLost;
        exit.code = kExitAborted;
        exit.message = "it had not been started, and others use its room on " + node.info.id.name;
        container_gone(books, container.id, exit, false);
    } else if (container.confirmed) {
        exit.reason = ExitReason::NodeLost;
        exit.code = kExitAborted;
        exit.message = "its node has no record of it any more";
        container_gone(books, container.id, exit, false);
    } else {
        order_start(books, container);
        if (container.start_decided) {
            container.start_decided = false;
            start_held(books, container);
        }
    }
}

void on_complete_list(Books& books, Node& node, std::vector<ContainerReport>& reports) {
    std::set<ContainerId> present;
    for (ContainerReport& report : reports) {
        present.insert(report.container);
        on_report(books, node, report);
    }
    const std::set<ContainerId> expected = node.containers;
    for (const ContainerId& id : expected) {
        Container* container = books.containers.find(id);
        if (container != nullptr && !present.contains(id)) {
            on_absent(books, node, *container);
        }
    }
}

void set_usage(Books& books, Node& node, const NodeUsage& usage) {
    const NodeState state = state_of(node.settings.service, usage.health);
    if (node.state != state) {
        books.nodes.set_state(node, state);
        node_room_changed(books, node);
        books.changed(node);
    }
    if (!(node.usage == usage)) {
        node.usage = usage;
        node.usage.health = shortened(std::move(node.usage.health), kHealthMax);
        books.changes.nodes.insert(node.index);
    }
}

void heard(Books& books, Node& node) {
    if (books.wall.milliseconds - node.heard_wall.milliseconds >= kHeardShownEvery.milliseconds()) {
        books.changes.nodes.insert(node.index);
    }
    node.heard = books.now;
    node.heard_wall = books.wall;
}

void welcome(Books& books, Node& node, ConnectionId connection, NodeRegister& message) {
    if (node.connected()) {
        books.emit(
            CloseConnection{node.connection, {ErrorCode::Conflict, "the node has connected anew"}});
    }
    const bool first_ever = !books.nodes.any_ever();
    books.nodes.connect(node, connection, books.prng.next() | 1);
    node.agent = message.agent;
    node.opportunistic.queue_max = message.opportunistic_queue_max;
    if (std::string origin = origin_of(message); node.origin != origin) {
        node.origin = std::move(origin);
        ++node.origins;
    }
    node.said = message.info;
    take_info(books, node);
    node.usage.health.clear();
    books.nodes.set_state(node, state_of(node.settings.service, node.usage.health));
    heard(books, node);
    books.emit(SendToNode{connection, node.info.id,
                          NodeWelcome{node.session, books.epoch, books.config.heartbeat_interval}});
    books.deadlines.set({Timer::Kind::NodeExpiry, {}, node.index}, books.now + books.node_expiry());
    books.deadlines.cancel({Timer::Kind::NodeForget, {}, node.index});
    // What was ordered in an earlier session and has not arrived never will.
    for (const ContainerId& id : node.containers) {
        books.containers.find(id)->order = 0;
    }
    on_complete_list(books, node, message.containers);
    if (node.state == NodeState::Decommissioning) {
        tell_drain(books, node);
    }
    node_room_changed(books, node);
    books.changed(node);
    watch_node(books, node);
    if (first_ever) {
        books.deadlines.set({Timer::Kind::SizeCheck, {}, 0}, books.now + books.config.settle_time);
    }
    settle_if_complete(books);
}

void save_registration(Books& books, Node& node, ConnectionId connection, NodeRegister message) {
    if (!node.saved) {
        node.registered = books.wall;
    }
    const NodeRecord record{message.info, node.registered, {}, settings_to_save(node)};
    books.registrations[node.index] = {connection, std::move(message), node.lost};
    books.save({PendingSave::Kind::NodeRegistration, {}, {}, node.index, connection, 0}, {record});
}

// What a node says of itself is saved: beyond what a record may hold, the manager could not start
// again.
std::string wrong_info(const NodeInfo& info) {
    if (info.id.name.empty() || info.total.any_negative() || info.total.is_zero()) {
        return "a node needs a name and resources";
    }
    const auto fits = [](const std::string& text) { return text.size() <= kNodeTextMax; };
    if (!fits(info.address) || !fits(info.rack) || !fits(info.version) ||
        info.isolation.size() > kNodeLayersMax || !std::ranges::all_of(info.isolation, fits)) {
        return "a node's address, rack, version and each of at most " +
               std::to_string(kNodeLayersMax) + " layers of isolation take at most " +
               std::to_string(kNodeTextMax) + " bytes";
    }
    if (info.label.size() > kLabelMax || info.attributes.size() > kNodeAttributesMax ||
        !std::ranges::all_of(info.attributes, [&](const auto& attribute) {
            return fits(attribute.first) && fits(attribute.second);
        })) {
        return "a node's label takes at most " + std::to_string(kLabelMax) +
               " bytes, and each of at most " + std::to_string(kNodeAttributesMax) +
               " attributes at most " + std::to_string(kNodeTextMax);
    }
    return "";
}

void on_message(Books& books, ConnectionId connection, NodeRegister& message) {
    set_rack(books, message.info);
    const NodeInfo& info = message.info;
    if (std::string wrong = wrong_info(info); !wrong.empty()) {
        refuse(books, connection, info.id, std::move(wrong));
        return;
    }
    if (message.epoch_seen > books.epoch) {
        refuse(books, connection, info.id,
               "the node has seen epoch " + std::to_string(message.epoch_seen) +
                   ", this manager is of epoch " + std::to_string(books.epoch) +
                   ": its state directory is an old copy; start it on the newest, or remove the "
                   "file 'epoch' in the node's directory to give up what the newer one knew");
        return;
    }
    const std::optional<NodeIndex> index = books.nodes.find(info.id);
    Node& node = index.has_value() ? books.nodes.at(*index) : books.nodes.add(info);
    if (!index.has_value()) {
        books.attributes.set(node.index, info.attributes);
        books.asks.stands_elsewhere(info.id);
    }
    node.withheld = books.config.placements_per_status > 0;
    const auto pending = books.registrations.find(node.index);
    if (connection <= node.connection ||
        (pending != books.registrations.end() && connection <= pending->second.connection)) {
        ++books.counters.messages_stale;
        return;
    }
    // Each would drive the other one out for ever.
    const bool another =
        !node.agent.empty() && !message.agent.empty() && node.agent != message.agent;
    if (node.connected() && another) {
        refuse(books, connection, info.id,
               "the name " + info.id.name + " is taken by the agent at " + node.info.address + ":" +
                   std::to_string(node.info.http_port) +
                   ", which has another work directory; give this one a node.name of its own");
        return;
    }
    if (node.saved && node.said == info && node.lost.milliseconds == 0) {
        books.registrations.erase(node.index);
        welcome(books, node, connection, message);
        return;
    }
    save_registration(books, node, connection, std::move(message));
}

void on_message(Books& books, ConnectionId connection, NodeStatus& message) {
    Node* node = books.nodes.of_connection(connection);
    if (node == nullptr || message.session != node->session ||
        message.sequence <= node->status_seen) {
        ++books.counters.messages_stale;
        return;
    }
    node->status_seen = message.sequence;
    node->orders_seen = std::max(node->orders_seen, message.orders_seen);
    heard(books, *node);
    if (message.complete) {
        set_usage(books, *node, message.usage);
        on_complete_list(books, *node, message.containers);
        offer_room(books, *node);
    } else {
        for (ContainerReport& report : message.containers) {
            on_report(books, *node, report);
        }
    }
}

void on_message(Books& books, ConnectionId connection, const NodeLeaving& message) {
    Node* node = books.nodes.of_connection(connection);
    if (node == nullptr || message.session != node->session) {
        ++books.counters.messages_stale;
        return;
    }
    // Its containers go on; if it does not come back in time it is lost like any other.
    heard(books, *node);
    books.nodes.disconnect(*node);
    node_room_changed(books, *node);
    books.changed(*node);
}

}  // namespace

void on(Books& books, NodeMessage event) {
    std::visit([&](auto& message) { on_message(books, event.connection, message); }, event.message);
}

void on(Books& books, NodeDisconnected event) {
    std::erase_if(books.registrations,
                  [&](const auto& entry) { return entry.second.connection == event.connection; });
    if (Node* node = books.nodes.of_connection(event.connection)) {
        books.nodes.disconnect(*node);
        node_room_changed(books, *node);
        books.changed(*node);
    }
}

void stored_registration(Books& books, NodeIndex index, ConnectionId connection) {
    Node& node = books.nodes.at(index);
    node.saved = true;
    const auto it = books.registrations.find(index);
    if (it == books.registrations.end() || it->second.connection != connection) {
        return;  // the connection has gone, or a newer one has come
    }
    NodeRegister message = std::move(it->second.message);
    const bool lost_since = node.lost != it->second.lost;
    books.registrations.erase(it);
    if (lost_since) {
        // That was saved after the registration.
        save_registration(books, node, connection, std::move(message));
        return;
    }
    node.lost = {};
    welcome(books, node, connection, message);
}

void node_expiry_due(Books& books, NodeIndex index) {
    Node& node = books.nodes.at(index);
    const TimePoint due = std::max(node.heard, books.listening_since) + books.node_expiry();
    if (due > books.now) {
        books.deadlines.set({Timer::Kind::NodeExpiry, {}, index}, due);
        return;
    }
    // A decommissioned node may be switched off.
    const bool may_go = node.state == NodeState::Decommissioned && node.containers.empty();
    if (node.state != NodeState::Lost && !may_go) {
        node_lost(books, node,
                  "silent for " + std::to_string(books.node_expiry().milliseconds()) + " ms");
    }
}

namespace {

// It has begun to come back, or had, or an operator changes its record: until the store has
// answered, its place cannot go to another.
bool registration_under_way(const Books& books, NodeIndex index) {
    return books.nodes.at(index).change.has_value() || books.registrations.contains(index) ||
           std::ranges::any_of(books.saves, [&](const auto& entry) {
               return entry.second.kind == PendingSave::Kind::NodeRegistration &&
                      entry.second.node == index;
           });
}

}  // namespace

void node_forget_due(Books& books, NodeIndex index) {
    Node& node = books.nodes.at(index);
    if (node.state != NodeState::Lost) {
        return;
    }
    if (registration_under_way(books, index) || !node.containers.empty()) {
        books.deadlines.set({Timer::Kind::NodeForget, {}, index},
                            books.now + books.config.save_retry);
        return;
    }
    node.saved = false;  // perhaps not any more; and whoever changes it now would bring it back
    books.save({PendingSave::Kind::NodeForgotten, {}, {}, index, {}, 0},
               {NodeRemoval{node.info.id}});
}

void stored_forgotten(Books& books, NodeIndex index) {
    Node& node = books.nodes.at(index);
    if (registration_under_way(books, index)) {
        // It comes back at this moment: its record is being saved again.
        books.deadlines.set({Timer::Kind::NodeForget, {}, index},
                            books.now + books.config.node_forget_after);
        return;
    }
    log::info("node forgotten", {{"node", node.info.id.name}});
    books.deadlines.cancel({Timer::Kind::NodeExpiry, {}, index});
    books.deadlines.cancel({Timer::Kind::NodeForget, {}, index});
    books.deadlines.cancel({Timer::Kind::NodeDrain, {}, index});
    books.deadlines.cancel({Timer::Kind::NodeOvercommit, {}, index});
    hide_node(books, node);
    books.attributes.set(index, {});
    books.nodes.forget(node);
}

void node_lost(Books& books, Node& node, const std::string& why) {
    log::warning("node lost", {{"node", node.info.id.name}, {"why", why}});
    if (node.connected()) {
        books.emit(CloseConnection{node.connection, {ErrorCode::Timeout, why}});
        books.nodes.disconnect(node);
    }
    books.nodes.set_state(node, NodeState::Lost);
    node.lost = books.wall;
    if (node.saved) {
        books.save({PendingSave::Kind::NodeLost, {}, {}, node.index, {}, 0}, {record_of(node)});
    }
    books.deadlines.set({Timer::Kind::NodeForget, {}, node.index},
                        books.now + books.config.node_forget_after);
    node_room_changed(books, node);
    books.changed(node);
    const std::set<ContainerId> containers = node.containers;
    for (const ContainerId& id : containers) {
        const Container* container = books.containers.find(id);
        if (container != nullptr && !container->saving) {
            container_gone(books, id,
                           {ExitReason::NodeLost, kExitAborted, 0,
                            node.info.id.name + " was lost: " + why, 0, books.wall},
                           false);
        } else if (container != nullptr) {
            Container& reserved = *books.containers.find(id);
            stop_container(books, reserved, node.info.id.name + " was lost");
        }
    }
}

}  // namespace heddle::rm
