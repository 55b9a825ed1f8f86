#pragma once

// What REST, the dashboard and the metrics see: an immutable snapshot of the manager, never the
// live tables. Snapshots share what did not change. Secrets are not in here; applications whose
// submission is not saved yet are not either.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"
#include "common/model/application.h"
#include "common/model/container.h"
#include "common/model/explanation.h"
#include "common/model/master_protocol.h"
#include "common/model/node.h"
#include "resourcemanager/core/container_table.h"
#include "resourcemanager/core/opportunistic_nodes.h"
#include "resourcemanager/core/persistent_map.h"
#include "resourcemanager/core/preemption_record.h"
#include "resourcemanager/core/reservation_view.h"
#include "resourcemanager/core/scheduler_health.h"
#include "resourcemanager/core/scheduler_history.h"

namespace heddle::rm {

struct QueueTerms;  // queue_terms.h

struct NodeView {
    NodeInfo info;
    NodeState state = NodeState::New;
    Resource used;
    std::int32_t containers = 0;
    WallTime heard;  // last message; 0: not since the manager started
    NodeUsage usage;
    Resource reserved = {};                         // promised to asks that wait for room there
    std::map<std::string, std::int64_t> tags = {};  // of the containers there, with their counts
    OpportunisticUse opportunistic = {};
};

struct ContainerView {
    ContainerId id;
    AskKey key;
    NodeId node;
    Resource size;
    std::string user;
    bool master = false;
    bool stopping = false;  // a stop is ordered
    std::int32_t priority = 0;
    ContainerPhase phase = ContainerPhase::Localising;
    std::int64_t pid = 0;
    WallTime allocated;
    WallTime started;                   // 0: the process has not been seen running
    std::optional<ContainerExit> exit;  // ended; shown while its application is not over
    std::shared_ptr<const ContainerTags> tags = {};  // null: none
    ExecutionType execution = ExecutionType::Guaranteed;
};

struct AttemptView {
    AttemptId id;
    AttemptState state = AttemptState::New;
    std::optional<ContainerId> master_container;
    NodeId master_node;
    std::string host;  // where the master said it listens
    std::int32_t rpc_port = 0;
    std::string tracking_url;
    std::string diagnostics;
    FinalStatus final_status = FinalStatus::Undefined;
    WallTime started;
    WallTime finished;
    // Of the present attempt.
    std::vector<NodeId> blacklist = {};  // its master wants nothing there
    std::vector<NodeId> kept_off = {};   // its master is not placed there
};

/// What is asked for and not there yet.
struct PendingView {
    std::int32_t ask = 0;
    std::int32_t priority = 0;
    Resource size;
    std::int32_t count = 0;
    std::vector<NodeId> nodes;
    bool relax_locality = true;
    std::vector<std::string> racks;
    std::string label;
    std::vector<std::string> tags = {};
    std::string constraint = {};
    ExecutionType execution = ExecutionType::Guaranteed;
    bool enforce_execution = true;
};

/// What a queue or an application has on the nodes of one label.
struct PartitionUse {
    std::string label;  // empty: nodes without one
    Resource used;      // all of it, with what is lent
    Resource lent;      // by asks that name no label
    Resource used_by_masters;
    Resource reserved;
    Resource pending;
    Resource user_masters_max = {};  // of a leaf: of a user with weight 1, as things are

    friend bool operator==(const PartitionUse&, const PartitionUse&) = default;
};

struct ApplicationView {
    std::shared_ptr<const ApplicationSubmission> submission;  // shared by all views of it
    AppState state = AppState::New;
    FinalStatus final_status = FinalStatus::Undefined;
    std::string diagnostics;
    std::string tracking_url;
    WallTime submitted;
    WallTime launched;
    WallTime finished;
    WallTime expires;  // its lifetime is over then; 0: never
    bool kill_requested = false;
    std::int32_t progress_percent = 0;
    Resource allocated;
    std::int32_t running_containers = 0;
    std::int64_t memory_mib_seconds = 0;  // of ended containers and of live ones until `as_of`
    std::int64_t vcore_seconds = 0;
    Preempted preempted = {};           // since the manager started
    std::vector<AttemptView> attempts;  // oldest first; empty before the first
    std::vector<PendingView> pending;
    std::optional<WaitingNote> waiting;  // as of `as_of` or up to some seconds before
    /// Digests that its launch templates name, of all attempts; null: none. Shared by all views.
    std::shared_ptr<const std::set<std::string>> template_artifacts;
    bool templates_known = true;  // false: its master has not come back since the restart
    Resource reserved = {};
    NamedCounts named_seconds = {};             // as memory_mib_seconds, of everything else
    std::vector<PartitionUse> partitions = {};  // in order of labels; none: there are no labels
};

struct QueueView {
    std::string path;
    std::string name;    // last part of the path
    std::string parent;  // path; empty for root
    bool leaf = true;
    std::int32_t applications_pending = 0;  // not running yet
    std::int32_t applications_active = 0;
    std::int32_t containers = 0;
    std::int32_t containers_pending = 0;
    Resource used;
    Resource used_by_masters;
    Resource pending;
    Resource user_masters_max = {};  // of a leaf, on nodes without a label: of a user with weight 1
    Resource user_share = {};  // of a leaf: what a user of weight 1 may use while others want room
    /// Shared by all views until the configuration or the size of the cluster changes.
    std::shared_ptr<const QueueTerms> terms = {};
    Preempted preempted = {};         // of a leaf, since the manager started
    bool preemption_disabled = true;  // nothing is ever taken from it
    Resource reserved = {};
    std::int64_t containers_reserved = 0;
    std::vector<PartitionUse> partitions = {};  // in order of labels; none: there are no labels
};

/// Counters since the state directory was first used, as far as the store remembers; dropped
/// messages since the start of this process.
struct ClusterView {
    std::int64_t cluster_timestamp = 0;
    std::int64_t epoch = 0;
    WallTime started;
    bool settled = false;  // after a restart: nodes are back or the settle time is over
    std::int64_t applications_submitted = 0;
    std::int64_t applications_pending = 0;
    std::int64_t applications_running = 0;
    std::int64_t applications_completed = 0;  // finished, whatever the status
    std::int64_t applications_failed = 0;
    std::int64_t applications_killed = 0;
    Resource total;  // of running nodes
    Resource allocated;
    Resource pending;
    Resource size_max;  // the largest node ever registered
    std::int64_t containers_allocated = 0;
    std::int64_t containers_pending = 0;
    std::map<NodeState, std::int64_t> nodes;
    std::int64_t grants = 0;  // containers ever granted by this process
    std::int64_t messages_stale = 0;
    std::int64_t saves_failed = 0;
    std::map<Reason, std::int64_t> waiting;  // applications, by what stands in their way most
    Resource reserved = {};
    std::int64_t containers_reserved = 0;
    SchedulerHealth health = {};
};

struct View {
    WallTime as_of;
    ClusterView cluster;
    PersistentMap<NodeId, NodeView> nodes;
    PersistentMap<ApplicationId, ApplicationView> applications;
    PersistentMap<ContainerId, ContainerView> containers;       // an application's are neighbours
    PersistentMap<std::string, QueueView> queues;               // by path
    PersistentMap<std::int64_t, PreemptionRecord> preemptions;  // the last ones, by number
    /// Containers that are marked or being taken, by id. Never null.
    std::shared_ptr<const std::vector<PreemptionMark>> marks =
        std::make_shared<std::vector<PreemptionMark>>();
    /// Never null.
    std::shared_ptr<const ReservationsView> reservations = std::make_shared<ReservationsView>();
    /// Versions of the scheduler's configuration, oldest first; the last one holds. Never null.
    std::shared_ptr<const SchedulerVersions> scheduler = std::make_shared<SchedulerVersions>();
};

struct AppTransition {
    ApplicationId application;
    AppState from = AppState::New;
    AppState to = AppState::New;
};
struct AttemptTransition {
    AttemptId attempt;
    AttemptState from = AttemptState::New;
    AttemptState to = AttemptState::New;
};

/// What is different from the snapshot before, for the event stream. Each id once, in id order;
/// an id that the view does not hold is gone. Transitions in the order in which they happened.
struct Changes {
    std::vector<NodeId> nodes;
    std::vector<ApplicationId> applications;
    std::vector<ContainerId> containers;
    std::vector<AppTransition> app_transitions;
    std::vector<AttemptTransition> attempt_transitions;
    bool cluster = false;  // cluster or queue figures

    bool empty() const {
        return nodes.empty() && applications.empty() && containers.empty() && !cluster &&
               app_transitions.empty() && attempt_transitions.empty();
    }
};

struct Publication {
    std::shared_ptr<const View> view;  // shared by all its readers
    Changes changes;
};

}  // namespace heddle::rm
