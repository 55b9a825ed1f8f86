#include "resourcemanager/core/choose_node.h"

#include <algorithm>
#include <set>

#include "resourcemanager/core/choose_constrained.h"
#include "resourcemanager/core/constraints.h"

namespace heddle::rm {
namespace {

// A label that nobody has configured is exclusive.
bool shared(const Books& books, const std::string& label) {
    if (books.config.off(Feature::ExclusiveLabels) || books.config.off(Feature::SharedLabels)) {
        return books.config.off(Feature::ExclusiveLabels);
    }
    const auto it = books.config.scheduler.labels.find(label);
    return it != books.config.scheduler.labels.end() && !it->second;
}

// Asks `find` for the label of the ask, then for those that it may use beside it.
template <typename Find>
std::optional<NodeIndex> by_label(const Books& books, const std::string& label, Find&& find) {
    std::optional<NodeIndex> found = find(label);
    if (label.empty()) {
        for (const auto& [other, exclusive] : books.config.scheduler.labels) {
            if (!found.has_value() && !other.empty() && shared(books, other)) {
                found = find(other);
            }
        }
    }
    return found;
}

std::set<NodeIndex> unwanted(const Books& books, const Demand& demand) {
    std::set<NodeIndex> nodes;
    if (books.config.off(demand.ask.id != 0 ? Feature::Blacklists : Feature::MasterBlacklist)) {
        return nodes;
    }
    const auto add = [&](const NodeId& id) {
        if (const std::optional<NodeIndex> node = books.nodes.find(id)) {
            nodes.insert(*node);
        }
    };
    if (demand.ask.id != 0) {
        for (const NodeId& id : books.applications.find(demand.owner.attempt)->blacklist) {
            add(id);
        }
        return nodes;
    }
    for (const NodeId& id :
         kept_off_by_master(books, *books.applications.find(demand.owner.attempt.application))) {
        add(id);
    }
    return nodes;
}

// The racks of a strict ask are those it names; others also take those of its nodes.
std::set<std::string> racks_of(const Books& books, const Ask& ask) {
    std::set<std::string> racks(ask.racks.begin(), ask.racks.end());
    for (const NodeId& id : ask.nodes) {
        const std::optional<NodeIndex> node = books.nodes.find(id);
        if (node.has_value() && ask.relax_locality) {
            racks.insert(books.nodes.at(*node).info.rack);
        }
    }
    return racks;
}

std::optional<NodeIndex> choose(Books& books, const Demand& demand,
                                const std::set<NodeIndex>& avoided) {
    const Ask& ask = demand.ask;
    const NodeOrder order = node_order(books, demand);
    if (demand.constraint != nullptr) {
        return choose_constrained(books, demand, avoided, racks_of(books, ask));
    }
    for (const NodeId& id : ask.nodes) {
        const std::optional<NodeIndex> node = books.nodes.find(id);
        if (node.has_value() && !avoided.contains(*node) && books.free.fits(*node, ask.size) &&
            may_use(books, ask.label, books.nodes.at(*node).info.label)) {
            return node;
        }
    }
    if (demand.placed() && demand.near && !books.config.off(Feature::Racks)) {
        for (const std::string& rack : racks_of(books, ask)) {
            const auto node = by_label(books, ask.label, [&](const std::string& label) {
                return books.free.find_on_rack(ask.size, label, rack, avoided, order);
            });
            if (node.has_value()) {
                return node;
            }
        }
    }
    if (demand.placed() && !demand.relaxed) {
        return std::nullopt;
    }
    return by_label(books, ask.label, [&](const std::string& label) {
        return books.free.find(ask.size, label, avoided, order);
    });
}

// Whether another node could hold it if it were empty.
bool others_exist(const Books& books, const Ask& ask, const std::set<NodeIndex>& avoided) {
    const auto able = [&](const std::string& label) {
        return books.capacity.find(ask.size, label, avoided);
    };
    return by_label(books, ask.label, able).has_value();
}

Duration rack_delay(const Books& books) {
    return books.config.off(Feature::RackDelay) ? Duration{}
                                                : books.config.scheduler.rack_locality_delay;
}

}  // namespace

NodeOrder node_order(const Books& books, const Demand& demand) {
    return books.config.off(Feature::NodeOrder)
               ? NodeOrder::Spread
               : books.queues.at(demand.owner.queue).settings.node_order;
}

std::set<NodeId> kept_off_by_master(const Books& books, const Application& application) {
    std::set<NodeId> nodes;
    const ApplicationSubmission& submission = *application.submission;
    if (!submission.master_blacklist) {
        return nodes;
    }
    for (const Attempt& attempt : application.attempts) {
        if (is_final(attempt.state) && !attempt.record.master_node.name.empty()) {
            nodes.insert(attempt.record.master_node);
        }
    }
    if (submission.master_blacklist_below) {
        const auto states = books.nodes.count_by_state();
        const auto running = states.find(NodeState::Running);
        const std::int64_t all = running == states.end() ? 0 : running->second;
        if (std::ssize(nodes) * 1000 >= *submission.master_blacklist_below * all) {
            nodes.clear();
        }
    }
    return nodes;
}

bool may_use(const Books& books, const std::string& wanted, const std::string& label) {
    return wanted == label || (wanted.empty() && shared(books, label));
}

std::vector<std::string> usable_labels(const Books& books, const std::string& wanted) {
    std::vector<std::string> labels;
    by_label(books, wanted, [&](const std::string& label) {
        labels.push_back(label);
        return std::optional<NodeIndex>{};
    });
    return labels;
}

std::optional<NodeIndex> choose_node(Books& books, const Demand& demand) {
    if (!demand.owner.choosy) {
        return choose(books, demand, {});
    }
    const std::set<NodeIndex> avoided = unwanted(books, demand);
    const std::optional<NodeIndex> node = choose(books, demand, avoided);
    if (node.has_value() || demand.ask.id != 0 || others_exist(books, demand.ask, avoided)) {
        return node;
    }
    return choose(books, demand, {});
}

bool ever_fits(const Books& books, const Resource& size, const std::string& label) {
    return std::ranges::any_of(usable_labels(books, label), [&](const std::string& usable) {
        return books.nodes.any_ever_fits(size, usable);
    });
}

const std::string& master_label(const ApplicationSubmission& submission) {
    return submission.master_label.empty() ? submission.label : submission.master_label;
}

void begin_locality(Books& books, const AttemptId& attempt, const Ask& ask) {
    const Timer timer{Timer::Kind::LocalityDelay, attempt, ask.id};
    books.deadlines.cancel(timer);
    const Duration delay =
        books.config.off(Feature::LocalityDelay) ? Duration{} : books.config.locality_delay;
    if (!ask.nodes.empty() && (ask.relax_locality || !ask.racks.empty())) {
        books.deadlines.set(timer, books.now + delay);
    } else if (!ask.racks.empty() && ask.relax_locality) {
        books.deadlines.set(timer, books.now + rack_delay(books));
    }
}

void locality_due(Books& books, const AttemptId& attempt, std::int32_t id) {
    const Demand* demand = books.asks.find(attempt, id);
    if (demand == nullptr) {
        return;
    }
    if (demand->near) {
        books.asks.relax(attempt, id);
        return;
    }
    const bool relax = demand->ask.relax_locality;
    books.asks.widen(attempt, id);
    if (relax) {
        books.deadlines.set({Timer::Kind::LocalityDelay, attempt, id},
                            books.now + rack_delay(books));
    }
}

namespace {

/// The nodes that an ask takes, whatever is free there.
struct Taste {
    std::set<NodeIndex> avoided;
    std::set<std::string> racks;
};

Taste taste_of(const Books& books, const Demand& demand) {
    Taste taste;
    if (demand.owner.choosy) {
        taste.avoided = unwanted(books, demand);
        if (demand.ask.id == 0 && !others_exist(books, demand.ask, taste.avoided)) {
            taste.avoided.clear();
        }
    }
    taste.racks = racks_of(books, demand.ask);
    return taste;
}

// Whether the node is one that the ask names, in one of these racks when racks will do, or any will
// do.
bool local(const Books& books, const Demand& demand, const std::set<std::string>& racks,
           NodeIndex index) {
    const NodeInfo& info = books.nodes.at(index).info;
    return !demand.placed() || demand.relaxed ||
           std::ranges::find(demand.ask.nodes, info.id) != demand.ask.nodes.end() ||
           (demand.near && racks.contains(info.rack));
}

bool takes(const Books& books, const Demand& demand, const Taste& taste, NodeIndex index) {
    const Ask& ask = demand.ask;
    const Node& node = books.nodes.at(index);
    return local(books, demand, taste.racks, index) && node.serving() &&
           !taste.avoided.contains(index) && may_use(books, ask.label, node.info.label) &&
           constraint_holds(books, demand, index);
}

}  // namespace

bool takes_node(const Books& books, const Demand& demand, NodeIndex index) {
    return takes(books, demand, taste_of(books, demand), index);
}

std::vector<bool> nodes_taken(const Books& books, const Demand& demand,
                              const std::vector<NodeIndex>& nodes) {
    const Taste taste = taste_of(books, demand);
    std::vector<bool> taken;
    taken.reserve(nodes.size());
    for (const NodeIndex index : nodes) {
        taken.push_back(takes(books, demand, taste, index));
    }
    return taken;
}

std::optional<NodeIndex> choose_where_changed(Books& books, const Demand& demand,
                                              const std::vector<const ChangedPlace*>& places) {
    const Taste taste = taste_of(books, demand);
    return choose_changed(books, demand, taste.avoided, taste.racks, places);
}

bool fits_somewhere(const Books& books, const Demand& demand) {
    const Taste taste = taste_of(books, demand);
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        const Node& node = books.nodes.at(index);
        if (node.placeable() && demand.ask.size.fits_in(node.free()) &&
            takes(books, demand, taste, index)) {
            return true;
        }
    }
    return false;
}

}  // namespace heddle::rm
