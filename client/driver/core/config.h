#pragma once

// What the driver's core can be told at its start. Names of settings that users see are in
// client/driver/settings.cpp.

#include <cstdint>

#include "client/driver/core/allocation.h"
#include "client/driver/core/exclusion.h"
#include "client/driver/core/gang.h"
#include "client/driver/core/locality.h"
#include "client/driver/core/pools.h"
#include "client/driver/core/reaper.h"
#include "client/driver/core/retirement.h"
#include "client/driver/core/speculation.h"
#include "common/base/time.h"
#include "common/rdd/executor_protocol.h"

namespace heddle::driver {

// Test-only switches: each plants one defect that the fault simulation must catch.
struct PlantedDefects {
    bool ignore_indeterminate_recompute =
        false;  // descendants keep what they read from lost output
};

struct Config {
    TimePoint start;                              // the origin of the core's time,
    WallTime start_wall;                          // and what people's clocks said then
    LocalityWaits locality_wait = seconds(3);     // before going one level down
    Duration resubmit_grace = milliseconds(200);  // collects more fetch failures
    Duration executor_timeout = seconds(120);     // without any message
    std::int32_t task_failures_max = 4;           // of one task of an attempt, crashes included
    std::int32_t task_cpus = 1;                   // cores of a task whose stage says nothing
    bool merge_profiles = false;                  // of a stage: the largest wish counts
    std::int32_t stage_failures_max = 4;          // consecutive attempts ended by fetch failures
    std::int32_t task_executor_losses_max = 16;   // of one task, whoever took the executors
    std::int32_t executors_wanted = 0;            // 0: executors come by themselves
    std::int32_t executors_kept = 0;  // so many there are again when some end; 0: none is replaced
    std::int32_t executor_failures_max = 0;  // in a row that ended without a task; 0: no end
    std::int32_t prefetch_max = rdd::kTasksAheadMax;  // sent ahead per slot while they are tiny
    Duration prefetch_work = milliseconds(2);         // how much work may wait on a slot
    std::int32_t stages_kept = 500;                   // in the views
    std::int32_t tasks_kept = 100'000;                // in the views, over all stages
    SpeculationRules speculation;
    SchedulingRules scheduling;
    ExclusionRules exclusion;
    BarrierRules barrier;
    AllocationRules allocation;
    RetirementRules retirement;
    PlantedDefects defects;
    ReaperRules reaper;
    std::int64_t result_bytes_max = std::int64_t{1} << 30;  // of all results of a job; 0: no limit
    bool executors_grow = false;  // whoever holds them answers GrowExecutor
    bool reduce_locality = true;  // tasks go where much of the map output they read lies
};

}  // namespace heddle::driver
