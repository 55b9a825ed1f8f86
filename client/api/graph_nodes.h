#pragma once

// What the sources that make nodes of the lineage share.

#include <string_view>
#include <vector>

#include "client/api/graph.h"
#include "common/rdd/plan.h"

namespace heddle::api {

/// With parents in the order of its dependencies, which the caller adds.
NodePtr make_node(const std::vector<NodePtr>& parents, std::string_view name, Callsite at);
rdd::Dependency one_to_one(const NodePtr& parent);

}  // namespace heddle::api
