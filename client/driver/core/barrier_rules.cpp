// Lineages with barrier RDDs.
#include "client/driver/core/barrier_rules.h"

#include <algorithm>
#include <set>
#include <vector>

#include "common/base/check.h"

namespace heddle::driver {

namespace {

// RDDs that are barrier RDDs themselves, or pipelined with one.
std::set<rdd::RddId> barrier_rdds(const rdd::Plan& plan) {
    std::set<rdd::RddId> found;
    for (const rdd::RddNode& node : plan.nodes) {  // parents come first
        const bool inherits =
            std::any_of(node.dependencies.begin(), node.dependencies.end(),
                        [&](const rdd::Dependency& dependency) {
                            return dependency.kind != rdd::DependencyKind::Shuffle &&
                                   found.contains(dependency.parent);
                        });
        if (node.barrier || inherits) {
            found.insert(node.id);
        }
    }
    return found;
}

// Every task of the stage has to run through every RDD of it, once.
bool fits(const rdd::Plan& plan, rdd::RddId root, std::size_t tasks,
          const std::set<rdd::RddId>& barriers) {
    std::vector<rdd::RddId> open{root};
    std::set<rdd::RddId> seen{root};
    while (!open.empty()) {
        const rdd::RddNode* node = plan.find(open.back());
        open.pop_back();
        CHECK(node != nullptr);
        const auto barrier_parents =
            std::count_if(node->dependencies.begin(), node->dependencies.end(),
                          [&](const rdd::Dependency& dependency) {
                              return barriers.contains(dependency.parent);
                          });
        if (static_cast<std::size_t>(node->partitions) != tasks || barrier_parents > 1) {
            return false;
        }
        for (const rdd::Dependency& dependency : node->dependencies) {
            if (dependency.kind != rdd::DependencyKind::Shuffle &&
                seen.insert(dependency.parent).second) {
                open.push_back(dependency.parent);
            }
        }
    }
    return true;
}

std::string refusal(const rdd::RddNode& root) {
    return "[SPARK-24820][SPARK-24821]: barrier execution mode does not allow the lineage of " +
           root.name + (root.callsite.empty() ? "" : " at " + root.callsite) +
           ": within a barrier stage no RDD may have another number of partitions than the "
           "resulting RDD (union, coalesce, first, take, jobs on some partitions), and none may "
           "depend on several barrier RDDs (zip of two); first and take can be replaced by "
           "collect";
}

}  // namespace

bool is_barrier(const rdd::Plan& plan, rdd::RddId root) {
    return barrier_rdds(plan).contains(root);
}

std::vector<const rdd::RddNode*> persisted_in_gang(const rdd::Plan& plan, rdd::RddId root) {
    const std::set<rdd::RddId> barriers = barrier_rdds(plan);
    std::vector<const rdd::RddNode*> found;
    // Each has one barrier parent at most.
    for (const rdd::RddNode* node = plan.find(root); node != nullptr;) {
        if (!node->storage.is_none()) {
            found.push_back(node);
        }
        const auto next = std::ranges::find_if(node->dependencies, [&](const auto& dependency) {
            return dependency.kind != rdd::DependencyKind::Shuffle &&
                   barriers.contains(dependency.parent);
        });
        node = next == node->dependencies.end() ? nullptr : plan.find(next->parent);
    }
    return found;
}

std::optional<std::string> barrier_refusal(const rdd::Plan& plan, rdd::RddId root,
                                           std::size_t partitions, bool by_demand) {
    const std::set<rdd::RddId> barriers = barrier_rdds(plan);
    if (barriers.empty()) {
        return std::nullopt;
    }
    if (by_demand) {
        return "[SPARK-24942]: barrier execution mode does not support dynamic resource allocation "
               "for now; disable it by setting spark.dynamicAllocation.enabled to false";
    }
    if (barriers.contains(root) && !fits(plan, root, partitions, barriers)) {
        return refusal(*plan.find(root));
    }
    for (const rdd::RddNode& node : plan.nodes) {
        for (const rdd::Dependency& dependency : node.dependencies) {
            if (dependency.kind != rdd::DependencyKind::Shuffle ||
                !barriers.contains(dependency.parent)) {
                continue;
            }
            const rdd::RddNode* parent = plan.find(dependency.parent);
            if (!fits(plan, parent->id, static_cast<std::size_t>(parent->partitions), barriers)) {
                return refusal(*parent);
            }
        }
    }
    return std::nullopt;
}

}  // namespace heddle::driver
