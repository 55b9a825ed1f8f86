// The table of stages and what is derived from their lineage.
#include "client/driver/core/stage.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace heddle::driver {

Stage& StageTable::add(Stage stage) {
    stage.id = rdd::StageId{next_++};
    if (stage.is_shuffle()) {
        CHECK(by_shuffle_.emplace(stage.shuffle.shuffle, stage.id).second);
    }
    for (const rdd::StageId parent : stage.parents) {
        stages_.at(parent).children.insert(stage.id);
    }
    const rdd::StageId id = stage.id;
    return stages_.emplace(id, std::move(stage)).first->second;
}

void StageTable::remove(rdd::StageId id) {
    const auto it = stages_.find(id);
    CHECK(it != stages_.end());
    for (const rdd::StageId parent : it->second.parents) {
        if (Stage* found = find(parent)) {
            found->children.erase(id);
        }
    }
    if (it->second.is_shuffle()) {
        by_shuffle_.erase(it->second.shuffle.shuffle);
    }
    stages_.erase(it);
}

void StageTable::set_parents(Stage& stage, std::vector<rdd::StageId> parents) {
    for (const rdd::StageId parent : stage.parents) {
        if (Stage* found = find(parent)) {
            found->children.erase(stage.id);
        }
    }
    stage.parents = std::move(parents);
    for (const rdd::StageId parent : stage.parents) {
        stages_.at(parent).children.insert(stage.id);
    }
}

Stage* StageTable::find(rdd::StageId id) {
    const auto it = stages_.find(id);
    return it == stages_.end() ? nullptr : &it->second;
}

Stage* StageTable::find(rdd::ShuffleId shuffle) {
    const auto it = by_shuffle_.find(shuffle);
    return it == by_shuffle_.end() ? nullptr : find(it->second);
}

std::vector<rdd::StageId> StageTable::descendants(rdd::StageId id) const {
    std::set<rdd::StageId> found;
    std::vector<rdd::StageId> open{id};
    while (!open.empty()) {
        const auto it = stages_.find(open.back());
        open.pop_back();
        if (it == stages_.end()) {
            continue;
        }
        for (const rdd::StageId child : it->second.children) {
            if (found.insert(child).second) {
                open.push_back(child);
            }
        }
    }
    return {found.begin(), found.end()};
}

bool Stage::repeatable() const {
    return !barrier && determinism != rdd::Determinism::Indeterminate &&
           plan->find(root)->determinism != rdd::Determinism::Indeterminate;
}

rdd::Determinism map_output_determinism(const rdd::Plan& plan, const rdd::Dependency& dependency) {
    const rdd::RddNode* node = plan.find(dependency.parent);
    CHECK(node != nullptr);
    if (node->determinism == rdd::Determinism::Unordered &&
        dependency.partitioner.kind == rdd::PartitionerKind::RoundRobin) {
        return rdd::Determinism::Indeterminate;
    }
    return node->determinism;
}

std::vector<const rdd::RddNode*> readers(const rdd::Plan& plan,
                                         const std::set<rdd::ShuffleId>& shuffles) {
    std::set<rdd::RddId> ids;
    std::vector<const rdd::RddNode*> found;
    for (const rdd::RddNode& node : plan.nodes) {  // parents come first
        const bool reads = std::any_of(
            node.dependencies.begin(), node.dependencies.end(), [&](const rdd::Dependency& d) {
                return ids.count(d.parent) != 0 ||
                       (d.kind == rdd::DependencyKind::Shuffle && shuffles.count(d.shuffle) != 0);
            });
        if (reads) {
            ids.insert(node.id);
            found.push_back(&node);
        }
    }
    return found;
}

}  // namespace heddle::driver
