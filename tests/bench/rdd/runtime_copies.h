#pragma once

// How many bytes of records a program's tasks put down anew: read from files, written as map
// output, fetched from other processes, spilled and read back, written as results. What is handed
// over inside a process is not copied, and cached records stay where they are.

#include <cstdint>
#include <set>

#include "client/driver/job_runner.h"

namespace heddle::bench {

class RuntimeCopies {
public:
    explicit RuntimeCopies(driver::JobRunner& runner) : runner_(runner) {}
    /// Of all stages that have ended by now.
    std::int64_t total();

private:
    driver::JobRunner& runner_;  // of the context, which outlives this
    std::set<rdd::StageId> seen_;
    std::int64_t bytes_ = 0;
};

}  // namespace heddle::bench
