#pragma once

// What the shares of a configuration come to on given nodes. Per level and resource: absolute
// amounts first (scaled down together if they exceed the parent's), then percentages of what they
// leave, then what is left by weight. Whole units only; what rounding leaves goes to the largest
// remainders, so that weights use up their parent's amount to the last unit.
//
// Amounts depend on the set of siblings and not on their order. Largest remainders are exact in sum
// and the reason why one unit may move between siblings when a cluster grows by one.

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/resource.h"
#include "common/model/queue.h"

namespace heddle::rm {

/// Absolute amounts on the nodes of one label.
struct Entitlement {
    Resource guaranteed;  // never above maximum; those of siblings never above their parent's
    Resource maximum;     // never above the parent's

    friend bool operator==(const Entitlement&, const Entitlement&) = default;
};

/// Adds root and missing parents, sorts parents before children and otherwise keeps the order,
/// fills kNoLabel. Requires valid paths, each once.
std::vector<QueueConfig> normalised(std::vector<QueueConfig> queues);

/// Index of each queue's parent; root is its own. Requires `queues` normalised.
std::vector<std::uint32_t> parents_of(const std::vector<QueueConfig>& queues);

/// What holds for a label that a queue may use and states no capacity for.
QueueCapacity owed_nothing();

/// Whether the label is one of these names; "*" stands for all.
bool may_use_label(const std::vector<std::string>& names, const std::string& label);

/// What each queue gets of `total`, which is what the nodes of `label` have. Requires `queues`
/// normalised; parents[i] is the index of the parent (root: 0). A queue that may not use the label
/// gets nothing; one that may and states no capacity for it is owed nothing and may borrow all.
std::vector<Entitlement> effective_capacities(const std::vector<QueueConfig>& queues,
                                              const std::vector<std::uint32_t>& parents,
                                              const std::string& label, const Resource& total);

}  // namespace heddle::rm
