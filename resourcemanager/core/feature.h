#pragma once

// The features that a test can switch off one at a time, to prove that a scenario notices
// (tests/scenarios/features). A switch is a line in both lists here and one `if` where the feature
// decides; in a cluster nothing is off, and the `if` is one comparison that never holds.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace heddle::rm {

enum class Feature : std::uint8_t {
    None,
    // Queues and their limits.
    Elasticity,
    QueueMaximum,
    UserLimit,
    UserLimitFactor,
    UserWeights,
    MasterLimit,
    ParallelLimit,
    UserParallelLimit,
    ApplicationLimit,
    QueueStates,
    QueuePriority,
    ApplicationPriority,
    AskPriority,
    FifoOrder,
    FairOrder,
    DominantShare,
    ContainerMaximum,
    ContainerMinimum,
    CreatedQueues,
    // Where a container goes.
    NamedResources,
    LocalityDelay,
    Racks,
    StrictLocality,
    ExclusiveLabels,
    SharedLabels,
    Blacklists,
    MasterBlacklist,
    Drain,
    DrainTimeout,
    NodeResize,
    NodeRelabel,
    OvercommitTimeout,
    // Taking back.
    Preemption,
    PreemptionGrace,
    PreemptionBudget,
    PreemptionDeadZone,
    PreemptionDryRun,
    PreemptionMastersLast,
    PreemptionGuarantee,
    PreemptionReserve,
    PreemptionDisabled,
    PreemptionInside,
    PreemptionInsideLimit,
    PreemptionInsideDisabled,
    PreemptionNotices,
    // Applications.
    FailuresValidity,
    KeptContainers,
    HeldContainers,
    Lifetime,
    PendingLimit,
    Move,
    PriorityChange,
    PriorityLimits,
    Retention,
    RestartSettle,
    SurplusOrder,
    WhyWaiting,
    Reservations,
    Gangs,
    Constraints,
    LabelCapacity,
    Lending,
    LentRoomTakenBack,
    LabelAccess,
    DefaultLabel,
    Opportunistic,
    OpportunisticBalance,
    Promotion,
    Weights,
    Percentages,
    Amounts,
    RackDelay,
    FirstMaster,
    PriorityMaximum,
    LeastWorkLost,
    ReservationEnd,
    ReservedElsewhere,
    Backfill,
    GangDeadline,
    AttemptLimit,
    OutsideMasters,
    Signals,
    FailAttempt,
    ContainerResize,
    QueuePriorityBelow,
    QueueOrders,
    NaturalTermination,
    SizeBasedWeight,
    WorkflowPriorities,
    SetDefaultQueue,
    LabelMasterLimit,
    PreemptionInsideThreshold,
    PreemptionInsideBudget,
    AccessLists,
    PlacementRules,
    NodeAttributes,
    GangMaximum,
    RetentionAge,
    CentralAttributes,
    Count,  // of them; the last
};

struct NamedFeature {
    Feature feature = Feature::None;
    std::string_view name;
};

constexpr NamedFeature kFeatures[] = {
    {Feature::Elasticity, "elasticity"},
    {Feature::QueueMaximum, "queue-maximum"},
    {Feature::UserLimit, "user-limit"},
    {Feature::UserLimitFactor, "user-limit-factor"},
    {Feature::UserWeights, "user-weights"},
    {Feature::MasterLimit, "master-limit"},
    {Feature::ParallelLimit, "parallel-limit"},
    {Feature::UserParallelLimit, "user-parallel-limit"},
    {Feature::ApplicationLimit, "application-limit"},
    {Feature::QueueStates, "queue-states"},
    {Feature::QueuePriority, "queue-priority"},
    {Feature::ApplicationPriority, "application-priority"},
    {Feature::AskPriority, "ask-priority"},
    {Feature::FifoOrder, "fifo-order"},
    {Feature::FairOrder, "fair-order"},
    {Feature::DominantShare, "dominant-share"},
    {Feature::ContainerMaximum, "container-maximum"},
    {Feature::ContainerMinimum, "container-minimum"},
    {Feature::CreatedQueues, "created-queues"},
    {Feature::NamedResources, "named-resources"},
    {Feature::LocalityDelay, "locality-delay"},
    {Feature::Racks, "racks"},
    {Feature::StrictLocality, "strict-locality"},
    {Feature::ExclusiveLabels, "exclusive-labels"},
    {Feature::SharedLabels, "shared-labels"},
    {Feature::Blacklists, "blacklists"},
    {Feature::MasterBlacklist, "master-blacklist"},
    {Feature::Drain, "drain"},
    {Feature::DrainTimeout, "drain-timeout"},
    {Feature::NodeResize, "node-resize"},
    {Feature::NodeRelabel, "node-relabel"},
    {Feature::OvercommitTimeout, "overcommit-timeout"},
    {Feature::Preemption, "preemption"},
    {Feature::PreemptionGrace, "preemption-grace"},
    {Feature::PreemptionBudget, "preemption-budget"},
    {Feature::PreemptionDeadZone, "preemption-dead-zone"},
    {Feature::PreemptionDryRun, "preemption-dry-run"},
    {Feature::PreemptionMastersLast, "preemption-masters-last"},
    {Feature::PreemptionGuarantee, "preemption-guarantee"},
    {Feature::PreemptionReserve, "preemption-reserve"},
    {Feature::PreemptionDisabled, "preemption-disabled"},
    {Feature::PreemptionInside, "preemption-inside"},
    {Feature::PreemptionInsideLimit, "preemption-inside-limit"},
    {Feature::PreemptionInsideDisabled, "preemption-inside-disabled"},
    {Feature::PreemptionNotices, "preemption-notices"},
    {Feature::FailuresValidity, "failures-validity"},
    {Feature::KeptContainers, "kept-containers"},
    {Feature::HeldContainers, "held-containers"},
    {Feature::Lifetime, "lifetime"},
    {Feature::PendingLimit, "pending-limit"},
    {Feature::Move, "move"},
    {Feature::PriorityChange, "priority-change"},
    {Feature::PriorityLimits, "priority-limits"},
    {Feature::Retention, "retention"},
    {Feature::RestartSettle, "restart-settle"},
    {Feature::SurplusOrder, "surplus-order"},
    {Feature::WhyWaiting, "explanations"},
    {Feature::Reservations, "reservations"},
    {Feature::Gangs, "gangs"},
    {Feature::Constraints, "constraints"},
    {Feature::LabelCapacity, "label-capacity"},
    {Feature::Lending, "lending"},
    {Feature::LentRoomTakenBack, "lent-room-taken-back"},
    {Feature::LabelAccess, "label-access"},
    {Feature::DefaultLabel, "default-label"},
    {Feature::Opportunistic, "opportunistic"},
    {Feature::OpportunisticBalance, "opportunistic-balance"},
    {Feature::Promotion, "promotion"},
    {Feature::Weights, "weights"},
    {Feature::Percentages, "percentages"},
    {Feature::Amounts, "amounts"},
    {Feature::RackDelay, "rack-delay"},
    {Feature::FirstMaster, "first-master"},
    {Feature::PriorityMaximum, "priority-maximum"},
    {Feature::LeastWorkLost, "least-work-lost"},
    {Feature::ReservationEnd, "reservation-end"},
    {Feature::ReservedElsewhere, "reserved-elsewhere"},
    {Feature::Backfill, "backfill"},
    {Feature::GangDeadline, "gang-deadline"},
    {Feature::AttemptLimit, "attempt-limit"},
    {Feature::OutsideMasters, "outside-masters"},
    {Feature::Signals, "signals"},
    {Feature::FailAttempt, "fail-attempt"},
    {Feature::ContainerResize, "container-resize"},
    {Feature::QueuePriorityBelow, "queue-priority-below"},
    {Feature::QueueOrders, "queue-orders"},
    {Feature::NaturalTermination, "natural-termination"},
    {Feature::SizeBasedWeight, "size-based-weight"},
    {Feature::WorkflowPriorities, "workflow-priorities"},
    {Feature::SetDefaultQueue, "set-default-queue"},
    {Feature::LabelMasterLimit, "label-master-limit"},
    {Feature::PreemptionInsideThreshold, "preemption-inside-threshold"},
    {Feature::PreemptionInsideBudget, "preemption-inside-budget"},
    {Feature::AccessLists, "access-lists"},
    {Feature::PlacementRules, "placement-rules"},
    {Feature::NodeAttributes, "node-attributes"},
    {Feature::GangMaximum, "gang-maximum"},
    {Feature::RetentionAge, "retention-age"},
    {Feature::CentralAttributes, "central-attributes"},
};

constexpr bool all_named() {
    for (std::size_t i = 0; i < std::size(kFeatures); ++i) {
        if (static_cast<std::size_t>(kFeatures[i].feature) != i + 1) {
            return false;
        }
    }
    return std::size(kFeatures) + 1 == static_cast<std::size_t>(Feature::Count);
}
static_assert(all_named(), "both lists of features have the same entries in the same order");

/// None if no feature is so called.
constexpr Feature feature_named(std::string_view name) {
    for (const NamedFeature& known : kFeatures) {
        if (known.name == name) {
            return known.feature;
        }
    }
    return Feature::None;
}

}  // namespace heddle::rm
