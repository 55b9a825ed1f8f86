#pragma once

// The configuration of a random run, drawn from its seed.

#include <cstdint>

#include "resourcemanager/core/config.h"

namespace heddle::rm::test {

/// Two nodes of the smallest kind.
const Resource kLeastCluster = {2 * 8192, 2 * 8, {{"gpu", 2 * 2}}};
/// How long a master whose finish is on disk may go on.
constexpr Duration kFinishPatience = seconds(30);

Config random_config(std::uint64_t seed, Defect defect);

}  // namespace heddle::rm::test
