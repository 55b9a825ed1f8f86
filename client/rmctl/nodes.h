#pragma once

// rmctl node and rmctl queue.

#include <cstdint>
#include <string>
#include <vector>

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
    std::int64_t memory_mib = 0;
    std::int64_t vcores = 0;
    std::string timeout;
};
Result<int> node_update_resource(const Options& options, const std::string& id,
                                 const NodeSize& size);

Result<int> queue_list(const Options& options);
/// "running", "stopped" or "draining", as a version of the scheduler's configuration. `name`: a
/// path, or a last name that only one queue has.
Result<int> queue_state(const Options& options, const std::string& name, const std::string& state);

}  // namespace heddle::rmctl
