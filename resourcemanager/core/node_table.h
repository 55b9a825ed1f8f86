#pragma once

// The nodes of the cluster: who they are, whether they live, what is placed on them, and the orders
// that the present step has for them. Nodes have dense indices; a lost node keeps its own until it
// is forgotten, then another one may get it.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"
#include "common/model/node.h"
#include "common/model/node_protocol.h"
#include "resourcemanager/core/container_table.h"
#include "resourcemanager/core/event.h"
#include "resourcemanager/core/opportunistic_nodes.h"
#include "resourcemanager/core/outbox.h"

namespace heddle::rm {

/// What an operator has decided and the store has not answered yet.
struct NodeChange {
    RequestId request;
    NodeSettings settings;
};

struct Node {
    NodeIndex index = 0;
    NodeInfo info;  // as it holds: what operators have decided comes before `said`
    NodeInfo said;  // of itself, when it registered
    NodeSettings settings;
    std::optional<NodeChange> change;  // under way; every other save of the record carries it
    bool disk_unsure = false;  // a change whose save failed may be there, carried by another
    WallTime registered;
    NodeState state = NodeState::New;  // New: saved, and not back yet
    bool saved = false;                // its record is on disk
    WallTime lost;                     // as its record says, or is being made to say
    ConnectionId connection;           // 0: none
    std::string agent;                 // as it said when it was last welcomed
    std::string origin;                // what its records of containers go back to; see origin_of()
    std::uint32_t origins = 0;         // how often that has changed since the manager started
    std::uint64_t session = 0;         // 0: not welcomed
    std::uint64_t status_seen = 0;     // sequence of the last status
    std::uint64_t orders_sent = 0;
    std::uint64_t orders_seen = 0;
    TimePoint heard;
    WallTime heard_wall;
    NodeUsage usage;
    Resource used;  // by all guaranteed containers on it, orphans too
    Resource held;  // of what is free, for those for whom it was freed; see claims.h
    std::set<ContainerId> containers;
    Outbox<NodeOrders> orders;    // of this step
    bool orders_waiting = false;  // in NodeTable's list of nodes with orders
    bool withheld = false;        // until its next complete status; see offers.h
    OpportunisticUse opportunistic;

    bool connected() const { return session != 0; }
    bool serving() const { return connected() && state == NodeState::Running; }
    bool placeable() const { return serving() && !withheld; }
    Resource free() const { return info.total - used - held; }
};

class NodeTable {
public:
    /// The index of the node named `id`, or none.
    std::optional<NodeIndex> find(const NodeId& id) const;
    Node& at(NodeIndex index) { return nodes_[index]; }
    const Node& at(NodeIndex index) const { return nodes_[index]; }
    std::size_t size() const { return nodes_.size(); }

    /// Adds a node that is not there yet.
    Node& add(const NodeInfo& info);

    /// Forgets a lost node that holds nothing.
    void forget(Node& node);

    /// Node whose present connection this is, or null.
    Node* of_connection(ConnectionId connection);
    void connect(Node& node, ConnectionId connection, std::uint64_t session);
    /// Forgets connection, session and unsent orders.
    void disconnect(Node& node);

    void hold(Node& node, Container& container);
    void release(Node& node, const Container& container);
    /// It counts as the other type from now on.
    void change_execution(Node& node, Container& container, ExecutionType to);
    /// It counts with this size from now on.
    void change_size(Node& node, Container& container, const Resource& size);

    /// Whether some node that ever registered with this label is large enough.
    bool any_ever_fits(const Resource& size, const std::string& label = {}) const;
    /// The largest node that ever registered, by memory, then vcores; zero if there is none.
    Resource largest_ever() const;
    Resource largest_ever(const std::string& label) const;
    bool any_ever() const { return !sizes_ever_.empty(); }
    /// Labels that some node ever had; the empty one too.
    std::vector<std::string> labels_ever() const;
    /// Names of countable resources that some node ever had.
    std::set<std::string> named_ever() const;
    void remember_size(const NodeInfo& info);

    /// Marks that `node.orders` has something to send.
    void touch_orders(Node& node);
    std::vector<NodeIndex> take_with_orders();

    /// Of nodes that are connected or silent for less than their expiry.
    Resource total() const { return total_; }
    /// The part of it that has this label.
    Resource total(const std::string& label) const;
    /// The parts, by label; of labels that no node has any more too.
    const std::map<std::string, Resource>& totals() const { return totals_; }
    /// What nodes hold beyond what they have, by label: of those that were made smaller than what
    /// is in use, or that came back so. The rest of the cluster is as free as if it was not there.
    const std::map<std::string, Resource>& excess() const { return excess_; }
    std::map<NodeState, std::int64_t> count_by_state() const;
    /// Every change of a node's state or size goes through here: it keeps the sums.
    void set_state(Node& node, NodeState state);
    void set_info(Node& node, const NodeInfo& info);

    void check(const ContainerTable& containers) const;

private:
    void add_use(Node& node, const Resource& size);
    void count(const Node& node, int sign);
    void add_excess(const Node& node, int sign);

    std::vector<Node> nodes_;
    std::vector<NodeIndex> vacant_;
    std::map<NodeId, NodeIndex> by_id_;
    std::unordered_map<std::uint64_t, NodeIndex> by_connection_;
    std::map<std::string, std::set<Resource>> sizes_ever_;  // by label; none fits in another
    std::vector<NodeIndex> with_orders_;
    Resource total_;
    std::map<std::string, Resource> totals_;  // by label
    std::map<std::string, Resource> excess_;  // by label; of those for which there is some
    std::map<NodeState, std::int64_t> states_;
};

}  // namespace heddle::rm
