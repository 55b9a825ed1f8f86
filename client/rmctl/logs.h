#pragma once

// rmctl app logs, and the live output of an application's master that `submit --follow` shows.

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "client/rmctl/options.h"
#include "client/rmctl/server.h"
#include "common/base/result.h"

namespace heddle::rmctl {

struct LogOptions {
    std::string application;
    std::string container;  // empty: all containers of the application
    std::string file;       // empty: all files; with `follow` standard output and standard error
    bool follow = false;    // as it is written, until the application or `container` is over
    long long tail = 0;     // last bytes of each file; 0: everything
};

/// Nothing when `container` is one of `application`. Errors: NotFound, naming the application that
/// it belongs to; InvalidArgument when it is no container id.
Status check_container(const std::string& application, const std::string& container);

Result<int> app_logs(const Options& options, const LogOptions& what);

/// A log file and where it is copied to.
struct FollowedFile {
    std::string name;
    std::FILE* to = stdout;
    std::uint64_t offset = 0;  // where to begin
};

/// Standard output and standard error of a container, each to ours.
std::vector<FollowedFile> standard_streams();

/// Copies files of a container while they are written, each on a thread.
class LogFollower {
public:
    /// Uses connections of its own to the same server. `before_output` is called before each piece
    /// is written, to clear a progress line; one call at a time.
    LogFollower(const Server& like, std::string container, std::vector<FollowedFile> files,
                std::function<void()> before_output);
    /// Ends the copying at once.
    ~LogFollower();
    LogFollower(const LogFollower&) = delete;
    LogFollower& operator=(const LogFollower&) = delete;

    /// Waits until all files have ended, which they do soon after the container; gives up when
    /// nothing has come for `silence` seconds or on an interrupt. 0: no such limit.
    /// Errors: of a file that could not be read at all.
    Status finish(int silence);

private:
    void copy(Server& server, FollowedFile file);

    std::string container_;
    std::function<void()> before_output_;
    std::mutex output_;  // one piece at a time, so that lines of two files do not mix; and failed_
    Status failed_;
    std::atomic<bool> stop_{false};
    std::atomic<int> running_{0};
    std::atomic<std::uint64_t> copied_{0};
    std::vector<std::unique_ptr<Server>> servers_;  // one per thread
    std::vector<std::thread> threads_;
};

}  // namespace heddle::rmctl
