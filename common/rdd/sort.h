#pragma once

// Sorting the records of one partition by key, in memory, stable: equal keys stay in the order in
// which they came, so a second run gives the same order.

#include <memory>

#include "common/rdd/operator.h"

namespace heddle::rdd {

/// The builtin "sort". Null when the payload is wrong or the key type has no order.
std::unique_ptr<Operator> make_sort(const OperatorInit& init, Sink& next);

}  // namespace heddle::rdd
