#pragma once

// Applications and their attempts: what was submitted, and the states that YARN's users know.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"
#include "common/model/container.h"
#include "common/model/queue.h"

namespace heddle {

/// What a program is told by its environment: the master to use when it names none itself
/// ("local[2]", "heddle://host:8088"), and settings, one "key=value" per line.
constexpr const char* kMasterVariable = "HEDDLE_MASTER";
constexpr const char* kSettingsVariable = "HEDDLE_SETTINGS";

/// rdd: the master is a driver. master: any program that speaks the master protocol. command: one
/// container whose exit is the final status.
enum class ApplicationKind { Rdd, Master, Command };
std::string_view to_string(ApplicationKind kind);
std::optional<ApplicationKind> parse_application_kind(std::string_view text);

enum class AppState {
    New,
    NewSaving,
    Submitted,
    Accepted,
    Running,
    FinalSaving,
    Finishing,
    Finished,
    Failed,
    Killing,
    Killed
};
/// YARN's public name: FinalSaving, Finishing and Killing show as the state they came from does in
/// YARN (RUNNING, FINISHED, RUNNING).
std::string_view to_string(AppState state);
bool is_final(AppState state);

enum class FinalStatus { Undefined, Succeeded, Failed, Killed };
std::string_view to_string(FinalStatus status);

enum class AttemptState {
    New,
    Submitted,
    Scheduled,
    AllocatedSaving,
    Allocated,
    Launched,
    Running,
    FinalSaving,
    Finishing,
    Finished,
    Failed,
    Killed,
    LaunchedUnmanagedSaving,  // last: records hold the numbers
};
std::string_view to_string(AttemptState state);
bool is_final(AttemptState state);

/// What a user asked for. Saved before the submission is acknowledged.
constexpr std::int32_t kPriorityOpen = INT32_MIN;  // none was asked for

struct ApplicationSubmission {
    ApplicationId id;
    std::string name;
    std::string type;  // REST's applicationType: "HEDDLE-RDD", "COMMAND", or what was given
    ApplicationKind kind = ApplicationKind::Command;
    std::string queue;  // full path, "root.default"
    std::string user;
    std::int32_t priority = 0;  // kPriorityOpen at submission: the default of its queue and user
    std::int32_t attempts_max = 2;
    std::vector<std::string> tags;
    LaunchSpec master;  // of the master or command container
    Resource master_size;
    bool unmanaged = false;         // the master runs outside the cluster (client mode)
    bool keep_containers = false;   // across attempts
    std::string label = {};         // of nodes, for asks that name none; empty: no label
    std::string master_label = {};  // of the node of its master; empty: as `label`
    /// Failed attempts that ended longer ago do not count against attempts_max; none: all count.
    std::optional<Duration> failures_validity;
    std::optional<Duration> lifetime;     // from the submission on; none: the queue's
    std::optional<Duration> pending_max;  // until its master registers; none: the queue's
    AccessList viewers;                   // beside the owner and the queue's
    AccessList modifiers;
    bool master_blacklist = true;  // its next master keeps off nodes on which one has ended
    /// Only while these are fewer than so many thousandths of the nodes; none: while there are
    /// others.
    std::optional<std::int64_t> master_blacklist_below = {};
    LogPatterns log_patterns = {};  // of all its containers

    friend bool operator==(const ApplicationSubmission&, const ApplicationSubmission&) = default;
};

/// What a submission said where the manager completes it or a later order changes it: with them the
/// same submission, sent again, is known as the same, whatever has been configured since.
struct SentWishes {
    std::string queue;
    std::int32_t priority = 0;
    std::string label;
    Resource master_size;
    std::int32_t attempts_max = 0;

    friend bool operator==(const SentWishes&, const SentWishes&) = default;
};

SentWishes wishes_of(const ApplicationSubmission& submission);
/// The submission as it was sent.
ApplicationSubmission with_wishes(ApplicationSubmission submission, const SentWishes& sent);

/// The saved state of an application: enough to rebuild it after a restart.
struct ApplicationRecord {
    ApplicationSubmission submission;
    AppState state = AppState::New;
    FinalStatus final_status = FinalStatus::Undefined;
    std::string diagnostics;
    std::string tracking_url;
    WallTime submitted;
    WallTime launched;
    WallTime finished;
    bool kill_requested = false;
    std::int64_t memory_mib_seconds = 0;  // consumed by ended containers
    std::int64_t vcore_seconds = 0;
    std::string kill_reason;
    WallTime expires;        // it is ended then; 0: never
    WallTime pending_until;  // it is ended then if its master has never registered; 0: never
    SentWishes sent;
    NamedCounts named_seconds = {};  // as memory_mib_seconds, of everything else

    friend bool operator==(const ApplicationRecord&, const ApplicationRecord&) = default;
};

struct AttemptRecord {
    AttemptId id;
    AttemptState state = AttemptState::New;
    std::optional<ContainerId> master_container;
    NodeId master_node;
    std::string master_origin;  // what its node's records went back to when it was placed
    std::string master_token;   // the secret that its master registers with
    std::string tracking_url;
    std::string diagnostics;
    FinalStatus final_status = FinalStatus::Undefined;
    WallTime started;
    WallTime finished;

    friend bool operator==(const AttemptRecord&, const AttemptRecord&) = default;
};

}  // namespace heddle
