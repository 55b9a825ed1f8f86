#pragma once

// rmctl app logs, and the live output of an application's master that `submit --follow` shows.

#include <atomic>
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
    std::string file;       // empty: all files
    bool follow = false;    // the master's output as it is written, until the application ends
    long long tail = 0;     // last bytes of each file; 0: everything
};

Result<int> app_logs(const Options& options, const LogOptions& what);

/// Copies standard output and standard error of a container to ours while it runs, on two threads.
class LogFollower {
public:
    /// Uses connections of its own to the same server. `before_output` is called before each piece
    /// is written, to clear a progress line; one call at a time.
    LogFollower(const Server& like, std::string container, std::function<void()> before_output);
    /// Ends the copying at once.
    ~LogFollower();
    LogFollower(const LogFollower&) = delete;
    LogFollower& operator=(const LogFollower&) = delete;

    /// Waits until both streams have ended, which they do soon after the container; at most
    /// `seconds`.
    void finish(int seconds);

private:
    void copy(Server& server, const std::string& file, std::FILE* to);

    std::string container_;
    std::function<void()> before_output_;
    std::mutex output_;  // one piece at a time, so that lines of the two streams do not mix
    std::atomic<bool> stop_{false};
    std::atomic<int> running_{2};
    std::vector<std::unique_ptr<Server>> servers_;  // one per thread
    std::vector<std::thread> threads_;
};

}  // namespace heddle::rmctl
