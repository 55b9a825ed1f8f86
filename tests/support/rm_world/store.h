#pragma once

// The manager's disk in simulation, and what is on its way to it.

#include <cstdint>
#include <deque>
#include <map>

#include "resourcemanager/core/resource_manager.h"

namespace heddle::rm::test {

struct Store {
    std::int64_t epoch = 0;
    std::int64_t sequences = 0;
    std::map<std::int64_t, SchedulerVersion> scheduler_versions;
    std::map<ApplicationId, ApplicationRecord> applications;
    std::map<AttemptId, AttemptRecord> attempts;
    std::map<NodeId, NodeRecord> nodes;
    std::deque<Save> waiting;

    void apply(const Save& save);
    /// What the manager begins with.
    Booted content() const;
};

}  // namespace heddle::rm::test
