#pragma once

// The artifacts on this node's disk: what they take, which of them a container needs, and which go
// when together they take more than the node allows. The least recently used goes first; one that a
// container needs, from its start order to its end, never does, even beyond the limit.

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "common/model/container.h"
#include "nodeagent/core/effect.h"
#include "nodeagent/core/event.h"
#include "nodeagent/core/node_config.h"

namespace heddle::node {

/// The SHA-256 under which an artifact is cached; empty: it is not.
std::string cache_digest(const Artifact& artifact);

class CacheTable {
public:
    CacheTable(const NodeConfig& config, NodeCounters& counters);

    /// Files that an earlier agent left. Requires: first.
    void recover(std::vector<CachedArtifact> artifacts);
    /// After the containers are recovered, too.
    void trim(Effects& effects);

    /// A container was ordered, or has ended; always in pairs.
    void need(WallTime now, const LaunchSpec& spec);
    void release(const LaunchSpec& spec, Effects& effects);

    void cached(WallTime now, const ArtifactCached& event, Effects& effects);
    void gone(const ArtifactGone& event);

    std::uint64_t bytes() const { return bytes_; }
    std::size_t files() const { return files_; }

    void check() const;

private:
    struct Entry {
        bool here = false;  // its file is on disk
        std::uint64_t bytes = 0;
        WallTime used;
        std::size_t needed = 0;  // by that many containers
    };

    void put(const std::string& digest, Entry& entry, std::uint64_t bytes);
    void take_away(Entry& entry);
    void erase_if_empty(const std::string& digest);

    const NodeConfig& config_;
    NodeCounters& counters_;
    std::map<std::string, Entry> entries_;
    std::set<std::pair<WallTime, std::string>> idle_;  // here and not needed, oldest use first
    std::uint64_t bytes_ = 0;
    std::size_t files_ = 0;
};

}  // namespace heddle::node
