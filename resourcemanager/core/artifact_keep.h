#pragma once

// Which uploaded artifacts may go. Kept is what an application on record names, running or over,
// and what was uploaded or used not long ago: a submission that is on its way may name it. The rest
// is a cache: the least recently used go first, and only when all together take too much.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "resourcemanager/core/views.h"

namespace heddle::rm {

struct StoredArtifact {
    std::string digest;
    std::uint64_t bytes = 0;
    WallTime used;  // last upload or question for it

    friend bool operator==(const StoredArtifact&, const StoredArtifact&) = default;
};

struct ArtifactLimits {
    Duration retention;           // after the last use
    std::uint64_t bytes_max = 0;  // of all artifacts; more only while they are kept
};

/// Digests that applications name. Nothing while that is not known: after a restart masters come
/// back with their launch templates.
std::optional<std::set<std::string>> artifacts_in_use(const View& view);

/// What is to go, in this order.
std::vector<StoredArtifact> artifacts_to_collect(std::vector<StoredArtifact> stored,
                                                 const std::set<std::string>& in_use, WallTime now,
                                                 const ArtifactLimits& limits);

}  // namespace heddle::rm
