// Finding and killing what is left of a container.

#include "nodeagent/shim/descendants.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace heddle::node {

namespace {

/// The parent's number, from /proc/<pid>/stat; 0: no such process.
pid_t parent_of(pid_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/stat";
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return 0;
    }
    char text[1024];
    const ssize_t n = read(file, text, sizeof text - 1);
    close(file);
    const std::string stat(text, n > 0 ? static_cast<std::size_t>(n) : 0);
    const std::size_t name_end = stat.rfind(')');
    // ") S ppid"
    return name_end == std::string::npos || name_end + 4 >= stat.size()
               ? 0
               : static_cast<pid_t>(std::atol(stat.c_str() + name_end + 4));
}

}  // namespace

std::vector<pid_t> children_of_self() {
    std::vector<pid_t> children;
    DIR* proc = opendir("/proc");
    if (proc == nullptr) {
        return children;
    }
    while (const dirent* entry = readdir(proc)) {
        const pid_t pid = static_cast<pid_t>(std::atol(entry->d_name));
        if (pid > 0 && parent_of(pid) == getpid()) {
            children.push_back(pid);
        }
    }
    closedir(proc);
    return children;
}

void kill_everything(pid_t group) {
    kill(-group, SIGKILL);
    for (const pid_t child : children_of_self()) {
        kill(child, SIGKILL);
    }
}

}  // namespace heddle::node
