#pragma once

// Tasks that were told to end and do not: a function of the program that never looks up cannot be
// ended from outside. After `patience` their slots no longer count as about to come free, and in
// the driver's own process another thread takes the slot over. An executor with a process of its
// own ends when `kill_timeout` is over, as with Spark's task reaper, and another one comes for it.

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "common/rdd/executor_protocol.h"
#include "common/rdd/ids.h"

namespace heddle::driver {

struct ReaperRules {
    bool enabled = true;
    Duration patience = seconds(3);
    Duration kill_timeout = seconds(60);
};

class Reaper {
public:
    explicit Reaper(const ReaperRules& rules) : rules_(rules) {}

    /// The task was told to end. `slots`: that it takes of its executor.
    void told(TimePoint now, rdd::TaskId task, rdd::ExecutorId executor, std::int32_t slots,
              bool in_process);
    /// In whichever way; has no effect on a task that was told nothing.
    void ended(rdd::TaskId task);
    /// Slots that nobody can count on.
    std::int32_t stuck(rdd::ExecutorId executor) const;
    /// Those whose time is over, each once.
    std::vector<rdd::TaskId> overdue(TimePoint now);
    TimePoint next_deadline() const;

    void check() const;

private:
    struct Told {
        rdd::ExecutorId executor;
        std::int32_t slots = 1;
        TimePoint due;  // of the next step; never: there is none
        TimePoint end;
        bool stuck = false;
    };

    ReaperRules rules_;
    std::map<rdd::TaskId, Told> told_;
    std::set<std::pair<TimePoint, rdd::TaskId>> due_;
    std::map<rdd::ExecutorId, std::int32_t> stuck_;  // none is 0
};

}  // namespace heddle::driver
