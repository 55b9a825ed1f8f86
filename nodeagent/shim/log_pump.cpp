// From a pipe into a rotated log file.

#include "nodeagent/shim/log_pump.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace heddle::node {

namespace {
constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr std::size_t kTailBytes = 400;
char buffer[kBufferBytes];
}  // namespace

LogPump::LogPump(int directory, std::string name, int pipe, std::uint64_t limit)
    : directory_(directory), name_(std::move(name)), pipe_(pipe), limit_(limit) {}

LogPump::~LogPump() {
    if (pipe_ >= 0) {
        close(pipe_);
    }
    if (file_ >= 0) {
        close(file_);
    }
}

int LogPump::open() {
    file_ = openat(directory_, name_.c_str(),
                   O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    struct stat status {};
    if (file_ < 0 || fstat(file_, &status) != 0) {
        return errno;
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
    return 0;
}

bool LogPump::pump() {
    if (pipe_ < 0) {
        return false;
    }
    const ssize_t n = read(pipe_, buffer, sizeof buffer);
    if (n > 0) {
        write_out(buffer, static_cast<std::size_t>(n));
        keep_tail(buffer, static_cast<std::size_t>(n));
        return true;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    close(std::exchange(pipe_, -1));
    return false;
}

void LogPump::keep_tail(const char* data, std::size_t size) {
    const std::size_t fresh = std::min(size, kTailBytes);
    tail_.append(data + size - fresh, fresh);
    if (tail_.size() > kTailBytes) {
        tail_.erase(0, tail_.size() - kTailBytes);
    }
}

std::string LogPump::last_line() const {
    constexpr const char* kBlank = " \t\r\n";
    const std::size_t last = tail_.find_last_not_of(kBlank);
    if (last == std::string::npos) {
        return {};
    }
    const std::size_t line = tail_.rfind('\n', last);
    const std::size_t first = tail_.find_first_not_of(kBlank, line == std::string::npos ? 0 : line);
    return tail_.substr(first, last + 1 - first);
}

void LogPump::write_out(const char* data, std::size_t size) {
    if (size_ > 0 && size_ + size > limit_) {
        rotate();
    }
    while (size > 0) {
        const ssize_t n = write(file_, data, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            lost_ += size;
            return;
        }
        data += n;
        size -= static_cast<std::size_t>(n);
        size_ += static_cast<std::uint64_t>(n);
    }
}

// The container may have replaced its own log file by anything; the new one is always a file that
// this process made.
void LogPump::rotate() {
    const std::string old = name_ + ".1";
    unlinkat(directory_, old.c_str(), 0);
    if (renameat(directory_, name_.c_str(), directory_, old.c_str()) != 0 && errno != ENOENT) {
        return;
    }
    const int file = openat(directory_, name_.c_str(),
                            O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (file >= 0) {
        close(std::exchange(file_, file));
        size_ = 0;
    }
}

}  // namespace heddle::node
