#include "client/rmctl/dev_cluster.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "common/base/strings.h"
#include "common/config/settings.h"
#include "common/net/digest.h"

namespace heddle::rmctl {
namespace {

constexpr std::int64_t kMemoryMinMib = 1024;
constexpr int kVcoresMin = 2;
constexpr std::size_t kTokenBytes = 32;
constexpr Duration kExpiryMin = seconds(300);
constexpr const char* kHeartbeatKey = "scheduler.heartbeat_interval";

Status write_token(const std::string& path) {
    if (access(path.c_str(), R_OK) == 0) {
        return {};
    }
    const mode_t before = umask(0077);
    std::ofstream file(path, std::ios::trunc);
    umask(before);
    file << net::random_token(kTokenBytes) << '\n';
    file.flush();
    if (!file) {
        return errno_error("cannot write '" + path + "'");
    }
    return {};
}

// Binds `address`:`port` and gives the port back: what was bound, or 0 and errno.
int try_bind(const std::string& address, int port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return 0;
    }
    const int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, address.c_str(), &place.sin_addr);
    socklen_t size = sizeof(place);
    auto* const generic = reinterpret_cast<sockaddr*>(&place);
    int bound = 0;
    if (bind(descriptor, generic, size) == 0 && listen(descriptor, 1) == 0 &&
        getsockname(descriptor, generic, &size) == 0) {
        bound = ntohs(place.sin_port);
    }
    const int reason = errno;
    close(descriptor);
    errno = reason;
    return bound;
}

std::string in_milliseconds(Duration duration) {
    return std::to_string(duration.milliseconds()) + "ms";
}

void set(std::vector<std::string>& command, const std::string& key, const std::string& value) {
    command.emplace_back("--set");
    command.push_back(key + "=" + value);
}

}  // namespace

Result<DevLayout> layout_of(const std::string& given) {
    std::error_code failed;
    const std::string directory = given.empty() ? wire::default_cluster_directory() : given;
    const auto absolute = std::filesystem::weakly_canonical(directory, failed);
    if (failed) {
        return Error{ErrorCode::InvalidArgument,
                     "no such directory '" + directory + "': " + failed.message()};
    }
    return DevLayout{absolute.string()};
}

Status prepare(const DevLayout& layout, int nodes) {
    std::vector<std::string> folders = {layout.manager_state(), layout.directory + "/log"};
    for (int number = 1; number <= nodes; ++number) {
        folders.push_back(layout.node_state(node_name(number)));
    }
    const mode_t before = umask(0077);
    for (const std::string& folder : folders) {
        std::error_code failed;
        std::filesystem::create_directories(folder, failed);
        if (failed) {
            umask(before);
            return Error{ErrorCode::Internal,
                         "cannot create '" + folder + "': " + failed.message()};
        }
    }
    umask(before);
    return write_token(layout.token());
}

std::int64_t machine_memory_mib() {
    std::int64_t bytes = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    for (const char* path :
         {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        std::ifstream file(path);
        std::string text;
        std::int64_t limit = 0;
        if (std::getline(file, text) && parse_number(trim(text), limit) && limit > 0) {
            bytes = std::min(bytes, limit);
        }
    }
    return bytes >> 20;
}

Resource share_of_machine(int nodes) {
    const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    return {std::max(kMemoryMinMib, machine_memory_mib() * 3 / 4 / nodes),
            std::max(kVcoresMin, (cores + nodes - 1) / nodes)};
}

Result<int> free_port(const std::string& address, const std::vector<int>& taken) {
    for (;;) {
        const int port = try_bind(address, 0);
        if (port == 0) {
            return errno_error("no free port on " + address);
        }
        if (std::find(taken.begin(), taken.end(), port) == taken.end()) {
            return port;
        }
    }
}

Status check_port(const std::string& address, int port, const std::string& purpose,
                  const std::string& remedy) {
    if (try_bind(address, port) != 0) {
        return {};
    }
    if (errno != EADDRINUSE) {
        return errno_error("cannot listen on " + address + ":" + std::to_string(port));
    }
    return Error{ErrorCode::Conflict,
                 "port " + std::to_string(port) + " of " + address + " (" + purpose +
                     ") is in use; end what listens there (see: ss -ltnp 'sport = :" +
                     std::to_string(port) + "'), or " + remedy};
}

std::string node_name(int number) {
    return "node-" + std::to_string(number);
}

std::string node_address(int number) {
    return "127.0.0." + std::to_string(number);
}

int node_number(const std::string& name) {
    int number = 0;
    return name.starts_with("node-") && parse_number(std::string_view(name).substr(5), number)
               ? number
               : 0;
}

std::vector<std::string> manager_command(const std::string& bin, const DevLayout& layout,
                                         const ManagerPlace& place, Duration heartbeat) {
    std::vector<std::string> command = {bin + "/resourcemanager"};
    set(command, "manager.state_dir", layout.manager_state());
    set(command, "manager.address", "127.0.0.1");
    set(command, "manager.port", std::to_string(place.rest_port));
    set(command, "manager.node_port", std::to_string(place.node_port));
    set(command, "auth.token_file", layout.token());
    if (heartbeat > Duration{}) {
        // Silence must be longer than the pause between two signs of life.
        const std::string expiry = in_milliseconds(std::max(kExpiryMin, heartbeat * 3));
        set(command, kHeartbeatKey, in_milliseconds(heartbeat));
        set(command, "scheduler.node_expiry", expiry);
        set(command, "scheduler.master_expiry", expiry);
    }
    return command;
}

Duration heartbeat_in(const std::vector<std::string>& command) {
    const std::string prefix = std::string(kHeartbeatKey) + "=";
    for (const std::string& word : command) {
        if (word.starts_with(prefix)) {
            const auto found = config::parse_duration(word.substr(prefix.size()));
            return found.ok() ? *found : Duration{};
        }
    }
    return {};
}

std::vector<std::string> node_command(const std::string& bin, const DevLayout& layout,
                                      const ManagerPlace& manager, const NodePlace& place) {
    const std::string name = node_name(place.number);
    std::vector<std::string> command = {bin + "/nodeagent"};
    set(command, "node.name", name);
    set(command, "node.address", node_address(place.number));
    set(command, "node.port", std::to_string(place.rest_port));
    set(command, "node.server", "127.0.0.1:" + std::to_string(manager.node_port));
    set(command, "node.manager_rest", "http://127.0.0.1:" + std::to_string(manager.rest_port));
    set(command, "node.work_dir", layout.node_state(name));
    set(command, "node.memory", std::to_string(place.share.memory_mib) + "m");
    set(command, "node.vcores", std::to_string(place.share.vcores));
    set(command, "auth.token_file", layout.token());
    return command;
}

Result<std::string> daemons_folder() {
    std::error_code failed;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
    const std::string folder = self.parent_path().string();
    for (const char* daemon : {"/resourcemanager", "/nodeagent"}) {
        if (access((folder + daemon).c_str(), X_OK) != 0) {
            return Error{ErrorCode::NotFound, "no program '" + folder + daemon +
                                                  "'; build it with: cmake --preset release && "
                                                  "cmake --build build"};
        }
    }
    return folder;
}

ProcessKey key_of(const wire::DaemonEntry& daemon) {
    return {static_cast<pid_t>(daemon.pid), static_cast<std::uint64_t>(daemon.start_ticks)};
}

}  // namespace heddle::rmctl
