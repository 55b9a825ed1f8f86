#pragma once

// What an application master and the resource manager say to each other, over one WebSocket per
// master at /heddle/v1/masters on the manager's REST port. The attempt's token travels in the
// upgrade request's Authorization header.
//
// As with nodes, states travel and not increments: asks are absolute counts, a complete update
// repeats the whole ask book and the live containers the master knows, and the manager repeats
// grants and ends that a complete update does not show. A master takes news in rising `sequence`,
// drops what is not above the last, and says in its updates how far it has come (`news_seen`); news
// that skip a number mean that the connection is broken: it closes it and comes again. A
// grant of a container it has is no news; one it does not want it releases.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/model/application.h"
#include "common/model/container.h"

namespace heddle {

/// How a managed master finds its manager and proves who it is: environment variables, and a secret
/// file in its work directory. Containers of kind command get none of them.
constexpr const char* kServerVariable = "HEDDLE_SERVER";                  // "http://host:port"
constexpr const char* kAttemptVariable = "HEDDLE_ATTEMPT_ID";             // "appattempt_..."
constexpr const char* kMasterTokenVariable = "HEDDLE_MASTER_TOKEN_FILE";  // the file's name
constexpr const char* kMasterTokenFile = "master.token";

/// A launch template: registered once, named by asks, so that a grant starts at once.
struct LaunchTemplate {
    std::int32_t id = 0;
    LaunchSpec spec;

    friend bool operator==(const LaunchTemplate&, const LaunchTemplate&) = default;
};

/// `count` live containers of one size are wanted in all, those already granted under this ask and
/// generation included. A container whose end the master has not seen yet (`news_seen`) still
/// counts as granted, so that nothing is replaced behind its back: the update that has seen an end
/// says with its asks whether a replacement is wanted (same count) or not (lowered). Containers
/// that are more than the count, or of an older generation, are stopped: first those that have not
/// started, then the newest. A master that wants to choose names them in `releases` of the same
/// update.
struct Ask {
    std::int32_t id = 0;  // from 1
    std::int32_t generation = 0;
    std::int32_t launch_template = 0;
    std::int32_t priority = 0;  // lower first, as in YARN's requests
    Resource size;
    std::int32_t count = 0;
    std::vector<NodeId> nodes;   // preferred; empty: any
    bool relax_locality = true;  // false: only on `nodes`
    bool hold = false;
    /// Preferred as well, after `nodes`; strict: the only ones beside them.
    std::vector<std::string> racks = {};
    /// Of the nodes that may be taken; empty: as the application's, else nodes without a label and
    /// those whose label is not exclusive.
    std::string label = {};
    /// Asks of one master that name the same gang start together: nothing of them before each has
    /// room for its `gang_min` containers at the same time, then all these in one step; more, up to
    /// each `count`, as they fit. They are stated in one update. When `gang_deadline` (the shortest
    /// of its asks; 0: none) is over since the gang was first stated and it has not started, its
    /// asks are refused. An ask that begins alone names gang 0.
    std::int32_t gang = 0;
    std::int32_t gang_min = 0;
    Duration gang_deadline = {};
    /// What its containers are called by constraints, their own and others'.
    std::vector<std::string> tags = {};
    /// Where they may go, in the notation of constraint.h; empty: anywhere. Both are checked when
    /// the ask arrives, and an ask with a bad one is refused.
    std::string constraint = {};
    /// An opportunistic ask names no gang, insists on no place and does not hold.
    ExecutionType execution = ExecutionType::Guaranteed;
    /// Refused rather than granted as guaranteed where the cluster takes no opportunistic ones.
    bool enforce_execution = false;

    friend bool operator==(const Ask&, const Ask&) = default;
};

/// A live container shall have another size, larger or smaller in no dimension against the others.
/// `version` is the container's as the master knows it: what was decided on an older one is
/// refused. The last wish for a container counts; one for the size that it has takes an earlier one
/// back. A smaller size holds as soon as the node has shrunk its limits. A larger one waits like an
/// ask for room on that node and below every limit; it ends with the container.
struct ContainerResize {
    ContainerId container;
    std::int64_t version = 0;
    Resource size;

    friend bool operator==(const ContainerResize&, const ContainerResize&) = default;
};

// Master to manager.

struct MasterRegister {
    AttemptId attempt;
    std::string host;
    std::int32_t rpc_port = 0;
    std::string tracking_url;  // base URL of the driver's own HTTP (loopback or node address)

    friend bool operator==(const MasterRegister&, const MasterRegister&) = default;
};

struct MasterUpdate {
    std::uint64_t session = 0;
    std::uint64_t sequence = 0;
    std::uint64_t news_seen = 0;  // highest MasterNews::sequence taken in this session
    bool complete = false;  // `asks` is the whole book and `known` all live containers; `starts`
                            // and `releases` repeat what no news has shown as carried out
    std::vector<LaunchTemplate> templates;  // new or changed; all of them when complete
    std::vector<Ask> asks;
    std::vector<ContainerId> known;
    std::vector<ContainerId> starts;    // held containers to start
    std::vector<ContainerId> releases;  // containers to stop
    std::int32_t progress_percent = 0;
    /// Nodes that it wants nothing on from now on, all of them; none: as said before, or with
    /// `complete` no node at all.
    std::optional<std::vector<NodeId>> blacklist = {};
    /// Containers that are to be of the other execution type; with `complete` all that no grant has
    /// shown yet. A promotion waits for guaranteed room on the container's node.
    std::vector<ExecutionChange> execution_changes = {};
    /// Sizes that are wanted and that no news has answered; with `complete` all of them.
    std::vector<ContainerResize> resizes = {};
    /// Until an update says otherwise, news tell the headroom, and there are news whenever an
    /// update comes and it is another than was told.
    bool headroom_wanted = false;

    friend bool operator==(const MasterUpdate&, const MasterUpdate&) = default;
};

/// The application is done; what still runs is stopped after this.
struct MasterFinish {
    std::uint64_t session = 0;
    FinalStatus status = FinalStatus::Undefined;
    std::string diagnostics;
    std::string tracking_url;

    friend bool operator==(const MasterFinish&, const MasterFinish&) = default;
};

using MasterToManager = std::variant<MasterRegister, MasterUpdate, MasterFinish>;

// Manager to master.

struct Grant {
    ContainerId container;
    AskKey key;
    NodeId node;
    std::string address;
    std::int32_t http_port = 0;
    Resource size;
    /// A container that the master has is granted again when this has changed.
    ExecutionType execution = ExecutionType::Guaranteed;
    std::int64_t version = 0;  // rises with every change of its size

    friend bool operator==(const Grant&, const Grant&) = default;
};

struct ContainerEnded {
    ContainerId container;
    ContainerExit exit;

    friend bool operator==(const ContainerEnded&, const ContainerEnded&) = default;
};

/// Answers MasterRegister, and is first on every connection: the list of containers comes before
/// the master's asks count (design D4).
struct MasterWelcome {
    std::uint64_t session = 0;
    std::int64_t epoch = 0;
    Duration heartbeat_interval;
    Resource size_max;              // the largest node: larger asks are refused
    std::vector<Grant> containers;  // live ones of this attempt

    friend bool operator==(const MasterWelcome&, const MasterWelcome&) = default;
};

/// An ask that no node can ever hold, with the numbers. It is forgotten.
struct AskRefused {
    std::int32_t ask = 0;
    std::int32_t generation = 0;
    std::string reason;

    friend bool operator==(const AskRefused&, const AskRefused&) = default;
};

/// A container that is to make way. Until then its master may save what it does, and give it or
/// another one of its containers on `node` of at least `size` back instead: then this one stays.
/// Said again after every welcome.
struct PreemptionNotice {
    ContainerId container;
    std::int32_t ask = 0;  // that would have one container less; 0: it is the master itself
    NodeId node;
    Resource size;
    WallTime until;       // it is stopped then, unless the need goes first
    bool strict = false;  // no other container of this master would do
    std::string reason;   // for whom and why, a sentence

    friend bool operator==(const PreemptionNotice&, const PreemptionNotice&) = default;
};

/// A wish for another size that cannot be met, with the reason. It is forgotten.
struct ResizeRefused {
    ContainerId container;
    std::int64_t version = 0;  // that the wish named
    std::string reason;

    friend bool operator==(const ResizeRefused&, const ResizeRefused&) = default;
};

struct MasterNews {
    std::uint64_t session = 0;
    std::uint64_t sequence = 0;  // rises with every MasterNews of a session, from 1
    std::vector<Grant> granted;
    std::vector<ContainerEnded> ended;
    std::vector<AskRefused> refused;
    std::vector<PreemptionNotice> preempting = {};
    std::vector<ContainerId> spared = {};  // of those that were to make way
    /// Their nodes hold them to this size now, which is of this version.
    std::vector<ContainerResize> resized = {};
    std::vector<ResizeRefused> resizes_refused = {};
    /// What the application could still be given before a limit of its queues or user, or what the
    /// nodes have, is reached; on nodes of its own label. If it is wanted.
    std::optional<Resource> headroom = {};
    /// Of those on nodes that are taken out of service. They go on until the drain's time is over,
    /// if it has one; a master that can had better end them, and gets others for them elsewhere.
    /// Said again after every welcome.
    std::vector<ContainerId> draining = {};
    std::vector<ContainerId> drains_no_more = {};

    friend bool operator==(const MasterNews&, const MasterNews&) = default;
};

/// The finish is on disk; the master may exit.
struct MasterFinished {
    std::uint64_t session = 0;

    friend bool operator==(const MasterFinished&, const MasterFinished&) = default;
};

/// This attempt is not the current one, or its application is over: the master ends itself.
struct MasterRejected {
    std::string reason;

    friend bool operator==(const MasterRejected&, const MasterRejected&) = default;
};

using ManagerToMaster = std::variant<MasterWelcome, MasterNews, MasterFinished, MasterRejected>;

}  // namespace heddle
