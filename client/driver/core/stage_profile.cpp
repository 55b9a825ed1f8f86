#include "client/driver/core/stage_profile.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "common/base/check.h"

namespace heddle::driver {

Result<std::int32_t> task_cpus_of(const rdd::Plan& plan, rdd::RddId root, bool merge) {
    const rdd::RddNode* wishing = nullptr;
    std::vector<rdd::RddId> open{root};
    std::set<rdd::RddId> seen{root};
    while (!open.empty()) {
        const rdd::RddNode* node = plan.find(open.back());
        open.pop_back();
        CHECK(node != nullptr);
        const bool more =
            node->task_cpus > 0 && (wishing == nullptr || node->task_cpus > wishing->task_cpus);
        if (!merge && wishing != nullptr && node->task_cpus > 0 &&
            node->task_cpus != wishing->task_cpus) {
            return Error{ErrorCode::InvalidArgument,
                         "Multiple ResourceProfiles specified in the RDDs for this stage (" +
                             wishing->name + " asks for " + std::to_string(wishing->task_cpus) +
                             " cores a task, " + node->name + " for " +
                             std::to_string(node->task_cpus) +
                             "), either resolve the conflict yourself or enable "
                             "spark.scheduler.resource.profileMergeConflicts to merge them"};
        }
        wishing = more ? node : wishing;
        for (const rdd::Dependency& dependency : node->dependencies) {
            if (dependency.kind != rdd::DependencyKind::Shuffle &&
                seen.insert(dependency.parent).second) {
                open.push_back(dependency.parent);
            }
        }
    }
    return wishing == nullptr ? 0 : wishing->task_cpus;
}

Status check_profiles(const rdd::Plan& plan, rdd::RddId root, bool merge) {
    TRY(task_cpus_of(plan, root, merge));
    for (const rdd::RddNode& node : plan.nodes) {
        for (const rdd::Dependency& dependency : node.dependencies) {
            if (dependency.kind == rdd::DependencyKind::Shuffle) {
                TRY(task_cpus_of(plan, dependency.parent, merge));
            }
        }
    }
    return {};
}

}  // namespace heddle::driver
