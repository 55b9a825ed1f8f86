#pragma once

// The forms of a master URL.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace heddle::driver {

struct MasterUrl {
    enum class Kind : std::uint8_t { Local, LocalCluster, Cluster };

    Kind kind = Kind::Local;
    std::int32_t threads = 1;     // Local
    std::int32_t failures = 0;    // Local, of one task until its job fails; 0: the setting says
    std::int32_t executors = 0;   // LocalCluster
    std::int32_t cores = 0;       // LocalCluster, of each executor
    std::int64_t memory_mib = 0;  // LocalCluster, of each executor
    std::string host;             // Cluster
    std::uint16_t port = 0;       // Cluster

    std::string server() const { return "http://" + host + ":" + std::to_string(port); }
};

/// `cores` of this machine, for local[*]. Errors: InvalidArgument with the accepted forms.
Result<MasterUrl> parse_master_url(std::string_view text, std::int32_t cores);

}  // namespace heddle::driver
