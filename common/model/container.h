#pragma once

// What a container is, on both sides of the wire: what is to be started, what runs, how it ended.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"
#include "common/model/log_patterns.h"

namespace heddle {

/// A file that a container finds in its work directory under `name`.
struct Artifact {
    std::string name;
    std::string source;  // "heddle:sha256/<hex>", "file:/path", "http://...", "https://..."
    std::string sha256;  // hex; empty when the source is not content-addressed
    std::uint64_t size = 0;
    bool executable = false;

    friend bool operator==(const Artifact&, const Artifact&) = default;
};

/// A small secret that the node writes into the container's work directory with mode 0600.
/// Never logged, never in REST answers.
struct SecretFile {
    std::string name;
    std::string contents;

    friend bool operator==(const SecretFile&, const SecretFile&) = default;
};

/// How to start a process: argv is executed directly, without a shell; argv[0] is looked up in the
/// work directory first, then on the node's PATH. `{{NAME}}` and `<LOG_DIR>`, `<CPS>` in argv and
/// environment are expanded on the node as YARN does.
struct LaunchSpec {
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;
    std::vector<Artifact> artifacts;
    std::vector<SecretFile> secrets;

    friend bool operator==(const LaunchSpec&, const LaunchSpec&) = default;
};

/// Where an ask stands: an absolute count under this key, never an increment. A changed ask raises
/// the generation; what answers an older generation is surplus.
struct AskKey {
    AttemptId attempt;
    std::int32_t ask = 0;  // chosen by the master; 0 is the master container itself
    std::int32_t generation = 0;

    friend constexpr auto operator<=>(const AskKey&, const AskKey&) = default;
};

/// The node's life of a container (design: localising -> ready -> running -> stopping -> done).
/// Ready: everything is in place and it waits to be started, which happens only with `hold` or when
/// it is opportunistic: then it is in its node's queue.
enum class ContainerPhase { Localising, Ready, Running, Stopping, Done };
std::string_view to_string(ContainerPhase phase);

/// YARN's execution types. Opportunistic containers are placed beyond what is free: they wait on
/// their node until no guaranteed container needs the room, and end when one does.
enum class ExecutionType { Guaranteed, Opportunistic };
std::string_view to_string(ExecutionType type);

/// What a container becomes that lives as the other type.
struct ExecutionChange {
    ContainerId container;
    ExecutionType to = ExecutionType::Guaranteed;

    friend bool operator==(const ExecutionChange&, const ExecutionChange&) = default;
};

enum class ExitReason {
    Exited,        // by itself; `code` is its exit code
    Signalled,     // by a signal that nobody here sent; `signal` says which
    Stopped,       // by order of the manager or its master
    LaunchFailed,  // never ran: artifacts, permissions, exec
    NodeLost,      // the node did not come back in time
    OutOfMemory,   // over its memory limit
    Unknown,       // the record of its end is missing
    Displaced,     // opportunistic: it made room, found no place in a queue, or moves elsewhere
};
std::string_view to_string(ExitReason reason);

/// YARN's exit codes for containers that did not exit by themselves.
constexpr int kExitKilledByResourceManager = -106;
constexpr int kExitPreempted = -102;
constexpr int kExitAborted = -100;
constexpr int kExitKilledByContainerScheduler = -108;
constexpr int kExitOverMemory = -104;

struct ContainerExit {
    ExitReason reason = ExitReason::Exited;
    std::int32_t code = 0;  // 128 + signal when signalled, as shells do
    std::int32_t signal = 0;
    std::string message;  // one sentence for people; empty for a plain exit 0
    std::int64_t memory_peak_mib = 0;
    WallTime finished;

    bool success() const { return reason == ExitReason::Exited && code == 0; }
    friend bool operator==(const ContainerExit&, const ContainerExit&) = default;
};

/// A start order. It carries all a node needs; the node checks `epoch` against the highest seen.
struct ContainerStart {
    ContainerId container;
    AskKey key;
    std::int64_t epoch = 0;
    Resource size;
    std::string user;
    bool hold = false;  // localise, then wait for the master's decision
    LaunchSpec spec;
    std::vector<std::string> tags = {};  // of its ask; they come back with every report
    ExecutionType execution = ExecutionType::Guaranteed;
    LogPatterns log_patterns = {};  // which log files stay after its end

    friend bool operator==(const ContainerStart&, const ContainerStart&) = default;
};

/// What a node says of one of its containers, until the manager has acknowledged its end.
struct ContainerReport {
    ContainerId container;
    AskKey key;
    Resource size;
    std::string user;
    ContainerPhase phase = ContainerPhase::Localising;
    std::int64_t pid = 0;  // of the user's process; 0: not started
    WallTime started;
    std::optional<ContainerExit> exit;   // present exactly when phase is Done
    std::vector<std::string> tags = {};  // as in its start order
    ExecutionType execution = ExecutionType::Guaranteed;
    /// Of the size that it is held to. While a change is under way `size` is the larger of both.
    std::int64_t version = 0;

    friend bool operator==(const ContainerReport&, const ContainerReport&) = default;
};

}  // namespace heddle
