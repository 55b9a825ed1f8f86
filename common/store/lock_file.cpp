#include "common/store/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "common/base/strings.h"

namespace heddle::store {

Result<LockFile> LockFile::take(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return errno_error("cannot open " + path);
    }
    LockFile lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return errno_error("cannot lock " + path);
        }
        char buffer[32] = {};
        const ssize_t size = ::pread(descriptor, buffer, sizeof buffer - 1, 0);
        const std::string holder(
            trim(std::string_view(buffer, size > 0 ? static_cast<std::size_t>(size) : 0)));
        return Error{ErrorCode::Conflict, "the state directory is in use by process " +
                                              (holder.empty() ? "(unknown)" : holder) +
                                              ", which holds " + path};
    }
    const std::string pid = std::to_string(::getpid()) + "\n";
    // A pid that cannot be written (disk full) only makes a later message poorer.
    if (::ftruncate(descriptor, 0) == 0) {
        [[maybe_unused]] const ssize_t written = ::pwrite(descriptor, pid.data(), pid.size(), 0);
    }
    return lock;
}

LockFile::LockFile(LockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

LockFile::~LockFile() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

}  // namespace heddle::store
