#pragma once

// rmctl node.

#include <string>
#include <vector>

#include "client/rmctl/amounts.h"
#include "client/rmctl/options.h"
#include "common/base/result.h"

namespace heddle::rmctl {

Result<int> node_list(const Options& options, const std::vector<std::string>& states);
Result<int> node_get(const Options& options, const std::string& id);

/// What operators decide about nodes. Times as "10m"; empty: none.
Result<int> node_drain(const Options& options, const std::string& id, const std::string& timeout);
Result<int> node_recommission(const Options& options, const std::string& id);
/// An empty label: none.
Result<int> node_label(const Options& options, const std::string& id, const std::string& label);

struct NodeSize {
    std::string amount;  // "memory=8192,vcores=4,gpu=2", or the memory alone
    std::string vcores;  // after the memory alone
    std::string timeout;
};
/// What `size` asks for; what it leaves out stays. Errors: InvalidArgument.
Result<AmountChange> asked_size(const NodeSize& size);
Result<int> node_update_resource(const Options& options, const std::string& id,
                                 const NodeSize& size);

}  // namespace heddle::rmctl
