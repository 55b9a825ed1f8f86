#pragma once

// The settings of an application under their names, read once. Spark's names ("spark.executor.
// memory") are accepted for those that mean the same.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/driver/core/config.h"
#include "common/base/result.h"

namespace heddle::driver {

struct Settings {
    std::int32_t executors = 2;            // executor.instances
    std::int32_t executor_cores = 1;       // executor.cores
    std::int64_t executor_memory = 0;      // executor.memory, bytes; 0: 1 GiB in an own process,
                                           // 60 % of the machine's in local masters
    std::int32_t local_nodes = 0;          // local_cluster.nodes: labels node-1 to node-N; 0: one
                                           // per executor
    std::int32_t default_parallelism = 0;  // default.parallelism; 0: the number of slots
    bool ui = false;                       // ui.enabled: the driver's own HTTP in local masters
    std::string local_folder;              // local.dir
    std::string queue;                     // queue
    bool in_container = false;             // no setting: the master is a container of the cluster
    std::vector<std::string> unknown;      // names that nothing here reads
    std::map<std::string, std::string> files;  // of common/fs, under Hadoop's names
    Config core;                               // locality.wait, task.max_failures
    std::int32_t listener_queue = 10'000;      // scheduler.listenerbus.eventqueue.capacity
    rdd::BlockTransfer transfer;               // *.compress, io.compression.*
};

/// `environment_ui`: HEDDLE_UI is set. Unknown names are left to whoever knows them and listed,
/// except that a name near to one of ours is an error. Errors: InvalidArgument with name and value.
Result<Settings> read_settings(const std::map<std::string, std::string>& values,
                               bool environment_ui);

}  // namespace heddle::driver
