#pragma once

// How many executors an application wants while its load changes, as Spark's allocation manager
// has it: more while tasks wait, one, two, four and so on in each round; no more than the tasks
// that there are can use; and an executor that has been idle for a while is given back.

#include <cstdint>
#include <limits>
#include <optional>

#include "common/base/time.h"

namespace heddle::driver {

struct AllocationRules {
    bool enabled = false;
    std::int32_t executors_min = 0;
    std::int32_t executors_max = std::numeric_limits<std::int32_t>::max();
    std::int32_t executors_initial = 0;       // at least the minimum
    std::int32_t slots = 1;                   // of each executor
    Duration backlog_timeout = seconds(1);    // before the first round,
    Duration sustained_timeout = seconds(1);  // and before each that follows
    Duration idle_timeout = seconds(60);
    std::optional<Duration> cached_idle_timeout = {};   // with cached partitions; none: never
    std::optional<Duration> shuffle_idle_timeout = {};  // with map output that may be read
    bool shuffle_tracking = true;                       // as Spark: else map output keeps nobody

    /// There is no room for more than `executors`.
    void limit(std::int32_t executors);
};

class Allocation {
public:
    explicit Allocation(const AllocationRules& rules);

    /// `tasks`: slots for those that run or wait; `backlog`: some of them wait for a slot. Answers
    /// the new count, if there is one.
    std::optional<std::int32_t> look(TimePoint now, std::int64_t tasks, bool backlog);
    std::int32_t target() const { return target_; }
    /// When the next round is due. never: nothing waits.
    TimePoint next_round() const { return next_round_; }

    /// How long an executor that holds this may be idle; none: for ever.
    std::optional<Duration> idle_max(bool cached, bool shuffle) const;
    /// How many of `executors` may be given back: neither the minimum nor what tasks can use.
    std::int32_t surplus(std::int32_t executors) const;

private:
    AllocationRules rules_;
    std::int32_t target_ = 0;
    std::int32_t step_ = 1;  // of the next round
    bool began_ = false;     // the initial count holds until there is something to do
    TimePoint next_round_ = TimePoint::never();
};

}  // namespace heddle::driver
