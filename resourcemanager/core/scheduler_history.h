#pragma once

// The versions of the scheduler's configuration, and the one that is being saved. A version holds
// from the moment it is on disk; until then everything goes on under the one before.

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/model/queue.h"
#include "resourcemanager/core/event.h"

namespace heddle::rm {

/// Oldest first. Versions are shared by the core and all snapshots, and never change.
using SchedulerVersions = std::vector<std::shared_ptr<const SchedulerVersion>>;

class SchedulerHistory {
public:
    struct Pending {
        RequestId request;
        std::shared_ptr<const SchedulerVersion> version;
    };

    explicit SchedulerHistory(const SchedulerConfig& built_in) {
        versions_ = std::make_shared<SchedulerVersions>(SchedulerVersions{
            std::make_shared<SchedulerVersion>(SchedulerVersion{built_in, {}, "", "as started"})});
    }

    /// What the store holds, if it holds anything.
    void recover(std::vector<SchedulerVersion> saved) {
        SchedulerVersions versions;
        for (SchedulerVersion& version : saved) {
            versions.push_back(std::make_shared<SchedulerVersion>(std::move(version)));
        }
        if (!versions.empty()) {
            versions_ = std::make_shared<SchedulerVersions>(std::move(versions));
        }
    }

    const SchedulerConfig& present() const { return versions_->back()->config; }
    const std::shared_ptr<const SchedulerVersions>& versions() const { return versions_; }

    /// The versions that leave when one more comes.
    std::vector<std::int64_t> surplus() const {
        std::vector<std::int64_t> old;
        for (std::size_t i = 0; i + kept <= versions_->size(); ++i) {
            old.push_back((*versions_)[i]->config.version);
        }
        return old;
    }

    std::optional<Pending> pending;
    std::size_t kept = kSchedulerVersionsKept;

    /// The pending one is on disk.
    Pending take_effect() {
        CHECK(pending.has_value());
        SchedulerVersions versions = *versions_;
        const auto left = static_cast<std::ptrdiff_t>(surplus().size());
        versions.erase(versions.begin(), versions.begin() + left);
        versions.push_back(pending->version);
        versions_ = std::make_shared<SchedulerVersions>(std::move(versions));
        return *std::exchange(pending, std::nullopt);
    }

private:
    std::shared_ptr<const SchedulerVersions> versions_;
};

}  // namespace heddle::rm
