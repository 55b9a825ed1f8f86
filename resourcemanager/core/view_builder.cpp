// Brings the published snapshot up to date with what has changed in the books.

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/explanations.h"
#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/queue_views.h"
#include "resourcemanager/core/reservations.h"
#include "resourcemanager/core/states.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kEndedShown = 200;     // per application
constexpr std::size_t kWaitingLooked = 256;  // applications that wait, a second

Resource reserved_on(const Books& books, NodeIndex node) {
    Resource sum;
    if (const auto here = books.reservations.by_node.find(node);
        here != books.reservations.by_node.end()) {
        for (const std::uint64_t id : here->second) {
            sum += books.reservations.all.at(id).size;
        }
    }
    return sum;
}

std::shared_ptr<const NodeView> view_of(const Books& books, const Node& node) {
    NodeView view;
    view.info = node.info;
    view.state = node.state;
    view.used = node.used;
    view.containers = static_cast<std::int32_t>(node.containers.size());
    view.heard = node.heard_wall;
    view.usage = node.usage;
    view.reserved = reserved_on(books, node.index);
    view.tags = books.tags.on_node(node.index);
    view.opportunistic = node.opportunistic;
    return std::make_shared<const NodeView>(std::move(view));
}

ContainerView view_of(const Books& books, const Application& application,
                      const Container& container) {
    ContainerView view;
    view.id = container.id;
    view.key = container.key;
    view.node = books.nodes.at(container.node).info.id;
    view.size = container.size;
    view.user = application.submission->user;
    view.master = container.master();
    view.stopping = container.stopping;
    view.priority = container.priority;
    view.phase = container.phase;
    view.pid = container.pid;
    view.allocated = container.allocated;
    view.started = container.started;
    view.tags = container.tags;
    view.execution = container.execution;
    return view;
}

AttemptView view_of(const Attempt& attempt) {
    AttemptView view;
    view.id = attempt.record.id;
    view.state = attempt.state;
    view.master_container = attempt.record.master_container;
    view.master_node = attempt.record.master_node;
    view.host = attempt.host;
    view.rpc_port = attempt.rpc_port;
    view.tracking_url = attempt.record.tracking_url;
    view.started = attempt.record.started;
    if (is_final(attempt.state) || attempt.state == AttemptState::Finishing) {
        view.diagnostics = attempt.record.diagnostics;
        view.final_status = attempt.record.final_status;
        view.finished = attempt.record.finished;
    }
    return view;
}

// What live containers have used until now: their sizes times now, less the sum of size times
// since.
void add_use(const Books& books, const Application& application, ApplicationView& view) {
    const WideSum now = (books.now - TimePoint{}).milliseconds();
    view.memory_mib_seconds += static_cast<std::int64_t>(
        (now * application.allocated.memory_mib - application.memory_since) / 1000);
    view.vcore_seconds += static_cast<std::int64_t>(
        (now * application.allocated.vcores - application.vcores_since) / 1000);
    for (const NamedCounts::Entry& entry : application.allocated.named.entries()) {
        const auto since = application.named_since.find(entry.name);
        const WideSum sum = since == application.named_since.end() ? 0 : since->second;
        const auto seconds = static_cast<std::int64_t>((now * entry.count - sum) / 1000);
        view.named_seconds.set(entry.name, view.named_seconds.get(entry.name) + seconds);
    }
    view.running_containers = application.live_containers;
}

void add_pending(const Books& books, const Attempt& attempt, ApplicationView& view) {
    for (const Demand* demand : books.asks.of_attempt(attempt.record.id)) {
        const std::int32_t count =
            demand->gang_waits || (demand->opportunistic() && !demand->parked)
                ? books.asks.wanted(*demand)
                : demand->outstanding;
        if (count > 0) {
            const Ask& ask = demand->ask;
            view.pending.push_back({ask.id, ask.id == 0 ? 0 : ask.priority, ask.size, count,
                                    ask.nodes, ask.relax_locality, ask.racks, ask.label, ask.tags,
                                    ask.constraint, ask.execution,
                                    ask.enforce_execution || !demand->opportunistic()});
        }
    }
}

// A line for the nodes without a label, and for each label of which it has something or waits for
// it. There are no labels: none.
void add_partitions(const Books& books, const SeatBook& seat, ApplicationView& view) {
    if (books.queues.labels().size() == 1) {
        return;
    }
    std::map<std::string_view, Resource> waits;
    for (const PendingView& pending : view.pending) {
        waits[pending.label] += pending.size * pending.count;
    }
    for (const auto& [label, number] : books.queues.labels()) {
        const SeatPart& part = part_of(seat, number);
        PartitionUse use{
            label, part.used + part.lent, part.lent, part.used_by_masters, part.reserved, {}};
        if (const auto found = waits.find(label); found != waits.end()) {
            use.pending = found->second;
        }
        if (label.empty() || use != PartitionUse{label, {}, {}, {}, {}, {}}) {
            view.partitions.push_back(std::move(use));
        }
    }
}

void add_avoided(const Books& books, const Application& application, const Attempt& attempt,
                 AttemptView& view) {
    if (!is_final(attempt.state)) {
        view.blacklist.assign(attempt.blacklist.begin(), attempt.blacklist.end());
        const std::set<NodeId> nodes = kept_off_by_master(books, application);
        view.kept_off.assign(nodes.begin(), nodes.end());
    }
}

// What is decided but not on disk yet is not shown.
std::shared_ptr<const ApplicationView> view_of(const Books& books, const Application& application) {
    ApplicationView view;
    view.submission = application.submission;
    view.state = application.state;
    view.tracking_url = application.tracking_url;
    view.submitted = application.submitted;
    view.launched = application.launched;
    view.expires = application.expires;
    view.kill_requested = application.kill_requested;
    view.progress_percent = application.progress_percent;
    view.allocated = application.allocated;
    view.memory_mib_seconds = application.memory_mib_seconds;
    view.vcore_seconds = application.vcore_seconds;
    view.named_seconds = application.named_seconds;
    view.preempted = application.preempted;
    if (is_final(application.state) || application.state == AppState::Finishing) {
        view.final_status = application.final_status;
        view.diagnostics = application.diagnostics;
        view.finished = application.finished;
    }
    view.template_artifacts = application.template_artifacts;
    add_use(books, application, view);
    for (const Attempt& attempt : application.attempts) {
        view.attempts.push_back(view_of(attempt));
    }
    if (const Attempt* attempt = application.current()) {
        view.templates_known =
            application.command() || is_final(attempt->state) || attempt->asks_known;
        add_pending(books, *attempt, view);
        add_avoided(books, application, *attempt, view.attempts.back());
    }
    if (const SeatBook* seat = books.queues.seat(application.id())) {
        view.reserved = seat->reserved;
        add_partitions(books, *seat, view);
    }
    view.waiting = waiting_note(books, application);
    return std::make_shared<const ApplicationView>(std::move(view));
}

void publish_nodes(Books& books, Changes& changes) {
    for (const NodeIndex index : books.changes.nodes.take()) {
        const Node& node = books.nodes.at(index);
        if (node.saved) {
            books.view.nodes.set(node.info.id, view_of(books, node));
            changes.nodes.push_back(node.info.id);
        }
    }
    changes.nodes.insert(changes.nodes.end(), books.changes.nodes_forgotten.begin(),
                         books.changes.nodes_forgotten.end());
    std::sort(changes.nodes.begin(), changes.nodes.end());
    changes.nodes.erase(std::unique(changes.nodes.begin(), changes.nodes.end()),
                        changes.nodes.end());
}

// What others do changes what an application waits for: those that wait are looked at in turn.
void look_at_waiting(Books& books, WallTime wall) {
    for (const ApplicationId& id : books.waiting.due(wall, kWaitingLooked)) {
        const Application* application = books.applications.find(id);
        const auto shown = books.view.applications.find(id);
        if (application != nullptr && shown != nullptr &&
            shown->waiting != waiting_note(books, *application)) {
            books.changes.applications.insert(id);
        }
    }
}

void publish_applications(Books& books, Changes& changes) {
    for (const ApplicationId& id : books.changes.applications.take()) {
        const Application* application = books.applications.find(id);
        if (application == nullptr) {
            books.view.applications.erase(id);
            books.waiting.set(id, std::nullopt);
        } else if (application->state == AppState::NewSaving) {
            continue;
        } else {
            const auto view = view_of(books, *application);
            books.waiting.set(id,
                              view->waiting ? std::optional(view->waiting->reason) : std::nullopt);
            books.view.applications.set(id, view);
        }
        changes.applications.push_back(id);
    }
}

void publish_containers(Books& books, Changes& changes) {
    changes.containers = books.changes.containers.take();
    for (const ContainerId& id : changes.containers) {
        if (const Container* container = books.containers.find(id)) {
            const Application& application = books.application_of(id.attempt);
            books.view.containers.set(
                id, std::make_shared<const ContainerView>(view_of(books, application, *container)));
        }
    }
}

void publish_cluster(Books& books) {
    ClusterView& view = books.view.cluster;
    const Counters& counters = books.counters;
    const Queue& root = books.queues.at(0);
    const AskBook::Pending pending = books.asks.pending();
    view.cluster_timestamp = books.cluster_timestamp;
    view.epoch = books.epoch;
    view.started = books.started;
    view.settled = books.settled;
    view.applications_submitted = counters.submitted;
    view.applications_running = root.running;
    view.applications_pending = root.applications - root.running;
    view.applications_completed = counters.finished;
    view.applications_failed = counters.failed;
    view.applications_killed = counters.killed;
    view.total = books.nodes.total();
    view.allocated = root.used;
    view.pending = pending.size;
    view.size_max = books.nodes.largest_ever();
    view.containers_allocated = root.containers;
    view.containers_pending = pending.count;
    view.nodes = books.nodes.count_by_state();
    view.grants = counters.grants;
    view.messages_stale = counters.messages_stale;
    view.saves_failed = counters.saves_failed;
    books.view.scheduler = books.scheduler.versions();
    view.waiting = books.waiting.counts();
    view.reserved = root.reserved;
    view.containers_reserved = static_cast<std::int64_t>(books.reservations.all.size());
    view.health = books.health;
}

}  // namespace

Publication publish(Books& books, WallTime wall) {
    Changes changes;
    publish_nodes(books, changes);
    look_at_waiting(books, wall);
    publish_applications(books, changes);
    publish_containers(books, changes);
    changes.cluster = books.changes.cluster;
    if (changes.cluster) {
        publish_queues(books);
    }
    publish_cluster(books);
    publish_preemption(books);
    publish_reservations(books);
    books.view.as_of = wall;
    changes.app_transitions = std::move(books.changes.app_transitions);
    changes.attempt_transitions = std::move(books.changes.attempt_transitions);
    books.changes = {};
    books.changes.cluster = false;
    return {std::make_shared<const View>(books.view), std::move(changes)};
}

void show_ended(Books& books, Application& application, const Container& container,
                const ContainerExit& exit) {
    ContainerView view = view_of(books, application, container);
    view.phase = ContainerPhase::Done;
    view.exit = exit;
    books.view.containers.set(container.id, std::make_shared<const ContainerView>(std::move(view)));
    books.changed(container);
    application.ended_shown.push_back(container.id);
    if (application.ended_shown.size() > kEndedShown) {
        const ContainerId oldest = application.ended_shown.front();
        application.ended_shown.pop_front();
        books.view.containers.erase(oldest);
        books.changes.containers.insert(oldest);
    }
}

void hide_node(Books& books, const Node& node) {
    books.view.nodes.erase(node.info.id);
    books.changes.nodes_forgotten.push_back(node.info.id);
    books.changes.cluster = true;
}

void hide_application(Books& books, const Application& application) {
    for (const ContainerId& id : application.ended_shown) {
        books.view.containers.erase(id);
        books.changes.containers.insert(id);
    }
    books.changes.applications.insert(application.id());
}

}  // namespace heddle::rm
