// The books of the artifact cache.

#include "nodeagent/core/cache_table.h"

#include <string_view>

#include "common/base/check.h"

namespace heddle::node {

std::string cache_digest(const Artifact& artifact) {
    constexpr std::string_view kHeddle = "heddle:sha256/";
    if (artifact.sha256.empty() && artifact.source.starts_with(kHeddle)) {
        return artifact.source.substr(kHeddle.size());
    }
    return artifact.sha256;
}

CacheTable::CacheTable(const NodeConfig& config, NodeCounters& counters)
    : config_(config), counters_(counters) {}

void CacheTable::put(const std::string& digest, Entry& entry, std::uint64_t bytes) {
    take_away(entry);
    entry.here = true;
    entry.bytes = bytes;
    bytes_ += bytes;
    ++files_;
    if (entry.needed == 0) {
        idle_.insert({entry.used, digest});
    }
}

void CacheTable::take_away(Entry& entry) {
    if (entry.here) {
        bytes_ -= entry.bytes;
        --files_;
        entry.here = false;
        entry.bytes = 0;
    }
}

void CacheTable::erase_if_empty(const std::string& digest) {
    const auto it = entries_.find(digest);
    if (it != entries_.end() && !it->second.here && it->second.needed == 0) {
        entries_.erase(it);
    }
}

void CacheTable::recover(std::vector<CachedArtifact> artifacts) {
    CHECK(entries_.empty());
    for (const CachedArtifact& artifact : artifacts) {
        Entry& entry = entries_[artifact.digest];
        CHECK(!entry.here);
        entry.used = artifact.used;
        put(artifact.digest, entry, artifact.bytes);
    }
}

void CacheTable::trim(Effects& effects) {
    while (bytes_ > config_.cache_bytes_max && !idle_.empty()) {
        const std::string digest = idle_.begin()->second;
        idle_.erase(idle_.begin());
        take_away(entries_.at(digest));
        erase_if_empty(digest);
        ++counters_.artifacts_dropped;
        effects.push_back(DropArtifact{digest});
    }
}

void CacheTable::need(WallTime now, const LaunchSpec& spec) {
    for (const Artifact& artifact : spec.artifacts) {
        if (const std::string digest = cache_digest(artifact); !digest.empty()) {
            Entry& entry = entries_[digest];
            idle_.erase({entry.used, digest});
            entry.used = now;
            ++entry.needed;
        }
    }
}

void CacheTable::release(const LaunchSpec& spec, Effects& effects) {
    for (const Artifact& artifact : spec.artifacts) {
        const std::string digest = cache_digest(artifact);
        if (digest.empty()) {
            continue;
        }
        Entry& entry = entries_.at(digest);
        CHECK(entry.needed > 0);
        if (--entry.needed == 0 && entry.here) {
            idle_.insert({entry.used, digest});
        }
        erase_if_empty(digest);
    }
    trim(effects);
}

void CacheTable::cached(WallTime now, const ArtifactCached& event, Effects& effects) {
    Entry& entry = entries_[event.digest];
    idle_.erase({entry.used, event.digest});
    entry.used = now;
    put(event.digest, entry, event.bytes);
    trim(effects);
}

void CacheTable::gone(const ArtifactGone& event) {
    const auto it = entries_.find(event.digest);
    if (it != entries_.end()) {
        idle_.erase({it->second.used, event.digest});
        take_away(it->second);
        erase_if_empty(event.digest);
    }
}

void CacheTable::check() const {
    std::uint64_t bytes = 0;
    std::size_t files = 0;
    std::size_t idle = 0;
    for (const auto& [digest, entry] : entries_) {
        CHECK(entry.here || entry.needed > 0);
        CHECK(entry.here || entry.bytes == 0);
        bytes += entry.bytes;
        files += entry.here ? 1 : 0;
        if (entry.here && entry.needed == 0) {
            CHECK(idle_.contains({entry.used, digest}));
            ++idle;
        }
    }
    CHECK(bytes == bytes_ && files == files_ && idle == idle_.size());
    CHECK(bytes_ <= config_.cache_bytes_max || idle_.empty());
}

}  // namespace heddle::node
