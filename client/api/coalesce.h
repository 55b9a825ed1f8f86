#pragma once

// How partitions are put together by coalesce: by the program's own choice, or by where they lie.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace heddle {

// One partition of an RDD. Spark's Partition.
struct PartitionInfo {
    std::int32_t index = 0;
    std::vector<std::string> preferred_locations;  // names of machines; empty: none in particular
};

// The partitions of the parent that become one, in the order of their records.
using PartitionGroup = std::vector<std::int32_t>;

/// A program's own: asked at once, in the driver, with the number that was asked for and what there
/// is. A partition may be in one group or in none, and then its records are left out.
using PartitionCoalescer =
    std::function<std::vector<PartitionGroup>(std::int32_t, const std::vector<PartitionInfo>&)>;

namespace api {

/// `count` groups, 0 < count <= hosts.size(), of partitions that lie on one machine as far as that
/// goes: no group has more than a tenth above the mean, rounded up, so that no task is the slowest
/// for the sake of its place. Empty: nothing is known of their places, or all of them lie on all.
std::vector<PartitionGroup> groups_by_place(const std::vector<std::vector<std::string>>& hosts,
                                            std::int32_t count);

}  // namespace api
}  // namespace heddle
