#pragma once

// How people's tools and programs find a resource manager: the file that a development cluster
// leaves in its directory, and the one order in which places are looked at.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace heddle::wire {

constexpr const char* kServerEnvironment = "HEDDLE_SERVER";
constexpr const char* kTokenFileEnvironment = "HEDDLE_TOKEN_FILE";
constexpr const char* kSystemSocket = "/run/heddle/resourcemanager.sock";

/// A daemon of a development cluster. The start time (clock ticks since boot, as in /proc) tells it
/// from another process that got its pid later.
struct DaemonEntry {
    std::string name;  // "resourcemanager", "node-1"
    std::int64_t pid = 0;
    std::int64_t start_ticks = 0;
    std::string address;  // "127.0.0.1:8042" of its HTTP

    friend bool operator==(const DaemonEntry&, const DaemonEntry&) = default;
};

/// endpoint.json: server, token_file, pids, and for `dev down` the daemons by name.
struct EndpointFile {
    std::string server;      // "http://127.0.0.1:8088"
    std::string token_file;  // absolute path
    std::vector<DaemonEntry> daemons;

    friend bool operator==(const EndpointFile&, const EndpointFile&) = default;
};

std::string format_endpoint_file(const EndpointFile& file);
/// Errors: InvalidArgument.
Result<EndpointFile> parse_endpoint_file(std::string_view text);
/// Errors: NotFound when there is none, InvalidArgument with the path when it is damaged.
Result<EndpointFile> read_endpoint_file(const std::string& path);
/// Replaces the file as a whole. Errors: Internal.
Status write_endpoint_file(const std::string& path, const EndpointFile& file);

/// ${XDG_STATE_HOME:-~/.local/state}/heddle/dev
std::string default_cluster_directory();

struct ServerPlace {
    std::string address;     // empty: nothing was found
    std::string token_file;  // empty: none is needed or known
};

/// Looks at `address`, HEDDLE_SERVER, endpoint.json in `directory` (empty: the default), and the
/// system's socket; for the token at `token_file`, HEDDLE_TOKEN_FILE, and endpoint.json when it is
/// of the same server. Errors: InvalidArgument for a damaged endpoint.json.
Result<ServerPlace> find_server(const std::string& address, const std::string& token_file,
                                const std::string& directory);

}  // namespace heddle::wire
