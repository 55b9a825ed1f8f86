#pragma once

// Starts shims, watches them by pidfd, and finds those of an earlier agent again. Nothing here
// forks: a shim is spawned without copying this process, with no descriptor but those named.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "common/model/container.h"
#include "common/net/event_loop.h"
#include "nodeagent/core/effect.h"
#include "nodeagent/core/event.h"
#include "nodeagent/shell/node_paths.h"
#include "nodeagent/shim/state_files.h"

namespace heddle::node {

struct ShimLaunch {
    ContainerId container;
    std::vector<std::string> argv;         // expanded
    std::vector<std::string> environment;  // NAME=value
};

class ShimHost {
public:
    struct Options {
        NodePaths paths;
        std::string shim;  // path of the program
        std::uint64_t log_bytes_max = 64u << 20;
        std::uint64_t files_max = 65'536;  // RLIMIT_NOFILE of containers, within the hard limit
    };
    /// Gets Started, StartFailed and ContainerExited, on the loop thread.
    using OnEvent = std::function<void(Event)>;

    ShimHost(net::EventLoop& loop, Options options, OnEvent on_event);
    ~ShimHost();

    /// A shim that cannot be watched is ended with what it started; never blocks the loop.
    void start(ShimLaunch launch);
    /// Watches the shim that inspect() found. If it has ended since, ContainerExited follows.
    void adopt(const ContainerId& id);
    /// A second Kill no longer trusts the shim to do it.
    void signal(const ContainerId& id, SignalKind signal);

    /// What is true of a container's process now. Kills what a killed shim left behind. Blocks;
    /// before the loop runs.
    decltype(RecoveredContainer::process) inspect(const ContainerId& id) const;

    /// Ends a container of which there is no record: how it ended before, or Unknown. Blocks;
    /// before the loop runs.
    ContainerExit end_unrecorded(const ContainerId& id) const;

    /// Shim pids of containers that run, with their ids: sessions for measuring.
    std::map<std::int64_t, std::string> sessions() const;

private:
    struct Shim {
        pid_t pid = 0;
        int descriptor = -1;  // pidfd
        int notify = -1;      // until it has answered
        net::EventLoop::WatchId watch = 0;
        net::EventLoop::WatchId notify_watch = 0;
        ProcessIdentity user;
        bool killed = false;
        bool child = false;  // of this process, which must collect it
        // What it said instead of "started PID"; its end is awaited.
        std::optional<std::string> last_words;
    };
    struct Spawned;

    void spawned(const ContainerId& id, const Spawned& result);
    void listen(const ContainerId& id);
    void answered(const ContainerId& id);
    void answer_line(const ContainerId& id, const std::string& line);
    void ended_unstarted(const ContainerId& id, const std::string& line);
    void look_for_other(const ContainerId& id, int polls);
    void ended(const ContainerId& id);
    void report_end(const ContainerId& id);
    void watch(const ContainerId& id);
    void cannot_watch(const ContainerId& id, const Error& error);
    void close_notify(Shim& shim);
    void forget(const ContainerId& id);

    net::EventLoop& loop_;
    Options options_;
    OnEvent on_event_;
    std::map<ContainerId, Shim> shims_;
    std::shared_ptr<bool> alive_;  // shared with callbacks, which do nothing once it is false
};

/// The model's view of a shim's exit record.
ContainerExit exit_of(const ExitRecord& record);

}  // namespace heddle::node
