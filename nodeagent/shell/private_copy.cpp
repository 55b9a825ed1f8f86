// Copying and verifying.

#include "nodeagent/shell/private_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "common/net/digest.h"

namespace heddle::node {

namespace {

constexpr std::size_t kPiece = 1 << 20;

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return number_; }
    /// False with errno: what was written did not arrive.
    bool close() { return ::close(std::exchange(number_, -1)) == 0; }

private:
    int number_;
};

std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::optional<FileStamp> stamp(const struct stat& status) {
    if (!S_ISREG(status.st_mode)) {
        return std::nullopt;
    }
    return FileStamp{status.st_ino, static_cast<std::uint64_t>(status.st_size),
                     nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

bool write_all(int to, const char* data, std::size_t size) {
    while (size > 0) {
        const ssize_t n = ::write(to, data, size);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        data += n > 0 ? n : 0;
        size -= n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    return true;
}

/// Through memory, from where both descriptors stand. False with errno.
bool carry(int from, int to) {
    std::vector<char> buffer(kPiece);
    for (;;) {
        const ssize_t n = ::read(from, buffer.data(), buffer.size());
        if (n == 0) {
            return true;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 || !write_all(to, buffer.data(), static_cast<std::size_t>(n))) {
            return false;
        }
    }
}

/// Within the kernel, which shares blocks where the file system can. False with errno.
bool copy_bytes(int from, int to) {
    for (;;) {
        const ssize_t n = ::copy_file_range(from, nullptr, to, nullptr, std::size_t{1} << 30, 0);
        if (n == 0) {
            return true;
        }
        if (n < 0 && errno != EINTR) {
            const bool cannot = errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP ||
                                errno == ENOSYS || errno == EPERM;
            return cannot && carry(from, to);
        }
    }
}

/// The stamp that `from` had before the first byte was read.
Result<FileStamp> copy(const std::string& from, const std::string& to, mode_t mode) {
    const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (source.get() < 0 || ::fstat(source.get(), &status) != 0) {
        const bool gone = errno == ENOENT;
        Error error = errno_error("cannot read " + from);
        error.code = gone ? ErrorCode::NotFound : error.code;
        return error;
    }
    const auto before = stamp(status);
    if (!before) {
        return Error{ErrorCode::InvalidArgument, from + " is not a regular file"};
    }
    Descriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (target.get() < 0) {
        return write_error(to, before->size);
    }
    if (!copy_bytes(source.get(), target.get()) || ::fchmod(target.get(), mode) != 0 ||
        !target.close()) {
        const Error error = write_error(to, before->size);
        ::unlink(to.c_str());
        return error;
    }
    return *before;
}

}  // namespace

std::optional<FileStamp> stamp_of(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? stamp(status) : std::nullopt;
}

Status copy_file(const std::string& from, const std::string& to, mode_t mode) {
    const auto copied = copy(from, to, mode);
    return copied ? Status{} : Status(copied.error());
}

Status copy_verified(const std::string& from, const std::string& digest,
                     std::optional<FileStamp>& known, const std::string& to, mode_t mode) {
    TRY(const FileStamp before, copy(from, to, mode));
    const bool verified = known == before && stamp_of(from) == before;
    known = before;
    if (verified) {
        return {};
    }
    const auto hex = net::sha256_of_file(to);
    if (!hex || *hex != digest) {
        ::unlink(to.c_str());
        return hex ? Error{ErrorCode::DataLoss, from + " was changed: its SHA-256 is " + *hex}
                   : hex.error();
    }
    return {};
}

Error write_error(const std::string& path, std::uint64_t bytes) {
    const int number = errno;
    Error error = errno_error("cannot write " + path + " (" + std::to_string(bytes) + " bytes)");
    if (number == ENOSPC || number == EDQUOT) {
        error.code = ErrorCode::ResourceExhausted;
    }
    return error;
}

}  // namespace heddle::node
