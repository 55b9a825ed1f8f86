#include "resourcemanager/core/node_change.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/model/node_attributes.h"
#include "resourcemanager/core/constraints.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/drain_notice.h"
#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/resizes.h"
#include "resourcemanager/core/states.h"

namespace heddle::rm {
namespace {

void refuse(Books& books, RequestId request, ErrorCode code, std::string message) {
    books.emit(Reply{request, Error{code, std::move(message)}});
}

void answer(Books& books, RequestId request, const Node& node) {
    books.emit(Reply{request, Answer{NodeChangeAnswer{node.info, node.state}}});
}

}  // namespace

Node* changeable(Books& books, RequestId request, const NodeId& id) {
    const std::optional<NodeIndex> index = books.nodes.find(id);
    if (!index.has_value() || !books.nodes.at(*index).saved) {
        refuse(books, request, ErrorCode::NotFound, "nodeId, " + id.name + ", is not found");
        return nullptr;
    }
    Node& node = books.nodes.at(*index);
    if (node.change.has_value()) {
        refuse(books, request, ErrorCode::Unavailable,
               "another change of node " + id.name + " is just being saved; try again");
        return nullptr;
    }
    return &node;
}

namespace {

void begin(Books& books, RequestId request, Node& node, NodeSettings settings) {
    if (settings == node.settings && !node.disk_unsure) {
        answer(books, request, node);
        return;
    }
    node.change = NodeChange{request, std::move(settings)};
    books.save({PendingSave::Kind::NodeChange, {}, {}, node.index, {}, 0}, {record_of(node)});
}

// Errors: InvalidArgument, Unavailable.
Status may_have_label(const Books& books, const std::string& label) {
    const std::map<std::string, bool>& known = books.config.scheduler.labels;
    if (label.empty()) {
        return {};
    }
    if (!known.contains(label)) {
        std::vector<std::string> names;
        for (const auto& [name, exclusive] : known) {
            names.push_back(name);
        }
        return Error{
            ErrorCode::InvalidArgument,
            "there is no node label '" + label + "'; " +
                (names.empty() ? "the scheduler's configuration has none: add it to its labels"
                               : "there are: " + join(names, ", ")) +
                ", with rmctl config apply"};
    }
    return stays_label(books, label);
}

// The node, or null when the request has been answered.
Node* relabelled(Books& books, RequestId request, const RelabelNode& relabel) {
    if (const Status known = may_have_label(books, relabel.label); !known) {
        refuse(books, request, known.error().code, known.error().message);
        return nullptr;
    }
    return changeable(books, request, relabel.node);
}

NodeSettings with_label(const Books& books, const Node& node, const std::string& label) {
    NodeSettings settings = node.settings;
    if (!books.config.off(Feature::NodeRelabel)) {
        settings.label = label;
    }
    return settings;
}

Timer drain_timer(const Node& node) {
    return {Timer::Kind::NodeDrain, {}, node.index};
}

Timer overcommit_timer(const Node& node) {
    return {Timer::Kind::NodeOvercommit, {}, node.index};
}

TimePoint due_at(const Books& books, WallTime when) {
    return books.now +
           milliseconds(std::max<std::int64_t>(0, when.milliseconds - books.wall.milliseconds));
}

WallTime end_of(const Books& books, const std::optional<Duration>& timeout) {
    return timeout.has_value() ? WallTime{books.wall.milliseconds + timeout->milliseconds()}
                               : WallTime{};
}

bool over(const Books& books, WallTime end) {
    return end.milliseconds != 0 && end <= books.wall;
}

// New and lost nodes have the state of what is decided when they come back.
void take_state(Books& books, Node& node) {
    if (node.state == NodeState::New || node.state == NodeState::Lost) {
        return;
    }
    const NodeState state = state_of(node.settings.service, node.usage.health);
    const bool back = node.state == NodeState::Decommissioned && state != node.state;
    if (back && !node.connected()) {
        node_lost(books, node, "it was decommissioned, and is not connected");
        return;
    }
    books.nodes.set_state(node, state);
    if (back) {
        // Nobody has looked whether it is silent.
        books.deadlines.set({Timer::Kind::NodeExpiry, {}, node.index},
                            books.now + books.node_expiry());
    }
}

// It ends by itself, within its own patience.
bool finished_master(const Books& books, const Container& container) {
    const Attempt* attempt = books.applications.find(container.id.attempt);
    return attempt != nullptr && attempt->record.master_container == container.id &&
           is_ending(attempt->state) && attempt->record.state == AttemptState::Finished;
}

void stop_for_node(Books& books, Container& container, const std::string& reason) {
    if (finished_master(books, container)) {
        return;
    }
    container.blameless = true;
    stop_container(books, container, reason);
}

bool uses_any(const Resource& size, const Resource& excess) {
    return (size.memory_mib > 0 && excess.memory_mib > 0) ||
           (size.vcores > 0 && excess.vcores > 0) ||
           std::ranges::any_of(excess.named.entries(), [&](const NamedCounts::Entry& entry) {
               return entry.count > 0 && size.named.get(entry.name) > 0;
           });
}

// The newest first, masters after all others: with a master an application loses all it has.
std::vector<ContainerId> by_loss(const Books& books, const Node& node) {
    std::vector<const Container*> containers;
    for (const ContainerId& id : node.containers) {
        const Container* container = books.containers.find(id);
        if (!container->stopping) {
            containers.push_back(container);
        }
    }
    std::sort(containers.begin(), containers.end(), [](const Container* a, const Container* b) {
        if (a->master() != b->master()) {
            return b->master();
        }
        return a->since != b->since ? b->since < a->since : b->id < a->id;
    });
    std::vector<ContainerId> ids;
    for (const Container* container : containers) {
        ids.push_back(container->id);
    }
    return ids;
}

}  // namespace

NodeState state_of(NodeService service, const std::string& health) {
    switch (service) {
        case NodeService::Draining:
            return NodeState::Decommissioning;
        case NodeService::Decommissioned:
            return NodeState::Decommissioned;
        case NodeService::Normal:
            break;
    }
    return health.empty() ? NodeState::Running : NodeState::Unhealthy;
}

namespace {

// What runs on a node counts on its new label from now on.
void each_charged(Books& books, const Node& node, bool moves,
                  void (*change)(Books&, const Container&)) {
    for (const ContainerId& id : moves ? node.containers : std::set<ContainerId>{}) {
        if (const Container& container = *books.containers.find(id); !container.orphan) {
            change(books, container);
        }
    }
}

}  // namespace

void take_info(Books& books, Node& node) {
    NodeInfo info = node.said;
    info.label = node.settings.label.value_or(info.label);
    info.total = node.settings.total.value_or(info.total);
    info.attributes = books.config.off(Feature::NodeAttributes)
                          ? Attributes{}
                          : attributes_in_force(info.attributes, node.settings.attributes);
    const bool moves = node.info.rack != info.rack;
    const bool relabelled = node.info.label != info.label;
    const bool resized = node.info.total != info.total;
    if (moves) {
        take_tags_off(books, node);
    }
    each_charged(books, node, relabelled, refund_queues);
    books.nodes.set_info(node, info);
    each_charged(books, node, relabelled, charge_queues);
    books.attributes.set(node.index, info.attributes);
    if (moves) {
        put_tags_back(books, node);
        books.asks.stands_elsewhere(info.id);
    }
    books.free.move(node.index, node.info.label, node.info.rack);
    books.capacity.move(node.index, node.info.label, node.info.rack);
    books.nodes.remember_size(node.info);
    if (relabelled || resized) {
        restate_increases(books, node);
    }
}

NodeSettings settings_to_save(const Node& node) {
    return node.change.has_value() ? node.change->settings : node.settings;
}

NodeRecord record_of(const Node& node) {
    return {node.said, node.registered, node.lost, settings_to_save(node)};
}

void watch_node(Books& books, const Node& node) {
    const WallTime drain_until = node.settings.drain_until;
    if (node.state != NodeState::Decommissioning) {
        books.deadlines.cancel(drain_timer(node));
    } else if (node.containers.empty()) {
        books.deadlines.set(drain_timer(node), books.now);
    } else if (drain_until.milliseconds != 0) {
        books.deadlines.set(drain_timer(node), due_at(books, drain_until));
    } else {
        books.deadlines.cancel(drain_timer(node));
    }
    const WallTime overcommit_until = node.settings.overcommit_until;
    if (overcommit_until.milliseconds != 0 && !node.used.fits_in(node.info.total)) {
        books.deadlines.set(overcommit_timer(node), due_at(books, overcommit_until));
    } else {
        books.deadlines.cancel(overcommit_timer(node));
    }
}

void look_whether_drained(Books& books, const Node& node) {
    if (node.state == NodeState::Decommissioning && node.containers.empty()) {
        books.deadlines.set(drain_timer(node), books.now);
    }
}

bool stopped_for_node(const Books& books, const Container& container) {
    const Node& node = books.nodes.at(container.node);
    return container.blameless || (node.settings.service == NodeService::Draining &&
                                   over(books, node.settings.drain_until));
}

void perform(Books& books, RequestId request, const DrainNode& drain) {
    Node* node = changeable(books, request, drain.node);
    if (node == nullptr) {
        return;
    }
    if (node->settings.service == NodeService::Decommissioned || books.config.off(Feature::Drain)) {
        answer(books, request, *node);
        return;
    }
    NodeSettings settings = node->settings;
    settings.service = NodeService::Draining;
    settings.drain_until =
        books.config.off(Feature::DrainTimeout) ? WallTime{} : end_of(books, drain.timeout);
    begin(books, request, *node, std::move(settings));
}

void perform(Books& books, RequestId request, const RecommissionNode& recommission) {
    Node* node = changeable(books, request, recommission.node);
    if (node == nullptr) {
        return;
    }
    NodeSettings settings = node->settings;
    settings.service = NodeService::Normal;
    settings.drain_until = {};
    begin(books, request, *node, std::move(settings));
}

void perform(Books& books, RequestId request, const RelabelNode& relabel) {
    Node* node = relabelled(books, request, relabel);
    if (node != nullptr) {
        begin(books, request, *node, with_label(books, *node, relabel.label));
    }
}

void perform(Books& books, RequestId request, const RelabelNodes& relabel) {
    std::map<NodeIndex, NodeSettings> changes;
    for (const RelabelNode& one : relabel.nodes) {
        const Node* node = relabelled(books, request, one);
        if (node == nullptr ||
            !add_change(books, request, *node, with_label(books, *node, one.label), changes)) {
            return;
        }
    }
    begin_all(books, request, std::move(changes));
}

bool add_change(Books& books, RequestId request, const Node& node, NodeSettings settings,
                std::map<NodeIndex, NodeSettings>& changes) {
    if (changes.size() == kNodesAtOnceMax) {
        refuse(books, request, ErrorCode::InvalidArgument,
               "one request changes at most " + std::to_string(kNodesAtOnceMax) +
                   " nodes, and this one names more; nothing changed; name the others in requests "
                   "of their own");
        return false;
    }
    if (changes.emplace(node.index, std::move(settings)).second) {
        return true;
    }
    refuse(books, request, ErrorCode::InvalidArgument,
           "node " + node.info.id.name + " is named twice; name each node once");
    return false;
}

void begin_all(Books& books, RequestId request, std::map<NodeIndex, NodeSettings> changes) {
    PendingSave save{PendingSave::Kind::NodesChange, {}, {}, 0, {}, 0};
    std::vector<StoreChange> records;
    for (auto& [index, settings] : changes) {
        Node& node = books.nodes.at(index);
        if (settings != node.settings || node.disk_unsure) {
            node.change = NodeChange{request, std::move(settings)};
            records.emplace_back(record_of(node));
            save.nodes.push_back(index);
        }
    }
    if (save.nodes.empty()) {
        books.emit(Reply{request, Answer{OrderAnswer{}}});
        return;
    }
    save.request = request;
    books.save(std::move(save), std::move(records));
}

void perform(Books& books, RequestId request, const ResizeNode& resize) {
    Node* node = changeable(books, request, resize.node);
    if (node == nullptr) {
        return;
    }
    const Resource total{resize.memory_mib, resize.vcores,
                         resize.named.value_or(node->info.total.named)};
    if (total.any_negative() || total.is_zero()) {
        refuse(books, request, ErrorCode::InvalidArgument,
               "a node needs resources, none of them negative, in " + to_string(total) +
                   "; to take it out of service, drain it");
        return;
    }
    NodeSettings settings = node->settings;
    if (!books.config.off(Feature::NodeResize)) {
        settings.total = total;
    }
    if (!books.config.off(Feature::OvercommitTimeout)) {
        settings.overcommit_until = end_of(books, resize.overcommit_timeout);
    }
    begin(books, request, *node, std::move(settings));
}

namespace {

void take_change(Books& books, Node& node) {
    const bool drained = node.state == NodeState::Decommissioning;
    node.settings = std::exchange(node.change, std::nullopt)->settings;
    log::info("node changed by an operator", {{"node", node.info.id.name}});
    node.disk_unsure = false;
    take_info(books, node);
    take_state(books, node);
    if (drained != (node.state == NodeState::Decommissioning)) {
        tell_drain(books, node);
    }
    node_room_changed(books, node);
    books.changed(node);
    watch_node(books, node);
}

void drop_changes(Books& books, const std::vector<NodeIndex>& nodes) {
    PendingSave save{PendingSave::Kind::NodeDrained, {}, {}, 0, {}, 0};
    std::vector<StoreChange> records;
    for (const NodeIndex index : nodes) {
        Node& node = books.nodes.at(index);
        node.change.reset();
        // Another save of the record may have carried it to the disk.
        node.disk_unsure = true;
        records.emplace_back(record_of(node));
    }
    save.nodes = nodes;
    books.save(std::move(save), std::move(records));
}

void refuse_unsaved(Books& books, RequestId request, const Error& why) {
    refuse(books, request, ErrorCode::Unavailable,
           "could not be saved: " + why.message + "; nothing changed");
}

}  // namespace

void stored_node_change(Books& books, NodeIndex index) {
    Node& node = books.nodes.at(index);
    const RequestId request = node.change->request;
    take_change(books, node);
    answer(books, request, node);
}

void node_change_failed(Books& books, NodeIndex index, const Error& why) {
    Node& node = books.nodes.at(index);
    refuse_unsaved(books, node.change->request, why);
    drop_changes(books, {index});
}

void stored_nodes_change(Books& books, const PendingSave& save) {
    for (const NodeIndex index : save.nodes) {
        take_change(books, books.nodes.at(index));
    }
    books.emit(Reply{save.request, Answer{OrderAnswer{}}});
}

void nodes_change_failed(Books& books, const PendingSave& save, const Error& why) {
    refuse_unsaved(books, save.request, why);
    drop_changes(books, save.nodes);
}

void node_drain_due(Books& books, NodeIndex index) {
    Node& node = books.nodes.at(index);
    if (node.state != NodeState::Decommissioning) {
        return;
    }
    if (node.containers.empty()) {
        log::info("node decommissioned", {{"node", node.info.id.name}});
        node.settings.service = NodeService::Decommissioned;
        node.settings.drain_until = {};
        books.nodes.set_state(node, NodeState::Decommissioned);
        PendingSave save{PendingSave::Kind::NodeDrained, {}, {}, 0, {}, 0};
        save.nodes = {index};
        books.save(std::move(save), {record_of(node)});
        node_room_changed(books, node);
        books.changed(node);
        return;
    }
    if (!over(books, node.settings.drain_until)) {
        watch_node(books, node);  // the clocks have gone apart
        return;
    }
    const std::set<ContainerId> containers = node.containers;
    for (const ContainerId& id : containers) {
        if (Container* container = books.containers.find(id)) {
            stop_for_node(books, *container, "node " + node.info.id.name + " is decommissioned");
        }
    }
}

void node_overcommit_due(Books& books, NodeIndex index) {
    const Node& node = books.nodes.at(index);
    if (!over(books, node.settings.overcommit_until)) {
        watch_node(books, node);
        return;
    }
    Resource stays;
    const std::vector<ContainerId> candidates = by_loss(books, node);
    for (const ContainerId& id : candidates) {
        stays += books.containers.find(id)->charged();
    }
    for (const ContainerId& id : candidates) {
        Container* container = books.containers.find(id);
        if (container == nullptr || container->stopping) {
            continue;  // with its master
        }
        const Resource excess = stays - node.info.total;
        if (uses_any(container->charged(), excess)) {
            stays -= container->size;
            stop_for_node(books, *container,
                          "preempted: node " + node.info.id.name + " has been made smaller");
        }
    }
}

}  // namespace heddle::rm
