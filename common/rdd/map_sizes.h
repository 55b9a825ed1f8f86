#pragma once

// The sizes of one map task's blocks as bytes. Up to 2,000 of them are written as they are. Of more
// only which are empty, the mean of the others, and those that are far larger than it, since a
// table of thousands by thousands goes to every executor, and what an executor does with it is to
// keep a bounded amount under way.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/rdd/bytes.h"

namespace heddle::rdd {

inline constexpr std::size_t kExactMapSizes = 2000;

void write_map_sizes(ByteWriter& out, const std::vector<std::uint64_t>& sizes);
void read_map_sizes(ByteReader& in, std::vector<std::uint64_t>& sizes);

}  // namespace heddle::rdd
