#pragma once

// Where a container goes. Who is next has been decided when this is asked.
//
// Label: an ask that names one takes nodes of that label only; one that names none takes nodes
// without a label, and when these have no room, nodes whose label is not exclusive.
// Locality goes by time: the nodes of the ask at first, their racks and those it names after
// Config::locality_delay, any node after SchedulerConfig::rack_locality_delay more. A strict ask
// stays with the nodes and racks it names. An ask that names racks alone begins with these.
// Of the nodes that will do, the queue's node_order says which is first.
// Nodes that the application does not want are left out, and so are those where the constraint of
// the ask does not hold (choose_constrained.h).

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// A node with room for one container of the ask, or none.
std::optional<NodeIndex> choose_node(Books& books, const Demand& demand);

/// The same for an ask that sleeps, in these places.
std::optional<NodeIndex> choose_where_changed(Books& books, const Demand& demand,
                                              const std::vector<const ChangedPlace*>& places);

/// Nodes on which a master of the application has ended, as far as its next one keeps off them.
std::set<NodeId> kept_off_by_master(const Books& books, const Application& application);

/// In which order nodes are looked at for it, as its queue says.
NodeOrder node_order(const Books& books, const Demand& demand);

/// Whether an ask for the nodes of one label, or of none, may go to a node of the other.
bool may_use(const Books& books, const std::string& wanted, const std::string& label);

/// The labels of nodes that the ask may go to, in order of preference.
std::vector<std::string> usable_labels(const Books& books, const std::string& wanted);

/// Whether some node that ever registered could hold it, if it were empty.
bool ever_fits(const Books& books, const Resource& size, const std::string& label);

/// The label of the nodes that the application's master may go to.
const std::string& master_label(const ApplicationSubmission& submission);

/// A new wish: its patience begins.
void begin_locality(Books& books, const AttemptId& attempt, const Ask& ask);
/// The patience is over: for its nodes, or for its racks.
void locality_due(Books& books, const AttemptId& attempt, std::int32_t ask);

/// Whether the ask may go to this node, whatever is free there, and when the node is offered.
bool takes_node(const Books& books, const Demand& demand, NodeIndex index);
/// The same for each of `nodes`.
std::vector<bool> nodes_taken(const Books& books, const Demand& demand,
                              const std::vector<NodeIndex>& nodes);

/// The same question as choose_node(), by a look at every node: for checks.
bool fits_somewhere(const Books& books, const Demand& demand);

}  // namespace heddle::rm
