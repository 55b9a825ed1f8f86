#pragma once

// What an operator decides about sharing: the tree of queues with shares and limits, and the rules
// that hold for all of them. Plain values: they are parsed, validated as a whole, compared, saved
// as one version, and only then taken by the scheduler.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/resource.h"
#include "common/base/time.h"

namespace heddle {

constexpr const char* kNoLabel = "";  // the nodes without a label

/// How much of one resource a queue gets of what its parent has.
struct Share {
    enum class Kind {
        Weight,    // of what siblings with absolute amounts and percentages leave, by weight
        Percent,   // of what siblings with absolute amounts leave
        Absolute,  // in the resource's own unit (MiB for memory)
    };
    Kind kind = Kind::Weight;
    std::int64_t value = 1000;  // thousandths of a weight, thousandths of a percent, or the amount

    friend bool operator==(const Share&, const Share&) = default;
};

/// One share for every resource, and others for those that are named: "memory", "vcores", "gpu".
struct ShareVector {
    Share all;
    std::map<std::string, Share> by_resource;

    friend bool operator==(const ShareVector&, const ShareVector&) = default;
};

/// What a queue is owed and what it may reach, on the nodes of one label.
struct QueueCapacity {
    ShareVector guaranteed;
    /// Never above it. Weights make no sense here. Of the whole of the parent's unless said.
    ShareVector maximum = {{Share::Kind::Percent, 100'000}, {}};

    friend bool operator==(const QueueCapacity&, const QueueCapacity&) = default;
};

/// Running: takes applications. Draining: takes no new ones, serves those it has. Stopped: draining
/// until the last one is over; only then it may be deleted.
enum class QueueState { Running, Draining, Stopped };

/// Order of the applications of a leaf. Fifo: priority, then submission. Fair: the one that uses
/// least of the dominant resource first.
enum class LeafOrder { Fifo, Fair };

/// Which node comes first of those that could serve an ask: the one with most room, so that work is
/// spread, or the one with least, so that whole nodes stay free.
enum class NodeOrder { Spread, Pack };

/// Order of the queues below one. Share: the one that uses least of what it is owed first.
/// Priority: those below what they are owed before the others, of each kind by priority, and of
/// equal priority by share.
enum class QueueOrder { Share, Priority };

/// Inside a leaf whose applications make way for each other: who takes from whom. UserLimitFirst: a
/// user within the limit from one above it, and of one user the application of higher priority.
/// PriorityFirst: any application of higher priority, as far as the limit of its user.
enum class InsideOrder { UserLimitFirst, PriorityFirst };

/// Who may do what: names of users and groups; `everybody` overrides both. Inherited downwards as a
/// union.
struct AccessList {
    bool everybody = false;
    std::vector<std::string> users;
    std::vector<std::string> groups;

    friend bool operator==(const AccessList&, const AccessList&) = default;
};

/// Up to which priority somebody's applications may go, and the one of those that ask for none.
struct PriorityLimit {
    AccessList who;
    std::int32_t most = 0;
    std::optional<std::int32_t> otherwise;

    friend bool operator==(const PriorityLimit&, const PriorityLimit&) = default;
};

/// Queues that come into being when an application names them.
struct AutoCreation {
    bool enabled = false;
    std::int32_t queues_max = 1000;
    std::optional<Duration> idle_removal;  // unset: as above it says; root's own: 300 s
    /// Settings of created queues: "weight", "user_limit_factor", ... as they are written in TOML.
    std::map<std::string, std::string> leaf_template;
    std::map<std::string, std::string> parent_template;
    /// Levels below the queue that come into being. Unset: as above it says; root's own: 2.
    std::optional<std::int32_t> depth_max = {};

    friend bool operator==(const AutoCreation&, const AutoCreation&) = default;
};

/// An unset optional is inherited from the parent; root's own is the default that is stated here.
struct QueueConfig {
    std::string path;  // "root.etl.daily"; root may be given too
    /// By label. Without an entry for kNoLabel: a weight of 1.
    std::map<std::string, QueueCapacity> capacity;
    std::optional<std::vector<std::string>> labels;  // it may use; "*": all. Root: "*"
    std::string label_default;                       // of asks that name none
    QueueState state = QueueState::Running;
    std::int32_t priority = 0;  // among siblings, higher first

    LeafOrder order = LeafOrder::Fifo;
    std::int32_t application_priority_default = 0;

    // Limits of a user in a leaf. They bind only while others want the room (elastic while idle).
    std::optional<std::int32_t> user_limit_percent_min;  // 100: users are served one after another
    /// Thousandths of the queue's guaranteed amount that one user may hold at most, also while the
    /// rest is idle. Root: none.
    std::optional<std::int64_t> user_limit_factor;
    std::map<std::string, std::int64_t> user_weights;  // thousandths; 1000 unless said

    // Limits of applications. At least one application can always run.
    std::optional<std::int32_t> applications_max;           // accepted and not over. Root: 10,000
    std::optional<std::int32_t> applications_parallel_max;  // with a master. Root: no limit
    std::optional<std::int32_t> masters_percent_max;        // of the queue, for masters. Root: 50
    std::optional<Resource> container_max;     // a larger ask is refused; of what is not named, any
    std::optional<Duration> lifetime_default;  // of applications; none: unlimited
    std::optional<Duration> lifetime_max;
    std::optional<Duration> pending_max;  // one that has not started by then is ended

    std::optional<bool> preemption_disabled;        // nothing is taken from it
    std::optional<bool> intra_preemption_disabled;  // nothing inside it

    AccessList submit;
    AccessList administer;
    AccessList view;

    AutoCreation auto_creation;
    bool created = false;  // no setting: it came into being with an application
    std::optional<InsideOrder> intra_preemption_order = {};  // none anywhere above: as preemption's

    /// Whoever none of them names stays at application_priority_default. Empty: as above it.
    std::vector<PriorityLimit> priority_limits;

    std::optional<QueueOrder> queue_order = {};  // root: as queue_priorities says
    /// In a fair leaf use counts divided by the logarithm of what the application wants in all.
    bool size_based_weight = false;
    /// By label, for masters on its nodes. Inherited; where nobody says so, masters_percent_max.
    std::map<std::string, std::int32_t> masters_percent_by_label = {};
    std::optional<NodeOrder> node_order = {};  // root: Spread

    friend bool operator==(const QueueConfig&, const QueueConfig&) = default;
};

/// Which queue an application goes to that matches. Rules are tried in order.
struct PlacementRule {
    enum class Matches { User, Group, Application };
    enum class Policy {
        Specified,
        DefaultQueue,
        User,
        PrimaryGroup,
        PrimaryGroupUser,
        SecondaryGroup,
        SecondaryGroupUser,
        ApplicationName,
        Custom,
        Reject,
        SetDefaultQueue,
    };
    enum class Fallback { Skip, PlaceDefault, Reject };

    Matches type = Matches::User;
    std::string matches = "*";
    Policy policy = Policy::Specified;
    std::string parent;  // queue below which the policy places; empty: root
    /// With Custom and SetDefaultQueue: a path with %user, %primary_group, %application, ...
    std::string custom;
    bool create = false;
    Fallback fallback = Fallback::Skip;

    friend bool operator==(const PlacementRule&, const PlacementRule&) = default;
};

struct PreemptionConfig {
    bool enabled = false;
    bool dry_run = false;  // records what it would take, takes nothing
    Duration grace = seconds(15);
    Duration interval = seconds(3);
    std::int32_t round_percent_max = 10;  // of the cluster, taken back in one round
    std::int32_t dead_zone_percent = 10;  // of its guarantee that a queue may exceed in peace
    bool intra_queue = false;             // inside leaves too
    InsideOrder intra_queue_order = InsideOrder::UserLimitFirst;
    /// Of what a queue holds beyond its guarantee, asked back in one round: the rest is expected to
    /// end by itself.
    std::int32_t natural_termination_percent = 100;
    /// Inside a leaf that uses less of its guarantee, nothing is taken.
    std::int32_t intra_queue_threshold_percent = 0;
    /// Of the guarantee of a leaf, taken back inside it at one time.
    std::int32_t intra_queue_percent_max = 100;
    /// After the grace a mark stays, and nothing is stopped, until it is the turn of the ask that
    /// it is for.
    bool lazy = false;

    friend bool operator==(const PreemptionConfig&, const PreemptionConfig&) = default;
};

/// The priority of applications that carry the tag "workflowid:WORKFLOW", in a queue and below.
struct WorkflowPriority {
    std::string workflow;  // in lower case
    std::string queue;
    std::int32_t priority = 0;

    friend bool operator==(const WorkflowPriority&, const WorkflowPriority&) = default;
};

/// What is kept for those who wait though smaller asks go on being served.
struct ReservationConfig {
    bool enabled = true;
    Duration after = seconds(5);     // an ask waits so long before anything is kept for it
    Duration timeout = seconds(60);  // then what was kept is anybody's, and another node's turn
    std::int32_t percent_max = 25;   // of the cluster, promised to single asks at one time
    std::int32_t per_application = 2;
    std::int32_t per_queue = 10;

    friend bool operator==(const ReservationConfig&, const ReservationConfig&) = default;
};

/// Containers beyond what is free.
struct OpportunisticConfig {
    bool enabled = true;                  // false: who asks for some gets guaranteed ones
    std::int32_t per_application = 1000;  // at one time, waiting and running
    Duration balance_interval = seconds(1);

    friend bool operator==(const OpportunisticConfig&, const OpportunisticConfig&) = default;
};

/// All of it: one version of the scheduler's configuration.
struct SchedulerConfig {
    std::int64_t version = 0;         // 0: as built in; rises with every change that took effect
    std::vector<QueueConfig> queues;  // parents before children, siblings in order of configuration
    std::vector<PlacementRule> rules;
    bool override_specified_queue = false;  // rules come before the queue a user names
    std::string queue_default = "root.default";
    std::int32_t application_priority_max = 100;
    /// Where no queue_order says otherwise: QueueOrder::Priority, or else Share.
    bool queue_priorities = true;
    std::map<std::string, std::int32_t> applications_parallel_max_by_user;
    Duration locality_delay = seconds(3);       // a relaxed ask waits so long for its nodes
    Duration rack_locality_delay = seconds(3);  // and then so long for their racks
    Resource container_min = {1, 1};
    std::optional<Resource> container_max;  // as of a queue; none: largest node
    std::map<std::string, bool> labels;     // of nodes; true: exclusive
    PreemptionConfig preemption;
    ReservationConfig reservations = {};
    OpportunisticConfig opportunistic = {};
    /// With a master, in all queues together, of each user that applications_parallel_max_by_user
    /// does not name. None: no limit.
    std::optional<std::int32_t> applications_parallel_max_per_user = {};
    std::vector<WorkflowPriority> workflow_priorities = {};
    bool workflow_priorities_override = false;  // they hold, whatever was asked for

    friend bool operator==(const SchedulerConfig&, const SchedulerConfig&) = default;
};

/// A version as it took effect: who wanted it, when, and in which words.
struct SchedulerVersion {
    SchedulerConfig config;  // carries its version
    WallTime changed;        // 0: as the daemon was started with it
    std::string by;
    std::string note;

    friend bool operator==(const SchedulerVersion&, const SchedulerVersion&) = default;
};

/// So many are kept, the present one included.
constexpr std::size_t kSchedulerVersionsKept = 100;

/// One queue with nothing but a path.
QueueConfig queue_config(std::string path);
/// What holds without configuration: root.default alone.
SchedulerConfig default_scheduler_config();

}  // namespace heddle
