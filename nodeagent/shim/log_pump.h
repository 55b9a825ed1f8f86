#pragma once

// Carries one output stream of the container from its pipe into a log file, and starts a new file
// when the limit is reached: "stdout" is the current one, "stdout.1" the one before; older output
// is gone. A full disk loses output, never blocks the container: what is lost is counted.

#include <cstdint>
#include <string>

namespace heddle::node {

class LogPump {
public:
    /// `pipe` is the reading end, taken over. `directory` is a descriptor of the log directory.
    LogPump(int directory, std::string name, int pipe, std::uint64_t limit);
    ~LogPump();
    LogPump(const LogPump&) = delete;
    LogPump& operator=(const LogPump&) = delete;

    /// Opens the file, appending. 0, or an errno.
    int open();

    /// The descriptor to poll; -1 when the stream has ended.
    int pipe() const { return pipe_; }

    /// Moves what is there, at most one buffer; false when nothing was.
    bool pump();

    std::uint64_t lost() const { return lost_; }
    /// The last line of the stream that is not blank, or the end of it, on one line.
    std::string last_line() const;

private:
    void write_out(const char* data, std::size_t size);
    void rotate();
    void keep_tail(const char* data, std::size_t size);

    int directory_;
    std::string name_;
    int pipe_;
    std::uint64_t limit_;
    int file_ = -1;
    std::uint64_t size_ = 0;
    std::uint64_t lost_ = 0;
    std::string tail_;  // the last bytes of the stream
};

}  // namespace heddle::node
