#pragma once

// Which cached blocks make way when memory is wanted.

#include <cstdint>
#include <functional>
#include <list>
#include <vector>

#include "common/blocks/accountant.h"
#include "common/rdd/ids.h"

namespace heddle::blocks {

/// Least recently used first, until `bytes` are free. Room for a partition of the RDD `spared` is
/// never made of its own partitions, and nothing leaves unless all of that room can be made; for
/// execution (kNoRdd) whatever there is leaves. Visits spared blocks, too.
std::vector<rdd::BlockId> choose_victims(
    const std::list<rdd::BlockId>& least_recent_first,
    const std::function<std::int64_t(const rdd::BlockId&)>& size_of, std::int64_t bytes,
    rdd::RddId spared);

}  // namespace heddle::blocks
