#include "resourcemanager/shell/daemon_logs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

namespace heddle::rm {
namespace {

// Needs no escape in a path, a page or a header.
bool plain(const std::string& name) {
    return !name.empty() && name.size() <= 255 && name.front() != '.' &&
           std::ranges::all_of(name, [](unsigned char c) {
               return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
           });
}

std::shared_ptr<const int> open_file(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0) {
        return nullptr;
    }
    return {new int(descriptor), [](const int* held) {
                ::close(*held);
                delete held;
            }};
}

}  // namespace

std::vector<DaemonLog> list_daemon_logs(const std::string& folder) {
    std::vector<DaemonLog> logs;
    std::error_code failed;
    for (std::filesystem::directory_iterator it(folder, failed), end; !failed && it != end;
         it.increment(failed)) {
        const std::string name = it->path().filename().string();
        struct stat status {};
        if (plain(name) && ::lstat(it->path().c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
            logs.push_back({name,
                            static_cast<std::uint64_t>(status.st_size),
                            {std::int64_t{status.st_mtim.tv_sec} * 1000 +
                             status.st_mtim.tv_nsec / 1'000'000}});
        }
    }
    std::ranges::sort(logs, {}, &DaemonLog::name);
    logs.resize(std::min(logs.size(), kDaemonLogsMax));
    return logs;
}

Result<OpenDaemonLog> open_daemon_log(const std::string& folder, const std::string& name) {
    OpenDaemonLog log;
    log.descriptor = plain(name) ? open_file(folder + "/" + name) : nullptr;
    struct stat status {};
    if (log.descriptor == nullptr || ::fstat(*log.descriptor, &status) != 0 ||
        !S_ISREG(status.st_mode)) {
        return Error{ErrorCode::NotFound, "no log file '" + name + "'; /logs lists what there is"};
    }
    log.size = static_cast<std::uint64_t>(status.st_size);
    return log;
}

}  // namespace heddle::rm
