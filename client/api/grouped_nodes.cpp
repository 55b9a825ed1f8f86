// Nodes whose partitions are groups of their parent's: coalescing.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "client/api/coalesce.h"
#include "client/api/errors.h"
#include "client/api/graph_nodes.h"

namespace heddle::api {

using rdd::Dependency;
using rdd::DependencyKind;

// By place each input may be a dependency of its own, which every task's start looks through. With
// more of them neighbours go together, and in some dozens of dependencies.
constexpr std::int32_t kPlacedInputsMax = 2000;

NodePtr make_coalesce(const NodePtr& parent, std::int32_t partitions, Callsite at) {
    if (partitions <= 0) {
        throw UsageError(ErrorCode::InvalidArgument, "coalesce: the number of partitions is " +
                                                         std::to_string(partitions) +
                                                         "; it has to be positive");
    }
    const std::int32_t inputs = parent->node.partitions;
    if (partitions < inputs && inputs <= kPlacedInputsMax) {
        if (const auto groups = groups_by_place(hosts_of_partitions(parent), partitions);
            !groups.empty()) {
            return make_grouped(parent, groups, at);
        }
    }
    const std::int32_t count = std::min(partitions, std::max(inputs, 1));
    const std::int32_t each = inputs / count;    // of the later partitions
    const std::int32_t larger = inputs % count;  // so many partitions have one more
    NodePtr node = make_node({parent}, "coalesce", at);
    node->parents.clear();
    node->node.record = parent->node.record;
    node->node.partitions = std::min(count, inputs);
    const auto read = [&](std::int32_t out_start, std::int32_t length, std::int32_t in_start,
                          std::int32_t stride) {
        Dependency dependency;
        dependency.kind = DependencyKind::Strided;
        dependency.parent = parent->node.id;
        dependency.out_start = out_start;
        dependency.in_start = in_start;
        dependency.length = length;
        dependency.modulo = std::max(length, 1);
        dependency.stride = stride;
        node->node.dependencies.push_back(dependency);
        node->parents.push_back(parent);
    };
    for (std::int32_t i = 0; larger > 0 && i < each + 1; ++i) {
        read(0, larger, i, each + 1);
    }
    for (std::int32_t i = 0; i < each; ++i) {
        read(larger, count - larger, larger * (each + 1) + i, each);
    }
    if (node->parents.empty()) {  // no partitions at all
        node->parents.push_back(parent);
        node->node.dependencies.push_back(one_to_one(parent));
    }
    return node;
}

namespace {

// Throws unless every partition is there and in one group at most.
void check_groups(const NodePtr& parent, const std::vector<std::vector<std::int32_t>>& groups) {
    std::set<std::int32_t> seen;
    for (const std::vector<std::int32_t>& group : groups) {
        for (const std::int32_t partition : group) {
            if (partition < 0 || partition >= parent->node.partitions) {
                throw UsageError(ErrorCode::InvalidArgument,
                                 "coalesce: the coalescer names partition " +
                                     std::to_string(partition) + " of RDD " +
                                     std::to_string(parent->node.id.value) + ", which has " +
                                     std::to_string(parent->node.partitions));
            }
            if (!seen.insert(partition).second) {
                throw UsageError(ErrorCode::InvalidArgument,
                                 "coalesce: the coalescer names partition " +
                                     std::to_string(partition) + " twice");
            }
        }
    }
}

}  // namespace

// A dependency per run of groups whose n-th partitions lie at equal distances: few where the groups
// are regular, and one per partition at worst.
NodePtr make_grouped(const NodePtr& parent, const std::vector<std::vector<std::int32_t>>& groups,
                     Callsite at) {
    check_groups(parent, groups);
    NodePtr node = make_node({parent}, "coalesce", at);
    node->parents.clear();
    node->node.record = parent->node.record;
    node->node.partitions = static_cast<std::int32_t>(groups.size());
    std::size_t longest = 0;
    for (const std::vector<std::int32_t>& group : groups) {
        longest = std::max(longest, group.size());
    }
    for (std::size_t layer = 0; layer < longest; ++layer) {
        bool open = false;  // the last dependency may go on
        for (std::size_t i = 0; i < groups.size(); ++i) {
            if (groups[i].size() <= layer) {
                open = false;
                continue;
            }
            const std::int32_t from = groups[i][layer];
            if (open) {
                Dependency& last = node->node.dependencies.back();
                const std::int32_t end = last.in_start + (last.length - 1) * last.stride;
                if (last.length == 1) {
                    last.stride = from - end;
                }
                if (from - end == last.stride && last.stride > 0) {
                    last.modulo = ++last.length;
                    continue;
                }
                last.stride = std::max(last.stride, 1);
            }
            Dependency dependency;
            dependency.kind = DependencyKind::Strided;
            dependency.parent = parent->node.id;
            dependency.out_start = static_cast<std::int32_t>(i);
            dependency.in_start = from;
            dependency.length = 1;
            node->node.dependencies.push_back(dependency);
            node->parents.push_back(parent);
            open = true;
        }
    }
    if (node->parents.empty()) {
        node->node.partitions = 0;
        throw UsageError(ErrorCode::InvalidArgument, "coalesce: the coalescer names no partition");
    }
    return node;
}

}  // namespace heddle::api
