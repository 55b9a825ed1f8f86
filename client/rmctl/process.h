#pragma once

// Processes that outlive rmctl (the daemons of `dev up`) and what is left of them.

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"

namespace heddle::rmctl {

/// A process is known by its pid and start time, so that a recycled pid is never taken for it.
struct ProcessKey {
    pid_t pid = 0;
    std::uint64_t start_ticks = 0;
    friend bool operator==(const ProcessKey&, const ProcessKey&) = default;
};

/// The key of a process that runs now (zombies do not); NotFound otherwise.
Result<ProcessKey> process_key(pid_t pid);

bool is_alive(const ProcessKey& process);

/// The words that a process was started with; empty when it is gone.
std::vector<std::string> command_of(pid_t pid);

/// Starts `argv` in a session of its own, standard input from /dev/null, standard output and error
/// appended to `log_path`. `environment` is added to ours. Errors: Internal with the reason.
Result<ProcessKey> spawn_detached(const std::vector<std::string>& argv, const std::string& log_path,
                                  const std::map<std::string, std::string>& environment);

/// Reaps `process` if it is our child and has ended: its wait status, 0 while it runs.
int reap(const ProcessKey& process);

/// SIGTERM, then SIGKILL for those that still run after `grace`. Returns when all are gone.
/// Errors: Internal when one outlives SIGKILL.
Status stop_processes(const std::vector<ProcessKey>& processes, Duration grace);

/// Processes of this user that belong to `directory`: their environment has `variable=directory`,
/// or they are containers that work below it. This process and its parents are never among them.
std::vector<ProcessKey> processes_of(const std::string& directory, const std::string& variable);

/// The last `lines` lines of a file; empty when it cannot be read.
std::string tail_of(const std::string& path, int lines);

}  // namespace heddle::rmctl
