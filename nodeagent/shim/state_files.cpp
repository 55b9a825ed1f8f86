// Reading and writing of the shim's state files.

#include "nodeagent/shim/state_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace heddle::node {

namespace {

constexpr std::size_t kRecordBytesMax = 16 * 1024;
constexpr std::size_t kReservedBytes = 4096;  // an exit record has at most 1.2 kB
constexpr std::string_view kStartedHead = "heddle-started 1";
constexpr std::string_view kExitHead = "heddle-exit 1";

/// Reads "head n n n ...\n" lines of numbers, and at the end a rest of the line.
class Fields {
public:
    Fields(std::string_view text, std::string_view head) : rest_(text) {
        ok_ = rest_.substr(0, head.size()) == head && !text.empty() && text.back() == '\n';
        if (ok_) {
            rest_.remove_prefix(head.size());
            rest_.remove_suffix(1);
        }
    }

    template <typename T>
    Fields& operator>>(T& number) {
        if (!ok_ || rest_.empty() || rest_.front() != ' ') {
            ok_ = false;
            return *this;
        }
        rest_.remove_prefix(1);
        const auto [end, error] =
            std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
        ok_ = error == std::errc{};
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return *this;
    }
    /// What follows the separator ":".
    std::optional<std::string_view> text() {
        if (!ok_ || rest_.empty() || rest_.front() != ':') {
            return std::nullopt;
        }
        return rest_.substr(1);
    }

private:
    std::string_view rest_;
    bool ok_ = false;
};

std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text.substr(0, 1024);
}

template <typename... T>
std::string numbers(T... values) {
    std::string text;
    ((text += " " + std::to_string(values)), ...);
    return text;
}

}  // namespace

std::optional<std::uint64_t> process_start_ticks(pid_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/stat";
    const auto stat = read_file_at(AT_FDCWD, path.c_str());
    const std::size_t name_end = stat ? stat->rfind(')') : std::string::npos;
    if (name_end == std::string::npos) {
        return std::nullopt;
    }
    // Behind the name: field 3 is the state, field 22 the start time.
    std::size_t at = name_end + 1;
    for (int field = 3; field <= 22 && at != std::string::npos; ++field) {
        at = stat->find(' ', field == 3 ? at : at + 1);
    }
    std::uint64_t ticks = 0;
    if (at == std::string::npos) {
        return std::nullopt;
    }
    std::from_chars(stat->data() + at + 1, stat->data() + stat->size(), ticks);
    return ticks;
}

std::string encode(const StartedRecord& record) {
    return std::string(kStartedHead) +
           numbers(record.shim.pid, record.shim.start_ticks, record.user.pid,
                   record.user.start_ticks, record.started_ms) +
           ":\n";
}

std::optional<StartedRecord> decode_started(std::string_view text) {
    StartedRecord record;
    Fields fields(text, kStartedHead);
    fields >> record.shim.pid >> record.shim.start_ticks >> record.user.pid >>
        record.user.start_ticks >> record.started_ms;
    if (!fields.text() || record.shim.pid <= 1 || record.user.pid <= 1) {
        return std::nullopt;
    }
    return record;
}

std::string encode(const ExitRecord& record) {
    return std::string(kExitHead) +
           numbers(static_cast<int>(record.kind), record.code, record.signal,
                   record.memory_peak_mib, record.finished_ms, record.output_lost) +
           ":" + one_line(record.message) + "\n";
}

std::optional<ExitRecord> decode_exit(std::string_view text) {
    ExitRecord record;
    int kind = 0;
    Fields fields(text, kExitHead);
    fields >> kind >> record.code >> record.signal >> record.memory_peak_mib >>
        record.finished_ms >> record.output_lost;
    const auto message = fields.text();
    if (!message || kind < 0 || kind > static_cast<int>(EndKind::LaunchFailed)) {
        return std::nullopt;
    }
    record.kind = static_cast<EndKind>(kind);
    record.message = std::string(*message);
    return record;
}

namespace {

std::string temporary_of(const char* name) {
    return std::string(name) + ".tmp";
}

/// From the start, over what is there: space that was taken before is used again.
int write_all(int file, std::string_view contents) {
    while (!contents.empty()) {
        const ssize_t n = write(file, contents.data(), contents.size());
        if (n > 0) {
            contents.remove_prefix(static_cast<std::size_t>(n));
        } else if (n < 0 && errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

int open_temporary(int directory, const std::string& name) {
    return openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

}  // namespace

int reserve_file_at(int directory, const char* name) {
    const std::string temporary = temporary_of(name);
    const int file = open_temporary(directory, temporary);
    if (file < 0) {
        return errno;
    }
    int error = write_all(file, std::string(kReservedBytes, '\0'));
    if (close(file) != 0 && error == 0) {
        error = errno;
    }
    if (error != 0) {
        unlinkat(directory, temporary.c_str(), 0);
    }
    return error;
}

int write_file_at(int directory, const char* name, std::string_view contents, bool durable) {
    const std::string temporary = temporary_of(name);
    const int file = open_temporary(directory, temporary);
    if (file < 0) {
        return errno;
    }
    int error = write_all(file, contents);
    if (error == 0 && ftruncate(file, static_cast<off_t>(contents.size())) != 0) {
        error = errno;
    }
    if (error == 0 && durable && fdatasync(file) != 0) {
        error = errno;
    }
    if (close(file) != 0 && error == 0) {
        error = errno;
    }
    if (error == 0 && renameat(directory, temporary.c_str(), directory, name) != 0) {
        error = errno;
    }
    if (error != 0) {
        unlinkat(directory, temporary.c_str(), 0);
    } else if (durable && directory != AT_FDCWD && fsync(directory) != 0) {
        error = errno;
    }
    return error;
}

std::optional<std::string> read_file_at(int directory, const char* name) {
    const int file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) {
        return std::nullopt;
    }
    std::string contents(kRecordBytesMax, '\0');
    std::size_t size = 0;
    ssize_t n = 0;
    while (size < contents.size() &&
           ((n = read(file, contents.data() + size, contents.size() - size)) > 0 ||
            (n < 0 && errno == EINTR))) {
        size += n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    close(file);
    if (n < 0 || size == contents.size()) {
        return std::nullopt;
    }
    contents.resize(size);
    return contents;
}

}  // namespace heddle::node
