#pragma once

// The terms on which a queue takes part: what it is configured to, owed and limited by, after
// inheritance. Built once for every size of the cluster and every configuration, and shared by all
// snapshots until then.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/resource.h"
#include "common/base/time.h"
#include "common/model/queue.h"

namespace heddle::rm {

struct Books;

/// On the nodes of one label.
struct PartitionTerms {
    std::string label;       // empty: nodes without one
    QueueCapacity capacity;  // as configured
    Resource total;          // of the nodes
    Resource guaranteed;     // what it comes to now
    Resource maximum;
    Resource of_parent;  // guaranteed to the parent
    Resource maximum_of_parent;
    /// Of siblings and itself; nothing if some of them do not share by weight alone.
    std::optional<std::int64_t> weights;
    bool absolute_siblings = false;  // percentages are of what these leave
    Resource masters_max;
};

struct QueueTerms {
    QueueState state = QueueState::Running;
    std::int32_t priority = 0;
    LeafOrder order = LeafOrder::Fifo;
    std::vector<std::string> labels = {"*"};
    bool creates_queues = false;
    bool created = false;  // with an application

    /// Of the labels that the queue may use, in order; nodes without one come first.
    std::vector<PartitionTerms> partitions = {{}};
    const PartitionTerms& unlabelled() const { return partitions.front(); }

    // Limits.
    std::int32_t user_limit_percent_min = 100;
    std::optional<std::int64_t> user_limit_factor;
    std::map<std::string, std::int64_t> user_weights;
    std::int32_t applications_max = 0;
    std::optional<std::int32_t> applications_parallel_max;
    std::int32_t masters_percent_max = 0;
    std::optional<Resource> container_max;

    std::int32_t application_priority_default = 0;
    std::optional<Duration> lifetime_default;
    std::optional<Duration> lifetime_max;
    bool preempted = false;         // something may be taken from it for other queues
    bool preempted_inside = false;  // and for others of its own
    QueueOrder queue_order = QueueOrder::Priority;    // of those below it
    std::string label_default = {};                   // of asks that name none
    std::vector<PriorityLimit> priority_limits = {};  // its own ones
};

/// By index of the queue; null where the index is vacant.
std::vector<std::shared_ptr<const QueueTerms>> queue_terms(const Books& books);

}  // namespace heddle::rm
