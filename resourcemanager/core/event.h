#pragma once

// Everything that can happen to the resource manager. The shell turns sockets, timers and the
// store into these; the order in which they are given to step() is the order of the world.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/model/application.h"
#include "common/model/master_protocol.h"
#include "common/model/node.h"
#include "common/model/node_protocol.h"
#include "common/model/queue.h"

namespace heddle::rm {

/// A connection of a node or a master. The shell counts up from 1 in the order of acceptance and
/// never uses a number twice while the process lives: a higher number is a newer connection.
struct ConnectionId {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(ConnectionId, ConnectionId) = default;
};

/// A REST request that waits for its Reply.
struct RequestId {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(RequestId, RequestId) = default;
};

/// A Save that waits for its Saved or SaveFailed. Counted by the core from 1.
struct BatchId {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(BatchId, BatchId) = default;
};

/// First event, once: what the store held. The shell has raised `epoch` by one, and that is on
/// disk, before this event. A fresh state directory gives empty lists, epoch 1, and the wall time
/// of its first use as cluster timestamp.
struct Booted {
    std::int64_t epoch = 0;
    std::int64_t cluster_timestamp = 0;
    std::int64_t sequences_reserved = 0;  // the last saved IdReservation; 0: none
    std::vector<ApplicationRecord> applications;
    std::vector<AttemptRecord> attempts;
    std::vector<NodeRecord> nodes;
    /// Oldest first; empty: none was ever applied, and what Config says holds.
    std::vector<SchedulerVersion> scheduler_versions;
    std::vector<std::string> secrets;  // as SecretsSupplied; may be empty
};

/// Answers NeedSecrets: unguessable texts, each to be used for one thing and never again.
struct SecretsSupplied {
    std::vector<std::string> secrets;
};

// What clients ask for over REST. The shell has authenticated the user and validated the form.

struct NewApplication {};  // answered by NewApplicationAnswer

/// `submission.id` comes from NewApplication, `submission.user` from the credential. The queue may
/// be empty (root.default), or a leaf's path or last name. Answered by SubmitAnswer once it is on
/// disk; again with the same content: the same answer. Errors: InvalidArgument, NotFound (queue),
/// PermissionDenied (the queue's lists, whoever chose the queue), Conflict (same id, other
/// content), Unsupported, Unavailable (could not be saved, or not ready).
struct SubmitApplication {
    ApplicationSubmission submission;
    std::vector<std::string> groups = {};  // of the user, the primary one first; empty: not known
    bool lists_asked = false;  // access lists hold, and the user does not operate the cluster
};

/// Answered by KillAnswer once the request is on disk; the end itself is seen in the view.
/// Errors: NotFound, Unavailable.
struct KillApplication {
    ApplicationId application;
    std::string reason;  // shown in the diagnostics: "killed by user alice"
};

/// The master of an unmanaged application asks for its attempt and token; answered by
/// MasterCredentials as soon as an attempt is saved. The shell has checked that the asking user is
/// the submitter. Errors: NotFound, Conflict (managed, or over).
struct ClaimMaster {
    ApplicationId application;
};

/// Another configuration of the scheduler, as a whole. Answered by SchedulerAnswer once it is on
/// disk and holds. Errors: InvalidArgument (it does not add up; every mistake is named; a label
/// that nodes have would go), Conflict (another version is present than the expected one; a queue
/// in use would go), Unavailable.
struct ReplaceScheduler {
    SchedulerConfig config;  // its version is of no account
    std::optional<std::int64_t> expected_version;
    std::string by;
    std::string note;
    bool dry_run = false;  // is checked and answered, and changes nothing
};

/// To another leaf, with all that it holds. Answered by ChangeAnswer once it is on disk; an
/// application that is over is left as it is, as YARN does. Errors: NotFound (application, queue),
/// InvalidArgument (the queue takes none, or is full), Unavailable.
struct MoveApplication {
    ApplicationId application;
    std::string queue;      // as in a submission
    std::string user = {};  // whose right to submit there is asked; empty: nobody's
    std::vector<std::string> groups = {};
};

/// As MoveApplication. Errors: NotFound, InvalidArgument (above the cluster's maximum), ...
struct ChangePriority {
    ApplicationId application;
    std::int32_t priority = 0;
    std::string user = {};  // whom the limits of queues hold for; empty: for nobody
    std::vector<std::string> groups = {};
};

/// As MoveApplication; beyond the queue's maximum it is that. Errors: NotFound, InvalidArgument (in
/// the past), ...
struct ChangeLifetime {
    ApplicationId application;
    WallTime expires;  // 0: never
};

/// Answered by OrderAnswer when the order is on its way. Errors: NotFound, Conflict (it ends),
/// Unavailable (its node is away).
struct SignalContainer {
    ContainerId container;
    SignalKind kind = SignalKind::ThreadDump;
};

/// Ends the present attempt as a failure. Answered by OrderAnswer once that is on disk. Errors:
/// NotFound, Conflict (not the present attempt, or over).
struct FailAttempt {
    AttemptId attempt;
    std::string reason;  // "failed by user alice"
};

/// Nothing new comes to the node. When nothing runs on it any more, or the time is over and what
/// still ran has been stopped, it is decommissioned. Answered by NodeChangeAnswer once it is on
/// disk; so are the following. Errors: NotFound, Unavailable (another change of it is being saved,
/// or it could not be saved).
struct DrainNode {
    NodeId node;
    std::optional<Duration> timeout;  // none: it may take for ever
};

/// Takes back DrainNode, at any time. As DrainNode.
struct RecommissionNode {
    NodeId node;
};

/// The label that holds from now on, whatever the node says of itself; what runs on it stays. As
/// DrainNode; InvalidArgument: the configuration has no such label.
struct RelabelNode {
    NodeId node;
    std::string label;  // empty: none
};

/// All of them or none. Answered by OrderAnswer; as RelabelNode. InvalidArgument too: a node is
/// named twice.
struct RelabelNodes {
    std::vector<RelabelNode> nodes;
};

/// What operators set for nodes beside what these say of themselves. All of them or none, answered
/// by OrderAnswer. Errors: NotFound, Unavailable, InvalidArgument (a name or value that no
/// constraint could write, more than kNodeAttributesMax, a node that is named twice).
struct NodeAttributes {
    NodeId node;
    std::map<std::string, std::string> attributes;  // of those to remove only the names count
};
struct ChangeAttributes {
    enum class Kind { Replace, Add, Remove };
    Kind kind = Kind::Replace;
    std::vector<NodeAttributes> nodes;
};

/// What the node has from now on, whatever it says of itself. While more is in use nothing new
/// comes to it. As DrainNode; InvalidArgument: nothing, or less.
struct ResizeNode {
    NodeId node;
    std::int64_t memory_mib = 0;
    std::int64_t vcores = 0;
    std::optional<NamedCounts> named;            // none: as it is
    std::optional<Duration> overcommit_timeout;  // then what is too much is stopped; none: never
};

/// Where machines stand, by name or address; it comes before what they say of themselves. Nodes
/// move at once; those that are not in it any more stay until they register again. Answered by
/// OrderAnswer.
struct ChangeRacks {
    std::map<std::string, std::string> racks;
    bool replace = false;  // what was known before does not count any more
};

/// Nodes of which it is to be said one by one what is wrong with them.
struct NodesInQuestion {
    bool all = false;
    std::vector<NodeId> named;
};

/// Answered by an Explanation as the tables are at this moment. Errors: NotFound.
struct ExplainApplication {
    ApplicationId application;
    std::optional<std::int32_t> ask;  // only this one
    NodesInQuestion nodes = {};
};

/// Answered by the Explanations of the first applications that wait, with one ask of each.
struct ExplainWaiting {
    std::int32_t count = 0;
    NodesInQuestion nodes = {};
};

struct Request {
    RequestId id;
    std::variant<NewApplication, SubmitApplication, KillApplication, ClaimMaster, ReplaceScheduler,
                 MoveApplication, ChangePriority, ChangeLifetime, SignalContainer, FailAttempt,
                 DrainNode, RecommissionNode, RelabelNode, ResizeNode, ExplainApplication,
                 ExplainWaiting, ChangeRacks, RelabelNodes, ChangeAttributes>
        what;
};

// Node agents.

/// The first message on a connection is NodeRegister; there is one per connection.
struct NodeMessage {
    ConnectionId connection;
    NodeToManager message;
};
struct NodeDisconnected {
    ConnectionId connection;
};

// Application masters.

/// A master wants to connect with this token: answered by AdmitMaster or CloseConnection.
struct MasterConnected {
    ConnectionId connection;
    std::string token;
};
/// Only after AdmitMaster; the first message is MasterRegister, one per connection.
struct MasterMessage {
    ConnectionId connection;
    MasterToManager message;
};
struct MasterDisconnected {
    ConnectionId connection;
};

// The store.

struct Saved {
    BatchId batch;
};
struct SaveFailed {
    BatchId batch;
    Error error;
};

/// This process has not run for some seconds (frozen, swapped out, starved): what others sent in
/// that time has not been read yet, so their silence proves nothing.
struct Stalled {};

/// Time has reached next_deadline().
struct Tick {};

using Event =
    std::variant<Booted, SecretsSupplied, Request, NodeMessage, NodeDisconnected, MasterConnected,
                 MasterMessage, MasterDisconnected, Saved, SaveFailed, Stalled, Tick>;

}  // namespace heddle::rm
