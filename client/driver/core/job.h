#pragma once

// Jobs: one action on one RDD each.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/driver/core/job_properties.h"
#include "common/rdd/ids.h"
#include "common/rdd/plan.h"

namespace heddle::driver {

struct Job {
    rdd::JobId id;
    std::string description;
    JobProperties properties;
    rdd::StageId result_stage;
    std::set<rdd::StageId> stages;     // the result stage and all above it
    std::set<rdd::Partition> missing;  // not delivered yet
    std::size_t partitions = 0;
    std::int64_t results = 0;       // delivered, or on their way from their executors,
    std::int64_t result_bytes = 0;  // and how much they take

    bool delivered_some() const { return missing.size() < partitions; }
};

using JobTable = std::map<rdd::JobId, Job>;

}  // namespace heddle::driver
