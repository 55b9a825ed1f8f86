// Opening log files safely.

#include "nodeagent/shell/log_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace heddle::node {

namespace {

/// Opens `path` beneath the directory; -1 with errno otherwise.
int open_beneath(int directory, const std::string& path, int flags) {
    open_how how{};
    how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how));
}

class LogRoot {
public:
    explicit LogRoot(const NodePaths& paths)
        : descriptor_(::open(paths.logs_root().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
    ~LogRoot() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }
    LogRoot(const LogRoot&) = delete;
    LogRoot& operator=(const LogRoot&) = delete;
    int get() const { return descriptor_; }

private:
    int descriptor_;
};

}  // namespace

namespace {

// Calls `visit` with the directory, and with the name and state of each regular file in it.
template <typename Visit>
void each_log(const NodePaths& paths, const ContainerId& id, Visit&& visit) {
    const LogRoot root(paths);
    const int descriptor =
        open_beneath(root.get(), NodePaths::below(id), O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    DIR* directory = descriptor < 0 ? nullptr : ::fdopendir(descriptor);
    if (directory == nullptr) {
        return;
    }
    while (const dirent* entry = ::readdir(directory)) {
        struct stat status {};
        if (::fstatat(descriptor, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode)) {
            visit(descriptor, entry->d_name, status);
        }
    }
    ::closedir(directory);
}

}  // namespace

std::vector<LogFile> list_logs(const NodePaths& paths, const ContainerId& id) {
    std::vector<LogFile> files;
    each_log(paths, id, [&](int, const char* name, const struct stat& status) {
        if (files.size() < kLogFilesMax) {
            files.push_back({name,
                             static_cast<std::uint64_t>(status.st_size),
                             {std::int64_t{status.st_mtim.tv_sec} * 1000 +
                              status.st_mtim.tv_nsec / 1'000'000}});
        }
    });
    std::ranges::sort(files, {}, &LogFile::name);
    return files;
}

void trim_logs(const NodePaths& paths, const ContainerId& id, const LogPatterns& patterns) {
    const auto kept = KeptLogs::of(patterns);
    if (!kept) {
        return;  // the manager has refused such; one of another version may not have
    }
    each_log(paths, id, [&](int directory, const char* name, const struct stat&) {
        if (!kept->keeps(name)) {
            ::unlinkat(directory, name, 0);
        }
    });
}

Result<OpenLog> open_log(const NodePaths& paths, const ContainerId& id, const std::string& name) {
    const Error missing{ErrorCode::NotFound,
                        "no log file '" + name + "' of container " + to_string(id)};
    if (name.empty() || name.find('/') != std::string::npos) {
        return missing;
    }
    const LogRoot root(paths);
    const int descriptor =
        open_beneath(root.get(), NodePaths::below(id) + "/" + name, O_RDONLY | O_NONBLOCK);
    if (descriptor < 0) {
        return missing;
    }
    OpenLog log;
    log.descriptor = std::shared_ptr<const int>(new int(descriptor), [](const int* owned) {
        ::close(*owned);
        delete owned;
    });
    struct stat status {};
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        return missing;
    }
    log.size = static_cast<std::uint64_t>(status.st_size);
    return log;
}

std::uint64_t size_of(const OpenLog& log) {
    struct stat status {};
    return ::fstat(*log.descriptor, &status) == 0 ? static_cast<std::uint64_t>(status.st_size)
                                                  : log.size;
}

std::string read_log(const OpenLog& log, std::uint64_t offset, std::size_t limit) {
    std::string bytes(limit, '\0');
    const ssize_t n = ::pread(*log.descriptor, bytes.data(), limit, static_cast<off_t>(offset));
    bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return bytes;
}

}  // namespace heddle::node
