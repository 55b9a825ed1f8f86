// Scanning /proc for processes of a container.

#include "nodeagent/shell/leftovers.h"

#include <dirent.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/strings.h"

namespace heddle::node {

namespace {

constexpr int kRoundsMax = 200;

std::string contents(pid_t pid, const char* name) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct ProcessFacts {
    char state = '?';
    pid_t session = 0;
    std::uint64_t start_ticks = 0;
};

ProcessFacts facts_of(pid_t pid) {
    const std::string stat = contents(pid, "stat");
    const std::size_t name_end = stat.rfind(')');
    ProcessFacts facts;
    if (name_end == std::string::npos || name_end + 2 >= stat.size()) {
        return facts;
    }
    const auto fields = split(std::string_view(stat).substr(name_end + 2), ' ');
    if (fields.size() > 19) {
        facts.state = fields[0][0];
        parse_number(fields[3], facts.session);
        parse_number(fields[19], facts.start_ticks);
    }
    return facts;
}

bool belongs(pid_t pid, const std::string& container, const ProcessIdentity& shim) {
    const ProcessFacts facts = facts_of(pid);
    if (facts.state == 'Z' || facts.state == 'X' || facts.state == '?') {
        return false;
    }
    // A session's number is not given to a new process while one of its members lives; a later
    // leader of the same number would be younger than the shim and lead the session itself.
    const bool leads = facts.session == pid;
    if (facts.session == shim.pid && shim.pid > 1 &&
        (!leads || facts.start_ticks == shim.start_ticks) &&
        facts.start_ticks >= shim.start_ticks) {
        return true;
    }
    const std::string wanted = "CONTAINER_ID=" + container;
    const std::string environment = contents(pid, "environ");
    for (const std::string_view variable : split(environment, '\0')) {
        if (variable == wanted) {
            return true;
        }
    }
    return false;
}

/// By descriptor, so that a number that is reused in between is not hit; by number only where the
/// system gives no descriptor, because a process left alive is worse.
void kill_if_it_belongs(pid_t pid, const std::string& container, const ProcessIdentity& shim) {
    const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (descriptor < 0 && errno == ESRCH) {
        return;
    }
    if (belongs(pid, container, shim)) {
        if (descriptor < 0) {
            kill(pid, SIGKILL);
        } else {
            syscall(SYS_pidfd_send_signal, descriptor, SIGKILL, nullptr, 0);
        }
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
}

std::vector<pid_t> find_all(const std::string& container, const ProcessIdentity& shim) {
    std::vector<pid_t> found;
    DIR* proc = opendir("/proc");
    while (const dirent* entry = proc == nullptr ? nullptr : readdir(proc)) {
        const pid_t pid = static_cast<pid_t>(std::atol(entry->d_name));
        if (pid > 1 && pid != getpid() && belongs(pid, container, shim)) {
            found.push_back(pid);
        }
    }
    if (proc != nullptr) {
        closedir(proc);
    }
    return found;
}

}  // namespace

void kill_leftovers(const std::string& container, const ProcessIdentity& shim) {
    for (int round = 0; round < kRoundsMax; ++round) {
        const std::vector<pid_t> found = find_all(container, shim);
        if (found.empty()) {
            return;
        }
        for (const pid_t pid : found) {
            kill_if_it_belongs(pid, container, shim);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // for them to be gone
    }
}

}  // namespace heddle::node
