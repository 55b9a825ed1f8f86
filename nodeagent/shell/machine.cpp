// Reading /proc, control groups and the file system.

#include "nodeagent/shell/machine.h"

#include <dirent.h>
#include <sched.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/base/strings.h"

namespace heddle::node {

namespace {

constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kReserveMin = 256;
constexpr std::int64_t kReserveMax = 4096;
constexpr std::uint64_t kFreeBytesMin = 100u << 20;
constexpr std::uint64_t kFreeFilesMin = 1000;

/// The line's number behind "name:", in kB as /proc/meminfo has it, in MiB.
std::int64_t meminfo_mib(std::string_view name) {
    std::ifstream file("/proc/meminfo");
    std::string word;
    std::int64_t number = 0;
    std::string rest;
    while (file >> word >> number && std::getline(file, rest)) {
        if (word == name) {
            return number / 1024;
        }
    }
    return 0;
}

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

/// The group of this process for a controller of version 1, or for "" that of version 2.
std::string control_group(std::string_view controller) {
    std::ifstream file("/proc/self/cgroup");
    std::string line;
    while (std::getline(file, line)) {  // "4:cpu,cpuacct:/path"
        const auto parts = split(line, ':');
        if (parts.size() < 3) {
            continue;
        }
        for (const std::string_view name : split(parts[1], ',')) {
            if (name == controller) {
                return std::string(parts[2]);
            }
        }
    }
    return "/";
}

/// The smallest of the numbers that `value` reads from the group's directory and all above it.
/// Groups may be seen from inside a namespace: what cannot be read sets no limit.
template <typename Value>
std::int64_t least_upwards(const std::string& root, std::string group, const Value& value) {
    std::int64_t least = INT64_MAX;
    for (;;) {
        least = std::min(least, value(root + group + (group.back() == '/' ? "" : "/")));
        if (group == "/" || group.empty()) {
            return least;
        }
        group.resize(std::max<std::size_t>(1, group.rfind('/')));
    }
}

std::int64_t number_in(const std::string& path) {
    const std::string line = first_line(path);
    std::int64_t number = 0;
    return parse_number(trim(line), number) && number > 0 ? number : INT64_MAX;  // "max", "-1"
}

std::int64_t memory_limit_mib() {
    const auto v1 = least_upwards("/sys/fs/cgroup/memory", control_group("memory"),
                                  [](const std::string& directory) {
                                      return number_in(directory + "memory.limit_in_bytes");
                                  });
    const auto v2 = least_upwards(
        "/sys/fs/cgroup", control_group(""),
        [](const std::string& directory) { return number_in(directory + "memory.max"); });
    return std::min(v1, v2) / kMiB;
}

std::int64_t cpus_of(std::int64_t quota, std::int64_t period) {
    if (quota == INT64_MAX || period <= 0 || period == INT64_MAX) {
        return INT64_MAX;
    }
    return std::max<std::int64_t>(1, quota / period);
}

std::int64_t cpu_limit() {
    const auto v1 =
        least_upwards("/sys/fs/cgroup/cpu", control_group("cpu"), [](const std::string& directory) {
            return cpus_of(number_in(directory + "cpu.cfs_quota_us"),
                           number_in(directory + "cpu.cfs_period_us"));
        });
    const auto v2 =
        least_upwards("/sys/fs/cgroup", control_group(""), [](const std::string& directory) {
            std::int64_t quota = INT64_MAX;
            std::int64_t period = 0;
            const std::string line = first_line(directory + "cpu.max");
            const auto parts = split(line, ' ');
            return parts.size() == 2 && parse_number(parts[0], quota) &&
                           parse_number(parts[1], period)
                       ? cpus_of(quota, period)
                       : INT64_MAX;
        });
    return std::min(v1, v2);
}

/// Resident pages of all processes of each of the given sessions.
std::map<std::int64_t, std::int64_t> pages_of_sessions(
    const std::map<std::int64_t, std::string>& sessions) {
    std::map<std::int64_t, std::int64_t> pages;
    DIR* proc = sessions.empty() ? nullptr : opendir("/proc");
    while (const dirent* entry = proc == nullptr ? nullptr : readdir(proc)) {
        if (std::atol(entry->d_name) <= 0) {
            continue;
        }
        const std::string stat = first_line("/proc/" + std::string(entry->d_name) + "/stat");
        const std::size_t name_end = stat.rfind(')');
        if (name_end == std::string::npos) {
            continue;
        }
        const auto fields = split(std::string_view(stat).substr(name_end + 2), ' ');
        std::int64_t session = 0;  // field 6 of the line, the resident set is field 24
        std::int64_t resident = 0;
        if (fields.size() > 21 && parse_number(fields[3], session) &&
            parse_number(fields[21], resident) && sessions.contains(session)) {
            pages[session] += resident;
        }
    }
    if (proc != nullptr) {
        closedir(proc);
    }
    return pages;
}

}  // namespace

Resource detect_resources() {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::int64_t cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        cpus = CPU_COUNT(&set);
    }
    const std::int64_t memory = std::min(meminfo_mib("MemTotal:"), memory_limit_mib());
    const std::int64_t reserve = std::clamp(memory / 10, kReserveMin, kReserveMax);
    return {std::max<std::int64_t>(memory - reserve, 1),
            std::max<std::int64_t>(1, std::min(cpus, cpu_limit()))};
}

Measured UsageMeter::measure(const std::map<std::int64_t, std::string>& sessions,
                             const std::string& directory) {
    Measured measured;
    NodeUsage& usage = measured.usage;
    usage.memory_used_mib = meminfo_mib("MemTotal:") - meminfo_mib("MemAvailable:");
    for (const auto& [session, pages] : pages_of_sessions(sessions)) {
        const std::int64_t mib = pages * sysconf(_SC_PAGESIZE) / kMiB;
        measured.resident_mib.emplace(sessions.at(session), mib);
        usage.containers_memory_mib += mib;
    }
    usage.health = disk_health(directory);
    std::istringstream line(first_line("/proc/stat"));
    std::string cpu;
    std::int64_t total = 0;
    std::int64_t idle = 0;
    line >> cpu;
    std::int64_t ticks = 0;
    for (int field = 0; line >> ticks; ++field) {
        total += ticks;
        idle += field == 3 || field == 4 ? ticks : 0;  // idle, waiting for I/O
    }
    if (total > total_ticks_ && total_ticks_ > 0) {
        usage.cpu_vcores = static_cast<double>(total - idle - busy_ticks_) /
                           static_cast<double>(total - total_ticks_) *
                           static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
    }
    busy_ticks_ = total - idle;
    total_ticks_ = total;
    return measured;
}

std::string disk_health(const std::string& directory) {
    struct statvfs status {};
    if (statvfs(directory.c_str(), &status) != 0) {
        return errno_error("local directory " + directory).message;
    }
    const std::uint64_t free = std::uint64_t{status.f_bavail} * status.f_frsize;
    if (free < kFreeBytesMin) {
        return "local directory " + directory + " is full: " + std::to_string(free / kMiB) +
               " MiB free, at least " + std::to_string(kFreeBytesMin / kMiB) + " are needed";
    }
    if (status.f_files > 0 && status.f_favail < kFreeFilesMin) {
        return "local directory " + directory + " has room for only " +
               std::to_string(status.f_favail) + " more files";
    }
    if (access(directory.c_str(), W_OK) != 0) {
        return errno_error("local directory " + directory + " is not writable").message;
    }
    return {};
}

}  // namespace heddle::node
