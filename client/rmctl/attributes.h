#pragma once

// rmctl node attribute: what operators set for nodes, and who has which.

#include <string>
#include <vector>

#include "client/rmctl/options.h"
#include "client/rmctl/table.h"
#include "common/base/result.h"
#include "common/wire/json.h"

namespace heddle::rmctl {

struct AttributeChange {
    std::string operation;              // "replace", "add", "remove"
    std::vector<std::string> mappings;  // "node-1:os=linux,tier=gold"; "node-1:os" to remove
    bool leave_out_unknown = false;     // nodes that the manager does not know
};
/// The body that asks the manager for it. Errors: InvalidArgument.
Result<std::string> attribute_body(const AttributeChange& change);
Result<int> node_attribute_change(const Options& options, const AttributeChange& change);

/// Which nodes have which attribute; empty lists: all. Attributes as "os", "rm.yarn.io/os" or
/// "os=linux".
Result<int> node_attribute_list(const Options& options, const std::vector<std::string>& nodes,
                                const std::vector<std::string>& attributes);

// What people read of the answers.
Table attributes_by_node(const wire::Json& json);
Table attributes_by_name(const wire::Json& json);

}  // namespace heddle::rmctl
