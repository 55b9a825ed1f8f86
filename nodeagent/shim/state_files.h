#pragma once

// The small files in a container's state directory by which shim and agent know of each other over
// the death of either. Standard library and system calls only: the shim is to stay tiny.
//
//   lock     held (flock) by the shim as long as it lives; a container is run by one shim, once
//   started  written when the user's process exists, before it executes the program
//   exit     written when it and all its descendants are gone; the last thing a shim does

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::node {

constexpr const char* kLockFile = "lock";
constexpr const char* kStartedFile = "started";
constexpr const char* kExitFile = "exit";

/// A process by number and the time of its start (clock ticks since boot), which together are not
/// reused.
struct ProcessIdentity {
    pid_t pid = 0;
    std::uint64_t start_ticks = 0;

    friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

/// nullopt: there is no such process.
std::optional<std::uint64_t> process_start_ticks(pid_t pid);

struct StartedRecord {
    ProcessIdentity shim;
    ProcessIdentity user;
    std::int64_t started_ms = 0;

    friend bool operator==(const StartedRecord&, const StartedRecord&) = default;
};

enum class EndKind { Exited, Signalled, LaunchFailed };

struct ExitRecord {
    EndKind kind = EndKind::Exited;
    std::int32_t code = 0;
    std::int32_t signal = 0;
    std::int64_t memory_peak_mib = 0;
    std::int64_t finished_ms = 0;
    std::uint64_t output_lost = 0;  // bytes of output that could not be written
    std::string message;            // one line: why it did not start, or its last words

    friend bool operator==(const ExitRecord&, const ExitRecord&) = default;
};

std::string encode(const StartedRecord& record);
std::string encode(const ExitRecord& record);

/// nullopt: not a whole record of this version.
std::optional<StartedRecord> decode_started(std::string_view text);
std::optional<ExitRecord> decode_exit(std::string_view text);

/// Takes the space of a record for a later write_file_at(), which then succeeds on a full disk. 0,
/// or an errno.
int reserve_file_at(int directory, const char* name);

/// Replaces `name` in `directory` in one step; `durable` also over a power cut. 0, or an errno.
int write_file_at(int directory, const char* name, std::string_view contents, bool durable);

/// nullopt: it cannot be read, or is longer than a record may be.
std::optional<std::string> read_file_at(int directory, const char* name);

}  // namespace heddle::node
