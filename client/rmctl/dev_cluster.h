#pragma once

// The parts of a development cluster: where its files lie, what its daemons are told, what each
// agent offers.

#include <cstdint>
#include <string>
#include <vector>

#include "client/rmctl/process.h"
#include "common/base/resource.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/wire/endpoint_file.h"

namespace heddle::rmctl {

/// In the environment of every daemon, and so of the shims they start.
constexpr const char* kDevVariable = "HEDDLE_DEV_CLUSTER";
constexpr const char* kManagerName = "resourcemanager";

struct DevLayout {
    std::string directory;

    std::string endpoint() const { return directory + "/endpoint.json"; }
    std::string lock() const { return directory + "/lock"; }
    std::string token() const { return directory + "/token"; }
    std::string manager_state() const { return directory + "/rm"; }
    std::string node_state(const std::string& node) const { return directory + "/" + node; }
    std::string log(const std::string& daemon) const {
        return directory + "/log/" + daemon + ".log";
    }
};

/// The absolute directory: `given`, else the default.
Result<DevLayout> layout_of(const std::string& given);

/// Creates the directories (0700) and the token (0600) where they are missing. Errors: Internal.
Status prepare(const DevLayout& layout, int nodes);

/// MiB of memory that this process may use: the machine's, or less in a limited control group.
std::int64_t machine_memory_mib();

/// What one of `nodes` agents offers: its part of three quarters of the machine's memory, and at
/// least two vcores, so that three agents on two cores can all run an executor. vcores are shares,
/// not pinned CPUs: with more vcores than cores the kernel divides the time.
Resource share_of_machine(int nodes);

/// A port that nobody listens on at `address` now and that is none of `taken`. Errors: Internal.
Result<int> free_port(const std::string& address, const std::vector<int>& taken);
/// Conflict when `port` of `address` is in use, naming it and what to do: end the other, or
/// `remedy`. Internal when it cannot be used for another reason.
Status check_port(const std::string& address, int port, const std::string& purpose,
                  const std::string& remedy);

/// "node-1" on 127.0.0.1, "node-2" on 127.0.0.2, ...
std::string node_name(int number);
std::string node_address(int number);
/// 2 for "node-2"; 0 for other names.
int node_number(const std::string& name);

struct ManagerPlace {
    int rest_port = 8088;
    int node_port = 8031;
};
/// `heartbeat`: zero for the daemons' default.
std::vector<std::string> manager_command(const std::string& bin, const DevLayout& layout,
                                         const ManagerPlace& place, Duration heartbeat);

/// What the manager of `command` was told; zero when nothing.
Duration heartbeat_in(const std::vector<std::string>& command);

struct NodePlace {
    int number = 1;
    int rest_port = 8042;
    Resource share;
};
std::vector<std::string> node_command(const std::string& bin, const DevLayout& layout,
                                      const ManagerPlace& manager, const NodePlace& place);

/// The folder that this program was started from. Errors: NotFound when the daemons are not there.
Result<std::string> daemons_folder();

ProcessKey key_of(const wire::DaemonEntry& daemon);

}  // namespace heddle::rmctl
