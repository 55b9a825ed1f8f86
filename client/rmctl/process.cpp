#include "client/rmctl/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "common/base/clock.h"
#include "common/base/strings.h"

extern char** environ;

namespace heddle::rmctl {
namespace {

using namespace heddle::literals;

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

struct Stat {
    char state = '?';
    pid_t parent = 0;
    std::uint64_t start_ticks = 0;
};

// Fields of /proc/PID/stat after the command, which is in parentheses and may hold anything.
bool read_stat(pid_t pid, Stat& out) {
    const std::string text = read_file("/proc/" + std::to_string(pid) + "/stat");
    const auto end = text.rfind(')');
    if (end == std::string::npos) {
        return false;
    }
    std::istringstream fields(text.substr(end + 1));
    std::string skipped;
    fields >> out.state >> out.parent;
    for (int field = 5; field < 22; ++field) {
        fields >> skipped;
    }
    fields >> out.start_ticks;
    return static_cast<bool>(fields);
}

std::string link_target(const std::string& path) {
    std::string target(4096, '\0');
    const ssize_t size = readlink(path.c_str(), target.data(), target.size());
    target.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return target;
}

bool lies_in(const std::string& path, const std::string& directory) {
    return path == directory || path.starts_with(directory + "/");
}

// A shim has its container's environment and works in no directory, but it is told one.
bool is_shim_below(pid_t pid, const std::string& directory) {
    const std::vector<std::string> words = command_of(pid);
    if (words.empty() || !("/" + words.front()).ends_with("/container-shim")) {
        return false;
    }
    return std::any_of(words.begin() + 1, words.end(),
                       [&](const std::string& word) { return lies_in(word, directory); });
}

// A daemon carries the assignment; a container may have been given another environment, but knows
// its id and works below the directory. A shell that merely stands in the directory is nobody's
// business.
bool belongs(pid_t pid, const std::string& base, const std::string& directory,
             const std::string& variable) {
    using namespace std::string_literals;
    const std::string block = "\0"s + read_file(base + "/environ");
    if (block.find("\0"s + variable + "=" + directory + "\0"s) != std::string::npos) {
        return true;
    }
    if (block.find("\0CONTAINER_ID="s) == std::string::npos) {
        return false;
    }
    return lies_in(link_target(base + "/cwd"), directory) || is_shim_below(pid, directory);
}

std::set<pid_t> self_and_parents() {
    std::set<pid_t> found;
    pid_t pid = getpid();
    Stat stat;
    while (pid > 0 && found.insert(pid).second && read_stat(pid, stat)) {
        pid = stat.parent;
    }
    return found;
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added) {
    std::vector<std::string> merged;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        if (added.count(std::string(text.substr(0, text.find('=')))) == 0) {
            merged.emplace_back(text);
        }
    }
    for (const auto& [name, value] : added) {
        merged.push_back(name + "=" + value);
    }
    return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> found;
    for (std::string& text : texts) {
        found.push_back(text.data());
    }
    found.push_back(nullptr);
    return found;
}

bool wait_until_gone(const std::vector<ProcessKey>& processes, Duration limit) {
    const TimePoint deadline = monotonic_now() + limit;
    for (;;) {
        bool alive = false;
        for (const ProcessKey& process : processes) {
            reap(process);
            alive = alive || is_alive(process);
        }
        if (!alive) {
            return true;
        }
        if (monotonic_now() >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

void signal_all(const std::vector<ProcessKey>& processes, int signal) {
    for (const ProcessKey& process : processes) {
        if (is_alive(process)) {
            kill(process.pid, signal);
        }
    }
}

}  // namespace

Result<ProcessKey> process_key(pid_t pid) {
    Stat stat;
    if (!read_stat(pid, stat) || stat.state == 'Z' || stat.state == 'X') {
        return Error{ErrorCode::NotFound, "no process " + std::to_string(pid)};
    }
    return ProcessKey{pid, stat.start_ticks};
}

bool is_alive(const ProcessKey& process) {
    const auto now = process_key(process.pid);
    return now.ok() && *now == process;
}

std::vector<std::string> command_of(pid_t pid) {
    std::string text = read_file("/proc/" + std::to_string(pid) + "/cmdline");
    if (text.ends_with('\0')) {
        text.pop_back();
    }
    std::vector<std::string> words;
    for (const std::string_view word : split(text, '\0')) {
        words.emplace_back(word);
    }
    return words;
}

Result<ProcessKey> spawn_detached(const std::vector<std::string>& argv, const std::string& log_path,
                                  const std::map<std::string, std::string>& environment) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    // A signal mask or an ignored signal of ours must not reach the daemon.
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> arguments = argv;
    std::vector<std::string> variables = merged_environment(environment);
    pid_t pid = 0;
    const int failed = posix_spawn(&pid, argv[0].c_str(), &actions, &attributes,
                                   pointers(arguments).data(), pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failed != 0) {
        return Error{ErrorCode::Internal, "cannot start " + argv[0] + ": " + strerror(failed)};
    }
    Stat stat;
    read_stat(pid, stat);
    return ProcessKey{pid, stat.start_ticks};
}

int reap(const ProcessKey& process) {
    int status = 0;
    return waitpid(process.pid, &status, WNOHANG) == process.pid ? status : 0;
}

Status stop_processes(const std::vector<ProcessKey>& processes, Duration grace) {
    signal_all(processes, SIGTERM);
    if (wait_until_gone(processes, grace)) {
        return {};
    }
    signal_all(processes, SIGKILL);
    if (!wait_until_gone(processes, 5_s)) {
        return Error{ErrorCode::Internal, "some processes outlive SIGKILL; see ps -ef"};
    }
    return {};
}

std::vector<ProcessKey> processes_of(const std::string& directory, const std::string& variable) {
    std::vector<ProcessKey> found;
    const std::set<pid_t> excluded = self_and_parents();
    DIR* listing = opendir("/proc");
    while (listing != nullptr) {
        const dirent* entry = readdir(listing);
        if (entry == nullptr) {
            break;
        }
        pid_t pid = 0;
        if (!parse_number(entry->d_name, pid) || excluded.count(pid) > 0) {
            continue;
        }
        const std::string base = "/proc/" + std::to_string(pid);
        struct stat owner {};
        if (stat(base.c_str(), &owner) != 0 || owner.st_uid != geteuid()) {
            continue;
        }
        if (belongs(pid, base, directory, variable)) {
            if (const auto key = process_key(pid); key.ok()) {
                found.push_back(*key);
            }
        }
    }
    if (listing != nullptr) {
        closedir(listing);
    }
    return found;
}

std::string tail_of(const std::string& path, int lines) {
    const std::string text = read_file(path);
    std::size_t begin = text.size();
    // The newline that ends the last line does not count.
    for (int seen = -1; begin > 0; --begin) {
        if (text[begin - 1] == '\n' && ++seen == lines) {
            break;
        }
    }
    return text.substr(begin);
}

}  // namespace heddle::rmctl
