#pragma once

// What each task of a stage takes of its executor, as the RDDs of the stage wish.

#include <cstdint>

#include "common/base/result.h"
#include "common/rdd/plan.h"

namespace heddle::driver {

/// The cores of a task of the stage that computes `root`; 0: its RDDs say nothing. Errors:
/// InvalidArgument when they disagree, unless `merge`: then the largest counts.
Result<std::int32_t> task_cpus_of(const rdd::Plan& plan, rdd::RddId root, bool merge);

/// Of all stages that the job needs. Errors: as task_cpus_of.
Status check_profiles(const rdd::Plan& plan, rdd::RddId root, bool merge);

}  // namespace heddle::driver
