#include "resourcemanager/core/artifact_keep.h"

#include <algorithm>
#include <utility>

namespace heddle::rm {

std::optional<std::set<std::string>> artifacts_in_use(const View& view) {
    std::set<std::string> digests;
    bool known = view.cluster.settled;
    view.applications.for_each([&](const ApplicationId&, const auto& application) {
        known = known && (is_final(application->state) || application->templates_known);
        for (const Artifact& artifact : application->submission->master.artifacts) {
            digests.insert(artifact.sha256);
        }
        if (application->template_artifacts != nullptr) {
            digests.insert(application->template_artifacts->begin(),
                           application->template_artifacts->end());
        }
        return known;
    });
    return known ? std::optional(std::move(digests)) : std::nullopt;
}

std::vector<StoredArtifact> artifacts_to_collect(std::vector<StoredArtifact> stored,
                                                 const std::set<std::string>& in_use, WallTime now,
                                                 const ArtifactLimits& limits) {
    std::uint64_t bytes = 0;
    for (const StoredArtifact& artifact : stored) {
        bytes += artifact.bytes;
    }
    std::erase_if(stored, [&](const StoredArtifact& artifact) {
        const std::int64_t age = now.milliseconds - artifact.used.milliseconds;
        return in_use.contains(artifact.digest) || age <= limits.retention.milliseconds();
    });
    std::ranges::sort(stored, [](const StoredArtifact& a, const StoredArtifact& b) {
        return a.used != b.used ? a.used < b.used : a.digest < b.digest;
    });
    std::size_t going = 0;
    while (going < stored.size() && bytes > limits.bytes_max) {
        bytes -= stored[going++].bytes;
    }
    stored.resize(going);
    return stored;
}

}  // namespace heddle::rm
