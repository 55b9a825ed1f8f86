#pragma once

// What operators decide about nodes: draining and taking back, labels, totals. A decision holds
// when it is on disk; one per node is under way at a time.

#include <string>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

void perform(Books& books, RequestId request, const DrainNode& drain);
void perform(Books& books, RequestId request, const RecommissionNode& recommission);
void perform(Books& books, RequestId request, const RelabelNode& relabel);
void perform(Books& books, RequestId request, const RelabelNodes& relabel);
void perform(Books& books, RequestId request, const ResizeNode& resize);
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
