#pragma once

// What the tasks of a stage need of their executor, where that is not what the context says:
//
//   rdd.map(Decode{}).with_resources(ResourceProfile().task_cpus(2)).collect();
//
// The stage that computes the RDD has the profile, with everything that is pipelined into it.

#include <cstdint>
#include <string>

#include "client/api/errors.h"

namespace heddle {

class ResourceProfile {
public:
    /// Cores of each task, so that fewer of them run in an executor at the same time. Throws
    /// UsageError below 1.
    ResourceProfile& task_cpus(std::int32_t cpus) {
        if (cpus < 1) {
            throw UsageError(
                ErrorCode::InvalidArgument,
                "ResourceProfile: a task needs at least one core, not " + std::to_string(cpus));
        }
        task_cpus_ = cpus;
        return *this;
    }
    /// 0: as the context says (task.cpus).
    std::int32_t task_cpus() const { return task_cpus_; }

    friend bool operator==(const ResourceProfile&, const ResourceProfile&) = default;

private:
    std::int32_t task_cpus_ = 0;
};

}  // namespace heddle
