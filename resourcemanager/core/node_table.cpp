#include "resourcemanager/core/node_table.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace heddle::rm {

std::optional<NodeIndex> NodeTable::find(const NodeId& id) const {
    const auto it = by_id_.find(id);
    return it == by_id_.end() ? std::nullopt : std::optional(it->second);
}

Node& NodeTable::add(const NodeInfo& info) {
    if (vacant_.empty()) {
        vacant_.push_back(static_cast<NodeIndex>(nodes_.size()));
        nodes_.emplace_back();
    }
    const NodeIndex index = vacant_.back();
    vacant_.pop_back();
    CHECK(by_id_.emplace(info.id, index).second);
    Node& node = nodes_[index];
    node.index = index;
    node.info = info;
    ++states_[node.state];
    return node;
}

void NodeTable::forget(Node& node) {
    CHECK(node.state == NodeState::Lost && !node.connected() && node.containers.empty());
    --states_[node.state];
    CHECK(by_id_.erase(node.info.id) == 1);
    vacant_.push_back(node.index);
    const bool orders_waiting = node.orders_waiting;  // the list has it by its index
    node = {};
    node.index = vacant_.back();
    node.orders_waiting = orders_waiting;
}

std::map<NodeState, std::int64_t> NodeTable::count_by_state() const {
    return states_;
}

void NodeTable::set_state(Node& node, NodeState state) {
    --states_[node.state];
    total_ -= node.state == NodeState::Running ? node.info.total : Resource{};
    node.state = state;
    ++states_[node.state];
    total_ += node.state == NodeState::Running ? node.info.total : Resource{};
}

void NodeTable::set_info(Node& node, const NodeInfo& info) {
    const NodeState state = node.state;
    set_state(node, NodeState::New);
    node.info = info;
    set_state(node, state);
}

Node* NodeTable::of_connection(ConnectionId connection) {
    const auto it = by_connection_.find(connection.value);
    return it == by_connection_.end() ? nullptr : &nodes_[it->second];
}

void NodeTable::connect(Node& node, ConnectionId connection, std::uint64_t session) {
    disconnect(node);
    by_connection_.emplace(connection.value, node.index);
    node.connection = connection;
    node.session = session;
    node.status_seen = 0;
    node.orders_sent = 0;
    node.orders_seen = 0;
}

void NodeTable::disconnect(Node& node) {
    by_connection_.erase(node.connection.value);
    node.connection = {};
    node.session = 0;
    node.orders.clear();
}

void NodeTable::hold(Node& node, Container& container) {
    const std::size_t before = node.containers.size();
    container.in_node = node.containers.insert(node.containers.end(), container.id);
    CHECK(node.containers.size() == before + 1);
    node.used += container.size;
}

void NodeTable::release(Node& node, const Container& container) {
    node.containers.erase(container.in_node);
    node.used -= container.size;
}

bool NodeTable::any_ever_fits(const Resource& size) const {
    return std::ranges::any_of(sizes_ever_,
                               [&](const Resource& total) { return size.fits_in(total); });
}

Resource NodeTable::largest_ever() const {
    return sizes_ever_.empty() ? Resource{} : *sizes_ever_.rbegin();
}

std::set<std::string> NodeTable::named_ever() const {
    std::set<std::string> names;
    for (const Resource& total : sizes_ever_) {
        for (const NamedCounts::Entry& entry : total.named.entries()) {
            names.insert(entry.name);
        }
    }
    return names;
}

void NodeTable::remember_size(const Resource& total) {
    if (any_ever_fits(total)) {
        return;
    }
    std::erase_if(sizes_ever_, [&](const Resource& size) { return size.fits_in(total); });
    sizes_ever_.insert(total);
}

void NodeTable::touch_orders(Node& node) {
    if (!node.orders_waiting) {
        node.orders_waiting = true;
        with_orders_.push_back(node.index);
    }
}

std::vector<NodeIndex> NodeTable::take_with_orders() {
    for (const NodeIndex index : with_orders_) {
        nodes_[index].orders_waiting = false;
    }
    return std::exchange(with_orders_, {});
}

void NodeTable::check(const ContainerTable& containers) const {
    Resource total;
    for (const Node& node : nodes_) {
        Resource used;
        for (const ContainerId& id : node.containers) {
            const Container* container = containers.find(id);
            CHECK(container != nullptr);
            CHECK(container->node == node.index);
            used += container->size;
        }
        CHECK(used == node.used);
        total += node.state == NodeState::Running ? node.info.total : Resource{};
        CHECK((node.session != 0) == (node.connection.value != 0));
    }
    CHECK(total == total_);
    CHECK(by_id_.size() + vacant_.size() == nodes_.size());
}

}  // namespace heddle::rm
