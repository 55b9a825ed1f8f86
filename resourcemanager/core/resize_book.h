#pragma once

// Containers that wait to grow. Each stands in the ask book as an ask of its application for what
// it lacks, on its node and nowhere else, with an id below zero: so limits, order, reservations,
// preemption and explanations know it as they know any ask.

#include <cstdint>
#include <map>

#include "common/base/ids.h"
#include "resourcemanager/core/ask_book.h"

namespace heddle::rm {

/// Ids of these asks rise from here, so that the older wish comes first.
constexpr std::int32_t kIncreaseAskMin = -1'000'000'000;
constexpr std::int32_t kIncreasesMax = 1'000'000'000;  // of an attempt

struct ResizeBook {
    std::map<AskPlace, ContainerId> growing;  // by the ask that waits
};

}  // namespace heddle::rm
