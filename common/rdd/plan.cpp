// Walking and checking plans.
#include "common/rdd/plan.h"

#include <algorithm>
#include <set>

namespace heddle::rdd {

namespace {

const RddNode* find_node(const std::vector<RddNode>& nodes, RddId id) {
    const auto it =
        std::lower_bound(nodes.begin(), nodes.end(), id,
                         [](const RddNode& node, RddId want) { return node.id < want; });
    return it != nodes.end() && it->id == id ? &*it : nullptr;
}

Error wrong(const RddNode& node, const std::string& what) {
    return Error{ErrorCode::InvalidArgument,
                 "plan: RDD " + std::to_string(node.id.value) + " (" + node.name + "): " + what};
}

bool range_fits(std::int32_t start, std::int32_t length, std::int32_t partitions) {
    return start >= 0 && length >= 0 && start <= partitions && length <= partitions - start;
}

bool stride_fits(const Dependency& dependency, Partition children, Partition parents) {
    if (dependency.divide <= 0 || dependency.modulo <= 0 || dependency.stride <= 0 ||
        dependency.in_start < 0 || !range_fits(dependency.out_start, dependency.length, children)) {
        return false;
    }
    if (dependency.length == 0) {
        return true;
    }
    const std::int64_t steps =
        std::min<std::int64_t>((dependency.length - 1) / dependency.divide, dependency.modulo - 1);
    return dependency.in_start + steps * dependency.stride < parents;
}

// Parents that a stage plan does not carry (those beyond a shuffle) are not looked at.
Status check_dependency(const std::vector<RddNode>& nodes, const RddNode& node,
                        const Dependency& dependency, bool whole) {
    const RddNode* parent = find_node(nodes, dependency.parent);
    if (dependency.parent >= node.id) {
        return wrong(node, "its parent is not older than itself");
    }
    if (parent == nullptr && (whole || dependency.kind != DependencyKind::Shuffle)) {
        return wrong(node, "parent " + std::to_string(dependency.parent.value) + " is missing");
    }
    switch (dependency.kind) {
        case DependencyKind::OneToOne:
            if (parent->partitions != node.partitions) {
                return wrong(node, "a one-to-one parent has another number of partitions");
            }
            return {};
        case DependencyKind::Range:
            if (!range_fits(dependency.out_start, dependency.length, node.partitions) ||
                !range_fits(dependency.in_start, dependency.length, parent->partitions)) {
                return wrong(node, "a range is outside of the partitions");
            }
            return {};
        case DependencyKind::Strided:
            if (!stride_fits(dependency, node.partitions, parent->partitions)) {
                return wrong(node, "a stride is outside of the partitions");
            }
            return {};
        case DependencyKind::Shuffle:
            if (dependency.partitioner.partitions != node.partitions) {
                return wrong(node, "a shuffle has another number of partitions");
            }
            return {};
    }
    return wrong(node, "unknown kind of dependency");
}

Status check_nodes(const std::vector<RddNode>& nodes, bool whole) {
    const RddNode* previous = nullptr;
    for (const RddNode& node : nodes) {
        if (previous != nullptr && previous->id >= node.id) {
            return wrong(node, "ids are not ascending");
        }
        previous = &node;
        if (node.partitions < 0) {
            return wrong(node, "a negative number of partitions");
        }
        if (!node.sources.empty() && std::cmp_not_equal(node.sources.size(), node.partitions)) {
            return wrong(node, "sources are not one per partition");
        }
        for (const Dependency& dependency : node.dependencies) {
            TRY(check_dependency(nodes, node, dependency, whole));
        }
    }
    return {};
}

// Calls visit(node, partition) for every node that a task on `partition` of `root` runs through,
// the children first. A diamond is visited once per path.
template <typename Visit>
void walk_narrow(const Plan& plan, RddId root, Partition partition, const Visit& visit) {
    const RddNode* node = plan.find(root);
    CHECK(node != nullptr);
    visit(*node, partition);
    for (const Dependency& dependency : node->dependencies) {
        if (dependency.kind == DependencyKind::Shuffle) {
            continue;
        }
        if (const auto parent = parent_partition(dependency, partition)) {
            walk_narrow(plan, dependency.parent, *parent, visit);
        }
    }
}

void collect_stage_nodes(const Plan& plan, RddId id, std::set<RddId>& seen) {
    const RddNode* node = plan.find(id);
    CHECK(node != nullptr);
    if (!seen.insert(id).second) {
        return;
    }
    for (const Dependency& dependency : node->dependencies) {
        if (dependency.kind != DependencyKind::Shuffle) {
            collect_stage_nodes(plan, dependency.parent, seen);
        }
    }
}

StagePlan cut_stage(const Plan& plan, RddId root) {
    std::set<RddId> ids;
    collect_stage_nodes(plan, root, ids);
    StagePlan stage;
    stage.root = root;
    stage.nodes.reserve(ids.size());
    for (const RddId id : ids) {
        RddNode node = *plan.find(id);
        node.sources.clear();
        stage.nodes.push_back(std::move(node));
    }
    return stage;
}

}  // namespace

std::optional<Partition> parent_partition(const Dependency& dependency, Partition partition) {
    CHECK(dependency.kind != DependencyKind::Shuffle);
    if (dependency.kind == DependencyKind::OneToOne) {
        return partition;
    }
    const Partition offset = partition - dependency.out_start;
    if (offset < 0 || offset >= dependency.length) {
        return std::nullopt;
    }
    if (dependency.kind == DependencyKind::Strided) {
        return dependency.in_start +
               offset / dependency.divide % dependency.modulo * dependency.stride;
    }
    return dependency.in_start + offset;
}

std::string describe(const StorageLevel& level) {
    std::string text;
    text += level.disk ? "Disk " : "";
    text += level.memory ? "Memory " : "";
    text += level.deserialized ? "Deserialized " : "Serialized ";
    return text + std::to_string(level.replicas) + "x Replicated";
}

const RddNode* Plan::find(RddId id) const {
    return find_node(nodes, id);
}

const RddNode* StagePlan::find(RddId id) const {
    return find_node(nodes, id);
}

Status check(const Plan& plan) {
    return check_nodes(plan.nodes, true);
}

// Declared for the decoder (plan_codec.cpp).
Status check_stage(const StagePlan& stage) {
    TRY(check_nodes(stage.nodes, false));
    if (stage.find(stage.root) == nullptr) {
        return Error{ErrorCode::InvalidArgument, "stage: its root is missing"};
    }
    return {};
}

StagePlan shuffle_stage(const Plan& plan, const Dependency& dependency) {
    CHECK(dependency.kind == DependencyKind::Shuffle);
    StagePlan stage = cut_stage(plan, dependency.parent);
    stage.output = StagePlan::Output::ShuffleMap;
    stage.shuffle = dependency;
    return stage;
}

StagePlan result_stage(const Plan& plan, RddId root, OperatorRef action) {
    StagePlan stage = cut_stage(plan, root);
    stage.output = StagePlan::Output::Result;
    stage.action = std::move(action);
    return stage;
}

std::vector<TaskSource> task_sources(const Plan& plan, RddId root, Partition partition) {
    std::vector<TaskSource> sources;
    std::set<std::pair<RddId, Partition>> seen;
    walk_narrow(plan, root, partition, [&](const RddNode& node, Partition at) {
        if (!node.sources.empty() && seen.emplace(node.id, at).second) {
            const auto index = static_cast<std::size_t>(at);
            CHECK(at >= 0 && index < node.sources.size());
            sources.push_back({node.id, at, node.sources[index].payload});
        }
    });
    return sources;
}

std::vector<std::string> preferred_hosts(const Plan& plan, RddId root, Partition partition) {
    std::vector<std::string> hosts;
    walk_narrow(plan, root, partition, [&](const RddNode& node, Partition at) {
        if (node.sources.empty()) {
            return;
        }
        for (const std::string& host : node.sources[static_cast<std::size_t>(at)].hosts) {
            if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) {
                hosts.push_back(host);
            }
        }
    });
    return hosts;
}

}  // namespace heddle::rdd
