#pragma once

// How near a task runs to its data, and where that is for each task.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/driver/core/block_table.h"
#include "client/driver/core/executor_table.h"
#include "client/driver/core/map_outputs.h"
#include "common/base/time.h"
#include "common/rdd/executor_protocol.h"
#include "common/rdd/plan.h"

namespace heddle::driver {

// From the nearest on. NoPreference stands for tasks that are at home everywhere.
enum class Locality : std::uint8_t { Process, Node, NoPreference, Rack, Any };

/// Spark's words: "PROCESS_LOCAL".
std::string_view to_string(Locality locality);

// How long tasks wait for a slot at a level before the next one will do.
struct LocalityWaits {
    Duration all;
    std::optional<Duration> process = {};
    std::optional<Duration> node = {};
    std::optional<Duration> rack = {};

    LocalityWaits() = default;
    LocalityWaits(Duration wait) : all(wait) {}  // NOLINT(google-explicit-constructor): a number
    Duration at(Locality level) const;
};

struct Preference {
    std::vector<rdd::ExecutorId> executors;
    std::vector<std::string> hosts;

    bool none() const { return executors.empty() && hosts.empty(); }
};

/// Where partition `partition` of `root` should be computed: at its cached blocks; else at the
/// hosts of its source, or where much of the map output lies that it reads; else as the first
/// narrow parent that has a preference. `outputs` null: map output does not count.
Preference preference(const rdd::Plan& plan, rdd::RddId root, rdd::Partition partition,
                      const BlockTable& blocks, const ExecutorTable& executors,
                      const MapOutputs* outputs);

/// Blocks that a task on `partition` of `root` may read from other executors, with all their
/// holders: of the nearest persisted RDDs on every path.
std::vector<rdd::CachedAt> cached_inputs(const rdd::Plan& plan, rdd::RddId root,
                                         rdd::Partition partition, const BlockTable& blocks,
                                         rdd::ExecutorId reader);

/// The shuffles that the stage of `root` reads, in the order of the walk, each once. With `blocks`,
/// RDDs whose partitions are all cached are not looked behind.
std::vector<const rdd::Dependency*> shuffle_inputs(const rdd::Plan& plan, rdd::RddId root,
                                                   const BlockTable* blocks);

}  // namespace heddle::driver
