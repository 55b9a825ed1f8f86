#pragma once

// Snapshots as the JSON of YARN's REST (names, nesting, presence as YARN writes them). One object
// per function, without its root element; json_*.cpp hold one family each.

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/model/node_attributes.h"
#include "common/wire/json.h"
#include "resourcemanager/core/views.h"

namespace heddle::rm {

/// What the daemon knows of itself.
struct ServerInfo {
    std::string authority;     // "127.0.0.1:8088"
    std::string node_address;  // "127.0.0.1:8031"
    std::string token_file;
    std::string url() const { return "http://" + authority; }
};

/// What only the daemon can say of its own load.
struct ManagerLoad {
    std::int64_t events_waiting = 0;     // for the core
    std::int64_t grants_per_second = 0;  // containers, lately
    std::int64_t busy_percent = 0;       // of the last minute, in which the core worked
};

void write_resource(wire::JsonWriter& json, const Resource& resource);

void write_cluster_info(wire::JsonWriter& json, const View& view);
void write_cluster_metrics(wire::JsonWriter& json, const View& view, const ManagerLoad& load = {});
/// `access_lists`: they are asked; otherwise everybody may everything, and that is what is shown.
void write_scheduler(wire::JsonWriter& json, const View& view, bool access_lists = false);
void write_scheduler_overview(wire::JsonWriter& json, const View& view,
                              const ManagerLoad& load = {});

void write_node(wire::JsonWriter& json, const NodeView& node);
/// Of those in force: one object for each full name.
void write_attributes(wire::JsonWriter& json, const Attributes& attributes);

/// What the application's master holds now.
Resource used_by_master(const ApplicationView& app);
/// What it has asked for and not got.
Resource pending_of(const ApplicationView& app);
/// What it has and waits for by label of the nodes; the nodes without one come first.
std::vector<PartitionUse> partitions_of(const ApplicationView& app);

/// "127.0.0.1:8042".
std::string http_address(const NodeInfo& info);

/// Parts of an application that a reader may ask to leave out (`deSelects`).
struct AppParts {
    bool requests = true;
    bool timeouts = true;
    bool label = true;
    bool master_label = true;
    bool resources = true;
};
void write_app(wire::JsonWriter& json, const View& view, const ApplicationView& app,
               const ServerInfo& server, const AppParts& parts);
/// YARN's LIFETIME. `expires` 0: unlimited.
void write_timeout(wire::JsonWriter& json, WallTime expires, WallTime now);
void write_attempt(wire::JsonWriter& json, const View& view, const AttemptView& attempt,
                   const ServerInfo& server);
void write_single_attempt(wire::JsonWriter& json, const ApplicationView& app,
                          const AttemptView& attempt, const ServerInfo& server);
void write_container(wire::JsonWriter& json, const View& view, const ContainerView& container,
                     const ServerInfo& server);
/// `attempt`: only that one; 0: all of them, the newest first.
void write_spark_application(wire::JsonWriter& json, const View& view, const ApplicationView& app,
                             std::int32_t attempt = 0);

}  // namespace heddle::rm
