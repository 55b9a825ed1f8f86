#pragma once

// Spark's allocation file: the pools that jobs of one application share slots by.
//
//   <allocations>
//     <pool name="production"><schedulingMode>FAIR</schedulingMode>
//       <weight>2</weight><minShare>4</minShare></pool>
//   </allocations>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace heddle::wire {

struct PoolEntry {
    std::string name;
    bool fair = false;
    std::int32_t weight = 1;
    std::int32_t share_min = 0;
};

/// Errors: InvalidArgument with the pool and what is wrong with it.
Result<std::vector<PoolEntry>> parse_pools(std::string_view xml);

}  // namespace heddle::wire
