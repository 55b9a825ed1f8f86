#pragma once

// What operators decide about nodes: draining and taking back, labels, totals, attributes. A
// decision holds when it is on disk; one per node is under way at a time.

#include <map>
#include <string>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

void perform(Books& books, RequestId request, const DrainNode& drain);
void perform(Books& books, RequestId request, const RecommissionNode& recommission);
void perform(Books& books, RequestId request, const RelabelNode& relabel);
void perform(Books& books, RequestId request, const RelabelNodes& relabel);
void perform(Books& books, RequestId request, const ResizeNode& resize);

// For decisions about several nodes, which are saved together: all of them or none.

/// The node, if it may be changed now, or null when the request has been answered.
Node* changeable(Books& books, RequestId request, const NodeId& id);
/// All that a step saves and takes into the tables at once.
constexpr std::size_t kNodesAtOnceMax = 1000;
/// False: it is there already, or one too many, and the request has been answered.
bool add_change(Books& books, RequestId request, const Node& node, NodeSettings settings,
                std::map<NodeIndex, NodeSettings>& changes);
/// Requires that changeable() has given each of the nodes.
void begin_all(Books& books, RequestId request, std::map<NodeIndex, NodeSettings> changes);

// Answers of the store.
void stored_node_change(Books& books, NodeIndex index);
void node_change_failed(Books& books, NodeIndex index, const Error& why);
void stored_nodes_change(Books& books, const PendingSave& save);
void nodes_change_failed(Books& books, const PendingSave& save, const Error& why);

/// Of a node that has been heard of since the manager started.
NodeState state_of(NodeService service, const std::string& health);

/// Takes what the node said and what is decided about it into the tables; node_room_changed() is to
/// follow.
void take_info(Books& books, Node& node);

/// What every save of the node's record carries.
NodeSettings settings_to_save(const Node& node);
NodeRecord record_of(const Node& node);

/// Sets the deadlines that follow from what is decided.
void watch_node(Books& books, const Node& node);

/// Decommissions it before the step ends if it drains and nothing is left on it.
void look_whether_drained(Books& books, const Node& node);

/// A container that was stopped because of what is decided about its node, by this manager or by an
/// earlier one.
bool stopped_for_node(const Books& books, const Container& container);

}  // namespace heddle::rm
