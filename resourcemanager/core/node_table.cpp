#include "resourcemanager/core/node_table.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace heddle::rm {
namespace {

// What a node adds to the totals. One that drains: what is in use there, as in YARN; otherwise what
// runs on it would be taken from the shares of all others.
Resource counted(const Node& node) {
    switch (node.state) {
        case NodeState::Running:
            return node.info.total;
        case NodeState::Decommissioning:
            return node.used;
        default:
            return {};
    }
}

// What is in use there beyond what it has.
Resource beyond(const Node& node) {
    if (node.state != NodeState::Running || node.used.fits_in(node.info.total)) {
        return {};
    }
    Resource over;
    over.memory_mib = std::max<std::int64_t>(node.used.memory_mib - node.info.total.memory_mib, 0);
    over.vcores = std::max<std::int64_t>(node.used.vcores - node.info.total.vcores, 0);
    for (const NamedCounts::Entry& entry : node.used.named.entries()) {
        over.named.set(entry.name, std::max<std::int64_t>(
                                       entry.count - node.info.total.named.get(entry.name), 0));
    }
    return over;
}

}  // namespace

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
    node.said = info;
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
    count(node, -1);
    node.state = state;
    ++states_[node.state];
    count(node, +1);
}

void NodeTable::count(const Node& node, int sign) {
    const Resource size = counted(node) * sign;
    total_ += size;
    totals_[node.info.label] += size;
    add_excess(node, sign);
}

void NodeTable::add_excess(const Node& node, int sign) {
    const Resource over = beyond(node);
    if (over.is_zero()) {
        return;
    }
    Resource& sum = excess_[node.info.label];
    sum += over * sign;
    if (sum.is_zero()) {
        excess_.erase(node.info.label);
    }
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

void NodeTable::add_use(Node& node, const Resource& size) {
    add_excess(node, -1);
    node.used += size;
    add_excess(node, +1);
    if (node.state == NodeState::Decommissioning) {
        total_ += size;
        totals_[node.info.label] += size;
    }
}

void NodeTable::hold(Node& node, Container& container) {
    const std::size_t before = node.containers.size();
    container.in_node = node.containers.insert(node.containers.end(), container.id);
    CHECK(node.containers.size() == before + 1);
    if (container.opportunistic()) {
        node.opportunistic.count(container, +1);
    }
    add_use(node, container.charged());
}

void NodeTable::change_size(Node& node, Container& container, const Resource& size) {
    const Resource before = container.charged();
    if (container.opportunistic()) {
        node.opportunistic.count(container, -1);
    }
    container.size = size;
    if (container.opportunistic()) {
        node.opportunistic.count(container, +1);
    }
    add_use(node, container.charged() - before);
}

void NodeTable::release(Node& node, const Container& container) {
    node.containers.erase(container.in_node);
    if (container.opportunistic()) {
        node.opportunistic.count(container, -1);
    }
    add_use(node, container.charged() * -1);
}

void NodeTable::change_execution(Node& node, Container& container, ExecutionType to) {
    add_use(node, container.charged() * -1);
    node.opportunistic.count(container, to == ExecutionType::Opportunistic ? +1 : -1);
    container.execution = to;
    add_use(node, container.charged());
}

bool NodeTable::any_ever_fits(const Resource& size, const std::string& label) const {
    const auto sizes = sizes_ever_.find(label);
    return sizes != sizes_ever_.end() &&
           std::ranges::any_of(sizes->second,
                               [&](const Resource& total) { return size.fits_in(total); });
}

std::vector<std::string> NodeTable::labels_ever() const {
    std::vector<std::string> labels;
    for (const auto& [label, sizes] : sizes_ever_) {
        labels.push_back(label);
    }
    return labels;
}

Resource NodeTable::total(const std::string& label) const {
    const auto it = totals_.find(label);
    return it == totals_.end() ? Resource{} : it->second;
}

Resource NodeTable::largest_ever() const {
    Resource largest;
    for (const auto& [label, sizes] : sizes_ever_) {
        largest = std::max(largest, *sizes.rbegin());
    }
    return largest;
}

Resource NodeTable::largest_ever(const std::string& label) const {
    const auto sizes = sizes_ever_.find(label);
    return sizes == sizes_ever_.end() ? Resource{} : *sizes->second.rbegin();
}

std::set<std::string> NodeTable::named_ever() const {
    std::set<std::string> names;
    for (const auto& [label, sizes] : sizes_ever_) {
        for (const Resource& total : sizes) {
            for (const NamedCounts::Entry& entry : total.named.entries()) {
                names.insert(entry.name);
            }
        }
    }
    return names;
}

void NodeTable::remember_size(const NodeInfo& info) {
    if (any_ever_fits(info.total, info.label)) {
        return;
    }
    std::set<Resource>& sizes = sizes_ever_[info.label];
    std::erase_if(sizes, [&](const Resource& size) { return size.fits_in(info.total); });
    sizes.insert(info.total);
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
    std::map<std::string, Resource> by_label;
    std::map<std::string, Resource> excess;
    for (const Node& node : nodes_) {
        Resource used;
        OpportunisticUse opportunistic;
        opportunistic.queue_max = node.opportunistic.queue_max;
        for (const ContainerId& id : node.containers) {
            const Container* container = containers.find(id);
            CHECK(container != nullptr);
            CHECK(container->node == node.index);
            used += container->charged();
            if (container->opportunistic()) {
                opportunistic.count(*container, +1);
            }
        }
        CHECK(used == node.used);
        CHECK(opportunistic == node.opportunistic);
        total += counted(node);
        by_label[node.info.label] += counted(node);
        excess[node.info.label] += beyond(node);
        CHECK((node.session != 0) == (node.connection.value != 0));
    }
    CHECK(total == total_);
    for (const auto& [label, sum] : totals_) {
        CHECK(sum == by_label[label]);
    }
    std::erase_if(excess, [](const auto& one) { return one.second.is_zero(); });
    CHECK(excess == excess_);
    CHECK(by_id_.size() + vacant_.size() == nodes_.size());
}

}  // namespace heddle::rm
